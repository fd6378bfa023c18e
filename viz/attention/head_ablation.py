"""What each head is worth: the change of the loss without it, as a grid of layers x heads.

A model comes in as numbers: the caller removes each head and measures the loss.
Source: Michel et al. 2019, arXiv 1905.10650 ("Are sixteen heads really better than one?").
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viz.canvas.arrays import to_number
from viz.canvas.labels import title_width, truncate
from viz.canvas.pages import NARROW, phone_title_scene, words_scene
from viz.canvas.palette import (
    BLUE,
    FAINT,
    INK,
    LINE,
    MUTED,
    ORANGE,
    diverging_colour,
    ink_on,
)
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, hstack, vstack
from viz.canvas.tensors import to_finite_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFT, TOP, HEIGHT, WIDTH = 72.0, 44.0, 540.0, 480.0  # pixels around the grid, and of it
MAX_CELL = (40.0, 28.0)
NUMBER = (27.0, 13.0)  # pixels of a cell that has room for a number
LISTED, LISTED_BELOW = 8, 4  # heads with a higher loss, and with a lower one
BAR, BAR_LEFT = 90.0, 116.0  # pixels
SAME = 0.0005  # nats; less is no change


def draw_head_ablation(
    changes: ArrayLike,
    *,
    loss: float | None = None,
    unit: str = "nats",
    title: str = "Change of the loss without each head",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the change of the loss without each head: blue is a higher loss, orange a lower one.

    The strength of a colour grows with the square root, so that small changes are seen beside
    large ones. The heads with the largest changes are listed beside the grid.

    Args:
        changes: Loss without the head minus loss with all heads, shape (L, H).
        loss: The loss with all heads, for the caption.
        unit: Of the loss.
        title: Title of the picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `changes` and `ranked` (layer, head, change), the largest first, in
        `.data`; or `ax`, if given.

    Raises:
        ValueError: If `changes` has another shape, or a number is not finite.

    Example:
        >>> draw_head_ablation([[0.5, 0.0], [-0.1, 0.0]], loss=2)
        Picture: Change of the loss without each head, 2 layers x 2 heads, with all heads ...
    """
    array = to_finite_array(changes, "changes", "L H")
    order = np.argsort(-array, axis=None, kind="stable")
    places = [divmod(int(k), array.shape[1]) for k in order]
    ranked = [(layer, head, float(array[layer, head])) for layer, head in places]
    whole = "" if loss is None else f"with all heads {to_number(loss, 'loss'):.3f} {unit}"
    heading = Scene(title_width(title), 54 if whole else 36)
    heading.add(Text(16, 25, title, 15, weight="600"), Text(16, 45, whole, 13, INK))
    more, less = [r for r in ranked if r[2] >= SAME], [r for r in ranked[::-1] if r[2] <= -SAME]
    largest = float(abs(array).max())
    lists = vstack(
        head_list(f"{unit} more without", more[:LISTED], largest, BLUE),
        head_list(f"{unit} less without", less[:LISTED_BELOW], largest, ORANGE),
        legend(array, unit),
    )
    scene = vstack(heading, hstack(draw_grid(array), lists, gap=16))
    scene.height += 8
    above = [phone_title_scene(title), *([words_scene(whole, NARROW, INK)] if whole else [])]
    grid = draw_grid(array, NARROW - LEFT - 8)
    narrow = vstack(*above, grid, hstack(Scene(16, 0), lists), Scene(NARROW, 8))
    alt = alt_text(title, array, ranked, whole, unit)
    picture = Picture({"changes": array, "ranked": ranked}, alt, scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def draw_grid(changes: NDArray[np.float64], room: float = WIDTH) -> Scene:
    """One cell for each head, layers from top to bottom; with its number, if there is room."""
    L, H = changes.shape
    width, height = min(MAX_CELL[0], room / H), min(MAX_CELL[1], HEIGHT / L)
    scene = Scene(LEFT + width * H + 8, TOP + height * L + 8)
    scene.add(Text(LEFT, 14, "head →", 11, MUTED))
    for head in range(0, H, 1 if width >= 18 else 2 if width >= 9 else 8):
        scene.add(Text(LEFT + width * (head + 0.5), TOP - 8, str(head), 11, MUTED, "middle"))
    largest = float(abs(changes).max()) or 1.0
    for layer in range(L):
        y = TOP + height * layer
        if height >= 12 or layer % 4 == 0:
            scene.add(Text(LEFT - 8, y + height / 2 + 4, f"layer {layer}", 11, MUTED, "end"))
        for head in range(H):
            x, change = LEFT + width * head, float(changes[layer, head])
            fill = diverging_colour(shade(change, largest))
            scene.add(Rect(x, y, width - 1, height - 1, fill, FAINT, 0.5))
            if width >= NUMBER[0] and height >= NUMBER[1]:
                x, y_text = x + (width - 1) / 2, y + height / 2 + 3
                scene.add(Text(x, y_text, short(change), 10.2, ink_on(fill), "middle"))
    return scene


def shade(change: float, largest: float) -> float:
    """The square root of the change as a fraction of the largest one, with its sign."""
    return float(np.sign(change) * (abs(change) / largest) ** 0.5)


def short(change: float) -> str:
    """At most four characters: 0.123 -> .12, -0.05 -> −.05, 0.001 -> 0."""
    text = f"{change:.1f}" if abs(change) >= 0.995 else f"{change:.2f}"
    if float(text) == 0:
        return "0"
    return text.replace("0.", ".", 1).replace("-", "−")


def head_list(
    heading: str, ranked: Sequence[tuple[int, int, float]], largest: float, colour: str
) -> Scene:
    """The heads with the largest changes, with bars; nothing if there are none."""
    scene = Scene(BAR_LEFT + BAR + 66, 30 + 20.0 * len(ranked) if ranked else 0)
    if not ranked:
        return scene
    scene.add(Text(0, 18, heading, 12, colour, weight="600"))
    for k, (layer, head, change) in enumerate(ranked):
        y = 28 + 20.0 * k
        scene.add(Text(0, y + 11, f"layer {layer}, head {head}", 11.5, INK))
        scene.add(Rect(BAR_LEFT, y + 2, BAR * abs(change) / largest, 11, colour))
        right = BAR_LEFT + BAR + 6
        scene.add(Text(right, y + 11, f"{change:+.3f}".replace("-", "−"), 11.5, MUTED))
    return scene


def legend(changes: NDArray[np.float64], unit: str) -> Scene:
    """Five colours with their numbers, and how many heads change the loss."""
    largest, scene = float(abs(changes).max()) or 1.0, Scene(BAR_LEFT + BAR + 66, 66)
    for k, fraction in enumerate((-1, -0.25, 0, 0.25, 1)):
        x = 50.0 * k
        scene.add(Rect(x, 22, 14, 14, diverging_colour(shade(fraction, 1)), LINE))
        scene.add(Text(x + 18, 33, truncate(short(largest * fraction), 5), 10.5, MUTED))
    small = int((abs(changes) < 0.01).sum())
    text = f"{small} of {changes.size} heads: less than 0.01 {unit}"
    scene.add(Text(0, 54, text, 11.5, MUTED))
    return scene


def alt_text(
    title: str,
    changes: NDArray[np.float64],
    ranked: Sequence[tuple[int, int, float]],
    whole: str,
    unit: str,
) -> str:
    """One sentence: the size, the heads that matter most, and the one that harms most."""
    L, H = changes.shape
    size = f"{L} layer{'s' * (L > 1)} x {H} head{'s' * (H > 1)}"
    parts = [f"layer {k}, head {h} {change:+.3f}" for k, h, change in ranked[:3]]
    layer, head, lowest = ranked[-1]
    text = f"{title}, {size}{', ' + whole if whole else ''}: the largest are {'; '.join(parts)}"
    if lowest <= -SAME:
        text += f"; the lowest is layer {layer}, head {head} {lowest:+.3f}"
    return f"{text} {unit}."
