"""One sheet with curves over steps: axes, levels to compare with, names, and cards on threads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, isfinite, log10, nan

from viz.canvas.labels import truncate
from viz.canvas.palette import CATEGORIES, FAINT, MUTED
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.ticks import format_compact, format_scientific, linear_ticks, log_ticks
from viz.curves.pins import CardStrip, Pin, add_dots, select_pins
from viz.curves.series import (
    MAX_POINTS,
    MAX_UNSMOOTHED,
    Points,
    Series,
    decimate,
    is_noisy,
    running_mean,
    split_at_gaps,
)

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 26, 44, 44  # margins around the curves
LABEL_ROW = 16
DASHES, DASH_LENGTH = (
    ("6 4", "1 4", "9 3 2 3"),
    26,
)  # of others' curves; a piece of it before the name
MIN_POWER, MAX_POWER = -300.0, 300.0  # powers of ten that a float holds


@dataclass(frozen=True, kw_only=True)
class ChartOptions:
    """What stands around the curves."""

    title: str = ""
    unit: str = ""
    x_label: str = "step"
    last_step: float | None = None
    log_y: bool = False
    log_x: bool = False
    lines: Mapping[str, float] = field(default_factory=dict)
    reference: Mapping[str, Series] = field(default_factory=dict)
    note: str = ""
    card_slots: int = 0  # for so many pins there is room from the beginning on
    card_lines: int = 0
    integer_x: bool = True  # no marks between two steps
    smooth: bool = True  # of many points the running mean is bold
    height: float = HEIGHT
    value_format: str = ".3g"  # of the level that a curve has come to; without one it is not told
    x_ticks: Mapping[float, str] = field(default_factory=dict)  # instead of round numbers
    points: Sequence[tuple[float, float]] = ()  # of what is added later, and must lie on the sheet


@dataclass(frozen=True)
class Label:
    """The name of a curve, and where it stands. Units: x in pixels, row in lines."""

    text: str
    colour: str
    dash: str  # of somebody else's curve; the reader's own have none
    x: float
    row: int


class LossScene:
    """One drawing of all curves. A loss that is not finite leaves a gap.

    With `log_y` so does one that is not above 0.
    """

    def __init__(
        self, series: Mapping[str, Series], options: ChartOptions, pins: Sequence[Pin] = ()
    ):
        self.options, self.log_y = options, options.log_y
        shown, omitted = select_pins(pins)
        strip = CardStrip(shown, WIDTH, options.card_slots, options.card_lines)
        place_labels = self.place_labels(series)
        self.title_offset = LABEL_ROW * titles_collide(options.title, options.unit)
        names_end = (
            TOP + self.title_offset + LABEL_ROW * max((n.row for n in place_labels), default=0)
        )
        self.top = names_end + strip.height
        self.plot_width, self.plot_height = WIDTH - LEFT - RIGHT, options.height - TOP - BOTTOM
        self.set_limits(series, [*options.points, *((pin.step, pin.value) for pin in pins)])
        self.scene = Scene(WIDTH, self.top + self.plot_height + BOTTOM)
        self.add_axes("; ".join(filter(None, (options.note, omitted))))
        pixels = [self.to_pixels(pin.step, pin.value) for pin in shown]
        strip.add_to(self.scene, names_end, pixels)
        self.add_curves(series)
        add_dots(self.scene, shown, pixels)
        for label in place_labels:
            self.add_label(label)

    def set_limits(self, series: Mapping[str, Series], points: Points) -> None:
        """The first and the last step, the lowest and the highest loss of all that is drawn."""
        every = [*series.values(), *self.options.reference.values()]
        levels = [value for _, values in every for value in values]
        levels += [*self.options.lines.values(), *(value for _, value in points)]
        self.low, self.high = self.y_range([value for value in levels if self.is_drawable(value)])
        steps = [step for steps, _ in every for step in steps] + [step for step, _ in points]
        self.first, self.last = self.first_step(steps), max(*steps, self.options.last_step or 0)

    def add_curves(self, series: Mapping[str, Series]) -> None:
        """Levels first, then somebody else's curves, and the reader's own on top."""
        for name, level in self.options.lines.items():
            if self.is_drawable(level):
                self.add_level(name, level)
        for n, given in enumerate(self.options.reference.values()):
            self.add_reference(*given, DASHES[n % len(DASHES)])
        for n, (name, given) in enumerate(series.items()):
            self.add_curve(
                *given, CATEGORIES[n % len(CATEGORIES)], self.is_smoothed(name, given[1])
            )

    def is_drawable(self, value: float) -> bool:
        return isfinite(value) and (value > 0 or not self.log_y)

    def is_smoothed(self, name: str, values: list[float]) -> bool:
        return self.options.smooth and is_noisy(name, values)

    def scale_y(self, value: float) -> float:
        return log10(value) if self.log_y else value

    def place_labels(self, series: Mapping[str, Series]) -> list["Label"]:
        """The name of each curve, the reader's own first; a new row where the line is full."""
        own = [
            (
                curve_label(
                    name, values, self.is_smoothed(name, values), self.options.value_format
                ),
                CATEGORIES[n % len(CATEGORIES)],
                "",
            )
            for n, (name, (_, values)) in enumerate(series.items())
        ]
        others = [
            (
                curve_label(name, values, False, self.options.value_format),
                MUTED,
                DASHES[n % len(DASHES)],
            )
            for n, (name, (_, values)) in enumerate(self.options.reference.items())
        ]
        placed, x, row = [], float(LEFT), 0
        for text, colour, dash in own + others:
            width = 7.4 * len(text) + 26 + (DASH_LENGTH if dash else 0)
            if x > LEFT and x + width > WIDTH - RIGHT:
                x, row = float(LEFT), row + 1
            placed.append(Label(text, colour, dash, x, row))
            x += width
        return placed

    def add_label(self, label: "Label") -> None:
        x, y = label.x, TOP - 2 + self.title_offset + LABEL_ROW * label.row
        if label.dash:
            self.scene.add(
                Line(((x, y - 4), (x + DASH_LENGTH - 6, y - 4)), MUTED, 1.6, dash=label.dash)
            )
            self.scene.add(Text(x + DASH_LENGTH, y, label.text, 12.5, MUTED))
        else:
            self.scene.add(Text(x, y, label.text, 12.5, label.colour, weight="600"))

    def y_range(self, values: list[float]) -> tuple[float, float]:
        """The lowest and the highest level of the sheet, with some room."""
        levels = [self.scale_y(value) for value in values] or [0.0, 1.0]
        low, high = min(levels), max(levels)
        padding = 0.06 * ((high - low) or abs(high) or 1)
        stays_above_0 = low >= 0 and not self.log_y
        return (max(low - padding, 0.0) if stays_above_0 else low - padding), high + padding

    def first_step(self, steps: list[float]) -> float:
        """Where the axis begins: at 0 or 1, or with the run, where that is below or far above."""
        nearest = 1.0 if self.options.integer_x else 0.0
        return min(steps) if self.options.log_x or min(steps) <= 0 else min(*steps, nearest)

    def to_pixels(self, step: float, value: float) -> tuple[float, float]:
        first, last = self.first, self.last
        if self.options.log_x:
            step, first, last = log10(step), log10(first), log10(last)
        fraction = (step - first) / ((last - first) or 1)
        return LEFT + self.plot_width * fraction, self.y_to_pixels(self.scale_y(value))

    def y_to_pixels(self, level: float) -> float:
        return self.top + self.plot_height * (self.high - level) / (self.high - self.low)

    def y_ticks(self) -> list[float]:
        """The round numbers of the axis that goes up."""
        if not self.log_y:
            return linear_ticks(self.low, self.high)
        return log_ticks(10 ** max(self.low, MIN_POWER), 10 ** min(self.high, MAX_POWER))

    def x_ticks(self) -> list[tuple[float, str]]:
        """The numbers of the axis that goes to the right, and how they are written."""
        if self.options.x_ticks:
            return list(self.options.x_ticks.items())
        if self.options.log_x:
            factors = log_ticks(self.first, self.last)
            return [(factor, format_scientific(factor)) for factor in factors]
        steps = map(float, linear_ticks(self.first, self.last))
        is_integer_x = self.options.integer_x
        return [
            (step, format_compact(step)) for step in steps if step.is_integer() or not is_integer_x
        ]

    def add_axes(self, note: str) -> None:
        bottom, right = self.top + self.plot_height, LEFT + self.plot_width
        for height in self.y_ticks():
            y = self.y_to_pixels(self.scale_y(height))
            self.scene.add(Rect(LEFT, y, self.plot_width, 1, FAINT))
            self.scene.add(Text(LEFT - 8, y + 4, f"{height:.3g}", 11, MUTED, "end"))
        for step, text in self.x_ticks():
            x = self.to_pixels(step, 1.0)[0]
            self.scene.add(Text(x, bottom + 17, text, 11, MUTED, "middle"))
        self.scene.add(
            Text(16, 25, self.options.title, 15, weight="600"),
            Text(
                LEFT + self.plot_width / 2, bottom + 35, self.options.x_label, 12, MUTED, "middle"
            ),
            Text(WIDTH - RIGHT, 25 + self.title_offset, self.options.unit, 12, MUTED, "end"),
        )
        if note:
            self.scene.add(Text(right, bottom + 35, note, 11, MUTED, "end"))

    def add_level(self, name: str, level: float) -> None:
        """A dashed line to compare with."""
        y, right = self.to_pixels(self.first, level)[1], LEFT + self.plot_width
        self.scene.add(Line(((LEFT, y), (right, y)), MUTED, 1.2, dash="5 4"))
        self.scene.add(Text(right - 4, y - 5, f"{name} {level:.3g}", 11, MUTED, "end"))

    def add_reference(self, steps: list[float], values: list[float], dash: str) -> None:
        """Somebody else's curve, dashed; a few points, which were published, as dots."""
        for segment in split_at_gaps(steps, values, self.is_drawable):
            self.add_segment(decimate(segment), MUTED, 1.6, 1, dash)
            for point in segment if len(values) <= MAX_UNSMOOTHED else []:
                self.scene.add(Circle(*self.to_pixels(*point), 2.2, MUTED))

    def add_curve(self, steps: list[float], values: list[float], colour: str, smooth: bool) -> None:
        """Every step faint, the running mean bold; what is not noisy is bold itself."""
        means = (
            running_mean([v if self.is_drawable(v) else nan for v in values]) if smooth else values
        )
        for segment in split_at_gaps(steps, values, self.is_drawable) if smooth else []:
            self.add_segment(decimate(segment), colour, 1, 0.3)
        kept = [v if self.is_drawable(raw) else nan for v, raw in zip(means, values)]
        for segment in split_at_gaps(steps, kept, self.is_drawable):
            every = ceil(len(segment) / MAX_POINTS)
            self.add_segment(segment[:-1:every] + segment[-1:], colour, 2.2, 1)

    def add_segment(
        self, points: Points, colour: str, width: float, opacity: float, dash=""
    ) -> None:
        """A line through the points; a single one is a dot."""
        pixels = tuple(self.to_pixels(*point) for point in points)
        pixels = pixels if len(pixels) > 1 else 2 * pixels  # the round ends of a line are a dot
        self.scene.add(Line(pixels, colour, width, opacity=opacity, dash=dash))


def titles_collide(title: str, unit: str) -> bool:
    """Whether both are too long for one line."""
    return 9 * len(title) + 6.4 * len(unit) + 16 + RIGHT > WIDTH and bool(unit)


def curve_label(name: str, values: list[float], smooth: bool, value_format: str) -> str:
    """The curve's name, and where it has come to."""
    means = running_mean(values) if smooth else values
    last = f" {means[-1]:{value_format}}" if means and value_format else ""
    return f"{truncate(name, 60)}{last}"
