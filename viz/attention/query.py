"""One token asks in one head: the text as it is heard, beside that head and all the others.

The still twin of `AttentionExplorer`. Left out on purpose: more than one text; `draw_attention`
compares.
"""

from collections.abc import Collection, Sequence

import numpy as np

from viz.attention.attention_mosaic import add_names
from viz.attention.attention_page import MANY, to_pixels
from viz.attention.attention_stack import Stack, name_of, read_stack
from viz.canvas.arrays import to_int, to_tokens
from viz.canvas.labels import visible_token
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, ORANGE, PAPER, WHITE, blend, ink_on
from viz.canvas.picture import Picture
from viz.canvas.scene import Image, Line, Rect, Scene, Text, hstack, vstack
from viz.canvas.visible_text import display_width

MOST_TOKENS = 64
WIDTH, ALL, ONE = 860.0, 330.0, 300.0  # pixels: of the sheet, of all heads, of one head
CELL, TOKEN, LINE_HEIGHT = 7.85, 22, 42
RED = "#b3261e"
Head = tuple[int, int]  # layer, head


def draw_query(
    weights,
    tokens: Sequence[str],
    *,
    layer: int = 0,
    head: int = 0,
    query: int | None = None,
    silenced: Collection[Head] = (),
    said: str = "",
    ax=None,
) -> Picture:
    """Whom the token at `query` (the last one unless given) listens to in one head of one layer.

    `silenced` heads, pairs (layer, head), are crossed out; `said` is a line below, for instance
    the loss. Of a long text the first 64 tokens are drawn.
    Shapes:  weights as for `draw_attention`, causal; tokens: T of them.
    Raises:  ValueError for weights that are none, and for a layer, head or query that is not there.
    Example: draw_query([[1, 0], [0.3, 0.7]], ["a", "b"])
    """
    labels = to_tokens(tokens)
    stack = read_stack(weights, labels)
    T = min(len(labels), MOST_TOKENS)
    picture = query_picture(stack.part(0, T), labels, layer, head, query, silenced, said)
    return picture.draw_on(ax) if ax is not None else picture


def query_picture(
    stack: Stack, labels: list[str], layer: int, head: int, query: int | None, silenced, said: str
) -> Picture:
    """The picture, of weights that are checked and cut."""
    L, H, T, _ = stack.weights.shape
    query = T - 1 if query is None else query
    layer, head = to_int(layer, "layer", 0, L - 1), to_int(head, "head", 0, H - 1)
    query = to_int(query, "query", 0, T - 1)
    one = stack.weights[layer, head]
    row, heard = one[query], one[:, query]
    marks = [visible_token(label, 14) for label in labels[:T]]
    which = name_of(stack.layers[layer], stack.heads[head])
    best = int(row.argmax())
    whom = "itself" if best == query else f"{marks[best]} ({best})"
    found = f"{marks[query]} ({query}) gives {row[best]:.2f} to {whom} in {which}"
    found += ", which is silenced" if (layer, head) in silenced else ""
    heading = Scene(WIDTH, 38, [Text(16, 25, found, 15, weight="600")])
    views = [all_heads(stack, layer, head, silenced)] if L * H > 1 else []
    views.append(one_head(one, labels[:T], query))
    text = the_text(marks, row, query)
    foot = Scene(WIDTH, 24, [Text(16, 12, said, 13, INK, weight="600")])
    if len(labels) > T:
        note = f"{len(labels) - T:,} more tokens not drawn"
        foot = vstack(Scene(WIDTH, 18, [Text(16, 10, note, 11, MUTED)]), foot)
    scene = vstack(heading, hstack(*views, gap=10), text, foot)
    data = {"layer": layer, "head": head, "query": query, "weights": row, "heard": heard}
    return Picture(data, f"{found}{'; ' + said if said else ''}.", scene)


