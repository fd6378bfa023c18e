"""Every lesson in a real JupyterLab: run all cells, move every control, see the picture change.

Screenshots stay in build/screenshots/, in the light and in the dark theme: look at them.
"""

import time

import nbformat
import pytest
from lab import SCREENSHOTS

from course.lesson_table import written_lessons
from course.needs import missing

pytestmark = pytest.mark.browser
LESSONS = [lesson.name for lesson in written_lessons()]
CONTROL = ".jp-OutputArea-output .widget-vbox:has(.widget-html-content)"
SCREEN = ".widget-html-content"
SLOWEST_ANSWER = 2.0  # seconds, on a machine that is busy; benchmarks/LOG.md has measured ones


def move(page, knob, screen) -> float:
    """Press a key on one slider, and wait for its picture to change; returns the seconds."""
    before = screen.inner_html()
    knob.focus()
    at_the_end = knob.get_attribute("aria-valuenow") == knob.get_attribute("aria-valuemax")
    start = time.perf_counter()
    page.keyboard.press("ArrowLeft" if at_the_end else "ArrowRight")
    while screen.inner_html() == before:
        assert time.perf_counter() - start < SLOWEST_ANSWER, "the picture did not change"
        page.wait_for_timeout(5)
    return time.perf_counter() - start


def cells_that_lack_something(name: str) -> int:
    """Cells that end in an error here, because this machine has not what they need."""
    (lesson,) = [lesson for lesson in written_lessons() if lesson.name == name]
    cells = nbformat.read(lesson.notebook, as_version=4).cells
    return sum(bool(missing(cell.metadata.get("tags", []))) for cell in cells)


@pytest.mark.parametrize("name", LESSONS)
def test_run_all_cells_and_move_every_control(lab, name):
    lab.errors.clear()
    lab.page.set_viewport_size({"width": 1280, "height": 900})
    lab.open(name)
    lab.run_all(name)
    lab.show_all()
    failed = lab.page.locator(".jp-OutputArea-output[data-mime-type*=error]")
    assert failed.count() <= cells_that_lack_something(name), failed.all_inner_texts()
    assert lab.page.locator(".jp-InputPrompt:text('[*]')").count() == 0
    controls = lab.page.locator(CONTROL)
    assert controls.count() >= 1
    for i in range(controls.count()):
        control = controls.nth(i)
        screen = control.locator(SCREEN)
        buttons = control.locator("button:has-text('forward')")
        for _ in range(4 if buttons.count() else 0):
            before = screen.inner_html()
            buttons.first.click()
            lab.page.wait_for_function(
                "([e, b]) => e.innerHTML !== b", arg=[screen.element_handle(), before]
            )
        for k in range(control.locator(".noUi-handle").count()):
            move(lab.page, control.locator(".noUi-handle").nth(k), screen)
    lab.shots(SCREENSHOTS / f"{name}_run")
    assert (lab.errors, lab.outside) == ([], [])
