"""Who listens to whom: one triangle of squares for each attention head.

A row asks, the columns are asked, and the darker a square, the more of that column's value the row
takes. Left out on purpose: what the weights are good for. A dark square says that a letter was
listened to, not that it mattered; `AttentionEditor` finds that out by moving it.
"""

from collections.abc import Sequence
from math import ceil

from viz.arrays import depth, to_matrix
from viz.labels import visible
from viz.palette import FAINT, INK, LINE, MUTED, PAPER, WHITE, blend
from viz.picture import Picture
from viz.scene import Box, Scene, Words

MOST_TOKENS = 64
MOST_HEADS = 16
MOST_SQUARES = 8192  # over all heads; more make a notebook too large
TOLERANCE = 0.01  # a softmax of 16 bits sums to 1 within half of that

Rows = list[list[float]]


def draw_attention(
    weights,
    tokens: Sequence[str],
    *,
    head: int | None = None,
    title: str = "",
    causal: bool = True,
    ax=None,
) -> Picture:
    """Who (row) listens to whom (column), from 0 white to 1 dark; one picture for each head.

    `head` picks one of several; `causal=False` is for models in which letters see later ones.
    Shapes:  weights (T, T) or (H, T, T), any array; tokens: T of them.
    Raises:  ValueError if the shape does not fit the tokens, if a row does not sum to 1, if a
        token listens to a later one although `causal`.
    Example: draw_attention([[1, 0], [0.3, 0.7]], ["a", "b"])
    """
    labels = [str(token) for token in tokens]
    heads = read_heads(weights, labels, causal)
    if head is not None:
        if not isinstance(head, int) or head not in heads:
            raise ValueError(f"head={head!r}: there are heads 0 to {len(heads) - 1}.")
        heads = {head: heads[head]}
    shown, T = cut(heads, len(labels))
    left_out = what_is_left_out(len(heads) - len(shown), len(labels) - T)
    scene = draw(shown, labels[:T], title, causal, left_out)
    data = {"tokens": labels[:T], "heads": shown, "left_out": left_out}
    picture = Picture(data, describe(shown, labels[:T], causal, left_out), scene)
    return picture.draw_on(ax) if ax is not None else picture


def read_heads(weights, labels: list[str], causal: bool) -> dict[int, Rows]:
    """Head by head, once everything that can be wrong with it has been looked at."""
    axes = "T T" if depth(weights) == 2 else "H T T"
    arrays = to_matrix(weights, "weights", axes)
    heads = dict(enumerate([arrays] if axes == "T T" else arrays))
    T = len(labels)
    if not heads or not T:
        raise ValueError("There is nothing to draw: give at least one head and one token.")
    for h, rows in heads.items():
        shape = (len(rows), len(rows[0]) if rows else 0)
        if shape != (T, T):
            raise ValueError(
                f"weights have {shape[0]} x {shape[1]} squares, but there are {T} tokens: each "
                f"token needs one row and one column, {T} x {T}."
            )
        for i, row in enumerate(rows):
            check_row(row, f"head {h}, row {i} ({visible(labels[i])})", i if causal else T)
    return heads


def check_row(row: list[float], where: str, last: int) -> None:
    if abs(sum(row) - 1) > TOLERANCE or min(row) < 0:
        raise ValueError(
            f"{where}: the smallest weight is {min(row):.3g} and they sum to {sum(row):.4g}. Each "
            f"row must be positive and sum to 1; did you softmax over the wrong axis?"
        )
    later = sum(row[last + 1 :])
    if later > TOLERANCE:
        raise ValueError(
            f"{where} gives {later:.3g} of its weight to later tokens: is the mask missing? "
            f"If tokens may look ahead in this model, say causal=False."
        )


