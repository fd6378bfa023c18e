"""What a fresh clone shows: every lesson opened in JupyterLab, nothing run, not trusted.

Screenshots stay in build/screenshots/, in the light and in the dark theme: look at them.
"""

import re

import nbformat
import pytest
from lab import SCREENSHOTS, SECONDS

from course.syllabus.lesson_table import NOTEBOOKS, written_lessons
from viz.canvas.control import STATIC_NOTE
from viz.canvas.picture import PLOTLY_MIME

pytestmark = pytest.mark.browser
LESSONS = [lesson.name for lesson in written_lessons()]
TRUSTED = """() => window.jupyterapp.shell.currentWidget.content.widgets.some(
    cell => cell.model.type === "code" && cell.model.trusted)"""
PICTURES = ".jp-OutputArea .jp-RenderedHTML img, .jp-OutputArea .jp-RenderedImage img"


def visible_outputs(name: str) -> list[dict]:
    """The stored outputs of a lesson that are not folded away as an answer."""
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    shown = [c for c in cells if "answer" not in c.metadata.get("tags", [])]
    return [output.get("data", {}) for cell in shown for output in cell.get("outputs", [])]


@pytest.mark.parametrize("name", LESSONS)
def test_a_fresh_clone_shows_every_picture_before_anything_runs(lab, name):
    lab.errors.clear()
    lab.open(name)
    lab.page.wait_for_timeout(1 * SECONDS)
    assert not lab.page.evaluate(TRUSTED)
    lab.show_all()
    lab.shots(SCREENSHOTS / f"{name}_saved")
    images = lab.page.locator(PICTURES)
    placeholders = lab.page.locator(".jp-OutputPlaceholder").all_inner_texts()
    assert not "".join(placeholders).strip(), "the first line of a folded answer is visible"
    outputs = visible_outputs(name)
    stills = [data for data in outputs if PLOTLY_MIME not in data]  # plotly draws its own
    assert images.count() >= sum("<img" in data.get("text/html", "") for data in stills)
    for i in range(images.count()):
        assert images.nth(i).evaluate("e => e.complete && e.naturalWidth > 50")
        assert images.nth(i).get_attribute("alt"), "an image without words"
    shown = " ".join(lab.page.locator(".jp-OutputArea-output").all_inner_texts())
    if any(STATIC_NOTE in data.get("text/html", "") for data in outputs):
        assert STATIC_NOTE.removeprefix("<p>").removesuffix("</p>") in shown
    assert not re.search("model not found|Error displaying widget", shown)
    assert (lab.errors, lab.outside) == ([], [])
