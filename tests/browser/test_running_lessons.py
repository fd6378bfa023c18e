"""Every lesson in a real JupyterLab, opened once: all cells run, every control turned, every
exercise solved, nobody kept out.

Screenshots stay in build/screenshots/, in the light and in the dark theme: look at them.
"""

from pathlib import Path

import nbformat
import pytest
from answering import mistaken, questions_of, solved
from barriers import barriers, faint_words
from knobs import CONTROL, turn_all
from lab import SCREENSHOTS, THEMES

from course.needs import missing
from course.syllabus.lesson_table import Lesson, written_lessons

pytestmark = pytest.mark.browser
LESSONS = written_lessons()
TALLEST_CONTROL = 672  # pixels; the rest of 1280 x 800 is menus and bars
HEIGHT = "control => control.getBoundingClientRect().height"
IS_CUT = """control => [...document.querySelectorAll(".jp-OutputArea-output .widget-vbox")]
    .some(box => control.contains(box) && box.scrollWidth > box.clientWidth)"""
CORES = 2  # a second of a lesson may take a second of each
LONGEST, MEAN = 60 * CORES, 20 * CORES  # seconds of processor
MOST_MB = 1500


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_run_turn_and_solve_the_whole_lesson(lab, lesson, of_all_workers):
    lab.errors.clear()
    with lab.opened(lesson.name):
        lab.run_all(lesson.name)
        cost = lab.cost()
        nothing_failed(lab, lesson)
        every_control_is_followed(lab.page)
        nobody_is_kept_out(lab, lesson)
        every_question_can_be_solved(lab, lesson)
    assert (lab.errors, lab.outside) == ([], [])
    if cost:
        assert cost.cpu_seconds < LONGEST
        assert cost.peak_mb < MOST_MB
        the_mean_lesson_is_short(of_all_workers / "seconds-of-lessons", cost.cpu_seconds)


def nothing_failed(lab, lesson: Lesson) -> None:
    cells = nbformat.read(lesson.notebook, as_version=4).cells
    lacking = sum(bool(missing(cell.metadata.get("tags", []))) for cell in cells)
    failed = lab.page.locator(".jp-OutputArea-output[data-mime-type*=error]")
    assert failed.count() <= lacking, failed.all_inner_texts()
    assert lab.page.locator(".jp-InputPrompt:text('[*]')").count() == 0


def every_control_is_followed(page) -> None:
    """Each fits on a screen, beside the list of files, and needs no bar to be scrolled with."""
    controls = page.locator(CONTROL)
    assert controls.count() >= 1
    for i in range(controls.count()):
        assert controls.nth(i).evaluate(HEIGHT) <= TALLEST_CONTROL, f"control {i} is too tall"
        assert not controls.nth(i).evaluate(IS_CUT), f"control {i} is wider than the page"
        assert turn_all(page, controls.nth(i)) == [], f"no picture follows, in control {i}"


def nobody_is_kept_out(lab, lesson: Lesson) -> None:
    """In both themes; and the page is photographed."""
    lab.show_all()
    for theme in THEMES:
        lab.turn_to(theme)
        lab.shot(SCREENSHOTS / f"{lesson.name}_run_{theme.lower()}.png")
        assert barriers(lab.page) == [], theme
    assert faint_words(lab.page) == []
    lab.show_a_window()


def every_question_can_be_solved(lab, lesson: Lesson) -> None:
    """First it is not done, then done wrongly, then right; each time its cell says so."""
    for cell, source, question in questions_of(lesson):
        assert not {"yes.", "not yet."} & set(lab.output(cell).split())
        lab.write(cell, mistaken(source, question))
        lab.wait_for_output(cell, f"not yet. {question.wrong[0].hint}")
        lab.write(cell, solved(source, question))
        lab.wait_for_output(cell, "yes. ")
        assert "not yet" not in lab.output(cell)


def the_mean_lesson_is_short(measured: Path, seconds: float) -> None:
    """Add a line to the file; with as many lines as lessons, look at their mean."""
    with open(measured, "a") as file:
        file.write(f"{seconds}\n")
    all_seconds = [float(line) for line in measured.read_text().splitlines()]
    if len(all_seconds) == len(LESSONS):
        assert sum(all_seconds) / len(all_seconds) < MEAN, all_seconds
