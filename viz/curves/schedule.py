"""Learning-rate schedules: the learning rate over the steps, and a table of it at some steps."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, wrapped
from viz.canvas.palette import CATEGORIES, FAINT, INK, MUTED, PAPER
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text
from viz.canvas.ticks import SUPERSCRIPTS, linear_ticks
from viz.curves.series import CurveLike, Series, decimate, to_series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, LEFT, RIGHT, PLOT_HEIGHT, MARGIN = 760.0, 76.0, 24.0, 170.0, 16.0
ROW_HEIGHT, NAME_WIDTH, LETTER_WIDTH = 21.0, 212.0, 7.2
MAX_CURVES, MAX_MARKS = len(CATEGORIES), 8
MAX_MARK_LETTERS = 40
Table = dict[str, dict[int, float | None]]  # name -> (step -> rate)


def draw_schedule(
    rates: Mapping[str, CurveLike],
    *,
    marks: Mapping[int, str] | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw learning-rate schedules, with a table of the rates at some steps.

    Args:
        rates: Up to six schedules by name: learning rates, shape (n,), of the steps 1 to n, or a
            tuple (steps, rates).
        marks: Up to eight steps to mark, each with a few words.
        title: Title of the chart; by default it names the last rates.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The chart; `.data["table"]` has the rates at the marked steps, name -> (step -> rate).

    Raises:
        ValueError: For a negative rate, steps that do not rise, too many schedules or marks.

    Example:
        >>> picture = draw_schedule({"warm-up": [0.1, 0.2, 0.3]}, marks={3: "full rate"})
        >>> picture.data["table"]
        {'warm-up': {3: 0.3}}
    """
    picture = schedule_picture(rates, marks or {}, title)
    return picture.draw_on(ax) if ax is not None else picture


def schedule_picture(
    rates: Mapping[str, CurveLike],
    marks: Mapping[int, str],
    title: str,
    *,
    dashed: Collection[str] = (),
    notes: Sequence[str] = (),
) -> Picture:
    """Draw the chart of `draw_schedule` with some curves dashed, and notes below the table."""
    curves = check_curves(rates)
    table = {name: rates_at(curve, check_marks(marks)) for name, curve in curves.items()}

    def draw(width: float) -> Scene:
        drawing = ScheduleScene(curves, marks, title or title_sentence(curves), width)
        for n, (name, curve) in enumerate(curves.items()):
            drawing.add_curve(n, curve, dash="7 5" if name in dashed else "")
        add_table = drawing.add_narrow_table if drawing.is_narrow else drawing.add_table
        bottom = add_table(table, marks)
        for note in notes:
            line = Text(MARGIN, bottom + 14, note, 12.5, INK)
            lines = wrapped(line, width - 2 * MARGIN, 18) if drawing.is_narrow else [line]
            drawing.scene.add(*lines)
            bottom += 18 * len(lines)
        drawing.scene.height = bottom + 8
        return drawing.scene

    data = {"rates": curves, "marks": dict(marks), "table": table}
    alt = alt_text(table, curves, title, notes)
    return Picture(data, alt, draw(WIDTH), narrow=draw(NARROW))


def check_curves(rates: Mapping[str, CurveLike]) -> dict[str, Series]:
    """Raises: ValueError unless there are a few schedules, each with a rate for each step."""
    if not isinstance(rates, Mapping) or not 0 < len(rates) <= MAX_CURVES:
        raise ValueError(
            f"rates must be a mapping name -> one rate for each step, with 1 to {MAX_CURVES} "
            f"names, not {rates!r:.60}."
        )
    return {str(name): to_curve(str(name), given) for name, given in rates.items()}


def to_curve(name: str, given: CurveLike) -> Series:
    """Raises: ValueError unless there is a rate of at least 0 for each of some rising steps."""
    steps, rates = to_series(name, given, "rates", finite=True)
    if not rates:
        raise ValueError(f"{name!r} has no rates; there must be at least one.")
    if min(rates) < 0:
        raise ValueError(f"{name!r} has the rate {min(rates):g}; a rate must be 0 or more.")
    if any(b <= a for a, b in zip(steps, steps[1:])):
        raise ValueError(f"The steps of {name!r} must rise from one to the next.")
    return steps, rates


def check_marks(marks: Mapping[int, str]) -> list[int]:
    """The marked steps, sorted. Raises: ValueError for too many marks."""
    if len(marks) > MAX_MARKS:
        raise ValueError(f"{len(marks)} marks cannot be read; draw at most {MAX_MARKS} of them.")
    return sorted(marks)


def rates_at(curve: Series, marks: Sequence[int]) -> dict[int, float | None]:
    """The rate at each marked step, None if the curve has no such step."""
    known = dict(zip(*curve))
    return {step: known.get(float(step)) for step in marks}


