"""Several switches of a model, each trained with several seeds: who is better, beyond the noise?

A dot is one run, a short bar the mean of a switch. The line through it is the 95 % confidence
interval of the difference to the baseline (Student's t, both spreads taken together).
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import mean, variance
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_mapping, to_numbers
from viz.canvas.labels import truncate
from viz.canvas.pages import MARGIN, NARROW, wrapped
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE, PAPER, SLATE
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.ticks import linear_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

NAMES, PLOT, VERDICTS = 190.0, 400.0, 180.0  # widths
PLOT_NARROW = NARROW - 2 * MARGIN
TOP, ROW = 74.0, 25.0
# The 97.5 % quantile of Student's t for 1, 2, .. 10 degrees of freedom.
T_QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
COLOURS = {"lower": BLUE, "higher": ORANGE, "undecided": SLATE}


def draw_seeds(
    losses: "Mapping[str, ArrayLike]",
    baseline: str,
    *,
    limit: float | None = None,
    title: str = "",
    unit: str = "nats per letter",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the loss of every run as the difference to the mean of the baseline.

    Args:
        losses: The final losses of each switch, one for each seed, by name.
        baseline: The name that the others are compared with.
        limit: Largest difference on the axis; what is beyond is drawn at its edge. None: all fit.
        title: Title of the picture.
        unit: What is measured.
        ax: Axes of matplotlib to draw on; they are returned.

    Returns:
        The picture; `.data` has "differences", "intervals" (half the width; None for one seed) and
        "verdicts": lower, higher or undecided.

    Raises:
        ValueError: If the baseline is no name, or a switch has no losses.

    Example:
        >>> runs = {"plain": [2.0, 2.1, 2.05], "new": [1.5, 1.6, 1.55]}
        >>> draw_seeds(runs, "plain").data["verdicts"]["new"]
        'lower'
    """
    losses = to_mapping(losses, "losses", "{'plain': [2.0, 2.1], 'new': [1.5, 1.6]}")
    runs = {name: to_numbers(values, f"losses[{name!r}]") for name, values in losses.items()}
    if baseline not in runs:
        raise ValueError(f"baseline={baseline!r} is not among the names: {', '.join(runs)}.")
    if empty := [name for name, values in runs.items() if not values]:
        raise ValueError(f"There are no losses of {', '.join(empty)}: give one for each seed.")
    zero = mean(runs[baseline])
    means = {name: mean(values) - zero for name, values in runs.items()}
    intervals = {name: half_interval(runs[baseline], values) for name, values in runs.items()}
    verdicts = {name: verdict(means[name], intervals[name]) for name in runs if name != baseline}
    order = sorted(runs, key=means.__getitem__)

    def draw(width: float) -> Scene:
        chart = SeedScene(runs, zero, limit, title, width)
        chart.add_axes(f"difference to {baseline!r}, {unit}")
        for row, name in enumerate(order):
            known = "baseline" if name == baseline else verdicts[name]
            chart.add_row(row, name, runs[name], means[name], intervals[name], known)
        return chart.scene

    data = {"differences": means, "intervals": intervals, "verdicts": verdicts}
    alt = alt_text(title, baseline, verdicts, order)
    picture = Picture(data, alt, draw(NAMES + PLOT + VERDICTS), narrow=draw(NARROW))
    return picture.draw_on(ax) if ax is not None else picture


def half_interval(baseline: Sequence[float], values: Sequence[float]) -> float | None:
    """Half the width of the 95 % interval of a difference of means; None if there is no spread.

    Args:
        baseline: Losses of the baseline.
        values: Losses of the switch.
    """
    if values is baseline or min(len(baseline), len(values)) < 2:
        return None
    freedom = len(baseline) + len(values) - 2
    quantile = T_QUANTILES[freedom - 1] if freedom <= len(T_QUANTILES) else 1.96 + 2.5 / freedom
    error = variance(baseline) / len(baseline) + variance(values) / len(values)
    return quantile * sqrt(error)


def verdict(difference: float, interval: float | None) -> str:
    """Lower or higher if the interval does not contain 0.

    Args:
        difference: Mean loss minus that of the baseline.
        interval: Half the width of the interval; None is one seed, which decides nothing.
    """
    if interval is None or abs(difference) <= interval:
        return "undecided"
    return "lower" if difference < 0 else "higher"


