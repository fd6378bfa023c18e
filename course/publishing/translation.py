"""Whether a lesson in another language is still the same lesson: the same cells, tags and code.

    python -m course.publishing.translation course/lessons/03_scalar_autograd.py
    my/03_scalar_autograd.py

The prose of a lesson is in one file, its questions and hints in one of `course/catalogue/`, its
title in `lessons.toml`. What is free in a translation is the prose, and in code what stands in
quotes or behind `#`; names of questions stay, for the catalogue is asked by them.
Left out on purpose: whether the translation is a good one.
"""

import argparse
import ast
import sys
from pathlib import Path

import jupytext

from course.catalogue import QUESTIONS


def differences(original: str, translated: str) -> list[str]:
    """What is not the same, a line for each cell; empty if nothing is.

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
    """The code without what may be translated in it."""
    try:
        return ast.dump(WithoutWords().visit(ast.parse(source)))
    except SyntaxError:
        return source


class WithoutWords(ast.NodeTransformer):
    """Empties all strings but the names of questions, also those around numbers in an f-string,
    which another language puts in another order.
    """

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        free = isinstance(node.value, str) and node.value not in QUESTIONS
        return ast.Constant("") if free else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        parts = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        return ast.JoinedStr(sorted(parts, key=ast.dump))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course.publishing.translation",
        description="Hold a translated lesson to its original.",
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
