"""Probabilities of the next token as bars; the most likely one is orange.

Up to 40 short labels (letters) are drawn side by side in their own order; others are ranked.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_numbers, to_tokens
from viz.canvas.labels import title_width, visible_token
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

MAX_COLUMNS, PHONE_COLUMNS = 40, 14  # of one row of bars
TOLERANCE = 0.01  # of the sum; a softmax in 16 bits stays within half of it


def draw_probabilities(
    probs: "ArrayLike | Mapping[str, float]",
    tokens: Sequence[str | bytes] | None = None,
    *,
    title: str = "",
    max_tokens: int = 15,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw one bar for each token, as long as its probability.

    Args:
        probs: Probabilities, shape (V,), or a mapping token -> probability.
        tokens: V tokens. Not needed if `probs` is a mapping. None numbers them from 0.
        title: Title of the picture.
        max_tokens: How many tokens are drawn if they are ranked.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with a dictionary token -> probability in `.data` (a list of pairs if a token
        occurs twice); or `ax`, if given.

    Raises:
        ValueError: If a number is below 0 or not finite, the sum is not 1, or there are not as many
            tokens as probabilities.

    Example:
        >>> draw_probabilities([0.25, 0.75], ["heads", "tails"])
        Picture: Probabilities of 2 tokens; the likeliest: tails 0.75, heads 0.25.
    """
    tokens = list(probs) if isinstance(probs, Mapping) else tokens
    values = to_numbers(list(probs.values()) if isinstance(probs, Mapping) else probs, "probs")
    labels = to_tokens(range(len(values)) if tokens is None else tokens)
    check_probabilities(values, labels)
    are_short = len(labels) <= MAX_COLUMNS and all(len(label) <= 3 for label in labels)
    ranked = sorted(zip(labels, values), key=lambda pair: -pair[1])
    if are_short:
        scene, narrow = vertical_bars(labels, values, title), phone_bars(labels, values, title)
    else:
        scene = horizontal_bars(ranked, title, max_tokens)
        narrow = phone_ranked_bars(ranked, title, max_tokens)
    pairs = list(zip(labels, values))
    data = dict(pairs) if len(set(labels)) == len(labels) else pairs  # a token may occur twice
    best = ", ".join(f"{visible_token(label)} {prob:.2f}" for label, prob in ranked[:3])
    alt = f"Probabilities of {len(labels)} tokens; the likeliest: {best}."
    picture = Picture(data, alt, scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def check_probabilities(probs: list[float], labels: list[str]) -> None:
    if len(probs) != len(labels) or not probs:
        raise ValueError(
            f"{len(probs)} probabilities for {len(labels)} tokens: give one for each token, and "
            f"at least one."
        )
    if min(probs) < 0 or abs(sum(probs) - 1) > TOLERANCE:
        raise ValueError(
            f"These are not probabilities: the smallest is {min(probs):.3g} and they sum to "
            f"{sum(probs):.4g}, not 1. If they are logits, put them through softmax first."
        )


def vertical_bars(labels: list[str], probs: list[float], title: str) -> Scene:
    stride, top = min(60, max(26, 640 / len(labels))), 46 if title else 26
    scene = Scene(max(32 + stride * len(labels), title_width(title)), top + 184)
    if title:
        scene.add(Text(MARGIN, 25, title, 15, weight="600"))
    add_columns(scene, labels, probs, max(probs), stride, top, 150)
    return scene


def phone_bars(labels: list[str], probs: list[float], title: str) -> Scene:
    """The same bars in as many rows as they need on a phone, all on one scale."""
    rows = -(-len(labels) // PHONE_COLUMNS)
    per_row = -(-len(labels) // rows)
    stride, height = min(60, (NARROW - 2 * MARGIN) / per_row), 120 if rows == 1 else 80
    scene = Scene(NARROW, 0)
    for start in range(0, len(labels), per_row):
        part = slice(start, start + per_row)
        add_columns(scene, labels[part], probs[part], max(probs), stride, scene.height + 16, height)
        scene.height += height + 44
    return vstack(phone_title_scene(title), scene)


def add_columns(
    scene: Scene,
    labels: list[str],
    probs: list[float],
    largest: float,
    stride: float,
    top: float,
    height: float,
) -> None:
    """One row of bars above their labels; a bar of `largest` has the full height."""
    bottom = top + height
    scene.add(Rect(MARGIN, bottom, stride * len(labels), 1, MUTED))
    size = min(13, stride / 2)  # three letters are as wide as 1.9 times their size
    for i, (label, prob) in enumerate(zip(labels, probs)):
        x, length = MARGIN + stride * i, height * prob / largest
        y, middle, fill = bottom - length, x + stride / 2, ORANGE if prob == largest else BLUE
        scene.add(Rect(x + stride / 9, y, stride * 7 / 9, length, fill))
        name = visible_token(label)
        scene.add(Text(middle, bottom + 18, name, size, INK, "middle", mono=True))
        if prob >= 0.005:
            scene.add(Text(middle, y - 5, f"{100 * prob:.0f}%", 10.5, MUTED, "middle"))


def horizontal_bars(ranked: list[tuple[str, float]], title: str, max_tokens: int) -> Scene:
    scene, left, bar_width = Scene(0, 46 if title else 14), 190, 300
    if title:
        scene.add(Text(MARGIN, 25, title, 15, weight="600"))
    add_ranked(scene, ranked, max_tokens, left, bar_width)
    scene.width = max(left + bar_width + 80, title_width(title))
    return scene


def phone_ranked_bars(ranked: list[tuple[str, float]], title: str, max_tokens: int) -> Scene:
    """The same rows for a phone: the labels have the room that the longest one needs."""
    scene = phone_title_scene(title)
    longest = max(len(visible_token(label)) for label, _ in ranked[:max_tokens])
    left = MARGIN + 10 + max(24, 7.9 * longest)
    add_ranked(scene, ranked, max_tokens, left, NARROW - left - 60)
    return scene


def add_ranked(
    scene: Scene,
    ranked: list[tuple[str, float]],
    max_tokens: int,
    left: float,
    bar_width: float,
) -> None:
    """Rows below what is drawn: a label, its bar, its probability; then the others."""
    row, top = 22, scene.height
    shown, rest = ranked[:max_tokens], ranked[max_tokens:]
    for i, (label, prob) in enumerate(shown):
        y, width = top + row * i, bar_width * prob / shown[0][1]
        scene.add(Text(left - 10, y + 15, visible_token(label), 13, INK, "end", mono=True))
        scene.add(Rect(left, y + 3, bar_width, row - 6, FAINT))
        scene.add(Rect(left, y + 3, width, row - 6, ORANGE if i == 0 else BLUE))
        scene.add(Text(left + bar_width + 8, y + 15, f"{100 * prob:.1f}%", 12, MUTED))
    if rest:
        others = f"{len(rest):,} others together: {100 * sum(prob for _, prob in rest):.1f}%"
        scene.add(Text(left, top + row * len(shown) + 15, others, 12, MUTED))
    scene.height += row * (len(shown) + bool(rest)) + 10