class SeedScene:
    """The drawing.

    Args:
        runs: Losses by name.
        zero: Mean loss of the baseline.
        limit: Largest difference on the axis.
        title: Title of the picture.
        width: In pixels; on a phone the words of a row are above its dots.
    """

    def __init__(
        self,
        runs: Mapping[str, Sequence[float]],
        zero: float,
        limit: float | None,
        title: str,
        width: float,
    ):
        self.is_narrow, self.row, self.left, self.plot_width = width <= NARROW, ROW, NAMES, PLOT
        heading = [Text(16, 25, title, 15, weight="600")]
        if self.is_narrow:
            self.row, self.left, self.plot_width = 46.0, MARGIN, width - 2 * MARGIN
            heading = wrapped(heading[0], self.plot_width, 19)
        self.top = TOP + heading[-1].y - 25
        differences = [value - zero for values in runs.values() for value in values]
        reach = max(map(abs, differences)) or 1.0
        self.low = max(min(differences), -(limit or reach)) - 0.06 * reach * (limit is None)
        self.high = min(max(differences), limit or reach)
        padding = 0.08 * ((self.high - self.low) or 1)
        self.low, self.high = self.low - padding, self.high + padding
        self.zero, self.bottom = zero, self.top + self.row * len(runs)
        self.scene = Scene(width, self.bottom + 44, [*heading])

    def x(self, difference: float) -> float:
        """The place of a difference, in pixels; beyond the axis it is at its edge."""
        inside = min(max(difference, self.low), self.high)
        return self.left + self.plot_width * (inside - self.low) / (self.high - self.low)

    def add_axes(self, label: str) -> None:
        """Add ticks, and the line of the baseline."""
        add, top = self.scene.add, self.top - 8
        right, middle = self.left + self.plot_width, self.left + self.plot_width / 2
        add(Text(self.left, self.top - 24, "◂ better", 12, BLUE))
        add(Text(right, self.top - 24, "worse ▸", 12, ORANGE, "end"))
        for tick in linear_ticks(self.low, self.high):
            add(Rect(self.x(tick), top, 1, self.bottom - top, FAINT))
            shown = f"{tick:+.3g}".replace("-", "−") if tick else "0"
            add(Text(self.x(tick), self.bottom + 16, shown, 11, MUTED, "middle"))
        add(Rect(self.x(0) - 0.75, top, 1.5, self.bottom - top, INK))
        add(Text(middle, self.bottom + 35, label, 12, MUTED, "middle"))

    def add_row(
        self,
        row: int,
        name: str,
        values: Sequence[float],
        difference: float,
        interval: float | None,
        known: str,
    ) -> None:
        """Add the dots, the mean and the interval of one switch.

        Args:
            row: Its place from above.
            name: Its name.
            values: Its losses.
            difference: Its mean minus that of the baseline.
            interval: Half the width of the interval.
            known: baseline, lower, higher or undecided.
        """
        add, y = self.scene.add, self.top + self.row * row + self.row / 2
        words_y = y - 9 if self.is_narrow else y + 4
        y += 10 if self.is_narrow else 0
        colour = COLOURS.get(known, INK)
        weight = "600" if known == "baseline" else "normal"
        if not self.is_narrow:
            add(Text(NAMES - 14, y + 4, truncate(name, 26), 12.5, INK, "end", weight))
        if interval is not None:
            ends = (self.x(difference - interval), y), (self.x(difference + interval), y)
            add(Line(ends, colour, 2, opacity=0.55))
        add(Rect(self.x(difference) - 1.5, y - 8, 3, 16, colour))
        for value in values:
            add(Circle(self.x(value - self.zero), y, 3.6, colour, PAPER, 1))
        beyond = " ▸" if difference > self.high else " ◂" if difference < self.low else ""
        words = f"{difference:+.3f}".replace("-", "−")
        if interval is not None:
            words += f" ± {interval:.3f}{beyond}"
        shown = f"{zero_words(self.zero)}" if known == "baseline" else words
        if self.is_narrow:
            add(Rect(0, words_y - 12, self.scene.width, 16, PAPER))  # hides the line of the axis
            add(Text(MARGIN, words_y, truncate(name, 24), 12.5, INK, "start", weight))
            add(Text(MARGIN + PLOT_NARROW, words_y, shown, 12, colour, "end", weight))
        else:
            add(Text(NAMES + PLOT + 14, words_y, shown, 12, colour, "start", weight))


def zero_words(loss: float) -> str:
    """What the baseline's row says."""
    return f"loss {loss:.3f}"


def alt_text(title: str, baseline: str, verdicts: Mapping[str, str], order: Sequence[str]) -> str:
    """One sentence: which switches are lower, higher, undecided."""
    parts = []
    for kind in ("lower", "higher", "undecided"):
        names = [name for name in order if verdicts.get(name) == kind]
        if names:
            parts.append(f"{kind}: {', '.join(names)}")
    return f"{title or 'Loss'}, compared with {baseline}: {'; '.join(parts) or 'nothing else'}."
