"""Loss over the steps of training: every step faint, their running mean bold, and the lines worth
comparing with.

`draw_loss` draws what is over; `LossPlot` draws the same picture again and again while it happens.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor, isfinite, log10

from viz.arrays import to_numbers
from viz.palette import CATEGORIES, FAINT, INK, MUTED
from viz.picture import Picture
from viz.scene import Box, Line, Scene, Words

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 26, 44, 44  # margins around the curves
MOST_POINTS = 360  # about one for every second pixel
MEMORY = 0.96  # the running mean forgets a step after about 25 more
FEW = 30  # so few steps need no running mean

Series = tuple[list[float], list[float]]  # steps, losses


def draw_loss(
    history: Mapping[str, Sequence],
    *,
    title: str = "",
    unit: str = "loss (nats per token)",
    lines: Mapping[str, float] | None = None,
    last_step: float | None = None,
    log_y: bool = False,
    ax=None,
) -> Picture:
    """One curve for each name of `history`, over the steps.

    `history` maps a name to its losses, one for each step, or to a pair (steps, losses). `lines`
    are levels to compare with: {"knows nothing": 3.296}. With `ax` matplotlib draws the same
    curves in its own way.
    Raises:  ValueError if there is nothing to draw, or steps and losses differ in number.
    Example: draw_loss({"train": [3.3, 2.9, 2.7]}, lines={"knows nothing": 3.296})
    """
    series = {name: to_series(name, given) for name, given in history.items()}
    if not any(steps for steps, _ in series.values()):
        raise ValueError("history has no losses to draw: give it as {'train': [3.3, 2.9, ...]}.")
    if ax is not None:
        return draw_on_axes(ax, series, lines or {}, title, unit, log_y)
    scene = loss_scene(
        series, title=title, unit=unit, lines=lines or {}, last_step=last_step, log_y=log_y
    )
    return Picture(
        {name: values for name, (_, values) in series.items()}, describe(series, title), scene
    )


def to_series(name: str, given) -> Series:
    pair = isinstance(given, tuple) and len(given) == 2 and hasattr(given[0], "__len__")
    values = list(map(float, given[1])) if pair else to_plain(given)
    steps = (
        to_numbers(given[0], f"the steps of {name!r}")
        if pair
        else [float(i + 1) for i in range(len(values))]
    )
    if len(steps) != len(values):
        raise ValueError(
            f"{name!r} has {len(steps)} steps and {len(values)} losses; there must be one for each."
        )
    return steps, values


def to_plain(given) -> list[float]:
    """Losses as floats; one that is not finite stays, and leaves a gap."""
    return [float(x) for x in (given.tolist() if hasattr(given, "tolist") else given)]


def running_mean(values: Sequence[float]) -> list[float]:
    """Each value averaged with those before it, the older the less."""
    out, total, weight = [], 0.0, 0.0
    for value in values:
        if isfinite(value):
            total, weight = MEMORY * total + value, MEMORY * weight + 1
        out.append(total / weight if weight else value)
    return out


def thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most MOST_POINTS of them: of each stretch its lowest and its highest."""
    if len(points) <= MOST_POINTS:
        return points
    size = ceil(2 * len(points) / MOST_POINTS)
    out = []
    for i in range(0, len(points), size):
        stretch = points[i : i + size]
        out += sorted({min(stretch, key=lambda p: p[1]), max(stretch, key=lambda p: p[1])})
    return out


