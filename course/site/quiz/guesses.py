"""Calls of `guess` and `check` in the code of a cell that a form can take the place of."""

import ast
from functools import cache
from typing import Any

from course.catalogue import QUESTIONS
from course.checks import STUB_OF_A_CHECK, STUB_OF_A_GUESS
from course.site.quiz.forms import form_of

IMPORTS_OF_THE_COURSE = "from course import "


@cache
def form_named(name: str) -> dict[str, Any] | None:
    """The form of a question of the catalogue, computed once."""
    return form_of(QUESTIONS[name])


def guesses_in(source: str) -> list[dict[str, Any]]:
    """The forms of the guesses of a cell, in order; those that need Python are left out."""
    names = [name for name, _ in calls(source)]
    return [form for name in names if (form := form_named(name)) is not None]


def calls(source: str) -> list[tuple[str, ast.stmt]]:
    """Name of the question and statement of each call of `guess` or `check`."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a cell with a command of IPython
        return []
    return [(name, one) for one in statements if (name := question_of(one)) in QUESTIONS]


def question_of(statement: ast.stmt) -> str:
    """The question of `guess("question", ...)`; "" for any other statement."""
    match statement:
        case ast.Expr(ast.Call(ast.Name("guess" | "check"), [ast.Constant(str(name)), *_])):
            return name
    return ""


def is_stub(statement: ast.stmt) -> bool:
    """Whether it is `name = ...`, or a table with dots, for the reader to fill in."""
    return isinstance(statement, ast.Assign) and any(
        isinstance(one, ast.Constant) and one.value is ... for one in ast.walk(statement.value)
    )


def without_guesses(source: str, forms: list[dict[str, Any]]) -> tuple[str, set[str]]:
    """The other code of a cell, and the lines that an unanswered guess prints.

    Args:
        source: The code.
        forms: Of its guesses.
    """
    names = {form["name"] for form in forms}
    replaced = [one for name, one in calls(source) if name in names]
    replaced += [one for one in ast.parse(source).body if is_stub(one)]
    removed = {
        number for one in replaced for number in range(one.lineno, (one.end_lineno or 0) + 1)
    }
    lines = [line for n, line in enumerate(source.splitlines(), 1) if n not in removed]
    if all(not line.strip() or line.startswith(IMPORTS_OF_THE_COURSE) for line in lines):
        lines = []
    stubs = {f"{name}{stub}" for name in names for stub in (STUB_OF_A_GUESS, STUB_OF_A_CHECK)}
    return "\n".join(lines).strip(), stubs
