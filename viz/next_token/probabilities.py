"""How likely each token is: bars with the likeliest marked.

Few short labels (letters) stand side by side in their own order; others (words, pieces of words)
are ranked.
"""

from collections.abc import Mapping, Sequence

from viz.canvas.arrays import to_numbers
from viz.canvas.labels import visible_token
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text

MOST_COLUMNS = 40
TOLERANCE = 0.01  # a softmax of 16 bits sums to 1 within half of that


def draw_probabilities(
    probs, tokens: Sequence[str] | None = None, *, title: str = "", most: int = 15, ax=None
) -> Picture:
    """One bar for each token, as long as it is likely.

    `probs` may be a mapping token -> probability; then `tokens` is not needed.
    Shapes:  probs (V,), tokens: V of them.
    Raises:  ValueError for numbers that are no probabilities: below 0, or not 1 in sum.
    Example: draw_probabilities([0.25, 0.75], ["heads", "tails"])
    """
    if isinstance(probs, Mapping):
        probs, tokens = list(probs.values()), list(probs)
    shares = to_numbers(probs, "probs")
    labels = [str(token) for token in (range(len(shares)) if tokens is None else tokens)]
    check(shares, labels)
    columns = len(labels) <= MOST_COLUMNS and all(len(label) <= 3 for label in labels)
    ranked = sorted(zip(labels, shares), key=lambda pair: -pair[1])
    scene = (
        side_by_side(labels, shares, title) if columns else one_below_another(ranked, title, most)
    )
    pairs = list(zip(labels, shares))
    data = dict(pairs) if len(set(labels)) == len(labels) else pairs  # two tokens may look the same
    best = ", ".join(f"{visible_token(label)} {share:.2f}" for label, share in ranked[:3])
    picture = Picture(
        data,
        f"Probabilities of {len(labels)} tokens; the likeliest: {best}.",
        scene,
    )
    return picture.draw_on(ax) if ax is not None else picture


def check(shares: list[float], labels: list[str]) -> None:
    if len(shares) != len(labels) or not shares:
        raise ValueError(
            f"{len(shares)} probabilities for {len(labels)} tokens: give one for each token, and "
            f"at least one."
        )
    if min(shares) < 0 or abs(sum(shares) - 1) > TOLERANCE:
        raise ValueError(
            f"These are no probabilities: the smallest is {min(shares):.3g} and they sum to "
            f"{sum(shares):.4g}, not 1. "
            f"If they are logits, put them through softmax first."
        )


def side_by_side(labels: list[str], shares: list[float], title: str) -> Scene:
    step, tall, top = min(60, max(26, 640 / len(labels))), 150, 46 if title else 26
    scene = Scene(max(32 + step * len(labels), 9.2 * len(title) + 32), top + tall + 34)
    if title:
        scene.add(Text(16, 25, title, 15, weight="600"))
    scene.add(Rect(16, top + tall, step * len(labels), 1, MUTED))
    largest = max(shares)
    for i, (label, share) in enumerate(zip(labels, shares)):
        x, height = 16 + step * i, tall * share / largest
        colour = ORANGE if share == largest else BLUE
        scene.add(Rect(x + 3, top + tall - height, step - 6, height, colour))
        scene.add(
            Text(x + step / 2, top + tall + 18, visible_token(label), 13, INK, "middle", mono=True)
        )
        if share >= 0.005:
            scene.add(
                Text(
                    x + step / 2,
                    top + tall - height - 5,
                    f"{100 * share:.0f}%",
                    10,
                    MUTED,
                    "middle",
                )
            )
    return scene


def one_below_another(ranked: list[tuple[str, float]], title: str, most: int) -> Scene:
    top, row, wide, left = 46 if title else 14, 22, 300, 190
    shown, rest = ranked[:most], ranked[most:]
    scene = Scene(
        max(left + wide + 80, 9.2 * len(title) + 32), top + row * (len(shown) + bool(rest)) + 10
    )
    if title:
        scene.add(Text(16, 25, title, 15, weight="600"))
    for i, (label, share) in enumerate(shown):
        y, width = top + row * i, wide * share / shown[0][1]
        scene.add(Text(left - 10, y + 15, visible_token(label), 13, INK, "end", mono=True))
        scene.add(
            Rect(left, y + 3, wide, row - 6, FAINT),
            Rect(left, y + 3, width, row - 6, ORANGE if i == 0 else BLUE),
        )
        scene.add(Text(left + wide + 8, y + 15, f"{100 * share:.1f}%", 12, MUTED))
    if rest:
        others = f"{len(rest):,} others together: {100 * sum(share for _, share in rest):.1f}%"
        scene.add(Text(left, top + row * len(shown) + 15, others, 12, MUTED))
    return scene
