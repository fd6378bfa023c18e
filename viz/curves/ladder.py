"""The same task in faster and faster programs: one bar for each, on a logarithmic scale.

On a linear scale all bars but the first would be invisible: the times differ by a factor of 1,000.
"""

from collections.abc import Iterable
from math import ceil, floor, isfinite, log10
from typing import TYPE_CHECKING, Any

from viz.canvas.arrays import did_you_mean
from viz.canvas.labels import truncate
from viz.canvas.pages import MARGIN, NARROW, heading_scene, wrapped
from viz.canvas.palette import BLUE, FAINT, GREEN, INK, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text

if TYPE_CHECKING:
    from types import EllipsisType

    from matplotlib.axes import Axes

LEFT, PLOT_WIDTH, RIGHT = 196, 420, 128  # names, bars, times
BAR_HEIGHT, ROW_HEIGHT = 24, 58  # a bar; a bar and the gap below it

Bar = tuple[str, float]  # name, microseconds


def draw_ladder(
    rungs: Iterable[object],
    *,
    guess: "str | EllipsisType | None" = None,
    title: str = "",
    times_in_alt: bool = False,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw one bar for the time of each rung, on a logarithmic scale. The largest jump is marked.

    Args:
        rungs: At least two pairs (name, microseconds), or records with these two attributes.
        guess: Name of the rung to which somebody expected the largest jump; it is marked, too.
        title: Title of the chart; by default it names the largest jump.
        times_in_alt: Whether the alternative text has the times. Without them, and without
            the largest jump, it is the same on every machine.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The chart; `.data` is a list of pairs (name, microseconds).

    Raises:
        ValueError: For fewer than two rungs, a time that is not above 0, an unknown guess.

    Example:
        >>> draw_ladder([("scalars", 170_000), ("arrays", 100)], guess="arrays").alt
        'Times of scalars; arrays. The guess was arrays.'
    """
    if not isinstance(rungs, Iterable):
        raise ValueError(
            f"rungs must be a list of pairs (name, microseconds), such as [('scalars', 170_000), "
            f"('arrays', 100)], not {rungs!r:.60}."
        )
    bars = [to_bar(rung) for rung in rungs]
    if len(bars) < 2:
        raise ValueError(f"A ladder needs two rungs or more, and there are {len(bars)}.")
    guessed = check_guess(guess, bars)
    alt = alt_text(bars, guessed, times_in_alt)
    picture = Picture(bars, alt, build_scene(bars, guessed, title))
    picture.narrow = narrow_scene(bars, guessed, title)
    return picture.draw_on(ax) if ax is not None else picture


def to_bar(rung: object) -> Bar:
    """Raises: ValueError for a rung without a name or without a time above 0."""
    pair: Any = rung
    if hasattr(rung, "microseconds"):
        pair = (getattr(rung, "name", None), rung.microseconds)
    try:
        name, microseconds = pair[0], float(pair[1])
    except (IndexError, KeyError, TypeError, ValueError):
        name, microseconds = None, 0.0
    if not isinstance(name, str) or len(pair) != 2:
        raise ValueError(
            f"{rung!r:.60} is not a rung: give pairs (name, microseconds), such as ('arrays', 100)."
        )
    if not (isfinite(microseconds) and microseconds > 0):
        raise ValueError(f"The rung {name!r} has {microseconds} microseconds; it must be above 0.")
    return name, microseconds


def check_guess(guess: "str | EllipsisType | None", bars: list[Bar]) -> str | None:
    """Check a guess; None and ... are no guess. Raises: ValueError if no jump leads to it."""
    if guess is None or guess is ...:
        return None
    reached = [name for name, _ in bars[1:]]
    if guess not in reached:
        raise ValueError(
            f"guess={guess!r:.40} is not a rung that a jump leads to; these are "
            f"{', '.join(reached)}.{did_you_mean(guess, reached)}"
        )
    return guess


def speedups(bars: list[Bar]) -> dict[str, float]:
    """How many times as fast each rung is as the one before."""
    return {name: before / after for (_, before), (name, after) in zip(bars, bars[1:])}


def format_duration(microseconds: float) -> str:
    """172819 -> 170 ms: two digits, because the third one differs from run to run."""
    units = ((1e6, "s"), (1e3, "ms"))
    size, unit = next((pair for pair in units if microseconds >= 0.995 * pair[0]), (1.0, "µs"))
    return f"{float(f'{microseconds / size:.2g}'):,g} {unit}"


def format_factor(times: float) -> str:
    """1590.4 -> 1,600 and 9.11 -> 9.1."""
    return f"{float(f'{times:.2g}'):,g}"


def scale_ends(bars: list[Bar]) -> tuple[int, int]:
    """Powers of ten at the ends of the scale; the shortest bar has some length."""
    low = floor(log10(min(time for _, time in bars)) - 0.3)
    return low, max(ceil(log10(max(time for _, time in bars))), low + 1)


def title_sentence(largest: str) -> str:
    """The title, where none is given."""
    return f"The largest jump leads to {truncate(largest, 40)}"


def narrow_scene(bars: list[Bar], guess: str | None, title: str) -> Scene:
    """The drawing for a phone: the words of a rung are above and below its bar."""
    jumps = speedups(bars)
    largest = max(jumps, key=lambda name: jumps[name])
    low, high = scale_ends(bars)
    scene = heading_scene(title or title_sentence(largest), NARROW)
    width = NARROW - 2 * MARGIN
    scale = f"Time for one document, from {format_duration(10.0**low)} to "
    scale += f"{format_duration(10.0**high)}, logarithmic"
    note = wrapped(Text(MARGIN, scene.height + 12, scale, 12, MUTED), width)
    scene.add(*note)
    y = note[-1].y + 26
    for i, (name, time) in enumerate(bars):
        colour = ORANGE if name == largest else BLUE
        label = truncate(name, 26) + (", your guess" if name == guess else "")
        ink = GREEN if name == guess else INK
        scene.add(Text(MARGIN, y, label, 13, ink, weight="600"))
        scene.add(Text(NARROW - MARGIN, y, format_duration(time), 12.5, INK, "end"))
        length = width * (log10(time) - low) / (high - low)
        scene.add(Rect(MARGIN, y + 7, width, 16, FAINT), Rect(MARGIN, y + 7, length, 16, colour))
        if i:
            words = speedup_words(jumps[name])
            since = f"; {format_factor(bars[0][1] / time)} times since the first" if i > 1 else ""
            ink = ORANGE if name == largest else MUTED
            scene.add(Text(MARGIN, y + 38, words + since, 11.5, ink))
        y += 66 if i else 50
    scene.height = y - 12
    return scene


def build_scene(bars: list[Bar], guess: str | None, title: str) -> Scene:
    """The drawing: a logarithmic scale, and a bar for each rung."""
    jumps = speedups(bars)
    largest = max(jumps, key=lambda name: jumps[name])
    low, high = scale_ends(bars)
    top = 62
    bottom, right = top + ROW_HEIGHT * len(bars), LEFT + PLOT_WIDTH + RIGHT
    scene = Scene(right, bottom + 24)

    def x_of(microseconds: float) -> float:
        return LEFT + PLOT_WIDTH * (log10(microseconds) - low) / (high - low)

    scene.add(Text(16, 25, title or title_sentence(largest), 15, weight="600"))
    scene.add(
        Text(
            right - 16,
            25,
            "time for one document; how many times as fast as the first",
            12,
            MUTED,
            "end",
        )
    )
    for power in range(low, high + 1):
        x = x_of(10.0**power)
        scene.add(Rect(x, top - 8, 1, ROW_HEIGHT * len(bars), FAINT))
        scene.add(Text(x, bottom + 10, format_duration(10.0**power), 11, MUTED, "middle"))
    for i, (name, time) in enumerate(bars):
        y, colour = top + ROW_HEIGHT * i, ORANGE if name == largest else BLUE
        scene.add(Text(LEFT - 12, y + 16, truncate(name, 26), 13, INK, "end"))
        scene.add(Rect(LEFT, y, x_of(time) - LEFT, BAR_HEIGHT, colour))
        scene.add(Text(x_of(time) + 8, y + 16, bar_label(time, bars[0][1]), 12.5, INK))
        if i:
            ends, colour = (x_of(bars[i - 1][1]), x_of(time)), ORANGE if name == largest else MUTED
            add_speedup(scene, ends, y - 17, jumps[name], colour)
        if name == guess:
            scene.add(Text(LEFT - 12, y + 32, "your guess", 11.5, GREEN, "end", weight="600"))
    return scene


def bar_label(time: float, first: float) -> str:
    """The text to the right of a bar."""
    speedup = f", {format_factor(first / time)} times" if time != first else ""
    return f"{format_duration(time)}{speedup}"


def speedup_words(times: float) -> str:
    """1590.4 -> 1,600 times as fast."""
    factor = format_factor(times if times >= 1 else 1 / times)
    if factor == "1":
        return "equally fast"
    return f"{factor} times as {'fast' if times >= 1 else 'slow'}"


def add_speedup(
    scene: Scene, ends: tuple[float, float], y: float, times: float, colour: str
) -> None:
    """Connect the ends of two bars, and write how many times as fast the second rung is."""
    x0, x1 = ends
    label = speedup_words(times)
    scene.add(Line(((x0, y - 14), (x0, y), (x1, y), (x1, y + 14)), colour, 1.4, dash="4 3"))
    scene.add(Text(max(x0, x1) + 8, y + 4, label, 11.5, colour))


def alt_text(bars: list[Bar], guess: str | None, times_in_alt: bool) -> str:
    """One sentence about all rungs: their names, and with `times_in_alt` their times as well.

    The names are not sorted by time: two rungs that are nearly as fast would have another order on
    another processor.
    """
    guessed = f" The guess was {guess}." if guess else ""
    if not times_in_alt:  # the largest jump depends on the processor
        return f"Times of {'; '.join(name for name, _ in bars)}.{guessed}"
    jumps = speedups(bars)
    jump = f" The largest jump leads to {max(jumps, key=lambda name: jumps[name])}."
    (slowest, first), *rest = bars
    parts = [
        f"{n} {format_duration(time)}, {format_factor(first / time)} times as fast"
        for n, time in rest
    ]
    opening = f"Time for one document: {slowest} {format_duration(first)}; "
    return f"{opening}{'; '.join(parts)}.{jump}{guessed}"
