"""A lesson without a mouse: walked through cell by cell, a control turned, a question answered."""

import pytest
from answering import questions_of, solved
from knobs import CHANGED, CONTROL, REMEMBER, SCREEN
from lab import KERNEL_IS_READY, SECONDS

from course.syllabus.lesson_table import written_lessons

pytestmark = pytest.mark.browser
LESSON = min(written_lessons(), key=lambda lesson: lesson.seconds)
NOTICE = """() => {
    window.touched = [];
    for (const kind of ["pointermove", "pointerdown", "mousemove", "mousedown", "touchstart"])
        document.addEventListener(kind, () => window.touched.push(kind), true);
}"""
CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets.map(
    cell => cell.model.id)"""
ALL_RAN = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === "code" && cell.model.sharedModel.source)
    .every(cell => cell.model.executionCount && cell.model.executionState === "idle")"""
PLACE = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
PLACE_OF_CONTROL = f"""() => window.jupyterapp.shell.currentWidget.content.widgets.findIndex(
    cell => cell.node.querySelector({CONTROL!r}))"""
IS_SLIDER = "() => document.activeElement.getAttribute('role') === 'slider'"
IS_CELL = "() => document.activeElement.matches('.jp-Cell')"
NAME = "() => document.activeElement.getAttribute('aria-label')"
VALUE = "() => document.activeElement.getAttribute('aria-valuetext')"
MOST_PRESSES = 10


def press_until(page, key: str, reached: str) -> None:
    """Raises: AssertionError if the focus does not come there."""
    for _ in range(MOST_PRESSES):
        page.keyboard.press(key)
        if page.evaluate(reached):
            return
    raise AssertionError(f"{key} does not lead there: {reached}")


def walk_to(page, place: int) -> None:
    """Up or down, cell by cell."""
    page.keyboard.press("Escape")
    while (here := page.evaluate(PLACE)) != place:
        page.keyboard.press("ArrowUp" if here > place else "ArrowDown")
        assert page.evaluate(PLACE) != here, "stuck"


def test_a_lesson_is_walked_turned_and_answered_without_a_mouse(lab):
    with lab.opened(LESSON.name):
        lab.page.evaluate(NOTICE)
        cells = walk_through(lab)
        turn_a_slider(lab.page)
        cell, source, question = next(q for q in questions_of(LESSON) if not callable(q[2].right))
        walk_to(lab.page, cells.index(cell))
        for key in ("Enter", "Control+A"):
            lab.page.keyboard.press(key)
        lab.page.keyboard.type(solved(source, question))
        lab.page.keyboard.press("Control+Enter")
        lab.wait_for_output(cell, "yes. ")
        assert lab.page.evaluate("() => window.touched") == []


def walk_through(lab) -> list[str]:
    """Run every cell and go to the next; gives the cells' ids in their order."""
    ready = f"{LESSON.name}.ipynb"
    lab.page.wait_for_function(KERNEL_IS_READY, arg=ready, timeout=60 * SECONDS)
    cells = lab.page.evaluate(CELLS)
    for _ in cells:
        lab.page.keyboard.press("Shift+Enter")
    lab.page.wait_for_function(ALL_RAN, timeout=300 * SECONDS)
    return cells


def turn_a_slider(page) -> None:
    """From its cell into the control, one step to the right, and back to the cell."""
    page.wait_for_selector(CONTROL)
    walk_to(page, page.evaluate(PLACE_OF_CONTROL))
    press_until(page, "Tab", IS_SLIDER)
    name, value = page.evaluate(NAME), page.evaluate(VALUE)
    assert name and value, "who hears the page is told what this is, and where it stands"
    screen = page.locator(CONTROL).first.locator(SCREEN).first
    screen.evaluate(REMEMBER)
    page.keyboard.press("ArrowRight")
    page.wait_for_function(CHANGED, arg=screen.element_handle(), timeout=10 * SECONDS)
    assert page.evaluate(VALUE) != value
    press_until(page, "Shift+Tab", IS_CELL)
