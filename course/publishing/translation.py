"""Check that a translated lesson has the same cells, tags and code.

    python -m course.publishing.translation course/lessons/03_scalar_autograd.py
    my/03_scalar_autograd.py

The prose of a lesson is in one file, its questions and hints in one of `course/catalogue/`, its
title in `lessons.toml`. A translation may change the prose, and in code the strings and
the comments; names of questions must not change, because they are keys of the catalogue.
"""

import argparse
import ast
import sys
from pathlib import Path

import jupytext

from course.catalogue import QUESTIONS


def differences(original: str, translated: str) -> list[str]:
    """The differences, one line for each cell.

    Example: differences("# %%\\nx = 1", "# %%\\nx = 2") -> ["cell 1: the code differs"]
    """
    one, other = (jupytext.reads(text, fmt="py:percent").cells for text in (original, translated))
    if len(one) != len(other):
        return [f"there are {len(one)} cells, and {len(other)} in the translation"]
    found = []
    for number, (cell, its) in enumerate(zip(one, other), start=1):
        if cell.cell_type != its.cell_type:
            found.append(f"cell {number}: {cell.cell_type} has become {its.cell_type}")
        elif cell.metadata.get("tags") != its.metadata.get("tags"):
            found.append(f"cell {number}: the tags differ")
        elif cell.cell_type == "code" and bones(cell.source) != bones(its.source):
            found.append(f"cell {number}: the code differs")
    return found


def bones(source: str) -> str:
    """The code without strings and comments."""
    try:
        return ast.dump(WithoutWords().visit(ast.parse(source)))
    except SyntaxError:
        return source


class WithoutWords(ast.NodeTransformer):
    """Empty all strings except the names of questions. In an f-string the order may change, too."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        free = isinstance(node.value, str) and node.value not in QUESTIONS
        return ast.Constant("") if free else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        parts = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        return ast.JoinedStr(sorted(parts, key=ast.dump))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course.publishing.translation",
        description="Compare a translated lesson with its original.",
    )
    parser.add_argument("original", type=Path)
    parser.add_argument("translated", type=Path)
    options = parser.parse_args(arguments)
    try:
        texts = [
            path.read_text(encoding="utf-8") for path in (options.original, options.translated)
        ]
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    found = differences(*texts)
    print("\n".join(found) or "the same cells, tags and code")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
