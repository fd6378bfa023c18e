"""One head as a chain of matrices: q and k, scores, scale, mask, softmax, weights times v.

Every number is printed, so that one of them can be checked by hand. For the weights alone, of many
heads, see `draw_attention`.
"""

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viz.canvas.arrays import to_int, to_nested_list, to_tokens
from viz.canvas.labels import visible_token
from viz.canvas.palette import (
    FAINT,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PAPER,
    WHITE,
    blend,
    diverging_colour,
    ink_on,
)
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Matrix = NDArray[np.float64]

MAX_TOKENS, MAX_NUMBERS = 8, 8
CELL, ROW, GAP = 32.0, 24.0, 46.0  # pixels: width and height of a cell, room for an operator
LEFT, TOP = 64.0, 62.0  # pixels, where the first cell of a line of matrices is
STRONGEST = 0.7  # of a colour, so that the digits on it can be read
HIDDEN = "#d5d7db"  # a masked cell, unlike a small weight


def draw_attention_chain(
    q: ArrayLike,
    k: ArrayLike,
    v: ArrayLike,
    tokens: Sequence[str],
    *,
    query: int | None = None,
    key: int | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw how one head computes its attention weights and its output, number by number.

    Args:
        q: Queries of one head, shape (T, D); at most 8 tokens of at most 8 numbers.
        k: Keys, shape (T, D).
        v: Values, shape (T, D).
        tokens: The T tokens.
        query: Position whose row has a frame and whose numbers are written out; None for the last.
        key: Position of the key that it is compared with; None for the one with the largest weight.
        title: Written above.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, or `ax` if it was given. `.data` has "scores", "scaled", "weights" and
        "output".

    Raises:
        ValueError: If shapes differ or are too large, or the query does not see the key.

    Example:
        >>> draw_attention_chain([[1], [2]], [[0], [3]], [[5], [7]], ["a", "b"])
        Picture: One head as matrices; the query of b (1) gives the key of b (1) a weight of 1.0.
    """
    labels = to_tokens(tokens)
    queries, keys, values = (
        np.array(to_nested_list(given, name, "T D"), float)
        for given, name in ((q, "q"), (k, "k"), (v, "v"))
    )
    check_shapes(queries, keys, values, labels)
    T, D = queries.shape
    scores = queries @ keys.T  # (T, D) @ (D, T) -> (T, T)
    scaled = scores / sqrt(D)
    masked = np.where(np.tri(T, dtype=bool), scaled, -np.inf)
    exps = np.exp(masked - masked.max(1, keepdims=True))
    weights = exps / exps.sum(1, keepdims=True)
    row = T - 1 if query is None else to_int(query, "query", 0, T - 1)
    column = int(weights[row].argmax()) if key is None else to_int(key, "key", 0, row)
    names = [visible_token(label, 5) for label in labels]
    data = {"scores": scores, "scaled": scaled, "weights": weights, "output": weights @ values}
    scene = vstack(
        Scene(0, 34, [Text(16, 25, title, 15, weight="600")] if title else []),
        draw_scores(queries, keys, scores, scaled, names, row, column),
        draw_one_score(queries[row], keys[column], names[row], names[column]),
        draw_output(masked, weights, values, data["output"], names, row, column),
    )
    alt = (
        f"One head as matrices; the query of {names[row]} ({row}) gives the key of "
        f"{names[column]} ({column}) a weight of {weights[row, column]:.1f}."
    )
    picture = Picture(data, alt, scene)
    return picture.draw_on(ax) if ax is not None else picture


def check_shapes(queries: Matrix, keys: Matrix, values: Matrix, labels: list[str]) -> None:
    """Raise ValueError unless q, k and v have one row for each token, and few enough numbers."""
    T, D = queries.shape
    if keys.shape != (T, D) or values.shape != (T, D) or len(labels) != T:
        raise ValueError(
            f"q has shape {queries.shape}, k {keys.shape}, v {values.shape}, and there are "
            f"{len(labels)} tokens: each token needs one row in each, all of one length."
        )
    if T > MAX_TOKENS or D > MAX_NUMBERS:
        raise ValueError(
            f"q has shape {queries.shape}: {MAX_TOKENS} tokens of {MAX_NUMBERS} numbers can be "
            f"read at a time. Give fewer, such as q[:{MAX_TOKENS}], or one head."
        )


def draw_scores(
    queries: Matrix,
    keys: Matrix,
    scores: Matrix,
    scaled: Matrix,
    names: list[str],
    row: int,
    column: int,
) -> Scene:
    """Queries times keys, and the scores before and after the scale."""
    T, D = queries.shape
    scene, x = Scene(0, TOP + ROW * max(T, D) + 12), LEFT
    most = float(max(abs(queries).max(), abs(keys).max())) or 1.0
    x = add_matrix(scene, x, f"q: {T} × {D}", queries, most, rows=names, frame=(row, None))
    x = add_operator(scene, x, "×")
    x = add_matrix(scene, x, f"k, transposed: {D} × {T}", keys.T, most, names, frame=(None, column))
    x, most = add_operator(scene, x, "="), float(abs(scores).max()) or 1.0
    x = add_matrix(scene, x, f"scores: {T} × {T}", scores, most, names, frame=(row, column))
    x = add_operator(scene, x, f"÷ √{D}")
    x = add_matrix(scene, x, "scaled scores", scaled, most, names, frame=(row, column))
    scene.width = x + 16
    return scene


def draw_output(
    masked: Matrix,
    weights: Matrix,
    values: Matrix,
    output: Matrix,
    names: list[str],
    row: int,
    column: int,
) -> Scene:
    """The mask, softmax, and weights times values."""
    T, D = values.shape
    scene, x = Scene(0, TOP + ROW * T + 16), LEFT
    seen = masked[np.isfinite(masked)]
    most = float(abs(seen).max()) or 1.0
    x = add_matrix(scene, x, "with the mask", masked, most, names, names, (row, column))
    x = add_operator(scene, x, "softmax")
    x = add_matrix(scene, x, "attention weights", weights, None, names, frame=(row, column))
    x, most = add_operator(scene, x, "×"), float(abs(values).max()) or 1.0
    x = add_matrix(scene, x, f"v: {T} × {D}", values, most, rows=names, frame=(column, None))
    x = add_operator(scene, x, "=")
    x = add_matrix(scene, x, f"output: {T} × {D}", output, most, frame=(row, None))
    scene.width = x + 16
    return scene


def add_operator(scene: Scene, x: float, text: str) -> float:
    """An operator or a function between two matrices; returns where the next matrix is."""
    size, gap = (16.0, GAP) if len(text) < 6 else (12.0, GAP + 22)
    scene.add(Text(x + gap / 2, scene.height / 2 + TOP / 2, text, size, INK, "middle"))
    return x + gap


def add_matrix(
    scene: Scene,
    x: float,
    title: str,
    matrix: Matrix,
    most: float | None,
    columns: Sequence[str] = (),
    rows: Sequence[str] = (),
    frame: tuple[int | None, int | None] = (None, None),
) -> float:
    """A matrix with its numbers, coloured by sign and size; from white to dark if `most` is None.

    Returns where it ends. A frame is a row, a column, or one cell.
    """
    height, width = len(matrix), len(matrix[0])
    scene.add(Text(x, TOP - 26, title, 12, INK, weight="600"))
    for j, name in enumerate(columns):
        scene.add(Text(x + CELL * (j + 0.5), TOP - 7, name, 11, MUTED, "middle", mono=True))
    for i, name in enumerate(rows):
        scene.add(Text(x - 6, TOP + ROW * i + 16, name, 11, MUTED, "end", mono=True))
    for i, j in np.ndindex(matrix.shape):
        text, fill = cell(float(matrix[i, j]), most, hidden=most is None and j > i)
        left, top = x + CELL * j, TOP + ROW * i
        scene.add(Rect(left, top, CELL, ROW, fill, FAINT))
        if text:
            middle = left + CELL / 2
            scene.add(Text(middle, top + 16, text, 11, ink_on(fill), "middle"))
    scene.add(Rect(x, TOP, CELL * width, ROW * height, "none", LINE))
    row, column = frame
    left, across = (x, width) if column is None else (x + CELL * column, 1)
    top, down = (TOP, height) if row is None else (TOP + ROW * row, 1)
    if frame != (None, None):
        scene.add(Rect(left, top, CELL * across, ROW * down, "none", ORANGE, 2.5))
    return x + CELL * width


def cell(number: float, most: float | None, hidden: bool) -> tuple[str, str]:
    """What is written into a cell, and its colour."""
    if hidden or number == -np.inf:
        return "" if hidden else "−∞", HIDDEN
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


def draw_one_score(query: Matrix, key: Matrix, name: str, other: str) -> Scene:
    """The score in the frame, written out as a sum of products."""
    score, D = float(query @ key), len(query)
    pairs = zip(query.tolist(), key.tolist())
    products = " + ".join(f"{signed(a)} × {signed(b)}" for a, b in pairs)
    line = f"score of query {name} and key {other}:  {products} = {signed(score)}"
    line += f";  ÷ √{D} = {signed(score / sqrt(D))}"
    return Scene(0, 26, [Text(16, 16, line, 12.5, INK)])
