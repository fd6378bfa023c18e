"""Loss over the steps of training: every step faint, the running mean bold.

`draw_loss` draws what is over; `LossPlot` draws the same picture again and again while it happens.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor, isfinite, log10, nan

from viz.arrays import to_numbers
from viz.labels import clip
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
    x: str = "step",
    ax=None,
) -> Picture:
    """One curve for each name of `history`, over the steps.

    `history` maps a name to its losses, one for each step, or to a pair (steps, losses). `lines`
    are levels to compare with: {"knows nothing": 3.296}. `x` is what one step is called. With `ax`
    matplotlib draws the same curves in its own way.
    Raises:  ValueError if there is nothing to draw, or steps and losses differ in number.
    Example: draw_loss({"train": [3.3, 2.9, 2.7]}, lines={"knows nothing": 3.296})
    """
    series = {name: to_series(name, given) for name, given in history.items()}
    if not any(steps for steps, _ in series.values()):
        raise ValueError("history has no losses to draw: give it as {'train': [3.3, 2.9, ...]}.")
    if ax is not None:
        return draw_on_axes(ax, series, lines or {}, title, unit, log_y, x)
    drawing = LossScene(series, lines or {}, title, unit, last_step, log_y, x)
    return Picture(
        {name: values for name, (_, values) in series.items()},
        describe(series, title, x),
        drawing.scene,
    )


def to_series(name: str, given) -> Series:
    """Raises: ValueError for what are no losses, or not as many as steps."""
    pair = isinstance(given, tuple) and len(given) == 2 and all(map(is_row, given))
    losses = given[1] if pair else given
    values = to_numbers(losses, f"the losses of {name!r}", finite=False)
    steps = [float(i + 1) for i in range(len(values))]
    if pair:
        steps = to_numbers(given[0], f"the steps of {name!r}")
    if len(steps) != len(values):
        raise ValueError(
            f"{name!r} has {len(steps)} steps and {len(values)} losses; there must be one for each."
        )
    return steps, values


def is_row(given) -> bool:
    """Whether it has several numbers; a tensor that is one number has not."""
    return hasattr(given, "__iter__") and getattr(given, "ndim", 1) > 0


def running_mean(values: Sequence[float]) -> list[float]:
    """Each value averaged with those before it, the older the less; without what is not finite."""
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


class LossScene:
    """One drawing of all curves. A loss that is not finite leaves a gap.

    With `log_y` so does one that is not above 0.
    """

    def __init__(
        self,
        series: Mapping[str, Series],
        lines: Mapping[str, float],
        title: str,
        unit: str,
        last_step: float | None,
        log_y: bool,
        step_name: str,
    ):
        self.log_y = log_y
        names = self.place_names(series)
        self.top = TOP + 16 * (max((row for _, row in names.values()), default=0))
        self.wide, self.tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        shown = [v for _, values in series.values() for v in values if self.fits(v)]
        self.low, self.high = self.range_of([*shown, *filter(self.fits, lines.values())])
        steps = [step for all_steps, _ in series.values() for step in all_steps]
        self.first = min(*steps, 1.0) if min(steps) > 0 else min(steps)
        self.last = max(*steps, last_step or 0)
        self.scene = Scene(WIDTH, self.top + self.tall + BOTTOM)
        self.add_axes(title, unit, step_name)
        for name, level in lines.items():
            if self.fits(level):
                self.add_level(name, level)
        for n, (name, (all_steps, values)) in enumerate(series.items()):
            colour = CATEGORIES[n % len(CATEGORIES)]
            self.add_curve(all_steps, values, colour)
            (x, row), label = names[name], label_of(name, values)
            self.scene.add(Words(x, TOP - 2 + 16 * row, label, 12.5, colour, weight="600"))

    def fits(self, value: float) -> bool:
        return isfinite(value) and (value > 0 or not self.log_y)

    def height_of(self, value: float) -> float:
        return log10(value) if self.log_y else value

    def place_names(self, series: Mapping[str, Series]) -> dict[str, tuple[float, int]]:
        """Where the name of each curve stands: x, and the row, a new one where the line is full."""
        places, x, row = {}, float(LEFT), 0
        for name, (_, values) in series.items():
            wide = 7.4 * len(label_of(name, values)) + 26
            if x > LEFT and x + wide > WIDTH - RIGHT:
                x, row = float(LEFT), row + 1
            places[name] = (x, row)
            x += wide
        return places

    def range_of(self, values: list[float]) -> tuple[float, float]:
        """The lowest and the highest level of the sheet, with some room."""
        levels = [self.height_of(value) for value in values] or [0.0, 1.0]
        low, high = min(levels), max(levels)
        room = 0.06 * ((high - low) or abs(high) or 1)
        stays_above_0 = low >= 0 and not self.log_y
        return (max(low - room, 0.0) if stays_above_0 else low - room), high + room

    def place(self, step: float, value: float) -> tuple[float, float]:
        along = (step - self.first) / ((self.last - self.first) or 1)
        return LEFT + self.wide * along, self.y_of(self.height_of(value))

    def y_of(self, level: float) -> float:
        return self.top + self.tall * (self.high - level) / (self.high - self.low)

    def add_axes(self, title: str, unit: str, step_name: str) -> None:
        bottom = self.top + self.tall
        for level in round_steps(self.low, self.high):
            y, text = self.y_of(level), f"{10**level if self.log_y else level:.3g}"
            self.scene.add(Box(LEFT, y, self.wide, 1, FAINT))
            self.scene.add(Words(LEFT - 8, y + 4, text, 11, MUTED, "end"))
        for step in filter(float.is_integer, map(float, round_steps(self.first, self.last))):
            x = self.place(step, 1.0)[0]
            self.scene.add(Words(x, bottom + 17, f"{step:,.6g}", 11, MUTED, "middle"))
        self.scene.add(
            Words(16, 25, title, 15, weight="600"),
            Words(LEFT + self.wide / 2, bottom + 35, step_name, 12, MUTED, "middle"),
            Words(WIDTH - RIGHT, 25, unit, 12, MUTED, "end"),
        )

    def add_level(self, name: str, level: float) -> None:
        """A dashed line to compare with."""
        y, right = self.place(self.first, level)[1], LEFT + self.wide
        self.scene.add(Line(((LEFT, y), (right, y)), MUTED, 1.2, dash="5 4"))
        self.scene.add(Words(right - 4, y - 5, f"{name} {level:.3g}", 11, MUTED, "end"))

    def add_curve(self, steps: list[float], values: list[float], colour: str) -> None:
        """Every step faint, the running mean bold; where there are few steps, they are bold."""
        many = len(values) > FEW
        bold = running_mean([v if self.fits(v) else nan for v in values]) if many else values
        for piece in pieces(steps, values, self.fits) if many else []:
            self.add_piece(thinned(piece), colour, 1, 0.3)
        kept = [v if self.fits(raw) else nan for v, raw in zip(bold, values)]
        for piece in pieces(steps, kept, self.fits):
            every = ceil(len(piece) / MOST_POINTS)
            self.add_piece(piece[:-1:every] + piece[-1:], colour, 2.2, 1)

    def add_piece(self, points, colour: str, width: float, opacity: float) -> None:
        """A line through the points; a single one is a dot."""
        places = tuple(self.place(*point) for point in points)
        places = places if len(places) > 1 else 2 * places  # the round ends of a line are a dot
        self.scene.add(Line(places, colour, width, opacity=opacity))


def pieces(steps, values, fits) -> list[list[tuple[float, float]]]:
    """The points between the gaps."""
    out: list[list[tuple[float, float]]] = [[]]
    for step, value in zip(steps, values):
        if fits(value):
            out[-1].append((step, value))
        elif out[-1]:
            out.append([])
    return [piece for piece in out if piece]


def label_of(name: str, values: list[float]) -> str:
    """The curve's name, and where it has come to."""
    means = running_mean(values) if len(values) > FEW else values
    return f"{clip(name, 60)} {means[-1]:.3g}" if means else clip(name, 60)


def describe(series: Mapping[str, Series], title: str, x: str = "step") -> str:
    """One sentence: where each curve begins and where it has come to."""
    told = []
    for name, (steps, values) in series.items():
        means = running_mean(values) if len(values) > FEW else values
        if values:
            span = f"{steps[-1]:,.6g} {x}{'s' * (steps[-1] != 1)}"
            told.append(f"{name} from {values[0]:.2g} to {means[-1]:.2g} in {span}")
    return f"{title or 'Loss'}: {', '.join(told)}."


def draw_on_axes(
    ax,
    series: Mapping[str, Series],
    lines: Mapping[str, float],
    title: str,
    unit: str,
    log_y: bool,
    x: str,
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
    ax.set(xlabel=x, ylabel=unit, title=title, yscale="log" if log_y else "linear")
    ax.legend(frameon=False)
    return ax
