"""Lessons inside a page: run by the browser itself, without requests to other hosts.

Lesson 1, the lightest, runs here always; PAGE_LESSONS=all takes every lesson that a page can run.
Screenshots stay in build/screenshots/, NN_name_in_page_light.png and dark: look at them.
"""

import hashlib
import json
import os
import re
import time
from io import BytesIO
from zipfile import ZipFile

import nbformat
import pytest
from in_page import InPage, errors_of, words_of
from lab import SCREENSHOTS

from course.jupyterlite.notebooks import book_of, built_lessons, needs_something

pytestmark = pytest.mark.browser

RUN_HERE = [lesson for lesson in built_lessons() if lesson.runs_in_a_page]
READ_HERE = [lesson for lesson in built_lessons() if not lesson.runs_in_a_page]
THE_ONE = "01_counting_pairs"
OTHERS = [les.name for les in RUN_HERE if les.name != THE_ONE]
OTHERS = OTHERS if os.environ.get("PAGE_LESSONS") == "all" else []
CONTROL = ".jp-OutputArea-output .widget-vbox:has(.widget-html-content)"
SCREEN = ".widget-html-content"
SLOWEST = 45  # seconds to the first result; 15 on a quiet machine is the figure to reach


def run(window: InPage, name: str) -> float:
    """Open a lesson and run it; the seconds from nothing to its first result."""
    start = time.perf_counter()
    window.open(name)
    window.forget()
    window.wait_for_kernel()
    window.start()
    window.wait_for_output()
    first = time.perf_counter() - start
    window.wait_until_done()
    return first


@pytest.fixture(scope="module")
def lesson(browser, address, published):
    """That one lesson, run."""
    window = InPage(browser, address)
    window.first = run(window, THE_ONE)
    yield window
    window.page.context.close()


