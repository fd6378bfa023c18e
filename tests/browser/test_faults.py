"""What a reader still sees when something under the page is gone."""

import json
import os
import signal

import nbformat
import pytest
from knobs import CONTROL, SCREEN, turn_all
from lab import SECONDS

from viz.canvas.control import STATIC_NOTE

pytestmark = pytest.mark.browser
NAME = "control"
CELLS = (
    "from gptcore.scalar import Value\nfrom viz import BackwardPlayer",
    "def build(a, b):\n"
    "    a, b = Value(a), Value(b)\n"
    '    return {"a": a, "b": b, "L": a * b + a}\n\n\n'
    "BackwardPlayer(build, a=2.0, b=3.0)",
)
IS_DRAWN = "image => image.complete && image.naturalWidth > 50"
SAID = STATIC_NOTE.removeprefix("<p>").removesuffix("</p>")


@pytest.fixture(scope="module")
def books(work):
    """One small notebook with a control."""
    folder = work / "books"
    folder.mkdir()
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, folder / f"{NAME}.ipynb")
    return folder


@pytest.fixture
def without_widgets(work):
    """JupyterLab as it is where the manager of widgets was switched off, or never installed."""
    config = work / "config" / "labconfig" / "page_config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    missing = {"@jupyter-widgets/jupyterlab-manager": True}
    config.write_text(json.dumps({"disabledExtensions": missing}))
    yield
    config.unlink()


def test_a_kernel_that_dies_leaves_the_picture_and_a_sentence(lab):
    page = lab.page
    with lab.opened(NAME):
        lab.run_all(NAME)
        process = lab.kernel()
        if process is None:
            pytest.skip("only Linux tells which process computes")
        os.kill(process, signal.SIGKILL)
        page.wait_for_selector("text=appears to have died", timeout=60 * SECONDS)
        image = page.locator(f"{CONTROL} {SCREEN} img").first
        assert image.is_visible() and image.evaluate(IS_DRAWN)
        page.keyboard.press("Enter")  # "Ok"
        lab.run_all(NAME)
        assert turn_all(page, page.locator(CONTROL)) == [], "run again, it can be turned again"


def test_without_the_manager_of_widgets_a_still_picture_and_a_sentence_appear(lab, without_widgets):
    with lab.opened(NAME):
        lab.run_all(NAME)
        shown = lab.page.locator(".jp-OutputArea-output")
        assert shown.locator("img").count() == 1
        assert shown.locator("img").evaluate(IS_DRAWN)
        assert SAID in shown.inner_text()
