"""Every launch link comes from one address: pyproject.toml, README, notebooks, held together."""

import os
import re
import subprocess
import tomllib

import nbformat
import pytest

from course.publishing import links
from course.publishing.build import cells_of
from course.publishing.links import CITATION, with_address, with_links, with_outputs_of, with_urls
from course.syllabus.lesson_table import written_lessons
from course.syllabus.repository import PYPROJECT, Repository, our_repository

ROOT = PYPROJECT.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OURS = our_repository()
LESSONS = written_lessons()


def test_pyproject_says_the_address_and_what_is_made_from_it():
    text = PYPROJECT.read_text(encoding="utf-8")
    assert tomllib.loads(text)["project"]["urls"] == OURS.urls()
    assert with_urls(text, OURS) == text, "run `make links`"


def test_the_readme_launches_lesson_0_and_every_lesson():
    assert with_links(README) == README, "run `make links`"
    for lesson in LESSONS:
        assert f"]({OURS.colab(lesson.name)})" in README
        assert f"]({OURS.binder(lesson.name)})" in README


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_notebook_launches_itself_and_leads_to_its_neighbours(lesson):
    cells = nbformat.read(lesson.notebook, as_version=4).cells
    header, launch, last = cells[0].source, cells[1], cells[-1].source
    assert f"]({OURS.colab(lesson.name)})" in header and f"]({OURS.binder(lesson.name)})" in header
    assert launch.metadata.jupyter.source_hidden and launch.outputs == []
    assert OURS.archive in launch.source
    place = LESSONS.index(lesson)
    for neighbour in [*LESSONS[max(place - 1, 0) : place], *LESSONS[place + 1 : place + 2]]:
        assert f"]({neighbour.notebook.name})" in header and f"]({neighbour.notebook.name})" in last


@pytest.mark.slow
def test_no_badge_is_a_picture_from_elsewhere():
    """Without a network it would be a broken one."""
    texts = [README, *(cells_of(lesson).cells[0].source for lesson in LESSONS)]
    for text in texts:
        assert not re.search(r"!\[[^]]*\]\(https?:", text) and '<img src="http' not in text


def test_the_citation_leads_to_the_repository():
    text = CITATION.read_text(encoding="utf-8")
    assert with_address(text, OURS) == text, "run `make links`"
    moved = with_address(text, Repository("ada/engine"))
    assert moved.replace("https://github.com/ada/engine", OURS.address) == text != moved


def test_the_address_is_written_nowhere_else():
    """Else `make links` would leave an old one behind."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout, so nobody knows which files are ours")
    known = {"pyproject.toml", "README.md", "CITATION.cff", "course/syllabus/repository.py"}
    known |= {f"notebooks/{lesson.notebook.name}" for lesson in LESSONS}
    for name in set(listed.stdout.splitlines()) - known:
        file = ROOT / name
        if file.is_file() and not name.startswith("tests/"):
            assert OURS.address.encode() not in file.read_bytes(), name


@pytest.mark.parametrize(
    "given, meant",
    [
        ("https://github.com/ada/engine.git", "ada/engine"),
        ("github.com/ada/engine/tree/main", "ada/engine"),
        ("git@github.com:ada/engine.git", "ada/engine"),
        ("engine", "ada/my-course"),
        ("ada/my engine", "ada/my-course"),
        ("ada/", "ada/my-course"),
        ("-ada/engine", "ada/my-course"),
        ("ada/..", "ada/my-course"),
        ("", "ada/my-course"),
        ('ada/engine"; rm -rf "x', "ada/my-course"),
    ],
)
def test_a_bad_repository_gets_one_clear_message_whose_advice_works(given, meant, capsys):
    before = PYPROJECT.read_bytes()
    assert links.main([given]) == 2
    text = capsys.readouterr().err
    assert text == (
        f"REPO={given!r} is not a repository on GitHub as owner/name. "
        f"Write it like this: make links REPO={meant}\n"
    )
    assert Repository(meant).owner_and_name == meant
    assert PYPROJECT.read_bytes() == before


def test_another_address_is_written_everywhere_and_back_again():
    elsewhere = Repository("ada/difference.engine-2")
    text = PYPROJECT.read_text(encoding="utf-8")
    moved = with_urls(text, elsewhere)
    assert tomllib.loads(moved)["project"]["urls"] == elsewhere.urls()
    assert OURS.owner_and_name not in moved
    assert with_urls(moved, OURS) == text


def test_the_addresses_are_those_that_colab_and_binder_document():
    elsewhere = Repository("ada/engine")
    assert elsewhere.colab("03_x") == (
        "https://colab.research.google.com/github/ada/engine/blob/main/notebooks/03_x.ipynb"
    )
    assert elsewhere.binder("03_x") == (
        "https://mybinder.org/v2/gh/ada/engine/main?urlpath=lab/tree/notebooks/03_x.ipynb"
    )


def test_new_links_keep_outputs_and_count_the_cells_anew():
    lesson = LESSONS[0]
    built = nbformat.read(lesson.notebook, as_version=4)
    old = nbformat.from_dict(built)
    del old.cells[1]  # as it was before there was a launch cell
    for cell in old.cells:
        if cell.get("execution_count"):
            cell.execution_count -= 1
            for output in cell.outputs:
                if output.get("execution_count"):
                    output.execution_count -= 1
    assert with_outputs_of(old, lesson) == built


def test_outputs_of_other_code_are_not_kept():
    lesson = LESSONS[0]
    old = nbformat.read(lesson.notebook, as_version=4)
    [cell for cell in old.cells if cell.cell_type == "code"][-1].source += "\n1 + 1"
    with pytest.raises(ValueError, match=r"other code than .*: make notebooks NAMES=00"):
        with_outputs_of(old, lesson)


def test_a_notebook_with_new_links_is_as_old_as_before(tmp_path, monkeypatch):
    """`make notebooks` goes by the age of files: new links must not hide that a lesson changed."""
    monkeypatch.setattr("course.syllabus.lesson_table.NOTEBOOKS", tmp_path)
    lesson = LESSONS[0]
    copy = tmp_path / lesson.notebook.name
    copy.write_bytes((ROOT / "notebooks" / copy.name).read_bytes())
    os.utime(copy, (1_000_000_000, 1_000_000_000))
    links.write_links(lesson)
    assert copy.stat().st_mtime == 1_000_000_000
    assert copy.read_bytes() == (ROOT / "notebooks" / copy.name).read_bytes()
