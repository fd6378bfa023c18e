"""What nbval cannot see: built from the lesson, run in order, promises kept."""

import json
import re

import nbformat
import pytest

from course.needs import NEEDS
from course.publishing.build import WIDGET_VIEW, cells_of
from course.syllabus.lesson_table import NOTEBOOKS, written_lessons

LESSONS = written_lessons()
LARGEST = 2_000_000
NOT_COUNTED = ("import ", "from ", "#@title ")
PROMISES = ("guess", "by-hand", "toy", "picture", "ah", "control", "failure", "exercise")
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def waits(cell) -> bool:
    """Whether a cell needs something that the machine of the build may not have had."""
    return any(tag in NEEDS for tag in cell.metadata.get("tags", []))


@pytest.fixture
def notebook(lesson):
    return nbformat.read(lesson.notebook, as_version=4)


def test_there_is_a_notebook_for_each_lesson_and_no_other():
    assert {p.stem for p in NOTEBOOKS.glob("*.ipynb")} == {lesson.name for lesson in LESSONS}


@each_lesson
def test_the_notebook_is_built_from_its_lesson(lesson, notebook):
    nbformat.validate(notebook)
    wanted = cells_of(lesson)
    assert len(notebook.cells) == len(wanted.cells), "run `make notebooks`"
    for stored, source in zip(notebook.cells, wanted.cells):
        assert stored.source == source.source, "run `make notebooks`"
        assert (stored.id, stored.cell_type) == (source.id, source.cell_type)
        assert stored.metadata == source.metadata


@each_lesson
def test_every_cell_was_run_once_and_in_order(lesson, notebook):
    counts = []
    for cell in code_cells(notebook):
        if cell.execution_count is None:
            assert waits(cell), f"not run: {cell.source[:60]!r}"
            assert not cell.outputs, "not run, but it has outputs"
        else:
            counts.append(cell.execution_count)
    assert counts == list(range(1, len(counts) + 1))


@each_lesson
def test_nothing_is_stored_that_dies_without_a_kernel(lesson, notebook):
    assert "widgets" not in notebook.metadata
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert WIDGET_VIEW not in output.get("data", {})
            assert output.output_type != "error" or "raises-exception" in cell.metadata.tags
    assert lesson.notebook.stat().st_size < LARGEST


@each_lesson
def test_no_output_tells_of_the_machine_it_was_made_on(lesson, notebook):
    for cell in code_cells(notebook):
        text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", json.dumps(cell.outputs))
        found = re.search(r"0x[0-9a-f]{6,}|/(?:root|home|Users|tmp|work)/|\.venv|Warning", text)
        assert not found, f"{found[0]!r} in the output of {cell.source[:60]!r}"


@each_lesson
def test_cells_are_short_and_end_without_a_semicolon(lesson, notebook):
    for cell in code_cells(notebook):
        assert not cell.source.rstrip().endswith(";"), "nbval does not honour it: write `_ = ...`"
        lines = [line for line in cell.source.splitlines() if line.strip()]
        body = [line for line in lines if not line.strip().startswith(NOT_COUNTED)]
        assert len(body) <= 10, f"{len(body)} lines: {cell.source[:60]!r}"


@each_lesson
def test_the_lesson_keeps_its_promises(lesson, notebook):
    tags = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}
    missing = [promise for promise in PROMISES if f"promise-{promise}" not in tags]
    assert not missing
    if lesson.number:
        assert "promise-back" in tags
    text = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "<details>" in text, "what answers a guess is unfolded by the reader"


@each_lesson
def test_every_picture_says_in_words_what_it_shows(lesson, notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            for tag in re.findall(r"<img [^>]*>", output.get("data", {}).get("text/html", "")):
                assert re.search(r'alt="[^"]{12,}"', tag)


def test_nearly_every_cell_is_compared():
    cells = [c for lesson in LESSONS for c in code_cells(nbformat.read(lesson.notebook, 4))]
    ignored = [
        c for c in cells if re.search(r"(?i)nbval.?(ignore|skip)", c.source + str(c.metadata))
    ]
    assert not ignored
    assert sum(waits(cell) for cell in cells) <= 0.05 * len(cells)


@pytest.mark.slow
def test_neighbours_do_not_open_alike():
    openings = [cells_of(lesson).cells[2].source.split()[:2] for lesson in LESSONS]
    assert all(one != other for one, other in zip(openings, openings[1:]))
