"""One head as a chain of matrices: q and k, scores, scale, mask, softmax, weights times v.

Every number is printed, so that one of them can be checked by hand; in a browser, frames follow the
mouse through the chain. For the weights alone, of many heads, see `draw_attention`.
"""

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from viz.attention.attention_matrix import (
    CELL,
    GAP,
    LEFT,
    ROW,
    TITLE_CHAR,
    TOP,
    Matrix,
    add_matrix,
    add_operator,
    signed,
)
from viz.attention.attention_page import html_figure, script, sizes_of
from viz.canvas.arrays import to_int, to_nested_list, to_tokens
from viz.canvas.labels import visible_token
from viz.canvas.pages import NARROW, phone_title_scene, words_scene
from viz.canvas.palette import INK
from viz.canvas.picture import Picture, picture_tag
from viz.canvas.scene import Scene, Text, translate, vstack

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_TOKENS, MAX_NUMBERS = 8, 8
SCRIPTS = ("numbers", "chain")  # files attention_*.js, each after those that it needs
PHONE_TOP = 46.0  # pixels from a line of matrices to its first row, on a phone
HEADING, ONE_SCORE = 34, 26  # pixels: height of the title, and of the line with one score

Frame = tuple[int | None, int | None]  # a row, a column, or one cell
Place = tuple[str, str, float, float]  # axis of the rows, of the columns, x, y of the first cell


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
    masked = np.where(np.tri(T, dtype=bool), scores / sqrt(D), -np.inf)
    exps = np.exp(masked - masked.max(1, keepdims=True))
    weights = exps / exps.sum(1, keepdims=True)
    data = {
        "scores": scores,
        "scaled": scores / sqrt(D),
        "weights": weights,
        "output": weights @ values,  # (T, T) @ (T, D) -> (T, D)
    }
    row = T - 1 if query is None else to_int(query, "query", 0, T - 1)
    column = int(weights[row].argmax()) if key is None else to_int(key, "key", 0, row)
    names = [visible_token(label, 5) for label in labels]
    heading = Scene(0, HEADING, [Text(16, 25, title, 15, weight="600")] if title else [])
    upper, above = draw_scores(queries, keys, data, names, row, column)
    score = one_score(queries[row], keys[column], names[row], names[column])
    one = Scene(0, ONE_SCORE, [Text(16, 16, score, 12.5, INK)])
    lower, below = draw_output(masked, values, data, names, row, column)
    alt = (
        f"One head as matrices; the query of {names[row]} ({row}) gives the key of "
        f"{names[column]} ({column}) a weight of {weights[row, column]:.1f}."
    )
    parts = (queries, keys, values, masked, data, names, row, column)
    narrow, phone_places = phone_scene(title, *parts)
    picture = Picture(data, alt, vstack(heading, upper, one, lower), narrow=narrow)
    places = [(i, j, x, HEADING + TOP) for i, j, x in above]
    places += [(i, j, x, HEADING + upper.height + ONE_SCORE + TOP) for i, j, x in below]
    if not picture.narrow:
        phone_places = places
    picture.html = interactive_html(picture, (places, phone_places), names, queries, keys)
    return picture.draw_on(ax) if ax is not None else picture


