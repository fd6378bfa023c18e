"""Exercises in Python on the site: Pyodide checks them with the replies of the notebook.

The site is served, and its folder `try/` has Python as `make page` lays it out. Every exercise that
needs no package is tried; the page of lesson 1 is used as a reader uses it.
"""

import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from course.catalogue import QUESTIONS
from course.site.editor.boxes import MEGABYTES
from course.site.editor.lesson_code import code_of
from course.site.editor.probe import exercises_of, what_each_lacks
from course.syllabus.lesson_table import Lesson, written_lessons

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))
from answering import solved, written

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PARTS = ROOT / "build" / "page" / "parts"
PAGE_PYTHON = ROOT / ".venv" / "page" / "bin" / "python"
LESSONS = [lesson for lesson in written_lessons() if lesson.notebook.is_file()]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
LOADING = 120_000  # milliseconds; 5,000 on a quiet machine
LAY_OUT = """
import sys
from pathlib import Path
from course.jupyterlite.build import EXTENSIONS, KERNEL
from course.jupyterlite.wheels import MissingPartsError, Parts, lay_out, our_wheel
folder, parts = map(Path, sys.argv[1:])
try:
    lay_out(folder, Parts(parts, offline=True), EXTENSIONS / KERNEL / "static" / "pypi",
            our_wheel(folder.parent))
except MissingPartsError as error:
    sys.exit(f"skip: {error}")
"""
# One worker runs all [cells, place], one after the other.
RUN_ALL = """([python, runs]) => new Promise((done, fail) => {
    const worker = new Worker("../_static/python_worker.js", { type: "module" }), replies = [];
    const next = () => {
        if (replies.length === runs.length) { worker.terminate(); return done(replies); }
        const [cells, place] = runs[replies.length];
        worker.postMessage({ python: new URL(python, document.baseURI).href, cells, place });
    };
    worker.onmessage = ({ data }) => {
        if (data.failed) fail(new Error(data.failed));
        if (data.reply) { replies.push(data.reply); next(); }
    };
    worker.onerror = (event) => fail(new Error(event.message));
    next();
})"""


