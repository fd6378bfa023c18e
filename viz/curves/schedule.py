"""Learning rate over the steps of training: several schedules, and their rates at a few steps."""

from collections.abc import Collection, Mapping, Sequence

from viz.canvas.arrays import to_numbers
from viz.canvas.labels import truncate
from viz.canvas.palette import CATEGORIES, FAINT, INK, MUTED, PAPER
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text
from viz.canvas.ticks import SUPERSCRIPTS, is_sequence, linear_ticks
from viz.curves.series import decimate

WIDTH, LEFT, RIGHT, PLOT_HEIGHT, MARGIN = 760.0, 76.0, 24.0, 170.0, 16.0
PLOT_WIDTH = WIDTH - LEFT - RIGHT
ROW_HEIGHT, NAME_WIDTH, LETTER_WIDTH = 21.0, 212.0, 7.2
MAX_CURVES, MAX_MARKS = len(CATEGORIES), 8
MAX_MARK_LETTERS = 40  # letters of a mark
Curve = tuple[list[float], list[float]]  # steps, rates


def draw_schedule(
    rates: Mapping[str, Sequence],
    *,
    marks: Mapping[int, str] | None = None,
    title: str = "",
    ax=None,
) -> Picture:
    """One curve for each schedule; below, in a table, the rate of each at the marked steps.

    `rates` maps a name to one rate for each step from 1 on, or to a pair (steps, rates). `marks`
    maps steps to words.
    Raises:  ValueError for what are no rates, for more than six curves or eight marks.
    Example: draw_schedule({"warm-up": [0.1, 0.2, 0.3]}, marks={3: "full rate"})
    """
    picture = schedule_picture(rates, marks or {}, title)
    return picture.draw_on(ax) if ax is not None else picture


def schedule_picture(
    rates: Mapping[str, Sequence],
    marks: Mapping[int, str],
    title: str,
    *,
    dashed: Collection[str] = (),
    notes: Sequence[str] = (),
) -> Picture:
    """The same with curves that are `dashed`, and lines of text at the foot."""
    curves = check_curves(rates)
    table = {name: rates_at(curve, check_marks(marks)) for name, curve in curves.items()}
    drawing = ScheduleScene(curves, marks, title or title_sentence(curves))
    for n, (name, curve) in enumerate(curves.items()):
        drawing.add_curve(n, curve, dash="7 5" if name in dashed else "")
    bottom = drawing.add_table(table, marks)
    for k, note in enumerate(notes):
        drawing.scene.add(Text(MARGIN, bottom + 14 + 18 * k, note, 12.5, INK))
    drawing.scene.height = bottom + 18 * len(notes) + 8
    data = {"rates": curves, "marks": dict(marks), "table": table}
    return Picture(data, alt_text(table, curves, title, notes), drawing.scene)


def check_curves(rates) -> dict[str, Curve]:
    if not isinstance(rates, Mapping) or not 0 < len(rates) <= MAX_CURVES:
        raise ValueError(
            f"rates must be a mapping name -> one rate for each step, with 1 to {MAX_CURVES} "
            f"names, not {rates!r:.60}."
        )
    return {str(name): to_curve(str(name), given) for name, given in rates.items()}


def to_curve(name: str, given) -> Curve:
    """Raises: ValueError for what are no rates, or not as many as steps."""
    pair = isinstance(given, tuple) and len(given) == 2 and all(map(is_sequence, given))
    values = to_numbers(given[1] if pair else given, f"the rates of {name!r}")
    steps = [float(i + 1) for i in range(len(values))]
    if pair:
        steps = to_numbers(given[0], f"the steps of {name!r}")
    if not values or len(steps) != len(values):
        raise ValueError(
            f"{name!r} has {len(steps)} steps and {len(values)} rates; there must be one for each, "
            f"and at least one."
        )
    if min(values) < 0:
        raise ValueError(f"{name!r} has the rate {min(values):g}, and a rate is 0 or more.")
    if any(b <= a for a, b in zip(steps, steps[1:])):
        raise ValueError(f"The steps of {name!r} must rise from one to the next.")
    return steps, values


def check_marks(marks: Mapping[int, str]) -> list[int]:
    if len(marks) > MAX_MARKS:
        raise ValueError(f"{len(marks)} marks cannot be read; draw at most {MAX_MARKS} of them.")
    return sorted(marks)


def rates_at(curve: Curve, marks: Sequence[int]) -> dict[int, float | None]:
    """The rate at each marked step, None where the curve has no such step."""
    known = dict(zip(*curve))
    return {step: known.get(float(step)) for step in marks}


