"""Probabilities before and after tuning, two bars for each answer or token, sorted."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_int, to_mapping, to_numbers, to_text
from viz.canvas.labels import visible_token
from viz.canvas.pages import MARGIN, NARROW, heading_scene
from viz.canvas.palette import BLUE, FAINT, GREEN, INK, MUTED, SLATE
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text
from viz.canvas.ticks import format_percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFT, BARS, NUMBERS = 190.0, 330.0, 170.0  # widths
ROW, BAR = 34.0, 11.0
MAX_ROWS = 40
TOLERANCE = 0.01  # of the sum
Probs = Mapping[str, float]


def draw_probability_change(
    before: Probs,
    after: Probs,
    *,
    right: str | Collection[str] = (),
    names: Sequence[str] = ("before", "after"),
    title: str = "",
    max_rows: int = 10,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the probability of each answer twice, the likeliest after tuning first.

    Args:
        before: Mapping answer or token -> probability. An answer that only the other one has
            has probability 0. The sum may be below 1, if rare answers are left out.
        after: The same after tuning.
        right: The right answer, or several; they are marked.
        names: What the two are called.
        title: Title of the picture; by default it says how the right or the first answer changes.
        max_rows: How many answers are drawn; right ones always are.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with (before, after) for each answer in `.data`, sorted; or `ax`, if given.

    Raises:
        ValueError: If a number is no probability, a sum is above 1, or there is no answer.

    Example:
        >>> draw_probability_change({"12": 0.6, "22": 0.4}, {"12": 0.1, "22": 0.9}, right="22")
        Picture: 22 goes from 40 % to 90 %. before to after: 22 (right) 40 % to 90 %; 12 60 % ...
    """
    max_rows = min(to_int(max_rows, "max_rows", 1), MAX_ROWS)
    tables = [read_probs(probs, what) for probs, what in ((before, "before"), (after, "after"))]
    marked = {right} if isinstance(right, str) else {to_text(one) for one in right}
    pairs = {
        answer: (tables[0].get(answer, 0.0), tables[1].get(answer, 0.0))
        for answer in [*tables[1], *tables[0]]
    }
    if not pairs:
        raise ValueError("There is no answer to draw: give {'22': 0.9, '12': 0.1} twice.")
    if missing := sorted(marked - pairs.keys()):
        raise ValueError(f"right={missing[0]!r} is not among the answers: {', '.join(pairs):.80}.")
    if len(names) != 2 or isinstance(names, str):
        raise ValueError(f"names must be two, such as ('before', 'after'), not {names!r:.60}.")
    ranked = sorted(pairs, key=lambda answer: (-pairs[answer][1], -pairs[answer][0]))
    shown = choose_rows(ranked, marked, max_rows)
    heading = title or title_sentence(pairs, [one for one in ranked if one in marked], ranked)
    rest = [pairs[answer] for answer in ranked if answer not in shown]
    rows = [(answer, pairs[answer]) for answer in shown]
    scene, narrow = (
        change_scene(heading, rows, marked, rest, names, width)
        for width in (LEFT + BARS + NUMBERS, NARROW)
    )
    data = {answer: pairs[answer] for answer in ranked}
    picture = Picture(data, alt_text(heading, rows, marked, names), scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def read_probs(probs: object, what: str) -> dict[str, float]:
    """The probabilities by answer; raises ValueError for what is none."""
    given = to_mapping(probs, what, "{'22': 0.9, '12': 0.1}")
    values = to_numbers(list(given.values()), what)
    if values and (min(values) < 0 or sum(values) > 1 + TOLERANCE):
        raise ValueError(
            f"{what} must be probabilities: the smallest is {min(values):.3g} and they sum to "
            f"{sum(values):.4g}. Divide counts or percents by their sum."
        )
    return dict(zip(map(to_text, given), values))


def choose_rows(ranked: Sequence[str], marked: Collection[str], max_rows: int) -> list[str]:
    """The first answers, and the right ones wherever they are."""
    late = [answer for answer in ranked[max_rows:] if answer in marked]
    return [*ranked[: max(max_rows - len(late), 0)], *late]


def title_sentence(
    pairs: Mapping[str, tuple[float, float]], right: Sequence[str], ranked: Sequence[str]
) -> str:
    """How the right answer changes, or the likeliest one."""
    answer = (right or ranked)[0]
    before, after = pairs[answer]
    return (
        f"{visible_token(answer, 24)} goes from {format_percent(before)} to {format_percent(after)}"
    )


def change_scene(
    heading: str,
    rows: Sequence[tuple[str, tuple[float, float]]],
    marked: Collection[str],
    rest: Sequence[tuple[float, float]],
    names: Sequence[str],
    width: float,
) -> Scene:
    """Title, legend, two bars for each answer, and what the others have together."""
    scene, is_narrow = heading_scene(heading, width), width <= NARROW
    y, top, row = scene.height + 5, scene.height + 32, ROW + (18 if is_narrow else 0)
    scene.height = top + row * len(rows) + (24 if rest else 0) + 8
    left = x = MARGIN if is_narrow else LEFT
    for name, colour in zip(names, (SLATE, BLUE)):
        scene.add(Rect(x, y, 22, BAR, colour, radius=2), Text(x + 29, y + 10, name, 12, INK))
        x += 29 + 7.2 * len(name) + 22
    if marked:
        scene.add(Text(x, y + 10, "✓ right", 12, GREEN, weight="600"))
    largest = max((prob for _, pair in rows for prob in pair), default=0.0) or 1.0
    for i, (answer, pair) in enumerate(rows):
        add_row(scene, top + row * i, answer, pair, largest, answer in marked)
    if rest:
        sums = " to ".join(format_percent(sum(pair[side] for pair in rest)) for side in (0, 1))
        words = f"{len(rest):,} others together: {sums}"
        scene.add(Text(left, top + row * len(rows) + 14, words, 12, MUTED))
    return scene


def add_row(
    scene: Scene, y: float, answer: str, pair: tuple[float, float], largest: float, right: bool
) -> None:
    """Add the two bars of an answer, and both numbers."""
    colour, weight = (GREEN, "600") if right else (INK, "normal")
    label = f"✓ {visible_token(answer)}" if right else visible_token(answer)
    words = f"{format_percent(pair[0])} → {format_percent(pair[1])}"
    left, bars = LEFT, BARS
    if scene.width <= NARROW:  # the words are above the bars
        left, bars = MARGIN, NARROW - 2 * MARGIN
        scene.add(Text(left, y + 13, label, 13, colour, weight=weight, mono=True))
        scene.add(Text(NARROW - MARGIN, y + 13, words, 12.5, colour, "end", weight))
        y += 18
    else:
        scene.add(Text(LEFT - 12, y + 17, label, 13, colour, "end", weight, mono=True))
        scene.add(Text(LEFT + BARS + 12, y + 17, words, 12.5, colour, weight=weight))
    scene.add(Rect(left, y, bars, 2 * BAR + 2, FAINT, radius=2))
    for i, (prob, bar) in enumerate(zip(pair, (SLATE, BLUE))):
        length = max(bars * prob / largest, 1.5 if prob else 0)
        if length:
            scene.add(Rect(left, y + i * (BAR + 2), length, BAR, bar, radius=2))


def alt_text(
    heading: str,
    rows: Sequence[tuple[str, tuple[float, float]]],
    marked: Collection[str],
    names: Sequence[str],
) -> str:
    """One sentence: the first answers, and what became of them."""
    parts = []
    for answer, pair in rows[:5]:
        shown = f"{visible_token(answer)}{' (right)' if answer in marked else ''}"
        parts.append(f"{shown} {format_percent(pair[0])} to {format_percent(pair[1])}")
    return f"{heading}. {' to '.join(names)}: {'; '.join(parts)}."
