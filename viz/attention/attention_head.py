"""One query in one head: the text with the weights of that query, that head, and all heads.

`AttentionExplorer` shows the same with knobs. For several texts see `draw_attention`.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viz.attention.attention_mosaic import (
    MAX_NAME,
    add_head_borders,
    add_token_names,
    names_room,
)
from viz.attention.attention_page import FINE, to_pixels
from viz.attention.attention_weights import (
    AttentionWeights,
    Weights,
    head_name,
    to_attention_weights,
)
from viz.canvas.arrays import to_int, to_tokens
from viz.canvas.labels import visible_token
from viz.canvas.pages import NARROW, phone_title_scene, words_scene
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, ORANGE, WHITE, blend, ink_on
from viz.canvas.picture import Picture
from viz.canvas.scene import Image, Line, Rect, Scene, Text, hstack, vstack
from viz.canvas.visible_text import display_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_TOKENS = 128
MANY_TOKENS = 64  # with more, letters are smaller and a head has the names of few tokens
WIDTH, ALL_HEADS, ONE_HEAD = 828.0, 300.0, 300.0  # pixels: of the scene, all heads, one head
MIN_SIDE = 10.0  # pixels of a small head
SMALLER_HEAD = 280.0  # pixels of one head of many tokens
NAMED_KEYS, NAME_PITCH, FEW_NAMES_LENGTH = 6, 11.0, 8  # beside it; pixels; letters
PHONE_ALL, PHONE_FEW = 270.0, 24  # on a phone: pixels of all heads; more tokens have few names
FEW_NAMES_ROOM = 96.0, 62.0  # pixels on its left and above it, whatever is named
RED = "#b3261e"

Head = tuple[int, int]  # layer, head


def draw_attention_head(
    weights: Weights,
    tokens: Sequence[str | bytes],
    *,
    layer: int = 0,
    head: int = 0,
    query: int | None = None,
    ablated_heads: Collection[Head] = (),
    caption: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw what one token attends to in one head of one layer.

    Args:
        weights: Causal weights, of a shape that `draw_attention` takes.
        tokens: The T tokens; of a long text the first 128 are drawn.
        layer: Index of the layer.
        head: Index of the head.
        query: Position of the token that attends; None for the last one.
        ablated_heads: Pairs (layer, head) that are crossed out.
        caption: A line below the title, for instance the loss.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, or `ax` if it was given. `.data["weights"]` is the row of the query,
        `.data["received"]` its column.

    Raises:
        ValueError: If the weights are unusable, or the layer, head or query does not exist.

    Example:
        >>> draw_attention_head([[1, 0, 0], [0.3, 0.7, 0], [0.2, 0.2, 0.6]], ["a", "b", "c"])
        Picture: c (2) gives 0.60 to itself in head 0.
    """
    labels = to_tokens(tokens)
    attention = to_attention_weights(weights, labels).crop(0, min(len(labels), MAX_TOKENS))
    picture = head_picture(attention, labels, layer, head, query, ablated_heads, caption)
    return picture.draw_on(ax) if ax is not None else picture


