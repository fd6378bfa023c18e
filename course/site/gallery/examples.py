"""Runs the example of a docstring, and keeps the picture that it makes."""

import ast
import tempfile
from contextlib import chdir, redirect_stdout
from doctest import DocTestParser
from functools import wraps
from io import StringIO
from typing import Any

from course.site.before_examples import BEFORE
from course.site.public import Public, parse_example, public_names
from viz import LossPlot, Picture
from viz.canvas.control import Control
from viz.canvas.picture import DIAL


def picture_of(one: Public) -> Picture | None:
    """The picture that the example of a public name of `viz` makes; None if it makes none.

    It runs in an empty folder, after the lines of course/site/before_examples.py. Of several
    pictures it is the last. Without PyTorch, an example that needs it makes none.
    """
    names: dict[str, Any] = {}
    exec(BEFORE[one.package], names)
    results: list[Any] = []
    for public in public_names(one.package):
        if public.kind != "data":
            names[public.name] = recording(names[public.name], results)
    with tempfile.TemporaryDirectory() as folder, chdir(folder), redirect_stdout(StringIO()):
        try:
            exec(compile(code_of(one), f"{one.file}:{one.line}", "exec"), names)
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
    return next(filter(None, map(still_of, reversed(results))), None)


def code_of(one: Public) -> ast.Module:
    """The code of an example, without the values that it promises."""
    example = one.doc.example
    if not example.startswith(">>>"):
        return ast.parse(parse_example(example)[0])
    return ast.parse("".join(part.source for part in DocTestParser().get_examples(example)))


def recording(function: Any, results: list[Any]) -> Any:
    """The function, or class, with a list of everything that it returned."""

    @wraps(function, updated=())
    def call(*arguments: Any, **options: Any) -> Any:
        results.append(function(*arguments, **options))
        return results[-1]

    return call


def still_of(value: Any) -> Picture | None:
    """What a page shows of a result: a picture itself, or the still of a control with its dial."""
    if isinstance(value, LossPlot):
        return value.picture if value.history else None
    if isinstance(value, Control):
        dial = value.page_dial()
        value.still.extra_mime |= {DIAL: dial} if dial else {}
        return value.still
    return value if isinstance(value, Picture) else None