class QuietFiles(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def address(site, tmp_path_factory):
    """The address of the site with Python in it."""
    if not PAGE_PYTHON.exists() or not PARTS.exists():
        pytest.skip("the page's environment and parts are not here: make page")
    folder = tmp_path_factory.mktemp("served")
    python = folder / "try" / "static" / "pyodide"
    python.parent.mkdir(parents=True)
    ran = subprocess.run(
        [PAGE_PYTHON, "-c", LAY_OUT, python, PARTS], cwd=ROOT, capture_output=True, text=True
    )
    if "skip: " in ran.stderr:
        pytest.skip(ran.stderr.strip())
    assert not ran.returncode, ran.stderr
    for part in site.iterdir():
        if part.name != "try":
            (folder / part.name).symlink_to(part)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietFiles, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def runs_of(lesson: Lesson) -> list[tuple[list[str], int, str, bool]]:
    """Cells, the place of the one to run, the expected text, whether it is right."""
    cells, runs = code_of(lesson), []
    for name, place in exercises_of(lesson).items():
        question = QUESTIONS[name]
        if what_each_lacks()[name]:
            continue
        answers = [
            (cells[place], f"{name}: not done yet", None),
            (
                solved(cells[place], question),
                f"{name}: {question.judge(question.right).words}",
                True,
            ),
        ]
        for i, wrong in enumerate(question.wrong[:2]):
            code = repr(wrong.answer)
            if callable(wrong.answer):
                code = f"QUESTIONS[{name!r}].wrong[{i}].answer"
            code = written(cells[place], name, code, "from course.catalogue import QUESTIONS")
            answers.append((code, f"{name}: not yet. {wrong.hint}", False))
        for code, words, right in answers:
            changed = [*cells[:place], code]
            runs.append((changed, place, words, right))
    return runs


def test_every_exercise_gets_the_replies_of_the_notebook(chromium, address):
    page = chromium.new_context(viewport=DESK).new_page()
    page.goto(f"{address}/notebooks/08_tensors.html")
    runs = [run for lesson in LESSONS for run in runs_of(lesson)]
    assert len(runs) > 120
    replies = page.evaluate(
        RUN_ALL, ["../try/static/pyodide/", [[cells, place] for cells, place, *_ in runs]]
    )
    for (_, _, words, right), reply in zip(runs, replies):
        assert reply["text"] == words
        assert [right for _, right in reply["answers"]] == ([] if right is None else [right])


class Editor:
    """An exercise of a page, as a reader uses it."""

    def __init__(self, page, name: str):
        self.page = page
        self.box = page.locator(".python", has=page.get_by_label(f"Your code: {name}"))
        self.area = self.box.locator("textarea")
        self.reply = self.box.locator(".reply")

    def press(self, button: str) -> None:
        self.box.get_by_role("button", name=button).click()

    def run(self, code: str | None = None) -> str:
        if code is not None:
            self.area.fill(code)
        self.press("Run and check")
        self.reply.locator(":scope:not(:empty)").wait_for(timeout=LOADING)
        return self.reply.text_content()


@pytest.fixture
def page(chromium, address):
    """The page of lesson 1 in a browser that has never seen it."""
    context = chromium.new_context(viewport=DESK)
    page = context.new_page()
    page.goto(f"{address}/notebooks/01_counting_pairs.html")
    yield page
    context.close()


def test_a_reader_runs_stops_and_comes_back(page):
    outside, weights = [], []
    page.on("request", lambda r: outside.append(r.url) if "127.0.0.1" not in r.url else None)
    page.on("response", lambda r: weights.append(int(r.headers.get("content-length", 0))))
    editor = Editor(page, "token_loss")
    assert not weights  # nothing is loaded before the first run
    assert editor.run() == "token_loss: not done yet"
    assert abs(sum(weights) / 1e6 - MEGABYTES) < 2 and not outside
    # A wrong answer and a right one, counted; names of the cells above are there.
    wrong = "from math import log\n\ndef token_loss(p):\n    return log(p)\n\n"
    ask = 'check("token_loss", token_loss)'
    assert editor.run(wrong + ask).startswith("token_loss: not yet. The size is right.")
    assert "wrong" in editor.reply.get_attribute("class")
    right = f"print(len(LETTERS))\n{wrong.replace('return', 'return -')}{ask}"
    assert editor.run(right).startswith("26\ntoken_loss: yes. 0 for p = 1")
    assert "right" in editor.reply.get_attribute("class")
    assert "1 of 7 answered, 1 right" in page.locator(".quiz-count").inner_text()
    # An endless loop is stopped; a loop inside the answer stops by itself.
    editor.area.fill("while True:\n    pass")
    editor.press("Run and check")
    page.get_by_text("Running your code").wait_for(timeout=LOADING)
    assert page.evaluate("1 + 1") == 2
    editor.press("Stop")
    assert editor.reply.text_content() == "Stopped. The next run starts Python again."
    smoothed = Editor(page, "smoothed")
    endless = "def smoothed(row):\n    while row:\n        pass\n\n"
    reply = smoothed.run(f"{endless}check('smoothed', smoothed)")
    assert reply.startswith("smoothed: not yet. After 5 seconds your function had not come to an")
    # What is typed and answered is kept until it is forgotten.
    page.reload()
    assert editor.area.input_value() == "while True:\n    pass"
    assert smoothed.reply.text_content() == reply
    editor.press("Reset")
    assert "return ..." in editor.area.input_value()
    page.get_by_role("button", name="Forget them").click()
    page.wait_for_load_state()
    assert "return ..." in smoothed.area.input_value()
    assert "0 of 7 answered" in page.locator(".quiz-count").inner_text()


def test_the_editor_obeys_the_keys_and_does_not_trap_them(page):
    editor = Editor(page, "token_loss")
    editor.area.fill("")
    editor.area.focus()
    keys = page.keyboard
    keys.type("def f(p):\nif p:\nreturn 1")  # new lines are indented after a colon
    assert editor.area.input_value() == "def f(p):\n    if p:\n        return 1"
    keys.press("Home")
    keys.press("Tab")
    assert editor.area.input_value().endswith("\n            return 1")
    keys.press("Shift+Tab")
    assert editor.area.input_value().endswith("\n        return 1")
    keys.press("Control+A")
    keys.press("Tab")
    assert editor.area.input_value() == "    def f(p):\n        if p:\n            return 1"
    keys.press("Control+Z")
    assert editor.area.input_value() == "def f(p):\n    if p:\n        return 1"
    keys.press("Escape")
    keys.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run and check"
    keys.press("Shift+Tab")
    keys.press("Escape")
    keys.press("Shift+Tab")
    assert page.evaluate("document.activeElement.tagName") != "TEXTAREA"


def test_on_a_phone_nothing_scrolls_sideways(chromium, address):
    page = chromium.new_context(viewport=PHONE).new_page()
    for lesson in ("01_counting_pairs", "14_after_pretraining"):
        page.goto(f"{address}/notebooks/{lesson}.html")
        assert page.locator(".python textarea").count() >= 3
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_page_from_disk_says_how_to_serve_it_and_keeps_the_code(chromium, site):
    page = chromium.new_context(viewport=DESK).new_page()
    page.goto((site / "notebooks" / "01_counting_pairs.html").as_uri())
    box = page.locator(".python").first
    assert "python -m http.server" in box.inner_text() and "in Colab" in box.inner_text()
    assert page.locator(".python textarea").count() == 0
    assert page.get_by_text('check("row_probabilities"').is_visible()


def test_without_python_a_run_says_so(chromium, address):
    context = chromium.new_context(viewport=DESK)
    page = context.new_page()
    page.route("**/pyodide.mjs", lambda way: way.abort())
    page.goto(f"{address}/notebooks/01_counting_pairs.html")
    editor = Editor(page, "smoothed")
    assert editor.run().startswith("Python could not be started: ")
    assert editor.box.get_by_role("button", name="Run and check").is_enabled()
    context.close()
