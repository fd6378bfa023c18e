"""One sheet with curves over steps: axes, levels to compare with, names, and cards on threads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, isfinite, log10, nan

from viz.canvas.labels import truncate
from viz.canvas.palette import CATEGORIES, FAINT, MUTED
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.ticks import format_compact, format_scientific, linear_ticks, log_ticks
from viz.curves.pins import Pin, Strip, add_dots, chosen
from viz.curves.series import (
    FEW,
    MOST_POINTS,
    Points,
    Series,
    is_noisy,
    pieces,
    running_mean,
    thinned,
)

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 26, 44, 44  # margins around the curves
LABEL_ROW = 16
DASHES, SAMPLE = ("6 4", "1 4", "9 3 2 3"), 26  # of others' curves; a piece of it before the name
DEEPEST, HIGHEST = -300.0, 300.0  # powers of ten that a float holds


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What stands around the curves."""

    title: str = ""
    unit: str = ""
    x: str = "step"
    last_step: float | None = None
    log_y: bool = False
    log_x: bool = False
    lines: Mapping[str, float] = field(default_factory=dict)
    reference: Mapping[str, Series] = field(default_factory=dict)
    note: str = ""
    cards: int = 0  # for so many pins there is room from the beginning on
    card_lines: int = 0
    whole_x: bool = True  # no marks between two steps
    smooth: bool = True  # of many points the running mean is bold
    height: float = HEIGHT
    form: str = ".3g"  # of the level that a curve has come to; without one it is not told
    x_marks: Mapping[float, str] = field(default_factory=dict)  # instead of round numbers
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

    def __init__(self, series: Mapping[str, Series], sheet: Sheet, pins: Sequence[Pin] = ()):
        self.sheet, self.log_y = sheet, sheet.log_y
        shown, left_out = chosen(pins)
        strip = Strip(shown, WIDTH, sheet.cards, sheet.card_lines)
        labels = self.labels(series)
        self.lines_above = LABEL_ROW * collide(sheet.title, sheet.unit)
        names_end = TOP + self.lines_above + LABEL_ROW * max((n.row for n in labels), default=0)
        self.top = names_end + strip.height
        self.wide, self.tall = WIDTH - LEFT - RIGHT, sheet.height - TOP - BOTTOM
        self.find_ends(series, [*sheet.points, *((pin.step, pin.value) for pin in pins)])
        self.scene = Scene(WIDTH, self.top + self.tall + BOTTOM)
        self.add_axes("; ".join(filter(None, (sheet.note, left_out))))
        places = [self.place(pin.step, pin.value) for pin in shown]
        strip.add_to(self.scene, names_end, places)
        self.add_curves(series)
        add_dots(self.scene, shown, places)
        for label in labels:
            self.add_label(label)

    def find_ends(self, series: Mapping[str, Series], points: Points) -> None:
        """The first and the last step, the lowest and the highest loss of all that is drawn."""
        every = [*series.values(), *self.sheet.reference.values()]
        levels = [value for _, values in every for value in values]
        levels += [*self.sheet.lines.values(), *(value for _, value in points)]
        self.low, self.high = self.range_of([value for value in levels if self.fits(value)])
        steps = [step for steps, _ in every for step in steps] + [step for step, _ in points]
        self.first, self.last = self.first_of(steps), max(*steps, self.sheet.last_step or 0)

    def add_curves(self, series: Mapping[str, Series]) -> None:
        """Levels first, then somebody else's curves, and the reader's own on top."""
        for name, level in self.sheet.lines.items():
            if self.fits(level):
                self.add_level(name, level)
        for n, given in enumerate(self.sheet.reference.values()):
            self.add_reference(*given, DASHES[n % len(DASHES)])
        for n, (name, given) in enumerate(series.items()):
            self.add_curve(*given, CATEGORIES[n % len(CATEGORIES)], self.noisy(name, given[1]))

    def fits(self, value: float) -> bool:
        return isfinite(value) and (value > 0 or not self.log_y)

    def noisy(self, name: str, values: list[float]) -> bool:
        return self.sheet.smooth and is_noisy(name, values)

    def height_of(self, value: float) -> float:
        return log10(value) if self.log_y else value

    def labels(self, series: Mapping[str, Series]) -> list["Label"]:
        """The name of each curve, the reader's own first; a new row where the line is full."""
        own = [
            (
                label_of(name, values, self.noisy(name, values), self.sheet.form),
                CATEGORIES[n % len(CATEGORIES)],
                "",
            )
            for n, (name, (_, values)) in enumerate(series.items())
        ]
        others = [
            (label_of(name, values, False, self.sheet.form), MUTED, DASHES[n % len(DASHES)])
            for n, (name, (_, values)) in enumerate(self.sheet.reference.items())
        ]
        placed, x, row = [], float(LEFT), 0
        for text, colour, dash in own + others:
            wide = 7.4 * len(text) + 26 + (SAMPLE if dash else 0)
            if x > LEFT and x + wide > WIDTH - RIGHT:
                x, row = float(LEFT), row + 1
            placed.append(Label(text, colour, dash, x, row))
            x += wide
        return placed

    def add_label(self, label: "Label") -> None:
        x, y = label.x, TOP - 2 + self.lines_above + LABEL_ROW * label.row
        if label.dash:
            self.scene.add(Line(((x, y - 4), (x + SAMPLE - 6, y - 4)), MUTED, 1.6, dash=label.dash))
            self.scene.add(Text(x + SAMPLE, y, label.text, 12.5, MUTED))
        else:
            self.scene.add(Text(x, y, label.text, 12.5, label.colour, weight="600"))

    def range_of(self, values: list[float]) -> tuple[float, float]:
        """The lowest and the highest level of the sheet, with some room."""
        levels = [self.height_of(value) for value in values] or [0.0, 1.0]
        low, high = min(levels), max(levels)
        room = 0.06 * ((high - low) or abs(high) or 1)
        stays_above_0 = low >= 0 and not self.log_y
        return (max(low - room, 0.0) if stays_above_0 else low - room), high + room

    def first_of(self, steps: list[float]) -> float:
        """Where the axis begins: at 0 or 1, or with the run, where that is below or far above."""
        nearest = 1.0 if self.sheet.whole_x else 0.0
        return min(steps) if self.sheet.log_x or min(steps) <= 0 else min(*steps, nearest)

    def place(self, step: float, value: float) -> tuple[float, float]:
        first, last = self.first, self.last
        if self.sheet.log_x:
            step, first, last = log10(step), log10(first), log10(last)
        along = (step - first) / ((last - first) or 1)
        return LEFT + self.wide * along, self.y_of(self.height_of(value))

    def y_of(self, level: float) -> float:
        return self.top + self.tall * (self.high - level) / (self.high - self.low)

    def heights(self) -> list[float]:
        """The round numbers of the axis that goes up."""
        if not self.log_y:
            return linear_ticks(self.low, self.high)
        return log_ticks(10 ** max(self.low, DEEPEST), 10 ** min(self.high, HIGHEST))

    def marks(self) -> list[tuple[float, str]]:
        """The numbers of the axis that goes to the right, and how they are written."""
        if self.sheet.x_marks:
            return list(self.sheet.x_marks.items())
        if self.sheet.log_x:
            factors = log_ticks(self.first, self.last)
            return [(factor, format_scientific(factor)) for factor in factors]
        steps = map(float, linear_ticks(self.first, self.last))
        whole = self.sheet.whole_x
        return [(step, format_compact(step)) for step in steps if step.is_integer() or not whole]

    def add_axes(self, note: str) -> None:
        bottom, right = self.top + self.tall, LEFT + self.wide
        for height in self.heights():
            y = self.y_of(self.height_of(height))
            self.scene.add(Rect(LEFT, y, self.wide, 1, FAINT))
            self.scene.add(Text(LEFT - 8, y + 4, f"{height:.3g}", 11, MUTED, "end"))
        for step, told in self.marks():
            x = self.place(step, 1.0)[0]
            self.scene.add(Text(x, bottom + 17, told, 11, MUTED, "middle"))
        self.scene.add(
            Text(16, 25, self.sheet.title, 15, weight="600"),
            Text(LEFT + self.wide / 2, bottom + 35, self.sheet.x, 12, MUTED, "middle"),
            Text(WIDTH - RIGHT, 25 + self.lines_above, self.sheet.unit, 12, MUTED, "end"),
        )
        if note:
            self.scene.add(Text(right, bottom + 35, note, 11, MUTED, "end"))

    def add_level(self, name: str, level: float) -> None:
        """A dashed line to compare with."""
        y, right = self.place(self.first, level)[1], LEFT + self.wide
        self.scene.add(Line(((LEFT, y), (right, y)), MUTED, 1.2, dash="5 4"))
        self.scene.add(Text(right - 4, y - 5, f"{name} {level:.3g}", 11, MUTED, "end"))

    def add_reference(self, steps: list[float], values: list[float], dash: str) -> None:
        """Somebody else's curve, dashed; a few points, which were published, as dots."""
        for piece in pieces(steps, values, self.fits):
            self.add_piece(thinned(piece), MUTED, 1.6, 1, dash)
            for point in piece if len(values) <= FEW else []:
                self.scene.add(Circle(*self.place(*point), 2.2, MUTED))

    def add_curve(self, steps: list[float], values: list[float], colour: str, noisy: bool) -> None:
        """Every step faint, the running mean bold; what is not noisy is bold itself."""
        lead = running_mean([v if self.fits(v) else nan for v in values]) if noisy else values
        for piece in pieces(steps, values, self.fits) if noisy else []:
            self.add_piece(thinned(piece), colour, 1, 0.3)
        kept = [v if self.fits(raw) else nan for v, raw in zip(lead, values)]
        for piece in pieces(steps, kept, self.fits):
            every = ceil(len(piece) / MOST_POINTS)
            self.add_piece(piece[:-1:every] + piece[-1:], colour, 2.2, 1)

    def add_piece(self, points: Points, colour: str, width: float, opacity: float, dash="") -> None:
        """A line through the points; a single one is a dot."""
        places = tuple(self.place(*point) for point in points)
        places = places if len(places) > 1 else 2 * places  # the round ends of a line are a dot
        self.scene.add(Line(places, colour, width, opacity=opacity, dash=dash))


def collide(title: str, unit: str) -> bool:
    """Whether both are too long for one line."""
    return 9 * len(title) + 6.4 * len(unit) + 16 + RIGHT > WIDTH and bool(unit)


def label_of(name: str, values: list[float], noisy: bool, form: str) -> str:
    """The curve's name, and where it has come to."""
    means = running_mean(values) if noisy else values
    return f"{truncate(name, 60)} {means[-1]:{form}}" if means and form else truncate(name, 60)