def round_steps(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two numbers: 0, 200, 400 ..."""
    span = (high - low) or 1.0
    step = 10 ** floor(log10(span / about))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if span / (step * factor) <= about + 0.5)
    first = ceil(low / step - 1e-9)
    return [i * step for i in range(first, floor(high / step + 1e-9) + 1)]


def loss_scene(
    series: Mapping[str, Series],
    *,
    title: str,
    unit: str,
    lines: Mapping[str, float],
    last_step: float | None,
    log_y: bool,
) -> Scene:
    """The drawing.

    A loss that is not finite leaves a gap; with `log_y` so does one that is not above 0.
    """

    def height_of(value: float) -> float:
        return log10(value) if log_y else value

    def fits(value: float) -> bool:
        return isfinite(value) and (value > 0 or not log_y)

    shown = [value for _, values in series.values() for value in values if fits(value)]
    levels = [height_of(v) for v in [*shown, *(line for line in lines.values() if fits(line))]] or [
        0.0,
        1.0,
    ]
    low, high = min(levels), max(levels)
    room = 0.06 * ((high - low) or abs(high) or 1)
    low, high = (
        (low - room if log_y else max(low - room, 0.0) if low >= 0 else low - room),
        high + room,
    )
    steps = [step for all_steps, _ in series.values() for step in all_steps] or [1.0]
    first, last = min(*steps, 1.0) if min(steps) > 0 else min(steps), max(*steps, last_step or 0)
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(step: float, value: float) -> tuple[float, float]:
        return LEFT + wide * (step - first) / ((last - first) or 1), TOP + tall * (
            high - height_of(value)
        ) / (high - low)

    scene = Scene(WIDTH, HEIGHT)
    scene.add(Words(16, 25, title, 15, weight="600"))
    ticks = round_steps(low, high)
    for level in ticks:
        y = TOP + tall * (high - level) / (high - low)
        scene.add(
            Box(LEFT, y, wide, 1, FAINT),
            Words(LEFT - 8, y + 4, f"{10**level if log_y else level:.3g}", 11, MUTED, "end"),
        )
    for step in round_steps(first, last):
        scene.add(
            Words(
                place(step, shown[0] if shown else 1)[0],
                HEIGHT - BOTTOM + 17,
                f"{step:,.6g}",
                11,
                MUTED,
                "middle",
            )
        )
    scene.add(Words(LEFT + wide / 2, HEIGHT - 9, "step", 12, MUTED, "middle"))
    scene.add(Words(WIDTH - RIGHT, 25, unit, 12, MUTED, "end"))
    for name, level in lines.items():
        if fits(level):
            y = place(first, level)[1]
            scene.add(Line(((LEFT, y), (LEFT + wide, y)), MUTED, 1.2, dash="5 4"))
            scene.add(Words(LEFT + wide - 4, y - 5, f"{name} {level:.3g}", 11, MUTED, "end"))
    for n, (name, (all_steps, values)) in enumerate(series.items()):
        add_curve(scene, name, n, [(s, v) for s, v in zip(all_steps, values)], place, fits)
    return scene


def add_curve(
    scene: Scene, name: str, n: int, points: list[tuple[float, float]], place, fits
) -> None:
    """Every step faint, the running mean bold, and the last mean spelled out."""
    points = [point for point in points if fits(point[1])]
    if not points:
        return
    colour = CATEGORIES[n % len(CATEGORIES)]
    bold = points
    if len(points) > FEW:
        faint = tuple(place(*point) for point in thinned(points))
        scene.add(Line(faint, colour, 1, opacity=0.3))
        means = running_mean([value for _, value in points])
        bold = list(zip((step for step, _ in points), means))
        bold = bold[:: ceil(len(bold) / MOST_POINTS)] + bold[-1:]
    scene.add(Line(tuple(place(*point) for point in bold), colour, 2.2))
    scene.add(
        Words(LEFT + 10 + 180 * n, TOP - 2, f"{name} {bold[-1][1]:.3g}", 12.5, colour, weight="600")
    )


def describe(series: Mapping[str, Series], title: str) -> str:
    """One sentence: where each curve begins and where it has come to."""
    told = []
    for name, (steps, values) in series.items():
        means = running_mean(values) if len(values) > FEW else values
        if values:
            told.append(f"{name} from {values[0]:.2g} to {means[-1]:.2g} in {steps[-1]:,.6g} steps")
    return f"{title or 'Loss'}: {', '.join(told)}."


def draw_on_axes(
    ax, series: Mapping[str, Series], lines: Mapping[str, float], title: str, unit: str, log_y: bool
):
    """The same curves as matplotlib draws them, for a figure of your own."""
    for n, (name, (steps, values)) in enumerate(series.items()):
        colour = CATEGORIES[n % len(CATEGORIES)]
        if len(values) > FEW:
            ax.plot(steps, values, color=colour, alpha=0.3, linewidth=1)
        ax.plot(
            steps, running_mean(values) if len(values) > FEW else values, color=colour, label=name
        )
    for name, level in lines.items():
        ax.axhline(level, color=MUTED, linestyle="--", linewidth=1)
        ax.annotate(
            f"{name} {level:.3g}",
            (1, level),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            color=INK,
        )
    ax.set(xlabel="step", ylabel=unit, title=title, yscale="log" if log_y else "linear")
    ax.legend(frameon=False)
    return ax
