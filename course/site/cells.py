"""A lesson as a page: its cells with their stored outputs, never run.

Writes MyST Markdown, which is what Sphinx reads here. Of an output's forms the page takes the one
that can do most: a dial, then HTML, with its script and its still inside, then PNG, then text.
"""

import json
import re
from collections.abc import Mapping
from html import escape

from course.site.dials import dial_box, dial_scripts
from course.site.editor.lesson_code import cells_of
from course.site.quiz.guesses import guesses_in, without_guesses
from course.syllabus.lesson_table import Lesson
from viz.canvas.control import STATIC_NOTE
from viz.canvas.picture import DIAL

ANSI = re.compile(r"\x1b\[[0-9;]*m")
NEIGHBOURS = re.compile(r"\[[^\]\n]*\]\([\w.]+\.ipynb\)( \| \[[^\]\n]*\]\([\w.]+\.ipynb\))?")
PLOTLY = "application/vnd.plotly.v1+json"
# In place of `STATIC_NOTE`, below a control without a dial.
NEEDS_PYTHON = (
    "<p>A still picture: its knobs need Python. The first lines of this page say where it runs.</p>"
)


def lesson_page(lesson: Lesson, head: str = "", below: Mapping[str, str] | None = None) -> str:
    """The page of one lesson, from the first cell to the last.

    `head` takes the place of the first cell; links to the neighbours are left to the site. `below`
    has HTML for below a cell, by the cell's id.
    """
    below, cells = below or {}, cells_of(lesson)
    shown = [
        cell_text(cell, below.get(cell["id"], ""))
        for cell in cells
        if not only_neighbours("".join(cell["source"]))
    ]
    scripts = dial_scripts(output for cell in cells for output in cell.get("outputs", []))
    last = [directive("raw", "html", scripts)] if scripts else []
    return "\n\n".join([*([head, *shown[1:]] if head else shown), *last]) + "\n"


def only_neighbours(source: str) -> bool:
    """Whether a cell has nothing but the links to the lessons before and after."""
    return bool(NEIGHBOURS.fullmatch(source.strip()))


def cell_text(cell: dict, below: str = "") -> str:
    """A cell as Markdown; `below` is HTML that comes after its outputs."""
    source = "".join(cell["source"])
    if cell["cell_type"] != "code":
        return source
    forms = guesses_in(source)
    if forms:
        return guess_cell(cell, source, forms)
    code = directive("code-block", "python", source)
    shown = [output_text(output) for output in cell["outputs"]]
    if cell["execution_count"] is None:
        shown = [why_not_run(cell)]
    outputs = "\n\n".join(filter(None, shown))
    if "answer" in cell["metadata"].get("tags", []) and outputs:
        outputs = folded(outputs)
    parts = [code, outputs, below and directive("raw", "html", below)]
    return directive("container", "cell", "\n\n".join(filter(None, parts)), mark=":")


def guess_cell(cell: dict, source: str, forms: list[dict]) -> str:
    """A cell with guesses: forms in place of its calls, and of the lines that they print."""
    code, prompts = without_guesses(source, forms)
    shown = [output_text(without_lines(output, prompts)) for output in cell["outputs"]]
    parts = [directive("code-block", "python", code)] if code else []
    parts += [*filter(None, shown), *(directive("raw", "html", quiz_box(form)) for form in forms)]
    return directive("container", "cell", "\n\n".join(parts), mark=":")


def without_lines(output: dict, lines: set[str]) -> dict:
    """An output without these lines of its text."""
    if "text" not in output:
        return output
    kept = [line for line in joined(output["text"]).splitlines() if line not in lines]
    return {**output, "text": "\n".join(kept)}


def quiz_box(form: dict) -> str:
    """The data of a form; `quiz.js` makes the form of it."""
    data = json.dumps(form).replace("</", "<\\/")
    noscript = "<noscript><p>To enter a guess here, allow scripts.</p></noscript>"
    return f'<div class="quiz">{noscript}<script type="application/json">{data}</script></div>'


def folded(outputs: str) -> str:
    """An output that the reader opens after predicting it."""
    begin = directive("raw", "html", "<details class='answer'><summary>Show the output</summary>")
    return "\n\n".join([begin, outputs, directive("raw", "html", "</details>")])


def why_not_run(cell: dict) -> str:
    """The text in place of the output of a cell that did not run."""
    tags = cell["metadata"].get("tags", [])
    needs = " and ".join(
        tag.removeprefix("needs-").replace("-", " ") for tag in tags if tag.startswith("needs-")
    )
    return f"*Not run for this page: it needs {needs}.*" if needs else "*Not run for this page.*"


def output_text(output: dict) -> str:
    """One output, in a box that scrolls if it is wider than the page."""
    data = {kind: joined(content) for kind, content in output.get("data", {}).items()}
    if DIAL in data:
        return directive("raw", "html", dial_box(data))
    if "text/html" in data:
        return directive("raw", "html", picture_box(data))
    if "image/png" in data:
        alt = escape(data.get("text/plain", ""))
        image = f'<img src="data:image/png;base64,{data["image/png"].strip()}" alt="{alt}">'
        return directive("raw", "html", f'<div class="output picture">{image}</div>')
    text = joined(output.get("text", "")) or data.get("text/plain", "")
    text = text or "\n".join(output.get("traceback", []))
    text = ANSI.sub("", text).rstrip()
    return directive("code-block", "text", f":class: output\n\n{text}") if text else ""


def picture_box(data: dict) -> str:
    """The picture as HTML; a plotly figure keeps its data, for the button that `site.js` adds."""
    html = re.sub(r'href="(\w+)\.ipynb', r'href="\1.html', data["text/html"])
    html = html.replace(STATIC_NOTE, NEEDS_PYTHON)
    if PLOTLY in data:
        figure = json.dumps(data[PLOTLY]).replace("</", "<\\/")
        html += f'<script type="application/json" class="plotly-figure">{figure}</script>'
    return f'<div class="output picture">{html}</div>'


def joined(content):
    """The text of an output, which notebooks store as a string or as a list of lines."""
    return "".join(content) if isinstance(content, list) and content[:1] != [{}] else content


def directive(name: str, argument: str, content: str, mark: str = "`") -> str:
    """A directive of MyST, with a fence longer than any in its content.

    Example: directive("raw", "html", "<b>so</b>") -> "```{raw} html\\n<b>so</b>\\n```"
    """
    longest = max([2, *map(len, re.findall(rf"{re.escape(mark)}{{3,}}", content))])
    fence = mark * (longest + 1)
    return f"{fence}{{{name}}} {argument}\n{content}\n{fence}"