def head_picture(
    attention: AttentionWeights,
    labels: list[str],
    layer: int,
    head: int,
    query: int | None,
    ablated_heads: Collection[Head],
    caption: str,
) -> Picture:
    """The picture, of weights that are checked and cropped."""
    L, H, T, _ = attention.weights.shape
    query = T - 1 if query is None else query
    layer, head = to_int(layer, "layer", 0, L - 1), to_int(head, "head", 0, H - 1)
    query = to_int(query, "query", 0, T - 1)
    weights = attention.weights[layer, head]
    row = weights[query]
    names = [visible_token(label, 14) for label in labels[:T]]
    which = head_name(attention.layers[layer], attention.heads[head])
    best = int(row.argmax())
    key = "itself" if best == query else f"{names[best]} ({best})"
    title = f"{names[query]} ({query}) gives {row[best]:.2f} to {key} in {which}"
    title += ", which is ablated" if (layer, head) in ablated_heads else ""
    heading = Scene(WIDTH, 48 if caption else 32, [Text(16, 23, title, 15, weight="600")])
    heading.add(Text(16, 43, caption, 13, INK, weight="600"))
    panels = [draw_all_heads(attention, layer, head, ablated_heads)] if L * H > 1 else []
    panels.append(draw_one_head(weights, labels[:T], query))
    footer, omitted = Scene(WIDTH, 0), ""
    if len(labels) > T:
        omitted = f"{len(labels) - T:,} more tokens not drawn"
        footer = Scene(WIDTH, 18, [Text(16, 10, omitted, 11, MUTED)])
    scene = vstack(heading, hstack(*panels, gap=10), draw_text(names, row, query), footer)
    data = {
        "layer": layer,
        "head": head,
        "query": query,
        "weights": row,
        "received": weights[:, query],
    }
    stacked = [phone_title_scene(title), *([words_scene(caption, NARROW, INK)] if caption else [])]
    if L * H > 1:
        stacked.append(draw_all_heads(attention, layer, head, ablated_heads, PHONE_ALL))
    stacked += [
        draw_one_head(weights, labels[:T], query, NARROW),
        draw_text(names, row, query, NARROW),
        words_scene(omitted, NARROW) if omitted else Scene(NARROW, 4),
    ]
    alt = f"{title}{'; ' + caption if caption else ''}."
    return Picture(data, alt, scene, narrow=vstack(*stacked))


def draw_all_heads(
    attention: AttentionWeights,
    layer: int,
    head: int,
    ablated_heads: Collection[Head],
    room: float = ALL_HEADS,
) -> Scene:
    """Every head small: the chosen one in a frame, the ablated ones crossed out."""
    L, H = attention.weights.shape[:2]
    has_layers = attention.layers != [""]
    side = max(MIN_SIDE, min(64.0, room / max(H, L)))
    left, top = 66.0 if has_layers else 16.0, 40.0
    scene = Scene(left + side * H + 10, top + side * L + 12)
    scene.add(Text(left, top - 22, "head →", 11, MUTED))
    for h in range(H):
        scene.add(Text(left + side * (h + 0.5), top - 6, attention.heads[h], 11, MUTED, "middle"))
    for k in range(0, L if has_layers else 0, 1 if side >= 12 else 2):
        y = top + side * (k + 0.5) + 4
        scene.add(Text(left - 8, y, f"layer {attention.layers[k]}", 11, MUTED, "end"))
    scene.add(Image(left, top, side * H, side * L, draw_thumbnails(attention, int(side))))
    gap = 3 if side >= 14 else 2
    add_head_borders(scene, left, top, side, (L, H), gap)
    for k, h in sorted(ablated_heads):
        x0, y0 = left + side * h + gap, top + side * k + gap
        x1, y1 = x0 + side - 2 * gap, y0 + side - 2 * gap
        scene.add(Line(((x0, y0), (x1, y1)), RED, 2), Line(((x0, y1), (x1, y0)), RED, 2))
    scene.add(Rect(left + side * head, top + side * layer, side, side, "none", ORANGE, 3))
    return scene


def draw_thumbnails(attention: AttentionWeights, side: int) -> bytes:
    """All heads as one PNG; the same for every query, so it is made once."""
    if side not in attention.thumbnails:
        pixels = to_pixels(max_pool(attention.weights, side), FINE, causal=True)
        attention.thumbnails[side] = pixels
    return attention.thumbnails[side]