@pytest.fixture(scope="module")
def published(site) -> tuple[str, bytes]:
    """The address at which Pyodide publishes NumPy, and what the tests answer there: a stand-in."""
    wheel = BytesIO()
    with ZipFile(wheel, "w") as content:
        content.writestr("numpy/__init__.py", "stands_in = True")
        content.writestr("numpy-2.dist-info/METADATA", "Name: numpy\nVersion: 2\n")
        content.writestr("numpy-2.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    listing = site / "static" / "pyodide" / "pyodide-lock.json"
    lock = json.loads(listing.read_text(encoding="utf-8"))
    lock["packages"]["numpy"]["sha256"] = hashlib.sha256(wheel.getvalue()).hexdigest()
    listing.write_text(json.dumps(lock), encoding="utf-8")
    return lock["packages"]["numpy"]["file_name"], wheel.getvalue()


def check(window: InPage, name: str) -> None:
    """Every cell ran, and says what it said when the notebook was stored; every control answers."""
    (lesson,) = [lesson for lesson in RUN_HERE if lesson.name == name]
    stored = [cell for cell in nbformat.read(lesson.notebook, as_version=4).cells if is_run(cell)]
    cells = window.cells()
    assert [cell["source"] for cell in cells] == [cell.source for cell in stored]
    for cell, before in zip(cells, stored):
        assert cell["ran"] and not errors_of(cell), (cell["source"], errors_of(cell))
        assert words_of(cell) == words_of(before), cell["source"]
    window.show_all()
    controls = window.page.locator(CONTROL)
    assert controls.count() >= 1
    for i in range(controls.count()):
        turn(window.page, controls.nth(i))
    window.shots(SCREENSHOTS / f"{name}_in_page")
    assert (window.errors, window.outside) == ([], [])


def is_run(cell) -> bool:
    return cell.cell_type == "code" and not needs_something(cell)


def turn(page, control) -> None:
    """Move every slider and press "forward", where there is one: each time the picture changes."""
    screen = control.locator(SCREEN).first
    knobs = [(handle, "ArrowRight") for handle in control.locator(".noUi-handle").all()]
    knobs += [(button, "Enter") for button in control.locator("button:has-text('forward')").all()]
    for knob, key in knobs:
        before = screen.inner_html()
        at_the_end = knob.get_attribute("aria-valuenow") == knob.get_attribute("aria-valuemax")
        knob.focus()
        page.keyboard.press("ArrowLeft" if key != "Enter" and at_the_end else key)
        page.wait_for_function(
            "([e, b]) => e.innerHTML !== b", arg=[screen.element_handle(), before]
        )


def test_a_lesson_runs_from_its_first_cell_to_its_last(lesson):
    check(lesson, THE_ONE)


def test_its_first_result_is_soon_there(lesson):
    assert lesson.first < SLOWEST


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_lessons_run_too(in_page, name):
    assert run(in_page, name) < SLOWEST
    check(in_page, name)


def test_an_answer_is_kept_in_this_browser(lesson):
    lesson.ask("from course import guess; guess('L grows by', 0.004)")
    kept = lesson.ask("print(open('/drive/progress.jsonl').read())")
    assert json.loads(kept.strip().splitlines()[-1])["question"] == "L grows by"


def test_what_pyodide_publishes_is_fetched_where_it_can_be_reached(lesson, published):
    url, wheel = published
    from_anywhere = {"access-control-allow-origin": "*"}
    lesson.page.context.route(url, lambda way: way.fulfill(body=wheel, headers=from_anywhere))
    lesson.ask(
        "from course.jupyterlite.runtime import ensure_available; await ensure_available('numpy')"
    )
    assert lesson.ask("import numpy; print(numpy.stands_in)") == "True\n"
    assert set(lesson.outside) == {url[:120]}


@pytest.mark.parametrize("module, word", [("regex", "regex"), ("torch", "PyTorch")])
def test_where_it_cannot_one_sentence_says_so(lesson, module, word):
    text = lesson.ask(
        "from course.jupyterlite.runtime import ensure_available; "
        f"await ensure_available('{module}')"
    )
    assert text.startswith(f"{word} cannot be had inside this page: Pyodide does not have it, or")
    assert "links at its top" in text


def test_a_text_that_is_not_shipped_is_not_asked_for(lesson):
    text = lesson.ask("from gptcore.corpus import load; load('names-ssa')")
    assert text.startswith("The text 'names-ssa' is not shipped with gptcore, and Python in a")
    assert text.endswith("gptcore fetch names-ssa")


def test_when_the_kernel_is_gone_the_pictures_stay(lesson):
    lesson.stop_kernel()
    lesson.page.wait_for_timeout(500)
    pictures = lesson.page.locator(f"{CONTROL} {SCREEN} img, .jp-RenderedHTML img")
    seen = [picture for picture in pictures.all() if picture.is_visible()]
    assert len(seen) > 3
    for picture in seen:
        assert picture.evaluate("e => e.complete && e.naturalWidth > 50")


def test_without_javascript_the_page_says_what_it_needs(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for door in ("index.html", f"lab/index.html?path=notebooks/{THE_ONE}.ipynb"):
        page.goto(f"{address}/{door}", wait_until="domcontentloaded")
        text = page.locator("noscript p")
        assert "the page needs JavaScript, which this browser does not" in text.text_content()
        assert text.bounding_box()["height"] > 20
    context.close()


@pytest.mark.skipif(not OTHERS, reason="PAGE_LESSONS=all runs it")
def test_without_a_widget_manager_the_still_picture_is_there_with_a_sentence(in_page):
    in_page.page.route("**/@jupyter-widgets/jupyterlab-manager/**/*.js", lambda way: way.abort())
    run(in_page, THE_ONE)
    still = in_page.page.locator(".jp-RenderedHTML:has-text('still picture') img")
    assert still.first.evaluate("e => e.complete && e.naturalWidth > 50")


@pytest.mark.parametrize("lesson", READ_HERE, ids=lambda lesson: lesson.name)
def test_what_does_not_run_here_says_where_to_go_and_ends_at_its_first_cell(lesson):
    header, note, first, *_ = book_of(lesson).cells
    assert header.source.startswith(f"# {lesson.number} · ")
    assert re.search(r"\(https://colab\.\S+\).*\(https://mybinder\.\S+\).*make lab", note.source)
    assert "await ensure_available(" in first.source


def test_a_cell_that_needs_a_download_is_there_to_read_with_what_it_showed():
    (lesson,) = [lesson for lesson in RUN_HERE if lesson.name == "00_start_here"]
    (cell,) = [cell for cell in book_of(lesson).cells if cell.source.startswith("*To read")]
    assert cell.cell_type == "markdown"
    assert "```python\n" in cell.source
    assert "32,033 names in the file" in cell.source
