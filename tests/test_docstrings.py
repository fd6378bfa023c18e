"""Docstrings name every public parameter, as a docstring parser reads them (Google style).

The parser is another library (`docstring_parser`). The names come from the signatures.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import docstring_parser
import pytest
from docstring_parser.google import GoogleParser

from course.site.public import PACKAGES, ROOT, Definition, Public, public_names, tree_of

OFFERED = [one for package in PACKAGES for one in public_names(package) if one.kind != "data"]
SKIPPED = {"self", "cls"}


def node_of(module: str, name: str) -> Definition:
    """The definition of a public name in its file."""
    return next(
        node for node in tree_of(module).body if isinstance(node, Definition) and node.name == name
    )


def parameters(node: ast.FunctionDef) -> list[str]:
    """The names of the parameters that a caller can give."""
    arguments = node.args
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    listed += [one for one in (arguments.vararg, arguments.kwarg) if one]
    return [one.arg for one in listed if one.arg not in SKIPPED and not one.arg.startswith("_")]


def is_dataclass(node: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(mark) for mark in node.decorator_list)


def fields_without_text(node: ast.ClassDef, lines: list[str]) -> Iterator[str]:
    """Fields of a dataclass that no comment and no text explains."""
    for part, after in zip(node.body, [*node.body[1:], None]):
        if isinstance(part, ast.AnnAssign) and "ClassVar" not in ast.unparse(part.annotation):
            has_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            has_comment = "  # " in lines[part.end_lineno - 1]
            has_comment |= lines[part.lineno - 2].strip().startswith("# ")
            if not (has_text or has_comment) and not ast.unparse(part.target).startswith("_"):
                yield ast.unparse(part.target)


def documented(text: str | None) -> set[str]:
    """The parameters that a docstring parser finds; `top_k, top_p: ...` names two."""
    parsed = GoogleParser().parse(text or "")
    names = {name for one in parsed.params for name in re.split(r",\s*", one.arg_name)}
    return {name.lstrip("*") for name in names}


def cases() -> Iterator[tuple[str, list[str], set[str]]]:
    """Each public function, class and method: its place, its parameters, and those documented."""
    for one in OFFERED:
        node = node_of(one.module, one.name)
        where = f"{one.package}.{one.name}"
        text = ast.get_docstring(node)
        if isinstance(node, ast.FunctionDef):
            yield where, parameters(node), documented(text)
            continue
        lines = Path(ROOT, one.file).read_text(encoding="utf-8").splitlines()
        methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
        made = next((part for part in methods if part.name == "__init__"), None)
        if made is not None:
            both = documented(text) | documented(ast.get_docstring(made))
            yield where, parameters(made), both
        elif is_dataclass(node):
            yield where, list(fields_without_text(node, lines)), documented(text)
        for method in methods:
            if not method.name.startswith("_") and ast.get_docstring(method):
                found = documented(ast.get_docstring(method))
                yield f"{where}.{method.name}", parameters(method), found


def name(one: Public) -> str:
    return f"{one.package}.{one.name}"


CASES = list(cases())


@pytest.mark.parametrize(("where", "wanted", "found"), CASES, ids=[case[0] for case in CASES])
def test_a_docstring_names_every_parameter(where, wanted, found):
    assert [name for name in wanted if name not in found] == [], f"{where}: not in Args"


@pytest.mark.parametrize("one", [one for one in OFFERED if one.kind == "function"], ids=name)
def test_a_docstring_names_nothing_that_is_no_parameter(one):
    node = node_of(one.module, one.name)
    assert documented(ast.get_docstring(node)) <= set(parameters(node))


def test_the_parser_reads_what_it_is_given():
    assert documented("Do.\n\nArgs:\n    a, b: Two.\n    *rest: More.\n") == {"a", "b", "rest"}
    assert docstring_parser.parse("One line.").short_description == "One line."
    assert len(CASES) > 300