class ScheduleScene:
    """The drawing of the axes with marks and curves, and a table below them.

    Args:
        curves: The schedules by name.
        marks: The marked steps, each with a few words.
        title: Title of the chart.
        width: In pixels.
    """

    def __init__(
        self, curves: Mapping[str, Series], marks: Mapping[int, str], title: str, width: float
    ):
        self.is_narrow, self.plot_width = width <= NARROW, width - LEFT - RIGHT
        heading = Text(MARGIN, 25, title, 15, weight="600")
        lines = wrapped(heading, width - 2 * MARGIN, 19) if self.is_narrow else [heading]
        self.scene = Scene(width, 0, [*lines])
        first_row = lines[-1].y + 19
        self.first = min(steps[0] for steps, _ in curves.values())
        self.last = max(*(steps[-1] for steps, _ in curves.values()), *marks, self.first + 1)
        self.high = 1.04 * max(max(rates) for _, rates in curves.values()) or 1.0
        rows = self.rows_of(marks)
        self.top = first_row + 16 * (max(rows.values(), default=-1) + 1)
        self.top += 16 if self.is_narrow else 0  # the label of the axis has a row of its own
        self.add_axes()
        self.add_marks({step: first_row + 16 * row for step, row in rows.items()}, marks)

    def x_of(self, step: float) -> float:
        """The place of a step, in pixels."""
        return LEFT + self.plot_width * (step - self.first) / (self.last - self.first)

    def y_of(self, rate: float) -> float:
        """The place of a rate, in pixels, downwards."""
        return self.top + PLOT_HEIGHT * (1 - rate / self.high)

    def span_of(self, step: int, words: str) -> tuple[float, float]:
        """The left and right end of the words of a mark: around its line, but on the picture."""
        width = 6.6 * len(truncate(words, MAX_MARK_LETTERS))
        most = self.scene.width - MARGIN - width
        left = min(max(self.x_of(step) - width / 2, MARGIN), most)
        return left, left + width

    def rows_of(self, marks: Mapping[int, str]) -> dict[int, int]:
        """The row for the words of each mark: the first one with enough space."""
        ends: list[float] = []  # right end of each row so far
        rows = {}
        for step in sorted(marks):
            left, right = self.span_of(step, marks[step])
            row = next((r for r, end in enumerate(ends) if end + 10 < left), len(ends))
            ends[row : row + 1] = [right]
            rows[step] = row
        return rows

    def add_axes(self) -> None:
        """Add the ticks of both axes."""
        bottom = self.top + PLOT_HEIGHT
        self.scene.add(Text(MARGIN, bottom + 19, "step", 12, MUTED))
        self.scene.add(Text(MARGIN, self.top - 6, "rate", 12, MUTED))
        for rate in linear_ticks(0, self.high, 4):
            y = self.y_of(rate)
            self.scene.add(Rect(LEFT, y, self.plot_width, 1, FAINT))
            self.scene.add(Text(LEFT - 8, y + 4, format_rate(rate), 11, MUTED, "end"))
        ticks = linear_ticks(self.first, self.last, 3 if self.is_narrow else 5)
        for step in filter(float.is_integer, map(float, ticks)):
            x = self.x_of(step)
            self.scene.add(Text(x, bottom + 19, f"{step:,.0f}", 11, MUTED, "middle"))

    def add_marks(self, tops: Mapping[int, float], marks: Mapping[int, str]) -> None:
        """Add a dashed vertical line and the words of each mark."""
        for step, y in tops.items():
            x = self.x_of(step)
            self.scene.add(Line(((x, y + 4), (x, self.top + PLOT_HEIGHT)), MUTED, 1, dash="3 4"))
        for step, y in tops.items():
            left, right = self.span_of(step, marks[step])
            # Without this the line of another mark would cross the words.
            self.scene.add(Rect(left - 3, y - 11, right - left + 6, 14, PAPER))
            self.scene.add(Text(left, y, truncate(marks[step], MAX_MARK_LETTERS), 11.5, MUTED))

    def add_curve(self, n: int, curve: Series, dash: str) -> None:
        """Add curve number `n`, thinner than the one before, so that both can be seen."""
        steps, rates = curve
        kept = decimate(list(zip(steps, rates)))
        kept = [(steps[0], rates[0]), *kept, (steps[-1], rates[-1])]
        points = tuple((self.x_of(step), self.y_of(rate)) for step, rate in kept)
        self.scene.add(Line(points, CATEGORIES[n], max(1.8, 4.4 - 1.3 * n), dash=dash))

    def add_table(self, table: Table, marks: Collection[int]) -> float:
        """Add a row for each curve: colour, name, rates at the marks. Returns the bottom."""
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

    def add_narrow_table(self, table: Table, marks: Collection[int]) -> float:
        """Add the rates of each curve below its name, two in a row. Returns the bottom."""
        y, width = self.top + PLOT_HEIGHT + 34, self.scene.width - 2 * MARGIN
        for n, (name, rates) in enumerate(table.items()):
            self.scene.add(Rect(MARGIN, y, width, 1, FAINT))
            self.scene.add(Rect(MARGIN, y + 9, 14, 4, CATEGORIES[n]))
            words = truncate(name, 38)
            self.scene.add(Text(MARGIN + 22, y + 15, words, 12.5, CATEGORIES[n], weight="600"))
            y += ROW_HEIGHT
            known = [(step, rate) for step, rate in rates.items() if rate is not None]
            for k, (step, rate) in enumerate(known):
                x = MARGIN + 22 + (k % 2) * (width - 22) / 2
                self.scene.add(Text(x, y + 13, f"step {step:,}", 11, MUTED))
                self.scene.add(Text(x + 72, y + 13, format_rate(rate), 12, INK))
                y += 18 if k % 2 or k == len(known) - 1 else 0
            y += 4
        return y + 4


def format_rate(rate: float) -> str:
    """0.00029 -> 2.9·10⁻⁴: three digits and a power of ten."""
    if rate == 0 or rate >= 0.01:
        return f"{rate:.3g}"
    digits, _, power = f"{rate:.2e}".partition("e")
    return f"{float(digits):g}·10{str(int(power)).translate(SUPERSCRIPTS)}"


def title_sentence(curves: Mapping[str, Series]) -> str:
    """The title: the last rate of each schedule."""
    ends = ", ".join(
        f"{truncate(name, 24)} at {format_rate(rates[-1])}" for name, (_, rates) in curves.items()
    )
    return truncate(f"Learning rate: ends with {ends}", 90)


def alt_text(table: Table, curves: Mapping[str, Series], title: str, notes: Sequence[str]) -> str:
    """One sentence for each schedule: its highest rate, its last rate, and those at the marks."""
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