def cut(heads: dict[int, Rows], T: int) -> tuple[dict[int, Rows], int]:
    """As many heads and tokens as can be read."""
    T = min(T, MOST_TOKENS)
    most = max(1, min(MOST_HEADS, MOST_SQUARES // (T * T)))
    return {h: [row[:T] for row in heads[h][:T]] for h in list(heads)[:most]}, T


def what_is_left_out(heads: int, tokens: int) -> str:
    parts = [f"{n} more {what}" for n, what in ((heads, "heads"), (tokens, "tokens")) if n]
    return f"{' and '.join(parts)} not drawn" if parts else ""


def describe(heads: dict[int, Rows], labels: list[str], causal: bool, left_out: str) -> str:
    """One sentence: for each head who listens hardest to whom."""
    parts = [f"head {h}: {strongest(rows, labels, causal)}" for h, rows in list(heads.items())[:8]]
    sentence = f"Who listens to whom among {len(labels)} tokens; " + "; ".join(parts)
    sentence += f"; and {len(heads) - 8} more heads" if len(heads) > 8 else ""
    return sentence + (f"; {left_out}." if left_out else ".")


def strongest(rows: Rows, labels: list[str], causal: bool) -> str:
    # The first token of a causal head has nobody but itself: its 1.00 says nothing.
    first = 1 if causal and len(rows) > 1 else 0
    pairs = [(i, j) for i in range(first, len(rows)) for j in range(len(rows))]
    i, j = max(pairs, key=lambda pair: rows[pair[0]][pair[1]])
    whom = "itself" if i == j else f"{visible(labels[j])} (position {j})"
    return f"{visible(labels[i])} (position {i}) gives {rows[i][j]:.2f} to {whom}"


def draw(heads: dict[int, Rows], labels: list[str], title: str, causal: bool, note: str) -> Scene:
    T, many = len(labels), len(heads) > 1
    side = next(s for n, s in ((8, 32), (16, 24), (32, 14), (MOST_TOKENS, 9)) if n >= T)
    side = side if many else round(side * 1.25)
    marks = [visible(label, 6) for label in labels]
    left = max(14 + 7.5 * max(map(len, marks)) + 10, 58)
    wide, tall = left + side * T + 22, side * T + (78 if many else 56)
    columns = min(len(heads), max(1, int(1000 / wide)), 4)
    if len(heads) == 4 and columns == 3:
        columns = 2
    top = 46 if title else 14
    width = max(wide * columns + 14, 9.2 * len(title) + 32, 300)
    bottom = top + tall * ceil(len(heads) / columns)
    scene = Scene(width, bottom + 40)
    if title:
        scene.add(Words(16, 25, title, 15, weight="600"))
    for place, (h, rows) in enumerate(heads.items()):
        x, y = wide * (place % columns), top + tall * (place // columns)
        if many:
            scene.add(Words(x + left, y + 14, f"head {h}", 13, weight="600"))
            y += 22
        draw_head(scene, rows, marks, x + left, y + 34, side, causal)
    legend(scene, bottom + 12, note)
    return scene


def draw_head(scene: Scene, rows: Rows, marks: list[str], x, y, side, causal: bool) -> None:
    """The squares of one head, with the upper left corner of the first at (x, y)."""
    T, every = len(rows), 1 if side >= 12 else 4
    scene.add(Words(x, y - 22, "is asked →", 11, MUTED))
    scene.add(Words(x - 8, y - 8, "asks ↓", 11, MUTED, "end"))
    for i in range(0, T, every):
        middle = side * (i + 0.5)
        size = min(12.0, 1.6 * side * every / len(marks[i]))  # small enough for its column
        mark = marks[i] if size >= 9 else marks[i][:1]
        scene.add(Words(x + middle, y - 6, mark, max(size, 9), INK, "middle", mono=True))
        scene.add(Words(x - 8, y + middle + 4, marks[i], 12, INK, "end", mono=True))
    scene.add(Box(x, y, side * T, side * T, PAPER if causal else WHITE, LINE))
    for i, row in enumerate(rows):
        for j, weight in enumerate(row[: i + 1] if causal else row):
            scene.add(Box(x + side * j, y + side * i, side, side, blend(WHITE, INK, weight), FAINT))
            if side >= 24 and weight >= 0.005:
                colour = WHITE if weight > 0.5 else INK
                number = "1" if weight > 0.995 else f"{weight:.2f}"[1:]
                middle = (x + side * (j + 0.5), y + side * (i + 0.5) + 4)
                scene.add(Words(*middle, number, 11, colour, "middle"))


def legend(scene: Scene, y: float, note: str) -> None:
    scene.add(Words(16, y + 11, "weight 0", 11, MUTED))
    for k in range(6):
        scene.add(Box(68 + 14 * k, y, 14, 14, blend(WHITE, INK, k / 5), FAINT))
    scene.add(Words(158, y + 11, "1", 11, MUTED))
    scene.add(Words(180, y + 11, f"each row sums to 1{'; ' + note if note else ''}", 11, MUTED))