def phone_scene(
    title: str,
    queries: Matrix,
    keys: Matrix,
    values: Matrix,
    masked: Matrix,
    data: dict[str, Any],
    names: list[str],
    row: int,
    column: int,
) -> tuple[Scene, list[Place]]:
    """The matrices from top to bottom, beside each other where they fit; and where each is."""
    (T, D), scene, places = queries.shape, phone_title_scene(title), list[Place]()
    both, scores = float(max(abs(queries).max(), abs(keys).max())) or 1.0, data["scores"]
    most, cell = float(abs(scores).max()) or 1.0, (row, column)
    hidden = float(abs(masked[np.isfinite(masked)]).max()) or 1.0
    value = float(abs(values).max()) or 1.0
    x, y = 0.0, scene.height

    def add(
        rows: str, columns: str, words: str, matrix: Matrix, scale: float | None, frame: Frame
    ) -> None:
        nonlocal x, y
        width = LEFT + max(CELL * matrix.shape[1], TITLE_CHAR * len(words))
        if x and x + width > NARROW - 10:
            x, y = 0.0, scene.height
        names_of = {"i": names, "j": names, "": ()}
        parts = (matrix, scale, names_of[columns], names_of[rows], frame)
        add_matrix(scene, x + LEFT, words, *parts, y=y + PHONE_TOP)
        places.append((rows, columns, x + LEFT, y + PHONE_TOP))
        scene.height = max(scene.height, y + PHONE_TOP + ROW * len(matrix) + 12)
        x += width

    add("i", "", f"q: {T} × {D}", queries, both, (row, None))
    add("", "j", f"× k, transposed: {D} × {T}", keys.T, both, (None, column))
    add("i", "j", f"= scores: {T} × {T}", scores, most, cell)
    add("i", "j", f"÷ √{D} = scaled", data["scaled"], most, cell)
    words = words_scene(
        one_score(queries[row], keys[column], names[row], names[column]), NARROW, INK
    )
    scene.add(*(translate(shape, dy=scene.height) for shape in words.shapes))
    scene.height += words.height
    x, y = 0.0, scene.height
    add("i", "j", "with the mask", masked, hidden, cell)
    add("i", "j", "after softmax: weights", data["weights"], None, cell)
    add("j", "", f"× v: {T} × {D}", values, value, (column, None))
    add("i", "", f"= output: {T} × {D}", data["output"], value, (row, None))
    return scene, places


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
    queries: Matrix, keys: Matrix, data: dict[str, Any], names: list[str], row: int, column: int
) -> tuple[Scene, list[tuple[str, str, float]]]:
    """Queries times keys, and the scores before and after the scale; and where each matrix is."""
    T, D = queries.shape
    scene, x0 = Scene(0, TOP + ROW * max(T, D) + 12), LEFT
    most = float(max(abs(queries).max(), abs(keys).max())) or 1.0
    x = add_matrix(scene, x0, f"q: {T} × {D}", queries, most, rows=names, frame=(row, None))
    x1 = add_operator(scene, x, "×")
    x = add_matrix(scene, x1, f"k, transposed: {D} × {T}", keys.T, most, names, (), (None, column))
    x2, most = add_operator(scene, x, "="), float(abs(data["scores"]).max()) or 1.0
    cell = (row, column)
    x = add_matrix(scene, x2, f"scores: {T} × {T}", data["scores"], most, names, frame=cell)
    x3 = add_operator(scene, x, f"÷ √{D}", GAP + 14)
    scene.width = 16 + add_matrix(scene, x3, "scaled", data["scaled"], most, names, frame=cell)
    return scene, [("i", "", x0), ("", "j", x1), ("i", "j", x2), ("i", "j", x3)]


def draw_output(
    masked: Matrix, values: Matrix, data: dict[str, Any], names: list[str], row: int, column: int
) -> tuple[Scene, list[tuple[str, str, float]]]:
    """The mask, softmax, and weights times values; and where each matrix is."""
    T, D = values.shape
    scene, x0, cell = Scene(0, TOP + ROW * T + 16), LEFT, (row, column)
    most = float(abs(masked[np.isfinite(masked)]).max()) or 1.0
    x = add_matrix(scene, x0, "with the mask", masked, most, names, names, cell)
    x1 = add_operator(scene, x, "softmax", GAP + 22)
    x = add_matrix(scene, x1, "attention weights", data["weights"], None, names, (), cell)
    x2, most = add_operator(scene, x, "×", GAP + 34), float(abs(values).max()) or 1.0
    x = add_matrix(scene, x2, f"v: {T} × {D}", values, most, (), names, (column, None))
    x3, title = add_operator(scene, x, "="), f"output: {T} × {D}"
    x = add_matrix(scene, x3, title, data["output"], most, frame=(row, None))
    scene.width = 16 + max(x, x3 + TITLE_CHAR * len(title))
    return scene, [("i", "j", x0), ("i", "j", x1), ("j", "", x2), ("i", "", x3)]


def one_score(query: Matrix, key: Matrix, name: str, other: str) -> str:
    """The score in the frame, written out as a sum of products."""
    score, D = float(query @ key), len(query)
    pairs = zip(query.tolist(), key.tolist())
    products = " + ".join(f"{signed(a)} × {signed(b)}" for a, b in pairs)
    line = f"score of query {name} and key {other}:  {products} = {signed(score)}"
    return f"{line};  ÷ √{D} = {signed(score / sqrt(D))}"


def interactive_html(
    picture: Picture,
    places: tuple[list[Place], list[Place]],
    names: list[str],
    queries: Matrix,
    keys: Matrix,
) -> str:
    """The still, with frames that follow the mouse and one score written out below."""
    payload = {
        "tokens": names,
        "numbers": queries.shape[1],
        "cell": [CELL, ROW],
        "forms": [
            {"size": size, "places": its_places}
            for size, its_places in zip(sizes_of(picture), places)
        ],
        "q": queries.round(2).tolist(),
        "k": keys.round(2).tolist(),
        "scores": picture.data["scores"].round(2).tolist(),
        "weights": picture.data["weights"].round(3).tolist(),
    }
    still = picture_tag(picture, picture.alt)
    return html_figure("viz-chain", still, payload, script(SCRIPTS))