def max_pool(weights: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Shrink each head by taking the maximum of blocks of weights.

    Args:
        weights: Shape (L, H, T, T).
        size: How many squares a head may have across.

    Returns:
        Shape (L, H, S, S) with S at most `size`.
    """
    L, H, T, _ = weights.shape
    kernel = -(-T // size)
    S = -(-T // kernel)
    padded = np.zeros((L, H, S * kernel, S * kernel))
    padded[..., :T, :T] = weights
    pooled: NDArray[np.float64] = padded.reshape(L, H, S, kernel, S, kernel).max((3, 5))
    return pooled


def draw_one_head(
    weights: NDArray[np.float64], labels: list[str], query: int, width: float = 0
) -> Scene:
    """The chosen head; the row and the column of the query in frames.

    With `width`, the head is as large as there is room for.
    """
    T, are_many = len(labels), len(labels) > (PHONE_FEW if width else MANY_TOKENS)
    whole = SMALLER_HEAD if are_many else ONE_HEAD
    left, top = FEW_NAMES_ROOM if are_many else names_room(labels, whole / T)
    whole = min(whole, width - left - 14) if width else whole
    side = whole / T
    keys = largest_keys(weights[query], side) if are_many else []
    x, y = left + side * query, top + side * query
    scene = Scene(width or left + whole + 20, top + whole + 12)
    if are_many:
        add_few_names(scene, labels, query, keys, (left, top, side))
    else:
        add_token_names(scene, labels, left, top, side)
    scene.add(
        Image(left, top, whole, whole, to_pixels(weights[None, None], FINE, causal=True)),
        Rect(left, top, whole, whole, "none", LINE),
        Rect(left, y, side * (query + 1), side, "none", BLUE, 2),
        Rect(x, y, side, side * (T - query), "none", ORANGE, 2),
    )
    return scene


def largest_keys(row: NDArray[np.float64], side: float) -> list[int]:
    """The keys with the largest weights, as far as there is room for their names."""
    keys = list[int]()
    for key in map(int, (-row).argsort(kind="stable")):
        if all(abs(key - other) * side >= NAME_PITCH for other in keys) and row[key] >= 0.005:
            keys.append(key)
    return keys[:NAMED_KEYS]


def add_few_names(
    scene: Scene, labels: list[str], query: int, keys: list[int], place: tuple[float, float, float]
) -> None:
    """The names of the query and of a few keys; `place` is left, top and the side of a square."""
    left, top, side = place
    scene.add(Text(left - 8, top - 22, "largest keys →", 11, MUTED, "end"))
    scene.add(Text(left - 8, top - 7, "query ↓", 11, MUTED, "end"))
    y = top + max(side * (query + 0.5) + 3.5, 8.0)
    scene.add(
        Text(left - 6, y, visible_token(labels[query], MAX_NAME), 10.2, BLUE, "end", mono=True)
    )
    for key in keys:
        x, name = left + side * (key + 0.5) + 3.5, visible_token(labels[key], FEW_NAMES_LENGTH)
        scene.add(Text(x, top - 6, name, 10.2, mono=True, upright=True))


def text_sizes(T: int) -> tuple[float, float, float, float]:
    """Pixels for a text of T tokens: a letter's width and height, a box, a line."""
    return (6.65, 11, 16, 27) if T > MANY_TOKENS else (7.85, 13, 20, 36)


def draw_text(names: list[str], row: NDArray[np.float64], query: int, room: float = WIDTH) -> Scene:
    """The tokens in their order, the bluer the larger their weight, with the numbers below."""
    scene = Scene(room, 0)
    heading = "the text: the bluer a token, the larger its attention weight"
    scene.add(Text(16, 12, heading, 11, MUTED))
    character, size, box, line = text_sizes(len(names))
    x, y = 16.0, 20.0
    for k, name in enumerate(names):
        width = max(character * display_width(name) + 8, 30.0)
        if x + width > room - 16:
            x, y = 16.0, y + line
        weight = float(row[k])
        fill = blend(WHITE, BLUE, weight)
        ink = MUTED if k > query else ink_on(fill)
        stroke, stroke_width = (INK, 2) if k == query else (FAINT, 1)
        middle = x + width / 2 - 1
        scene.add(Rect(x, y, width - 2, box, fill, stroke, stroke_width, radius=3))
        scene.add(Text(middle, y + box / 2 + 4, name, size, ink, "middle", mono=True))
        if k <= query and weight >= 0.005:
            scene.add(Text(middle, y + box + 10.5, f"{weight:.2f}", 10.2, MUTED, "middle"))
        x += width
    scene.height = y + line + 4
    return scene
