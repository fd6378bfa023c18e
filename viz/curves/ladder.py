"""One task in ever faster ways: a bar for each, on a scale where each line is ten times the last.

Left out on purpose: a scale from 0. With a factor of a thousand between the rungs, all bars but the
first would be a hair.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from math import ceil, floor, isfinite, log10

from viz.canvas.labels import truncate
from viz.canvas.palette import BLUE, FAINT, GREEN, INK, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text

LEFT, PLOT_WIDTH, RIGHT = 196, 420, 128  # names, bars, what stands behind them
CLEAR_LEAD = 1.25  # a jump that leads by less may be the second one on another machine
BAR, ROW = 24, 58  # a bar, and with the gap below it, where the jump to the next is drawn

Bar = tuple[str, float]  # name, microseconds


def draw_ladder(
    rungs: Sequence,
    *,
    guess: str | None = None,
    title: str = "",
    times_in_alt: bool = False,
    ax=None,
) -> Picture:
    """One bar for each rung, as long as the logarithm of its time; the largest jump is marked.

    `rungs` are pairs (name, microseconds), or records that have `name` and `microseconds`. `guess`
    is the name of the rung to which someone expected the largest jump; it is marked, too. The bars
    show what was measured; the sentence that describes them names the rungs and a clear largest
    jump, so that it is the same on two machines, unless `times_in_alt`.
    Raises:  ValueError for less than two rungs, times that are not above 0, an unknown guess.
    Example: draw_ladder([("scalars", 170_000), ("arrays", 100)], guess="arrays")
    """
    bars = [to_bar(rung) for rung in rungs]
    if len(bars) < 2:
        raise ValueError(f"A ladder needs two rungs or more, and there are {len(bars)}.")
    guess = check_guess(guess, bars)
    picture = Picture(bars, alt_text(bars, guess, times_in_alt), build_scene(bars, guess, title))
    return picture.draw_on(ax) if ax is not None else picture


def to_bar(rung) -> Bar:
    """Raises: ValueError for what has no name or no time above 0."""
    pair = (rung.name, rung.microseconds) if hasattr(rung, "microseconds") else rung
    if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not isinstance(pair[0], str):
        raise ValueError(
            f"{rung!r:.60} is no rung: give pairs (name, microseconds), such as ('arrays', 100)."
        )
    name, microseconds = pair[0], float(pair[1])
    if not (isfinite(microseconds) and microseconds > 0):
        raise ValueError(f"The rung {name!r} has {microseconds} microseconds; it must be above 0.")
    return name, microseconds


def check_guess(guess, bars: list[Bar]) -> str | None:
    """None if nothing was guessed yet. Raises: ValueError for a rung that nothing leads to."""
    if guess is None or guess is ...:
        return None
    reached = [name for name, _ in bars[1:]]
    if guess not in reached:
        near = get_close_matches(str(guess), reached, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"guess={guess!r:.40} is no rung that a jump leads to; there are {', '.join(reached)}."
            f"{hint}"
        )
    return guess


def speedups(bars: list[Bar]) -> dict[str, float]:
    """For each rung but the first how many times as fast it is as the one before."""
    return {name: before / after for (_, before), (name, after) in zip(bars, bars[1:])}


def format_duration(microseconds: float) -> str:
    """172819 -> 170 ms: two digits, as a second run would confirm them, and a short unit."""
    for size, unit in ((1e6, "s"), (1e3, "ms"), (1, "µs")):
        if microseconds >= 0.995 * size or unit == "µs":
            return f"{float(f'{microseconds / size:.2g}'):,g} {unit}"
    raise AssertionError("the last unit takes all")


def format_factor(times: float) -> str:
    """1590.4 -> 1,600 and 9.11 -> 9.1."""
    return f"{float(f'{times:.2g}'):,g}"


def build_scene(bars: list[Bar], guess: str | None, title: str) -> Scene:
    jumps = speedups(bars)
    largest = max(jumps, key=lambda name: jumps[name])
    low = floor(log10(min(time for _, time in bars)) - 0.3)  # no bar is shorter than a third of it
    high = max(ceil(log10(max(time for _, time in bars))), low + 1)
    top = 62
    scene = Scene(LEFT + PLOT_WIDTH + RIGHT, top + ROW * len(bars) + 24)

    def x_of(microseconds: float) -> float:
        return LEFT + PLOT_WIDTH * (log10(microseconds) - low) / (high - low)

    title = title or f"The largest jump leads to {truncate(largest, 40)}"
    scene.add(Text(16, 25, title, 15, weight="600"))
    scene.add(
        Text(
            LEFT + PLOT_WIDTH + RIGHT - 16,
            25,
            "time for one document, times the first",
            12,
            MUTED,
            "end",
        )
    )
    for power in range(low, high + 1):
        x = x_of(10.0**power)
        scene.add(Rect(x, top - 8, 1, ROW * len(bars), FAINT))
        scene.add(
            Text(x, top + ROW * len(bars) + 10, format_duration(10.0**power), 11, MUTED, "middle")
        )
    for i, (name, time) in enumerate(bars):
        y, colour = top + ROW * i, ORANGE if name == largest else BLUE
        scene.add(Text(LEFT - 12, y + 16, truncate(name, 26), 13, INK, "end"))
        scene.add(Rect(LEFT, y, x_of(time) - LEFT, BAR, colour))
        scene.add(Text(x_of(time) + 8, y + 16, bar_label(time, bars[0][1]), 12.5, INK))
        if i:
            add_speedup(
                scene,
                (x_of(bars[i - 1][1]), x_of(time)),
                y - 17,
                jumps[name],
                ORANGE if name == largest else MUTED,
            )
        if name == guess:
            scene.add(Text(LEFT - 12, y + 32, "your guess", 11.5, GREEN, "end", weight="600"))
    return scene


def bar_label(time: float, first: float) -> str:
    """What stands behind a bar."""
    return (
        format_duration(time)
        if time == first
        else f"{format_duration(time)}, {format_factor(first / time)} times"
    )


def add_speedup(
    scene: Scene, ends: tuple[float, float], y: float, times: float, colour: str
) -> None:
    """From where the last bar ended to where this one ends, and how many times that is."""
    x0, x1 = ends
    label = (
        f"{format_factor(times)} times as fast"
        if times >= 1
        else f"{format_factor(1 / times)} times as slow"
    )
    scene.add(Line(((x0, y - 14), (x0, y), (x1, y), (x1, y + 14)), colour, 1.4, dash="4 3"))
    scene.add(Text(max(x0, x1) + 8, y + 4, label, 11.5, colour))


def alt_text(bars: list[Bar], guess: str | None, times_in_alt: bool) -> str:
    """One sentence about all rungs: their names, and with `times_in_alt` their times as well.

    The names keep the order in which they were given: two rungs that are nearly as fast change
    places on another processor.
    """
    (largest, speedup), *others = sorted(speedups(bars).items(), key=lambda jump: -jump[1])
    clear = not others or speedup > CLEAR_LEAD * others[0][1]
    jump = f" The largest jump leads to {largest}." if clear or times_in_alt else ""
    guessed = f" The guess was {guess}." if guess else ""
    if not times_in_alt:
        return f"Times of {'; '.join(name for name, _ in bars)}.{jump}{guessed}"
    (slowest, first), *rest = bars
    parts = [
        f"{n} {format_duration(time)}, {format_factor(first / time)} times as fast"
        for n, time in rest
    ]
    opening = f"Time for one document: {slowest} {format_duration(first)}; "
    return f"{opening}{'; '.join(parts)}.{jump}{guessed}"
