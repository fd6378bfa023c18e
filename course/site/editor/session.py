"""A lesson that runs in a page: it runs the code of an exercise, and the cells above that it needs.

`static/python_worker.js` makes one session for each page. Everything here is Python's standard
library, because Pyodide runs it. What the cells above print is not shown.
"""

import ast
import json
import linecache
import re
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import course
from course.record.kept import answers_in, place
from course.site.editor.needed import GIVEN, cells_needed

MOST_LETTERS = 20_000  # of what a run prints
SHOWN_CALLS = 4  # the first and the last calls of an error that are listed


class Printed(StringIO):
    """What a run prints; the letters after the first 20,000 are dropped."""

    letters = 0

    def write(self, text: str) -> int:
        super().write(text[: max(MOST_LETTERS - self.letters, 0)])
        self.letters += len(text)
        return len(text)

    def text(self) -> str:
        cut = self.letters > MOST_LETTERS
        return self.getvalue() + (f"\n(only the first {MOST_LETTERS:,} letters)\n" if cut else "")


def given_names() -> dict[str, Any]:
    return {name: getattr(course, name) for name in GIVEN}


class CellAboveError(Exception):
    """A cell above the exercise raised an error; its cause has the error."""


class Session:
    """The names of one lesson, shared by all its exercises as in a notebook."""

    def __init__(self) -> None:
        self.space: dict[str, Any] = {"__name__": "__main__", **given_names()}
        self.ran: dict[int, str] = {}  # place of a cell -> the code that ran

    def run(self, cells: Sequence[str], at: int, report: Callable[[str], Any]) -> str:
        """Run one cell, after the cells above that it needs.

        Args:
            cells: The code of all cells of the lesson, with the reader's changes.
            at: The place of the cell to run.
            report: Is called with what happens now, in words.

        Returns:
            JSON: `text` is what is to be shown, `answers` has [question, right] for each check.
        """
        above = [i for i in cells_needed(cells, at) if self.ran.get(i) != cells[i]]
        before, printed, failure = len(kept_answers()), Printed(), ""
        try:
            if above:
                cells_above = "the cell" if len(above) == 1 else f"{len(above)} cells"
                report(f"Running {cells_above} above …")
            for i in above:
                self.run_above(cells[i], i)
            report("Running your code …")
            with redirect_stdout(printed):
                self.execute(cells[at], at)
            self.ran[at] = cells[at]
        except CellAboveError as error:
            failure = in_words(error.__cause__ or error, "A cell above raised an error:\n")
        except BaseException as error:  # every error of the reader's code is shown
            failure = in_words(error)
        text = (printed.text() + failure).rstrip()
        return json.dumps({"text": text, "answers": kept_answers()[before:]})

    def run_above(self, code: str, at: int) -> None:
        """Raises: CellAboveError if the cell raises."""
        try:
            with redirect_stdout(StringIO()):
                self.execute(code, at)
        except Exception as error:
            raise CellAboveError from error
        self.ran[at] = code

    def execute(self, code: str, at: int) -> None:
        """Run a cell, and print the value of its last line, as a notebook does."""
        name = file_of(at)
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        body = ast.parse(code, name).body
        last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
        body = body[:-1] if last else body
        exec(compile(ast.Module(body, []), name, "exec"), self.space)
        if last:
            value = eval(compile(ast.Expression(last), name, "eval"), self.space)
            if value is not None:
                print(repr(value))


def file_of(at: int) -> str:
    """The name of a cell in a traceback."""
    return f"<cell {at + 1}>"


def in_words(error: BaseException, before: str = "") -> str:
    """An error as the reader sees it: the lines of the cells, and none of ours."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return (
            f"{before}{error.name} is not in this page. Run the lesson in one of the places below."
        )
    if isinstance(error, SyntaxError):
        words = "".join(traceback.format_exception_only(error))
        return before + re.sub(r'File "<cell \d+>", ', "in ", words)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith("<cell ")
    ]
    lines = [f"in line {frame.lineno}: {frame.line}\n" for frame in frames]
    if len(lines) > 2 * SHOWN_CALLS:
        skipped = f"... {len(lines) - 2 * SHOWN_CALLS:,} more calls ...\n"
        lines = [*lines[:SHOWN_CALLS], skipped, *lines[-SHOWN_CALLS:]]
    return before + "".join([*lines, *traceback.format_exception_only(error)])


def kept_answers() -> list[tuple[str, bool]]:
    """The answers that `check` has recorded."""
    with suppress(OSError):
        return [(one.question, one.right) for one in answers_in(place() or Path("none"))]
    return []
