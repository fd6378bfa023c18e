"""A chart of curves over steps: axes, horizontal lines, names, reference curves, pinned texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, inf, isfinite, log10, nan

from viz.canvas.labels import truncate
from viz.canvas.pages import MARGIN, NARROW
from viz.canvas.palette import CATEGORIES, FAINT, MUTED
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.ticks import (
    format_compact,
    format_digits,
    format_scientific,
    linear_ticks,
    log_ticks,
)
from viz.canvas.wrapping import wrap_text
from viz.curves.pins import CardColumn, CardStrip, Pin, add_dots, select_pins
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
TITLE_LETTER, LABEL_LETTER, NOTE_LETTER = 8.6, 7.4, 6.4  # pixels of a letter, on average
TITLE_ROW, NOTE_ROW = 19, 15
MAX_ROWS = 4  # of a title, and of the name of one curve
DASHES = ("6 4", "1 4", "9 3 2 3")  # of reference curves
DASH_LENGTH = 26  # pixels of a dashed line in front of the name of a reference curve
MIN_POWER, MAX_POWER = -300.0, 300.0  # powers of ten that a float holds


@dataclass(frozen=True, kw_only=True)
class ChartOptions:
    """Everything on a chart but the curves.

    Attributes:
        title: Title of the chart.
        unit: Label of the y axis.
        x_label: Label of the x axis.
        last_step: The x axis reaches at least to this step.
        log_y: Whether the y axis is logarithmic.
        log_x: Whether the x axis is logarithmic.
        lines: Horizontal lines, name -> value.
        reference: Dashed curves to compare with.
        note: A remark below the chart.
        card_slots: Space is reserved for this many pinned texts.
        card_lines: Space is reserved for pinned texts of this many lines.
        integer_x: Whether ticks between two steps are left out.
        smooth: Whether noisy curves get a bold running mean.
        width: Width of the chart in pixels.
        height: Height of the chart in pixels, without names and cards.
        value_format: Format of the last value beside the name of a curve; "" leaves it out.
        x_ticks: Ticks of the x axis instead of round numbers, value -> label.
        points: Points that are added later, and for which the axes must have room.
    """

    title: str = ""
    unit: str = ""
    x_label: str = "step"
    last_step: float | None = None
    log_y: bool = False
    log_x: bool = False
    lines: Mapping[str, float] = field(default_factory=dict)
    reference: Mapping[str, Series] = field(default_factory=dict)
    note: str = ""
    card_slots: int = 0
    card_lines: int = 0
    integer_x: bool = True
    smooth: bool = True
    width: float = WIDTH
    height: float = HEIGHT
    value_format: str = ".3g"
    x_ticks: Mapping[float, str] = field(default_factory=dict)
    points: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Label:
    """The name of a curve and its place above the chart."""

    text: str
    colour: str
    dash: str  # of a reference curve; "" for others
    x: float  # pixels
    row: int


class LossScene:
    """The drawing of all curves. A loss that is not finite leaves a gap.

    With `log_y` a loss that is not above 0 leaves a gap, too.

    Args:
        series: The curves by name.
        options: Everything else on the chart.
        pins: Texts pinned to points of the curves, in the order of their steps.
    """

    def __init__(
        self, series: Mapping[str, Series], options: ChartOptions, pins: Sequence[Pin] = ()
    ):
        self.options, self.log_y = options, options.log_y
        self.is_narrow = options.width <= NARROW
        shown, omitted = select_pins(pins)
        strip = CardStrip(shown, options.width, options.card_slots, options.card_lines)
        if self.is_narrow:
            strip = CardColumn(shown, options.width)
        labels = self.place_labels(series)
        room = int((options.width - 2 * MARGIN) / TITLE_LETTER)
        self.title = wrap_text(options.title, room, MAX_ROWS)
        self.title_offset = TITLE_ROW * (len(self.title) - 1)
        self.title_offset += LABEL_ROW * titles_collide(self.title[-1], options.unit, options.width)
        last_row = max((label.row for label in labels), default=0)
        names_end = TOP + self.title_offset + LABEL_ROW * last_row
        # On a phone names begin above the labels of the y axis, so they need a gap.
        self.top = names_end + strip.height + (8 if self.is_narrow and labels else 0)
        self.plot_width = options.width - LEFT - RIGHT
        self.plot_height = options.height - TOP - BOTTOM
        self.set_limits(series, [*options.points, *((pin.step, pin.value) for pin in pins)])
        self.scene = Scene(options.width, self.top + self.plot_height + BOTTOM)
        self.add_axes("; ".join(filter(None, (options.note, omitted))))
        pixels = [self.to_pixels(pin.step, pin.value) for pin in shown]
        strip.add_to(self.scene, self.scene.height if self.is_narrow else names_end, pixels)
        self.add_curves(series)
        add_dots(self.scene, shown, pixels)
        for label in labels:
            self.add_label(label)

    def set_limits(self, series: Mapping[str, Series], points: Points) -> None:
        """Set the ends of both axes so that everything drawn is between them."""
        curves = [*series.values(), *self.options.reference.values()]
        ys = [value for _, values in curves for value in values]
        ys += [*self.options.lines.values(), *(value for _, value in points)]
        self.low, self.high = self.y_range([value for value in ys if self.is_drawable(value)])
        steps = [step for steps, _ in curves for step in steps] + [step for step, _ in points]
        self.first, self.last = self.first_step(steps), max(*steps, self.options.last_step or 0)

    def add_curves(self, series: Mapping[str, Series]) -> None:
        """Draw lines first, then reference curves, and the curves on top."""
        for name, value in self.options.lines.items():
            if self.is_drawable(value):
                self.add_line(name, value)
        for n, (steps, values) in enumerate(self.options.reference.values()):
            self.add_reference(steps, values, DASHES[n % len(DASHES)])
        for n, (name, (steps, values)) in enumerate(series.items()):
            smooth = self.is_smoothed(name, values)
            self.add_curve(steps, values, CATEGORIES[n % len(CATEGORIES)], smooth)

    def is_drawable(self, value: float) -> bool:
        """Whether a value has a place on the y axis."""
        return isfinite(value) and (value > 0 or not self.log_y)

    def is_smoothed(self, name: str, values: list[float]) -> bool:
        """Whether a curve gets a bold running mean."""
        return self.options.smooth and is_noisy(name, values)

    def scale_y(self, value: float) -> float:
        """A value on the scale of the y axis: its logarithm with `log_y`."""
        return log10(value) if self.log_y else value

    def place_labels(self, series: Mapping[str, Series]) -> list[Label]:
        """The names of all curves in rows, those of reference curves last."""
        value_format = self.options.value_format
        names = [
            (curve_label(name, values, self.is_smoothed(name, values), value_format), colour, "")
            for (name, (_, values)), colour in zip(series.items(), CATEGORIES * len(series))
        ]
        names += [
            (curve_label(name, values, False, value_format), MUTED, DASHES[n % len(DASHES)])
            for n, (name, (_, values)) in enumerate(self.options.reference.items())
        ]
        curves = [*series.items(), *self.options.reference.items()]
        names = [
            (text + same_line_note(k, curves), colour, dash)
            for k, (text, colour, dash) in enumerate(names)
        ]
        placed: list[Label] = []
        left = MARGIN if self.is_narrow else float(LEFT)
        x, row = left, 0
        for text, colour, dash in names:
            width = LABEL_LETTER * len(text) + 26 + (DASH_LENGTH if dash else 0)
            if x > left and x + width > self.options.width - RIGHT:
                x, row = left, row + 1
            if not self.is_narrow:
                placed.append(Label(text, colour, dash, x, row))
                x += width
                continue
            room = int((self.options.width - x - MARGIN - DASH_LENGTH * bool(dash)) / LABEL_LETTER)
            lines = wrap_text(text, room, MAX_ROWS)
            placed += [Label(line, colour, dash, x, row + i) for i, line in enumerate(lines)]
            x, row = x + width, row + len(lines) - 1
        return placed

    def add_label(self, label: Label) -> None:
        """Add the name of a curve, with a dashed line in front of it for a reference curve."""
        x, y = label.x, TOP - 2 + self.title_offset + LABEL_ROW * label.row
        if label.dash:
            self.scene.add(
                Line(((x, y - 4), (x + DASH_LENGTH - 6, y - 4)), MUTED, 1.6, dash=label.dash)
            )
            self.scene.add(Text(x + DASH_LENGTH, y, label.text, 12.5, MUTED))
        else:
            self.scene.add(Text(x, y, label.text, 12.5, label.colour, weight="600"))

    def y_range(self, values: list[float]) -> tuple[float, float]:
        """The ends of the y axis on its scale, with some padding."""
        scaled = [self.scale_y(value) for value in values] or [0.0, 1.0]
        low, high = min(scaled), max(scaled)
        padding = 0.06 * ((high - low) or abs(high) or 1)
        stays_above_0 = low >= 0 and not self.log_y
        return (max(low - padding, 0.0) if stays_above_0 else low - padding), high + padding

    def first_step(self, steps: list[float]) -> float:
        """Where the x axis begins: at step 0 or 1, or with the run if that begins below."""
        nearest = 1.0 if self.options.integer_x else 0.0
        return min(steps) if self.options.log_x or min(steps) <= 0 else min(*steps, nearest)

    def to_pixels(self, step: float, value: float) -> tuple[float, float]:
        """The place of a point on the chart, y downwards."""
        first, last = self.first, self.last
        if self.options.log_x:
            step, first, last = log10(step), log10(first), log10(last)
        fraction = (step - first) / ((last - first) or 1)
        return LEFT + self.plot_width * fraction, self.y_to_pixels(self.scale_y(value))

    def y_to_pixels(self, scaled: float) -> float:
        """The place of a number on the scale of the y axis."""
        return self.top + self.plot_height * (self.high - scaled) / (self.high - self.low)

    def y_ticks(self) -> list[float]:
        """The values of the ticks of the y axis."""
        if not self.log_y:
            return linear_ticks(self.low, self.high)
        return log_ticks(10 ** max(self.low, MIN_POWER), 10 ** min(self.high, MAX_POWER))

    def x_ticks(self) -> list[tuple[float, str]]:
        """The ticks of the x axis, each with its label."""
        if self.options.x_ticks:
            return list(self.options.x_ticks.items())
        if self.options.log_x:
            factors = log_ticks(self.first, self.last)
            return [(factor, format_scientific(factor)) for factor in factors]
        steps = map(float, linear_ticks(self.first, self.last))
        kept = (step for step in steps if step.is_integer() or not self.options.integer_x)
        return [(step, format_compact(step)) for step in kept]

    def add_axes(self, note: str) -> None:
        """Add ticks, the title, the labels of both axes, and a remark below the chart."""
        bottom, right = self.top + self.plot_height, LEFT + self.plot_width
        middle = LEFT + self.plot_width / 2
        for value in self.y_ticks():
            y = self.y_to_pixels(self.scale_y(value))
            self.scene.add(Rect(LEFT, y, self.plot_width, 1, FAINT))
            self.scene.add(Text(LEFT - 8, y + 4, format_digits(value), 11, MUTED, "end"))
        ticks = [(self.to_pixels(step, 1.0)[0], text) for step, text in self.x_ticks()]
        for x, text in uncrowded(ticks) if self.is_narrow else ticks:
            self.scene.add(Text(x, bottom + 17, text, 11, MUTED, "middle"))
        for row, line in enumerate(self.title):
            self.scene.add(Text(16, 25 + TITLE_ROW * row, line, 15, weight="600"))
        self.scene.add(
            Text(middle, bottom + 35, self.options.x_label, 12, MUTED, "middle"),
            Text(right, 25 + self.title_offset, self.options.unit, 12, MUTED, "end"),
        )
        if note and not self.is_narrow:
            self.scene.add(Text(right, bottom + 35, note, 11, MUTED, "end"))
        elif note:
            room = int((self.options.width - 2 * MARGIN) / NOTE_LETTER)
            for line in wrap_text(note, room, MAX_ROWS):
                self.scene.add(Text(right, self.scene.height + 6, line, 11, MUTED, "end"))
                self.scene.height += NOTE_ROW

    def add_line(self, name: str, value: float) -> None:
        """Add a dashed horizontal line with its name."""
        y, right = self.to_pixels(self.first, value)[1], LEFT + self.plot_width
        self.scene.add(Line(((LEFT, y), (right, y)), MUTED, 1.2, dash="5 4"))
        self.scene.add(Text(right - 4, y - 5, f"{name} {format_digits(value)}", 11, MUTED, "end"))

    def add_reference(self, steps: list[float], values: list[float], dash: str) -> None:
        """Add a dashed curve; if it has few points, each is a dot as well."""
        for segment in split_at_gaps(steps, values, self.is_drawable):
            self.add_segment(decimate(segment), MUTED, 1.6, 1, dash)
            for point in segment if len(values) <= MAX_UNSMOOTHED else []:
                self.scene.add(Circle(*self.to_pixels(*point), 2.2, MUTED))

    def add_curve(self, steps: list[float], values: list[float], colour: str, smooth: bool) -> None:
        """Add a bold curve; with `smooth` its running mean is bold, and the curve itself faint."""
        means = values
        if smooth:
            means = running_mean(v if self.is_drawable(v) else nan for v in values)
            for segment in split_at_gaps(steps, values, self.is_drawable):
                self.add_segment(decimate(segment), colour, 1, 0.3)
        kept = [v if self.is_drawable(raw) else nan for v, raw in zip(means, values)]
        for segment in split_at_gaps(steps, kept, self.is_drawable):
            stride = ceil(len(segment) / MAX_POINTS)
            self.add_segment(segment[:-1:stride] + segment[-1:], colour, 2.2, 1)

    def add_segment(
        self, points: Points, colour: str, width: float, opacity: float, dash: str = ""
    ) -> None:
        """Add a line through the points; a single point becomes a dot."""
        pixels = tuple(self.to_pixels(*point) for point in points)
        pixels = pixels if len(pixels) > 1 else 2 * pixels  # the round ends of a line are a dot
        self.scene.add(Line(pixels, colour, width, opacity=opacity, dash=dash))


def narrow_loss_scene(
    series: Mapping[str, Series], options: ChartOptions, pins: Sequence[Pin] = ()
) -> LossScene:
    """The same chart for a phone: its words wrap, and pinned texts are below it."""
    return LossScene(series, replace(options, width=NARROW), pins)


def uncrowded(ticks: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """The labels of an axis, places in pixels, without those that would touch one before."""
    kept: list[tuple[float, str]] = []
    end = -inf
    for x, text in sorted(ticks):
        half = NOTE_LETTER * len(text) / 2
        if x - half > end:
            kept.append((x, text))
            end = x + half + NOTE_LETTER
    return kept


def titles_collide(title: str, unit: str, width: float) -> bool:
    """Whether title and unit are too long for one line."""
    return 9 * len(title) + 6.4 * len(unit) + 16 + RIGHT > width and bool(unit)


def same_line_note(k: int, curves: Sequence[tuple[str, Series]]) -> str:
    """That a curve is hidden by one before it, or "" if there is none with the same points."""
    same = [name for name, curve in curves[:k] if curve == curves[k][1] and curve[0]]
    return f" (same line as {truncate(same[0], 20)})" if same else ""


def curve_label(name: str, values: list[float], smooth: bool, value_format: str) -> str:
    """The name of a curve and its last value."""
    means = running_mean(values) if smooth else values
    number = format_digits(means[-1]) if value_format == ".3g" and means else ""
    last = f" {number or format(means[-1], value_format)}" if means and value_format else ""
    return f"{truncate(name, 60)}{last}"
