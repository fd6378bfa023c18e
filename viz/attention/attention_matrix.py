"""A small matrix with its numbers, for a chain of matrices such as one head of attention."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from viz.canvas.palette import (
    FAINT,
    INK,
    LINE,
    MASKED,
    MUTED,
    ORANGE,
    PAPER,
    WHITE,
    blend,
    diverging_colour,
    ink_on,
)
from viz.canvas.scene import Rect, Scene, Text

Matrix = NDArray[np.float64]

CELL, ROW, GAP = 30.0, 24.0, 36.0  # pixels: width and height of a cell, room for an operator
LEFT, TOP = 52.0, 62.0  # pixels, where the first cell of a line of matrices is
TITLE_CHAR = 7.2  # pixels, about the width of a letter of a title
STRONGEST = 0.7  # of a colour, so that the digits on it can be read


def add_matrix(
    scene: Scene,
    x: float,
    title: str,
    matrix: Matrix,
    most: float | None,
    columns: Sequence[str] = (),
    rows: Sequence[str] = (),
    frame: tuple[int | None, int | None] = (None, None),
    y: float = TOP,
) -> float:
    """A matrix with its numbers, coloured by sign and size; from white to dark if `most` is None.

    Returns where it ends; a wide title pushes the next matrix away. A frame is a row, a column,
    or one cell; `y` is the upper side of the first row.
    """
    height, width = len(matrix), len(matrix[0])
    scene.add(Text(x, y - 26, title, 12, INK, weight="600"))
    for j, name in enumerate(columns):
        scene.add(Text(x + CELL * (j + 0.5), y - 7, name, 11, MUTED, "middle", mono=True))
    for i, name in enumerate(rows):
        scene.add(Text(x - 6, y + ROW * i + 16, name, 11, MUTED, "end", mono=True))
    for i, j in np.ndindex(matrix.shape):
        text, fill = cell(float(matrix[i, j]), most, hidden=most is None and j > i)
        left, top = x + CELL * j, y + ROW * i
        scene.add(Rect(left, top, CELL, ROW, fill, FAINT))
        if text:
            middle = left + CELL / 2
            scene.add(Text(middle, top + 16, text, 10.5, ink_on(fill), "middle"))
    scene.add(Rect(x, y, CELL * width, ROW * height, "none", LINE))
    row, column = frame
    left, across = (x, width) if column is None else (x + CELL * column, 1)
    top, down = (y, height) if row is None else (y + ROW * row, 1)
    if frame != (None, None):
        scene.add(Rect(left, top, CELL * across, ROW * down, "none", ORANGE, 2.5))
    return x + max(CELL * width, TITLE_CHAR * len(title) + 10 - GAP)


def add_operator(scene: Scene, x: float, text: str, gap: float = GAP) -> float:
    """An operator or a function between two matrices; returns where the next matrix is."""
    size, middle = (16.0 if len(text) < 6 else 12.0), x + min(gap, GAP + 22) / 2
    scene.add(Text(middle, scene.height / 2 + TOP / 2, text, size, INK, "middle"))
    return x + gap


def cell(number: float, most: float | None, hidden: bool) -> tuple[str, str]:
    """What is written into a cell, and its colour."""
    if hidden or number == -np.inf:
        return "" if hidden else "−∞", MASKED
    if most is None:
        return two_digits(number), blend(WHITE, INK, number)
    return signed(number), blend(PAPER, diverging_colour(number / most), STRONGEST)


def two_digits(weight: float) -> str:
    """A weight from 0 to 1 without its leading 0."""
    return "1" if weight > 0.995 else f"{weight:.2f}"[1:]


def signed(number: float) -> str:
    """One decimal, with a real minus sign and without "-0.0"."""
    text = f"{number:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "−")