def all_heads(stack: Stack, layer: int, head: int, silenced: Collection[Head]) -> Scene:
    """Every head small, the chosen one framed, the silenced ones crossed out."""
    L, H = stack.weights.shape[:2]
    side = max(14.0, min(64.0, ALL / max(H, L)))
    left, top = 66.0 if stack.layers != [""] else 16.0, 40.0
    scene = Scene(left + side * H + 10, top + side * L + 12)
    scene.add(Text(left, top - 22, "head →", 11, MUTED))
    for h in range(H):
        scene.add(Text(left + side * (h + 0.5), top - 6, stack.heads[h], 11, MUTED, "middle"))
    for k in range(L if stack.layers != [""] else 0):
        words = f"layer {stack.layers[k]}"
        scene.add(Text(left - 8, top + side * (k + 0.5) + 4, words, 11, MUTED, "end"))
    scene.add(
        Image(left, top, side * H, side * L, to_pixels(pooled(stack.weights, int(side)), MANY))
    )
    for h in range(1, H):
        scene.add(Line(((left + side * h, top), (left + side * h, top + side * L)), PAPER, 3))
    for k in range(1, L):
        scene.add(Line(((left, top + side * k), (left + side * H, top + side * k)), PAPER, 3))
    for k, h in sorted(silenced):
        x, y = left + side * h + 3, top + side * k + 3
        for ends in (
            ((x, y), (x + side - 6, y + side - 6)),
            ((x, y + side - 6), (x + side - 6, y)),
        ):
            scene.add(Line(ends, RED, 2))
    place = (left + side * head, top + side * layer, side, side)
    scene.add(Rect(*place, "none", ORANGE, 3))
    return scene


def pooled(weights: np.ndarray, side: int) -> np.ndarray:
    """At most `side` squares across; each shows the largest of the weights that fall on it.

    Shapes: (L, H, T, T) -> (L, H, S, S).
    """
    L, H, T, _ = weights.shape
    every = -(-T // side)
    S = -(-T // every)
    full = np.zeros((L, H, S * every, S * every))
    full[..., :T, :T] = weights
    return full.reshape(L, H, S, every, S, every).max((3, 5))  # blocks of every x every


def one_head(rows: np.ndarray, labels: list[str], query: int) -> Scene:
    """The chosen head, the row and the column of the asking token framed."""
    T = len(labels)
    left, top, side = 100.0, 52.0, ONE / T
    scene = Scene(left + ONE + 20, top + ONE + 12)
    add_names(scene, labels, left, top, side)
    scene.add(Image(left, top, ONE, ONE, to_pixels(rows[None, None], MANY)))
    scene.add(Rect(left, top, ONE, ONE, "none", LINE))
    scene.add(Rect(left, top + side * query, side * (query + 1), side, "none", BLUE, 2))
    scene.add(
        Rect(left + side * query, top + side * query, side, side * (T - query), "none", ORANGE, 2)
    )
    return scene


def the_text(marks: list[str], row: np.ndarray, query: int) -> Scene:
    """The tokens in their order, the bluer the more is taken of them, with the numbers below."""
    scene = Scene(WIDTH, 0)
    words = "the text, the bluer the more is taken of it"
    scene.add(Text(16, 12, words, 11, MUTED))
    x, y = 16.0, 20.0
    for k, mark in enumerate(marks):
        wide = max(CELL * display_width(mark) + 8, 30.0)
        if x + wide > WIDTH - 16:
            x, y = 16.0, y + LINE_HEIGHT
        share = float(row[k])
        fill = blend(WHITE, BLUE, share)
        ink = MUTED if k > query else ink_on(fill)
        edge, thick = (INK, 2) if k == query else (FAINT, 1)
        scene.add(Rect(x, y, wide - 2, TOKEN, fill, edge, thick, radius=3))
        scene.add(Text(x + wide / 2 - 1, y + 15, mark, 13, ink, "middle", mono=True))
        if k <= query and share >= 0.005:
            number = f"{share:.2f}"
            scene.add(Text(x + wide / 2 - 1, y + 34, number, 10, MUTED, "middle"))
        x += wide
    scene.height = y + LINE_HEIGHT + 4
    return scene