class ScheduleScene:
    """Axes with marks and curves, and a table below them."""

    def __init__(self, curves: Mapping[str, Curve], marks: Mapping[int, str], title: str):
        self.first = min(steps[0] for steps, _ in curves.values())
        self.last = max(*(steps[-1] for steps, _ in curves.values()), *marks, self.first + 1)
        self.high = 1.04 * max(max(rates) for _, rates in curves.values()) or 1.0
        rows = self.rows_of(marks)
        self.top = 44 + 16 * (max(rows.values(), default=-1) + 1)
        self.scene = Scene(WIDTH, 0)
        self.add_axes(title)
        self.add_marks({step: 44.0 + 16 * row for step, row in rows.items()}, marks)

    def x_of(self, step: float) -> float:
        return LEFT + PLOT_WIDTH * (step - self.first) / (self.last - self.first)

    def y_of(self, rate: float) -> float:
        return self.top + PLOT_HEIGHT * (1 - rate / self.high)

    def span_of(self, step: int, words: str) -> tuple[float, float]:
        """From where to where the words of a mark go: around its line, but on the sheet."""
        width = 6.6 * len(truncate(words, MAX_MARK_LETTERS))
        left = min(max(self.x_of(step) - width / 2, MARGIN), WIDTH - MARGIN - width)
        return left, left + width

    def rows_of(self, marks: Mapping[int, str]) -> dict[int, int]:
        """In which line the words of each mark stand: the first one that has room."""
        ends: list[float] = []  # of each line so far
        rows = {}
        for step in sorted(marks):
            left, right = self.span_of(step, marks[step])
            row = next((r for r, end in enumerate(ends) if end + 10 < left), len(ends))
            ends[row : row + 1] = [right]
            rows[step] = row
        return rows

    def add_axes(self, title: str) -> None:
        bottom = self.top + PLOT_HEIGHT
        self.scene.add(Text(MARGIN, 25, title, 15, weight="600"))
        self.scene.add(Text(MARGIN, bottom + 19, "step", 12, MUTED))
        for rate in linear_ticks(0, self.high, 4):
            y = self.y_of(rate)
            self.scene.add(Rect(LEFT, y, PLOT_WIDTH, 1, FAINT))
            self.scene.add(Text(LEFT - 8, y + 4, format_rate(rate), 11, MUTED, "end"))
        for step in filter(float.is_integer, map(float, linear_ticks(self.first, self.last))):
            x = self.x_of(step)
            self.scene.add(Text(x, bottom + 19, f"{step:,.0f}", 11, MUTED, "middle"))

    def add_marks(self, tops: Mapping[int, float], marks: Mapping[int, str]) -> None:
        for step, y in tops.items():
            x = self.x_of(step)
            self.scene.add(Line(((x, y + 4), (x, self.top + PLOT_HEIGHT)), MUTED, 1, dash="3 4"))
        for step, y in tops.items():
            left, right = self.span_of(step, marks[step])
            # The line of a neighbour would go through the words.
            self.scene.add(Rect(left - 3, y - 11, right - left + 6, 14, PAPER))
            self.scene.add(Text(left, y, truncate(marks[step], MAX_MARK_LETTERS), 11.5, MUTED))

    def add_curve(self, n: int, curve: Curve, dash: str) -> None:
        """Each thinner than the one before, so that where they meet both are seen."""
        steps, rates = curve
        kept = decimate(list(zip(steps, rates)))
        kept = [(steps[0], rates[0]), *kept, (steps[-1], rates[-1])]
        points = tuple((self.x_of(step), self.y_of(rate)) for step, rate in kept)
        self.scene.add(Line(points, CATEGORIES[n], max(1.8, 4.4 - 1.3 * n), dash=dash))

    def add_table(self, table: Mapping[str, Mapping[int, float | None]], marks) -> float:
        """A row for each curve: colour, name, its rate at the marks. Gives back the foot."""
        y = self.top + PLOT_HEIGHT + 34
        column = min(120, (WIDTH - MARGIN - NAME_WIDTH) / max(1, len(marks)))
        for k, step in enumerate(sorted(marks)):
            right = NAME_WIDTH + column * (k + 1)
            self.scene.add(Text(right, y + 14, f"step {step:,}", 11, MUTED, "end"))
        y += ROW_HEIGHT * bool(marks)
        for n, (name, rates) in enumerate(table.items()):
            self.scene.add(Rect(MARGIN, y, WIDTH - 2 * MARGIN, 1, FAINT))
            self.scene.add(Rect(MARGIN, y + 9, 14, 4, CATEGORIES[n]))
            letters = int((NAME_WIDTH if marks else WIDTH) / LETTER_WIDTH) - 6
            words = truncate(name, letters)
            self.scene.add(Text(MARGIN + 22, y + 15, words, 12.5, CATEGORIES[n], weight="600"))
            for k, rate in enumerate(rates.values()):
                text = "–" if rate is None else format_rate(rate)
                right = NAME_WIDTH + column * (k + 1)
                self.scene.add(Text(right, y + 15, text, 12.5, INK, "end"))
            y += ROW_HEIGHT
        return y + 4


def format_rate(rate: float) -> str:
    """Three digits and a power of ten: 0.00029 -> 2.9·10⁻⁴."""
    if rate == 0 or rate >= 0.01:
        return f"{rate:.3g}"
    digits, _, power = f"{rate:.2e}".partition("e")
    return f"{float(digits):g}·10{str(int(power)).translate(SUPERSCRIPTS)}"


def title_sentence(curves: Mapping[str, Curve]) -> str:
    """What the picture shows: the highest rate, and where each schedule ends."""
    ends = ", ".join(
        f"{truncate(name, 24)} at {format_rate(rates[-1])}" for name, (_, rates) in curves.items()
    )
    return truncate(f"Learning rate: ends with {ends}", 90)


def alt_text(
    table: Mapping[str, Mapping[int, float | None]],
    curves: Mapping[str, Curve],
    title: str,
    notes: Sequence[str],
) -> str:
    """One sentence for each schedule: its highest and last rate, and those at the marks."""
    sentences = []
    for name, (steps, rates) in curves.items():
        at = [
            f"{format_rate(rate)} at step {step:,}"
            for step, rate in table[name].items()
            if rate is not None
        ]
        sentences.append(
            f"{name}: at most {format_rate(max(rates))}, {format_rate(rates[-1])} in the last "
            f"step, {steps[-1]:,.0f}" + (f" ({', '.join(at)})." if at else ".")
        )
    return " ".join([f"{title or 'Learning rate'}.", *sentences, *notes])
