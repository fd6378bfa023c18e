"""A chart of curves of which some are the mean of several seeds, whose own curves are thin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan

from viz.canvas.palette import CATEGORIES
from viz.curves.loss_scene import ChartOptions, LossScene
from viz.curves.pins import Pin
from viz.curves.series import Series, decimate, split_at_gaps

THIN, THIN_OPACITY = 1.0, 0.35
# A few steps, because a reward can climb within the 25 that the running mean of a loss forgets in.
HALF_WINDOW = 4
MAX_UNSMOOTHED = 60  # a curve of at most this many steps is drawn as it is


@dataclass(frozen=True)
class SeedCurve:
    """One curve of a chart.

    Attributes:
        bold: Steps and values of the bold line.
        thin: Steps and values of thin lines: the seeds, or the unsmoothed curve.
    """

    bold: Series
    thin: tuple[Series, ...] = ()


def mean_curve(name: str, seeds: Sequence[Series], *, smooth: bool) -> SeedCurve:
    """The mean of several seeds, and their curves.

    Args:
        name: Of the curve, for errors.
        seeds: Steps and values of each seed; all have the same steps.
        smooth: Whether a mean over nine steps is drawn if there are more than 60 steps.

    Raises:
        ValueError: If the seeds have other steps.
    """
    steps = seeds[0][0]
    if any(other != steps for other, _ in seeds):
        raise ValueError(
            f"The seeds of {name!r} have other steps or numbers of steps, so they have no mean: "
            f"give them as runs with names of their own."
        )
    lines = [(steps, moving_mean(values) if smooth else values) for _, values in seeds]
    if len(seeds) == 1:
        is_smoothed = lines[0][1] != seeds[0][1]
        return SeedCurve(lines[0], (seeds[0],) if is_smoothed else ())
    means = [mean_of(values) for values in zip(*(values for _, values in lines))]
    return SeedCurve((steps, means), tuple(lines))


def moving_mean(values: list[float]) -> list[float]:
    """The mean of each value and of the four before and after it; a short curve is unchanged."""
    if len(values) <= MAX_UNSMOOTHED:
        return values
    return [
        mean_of(values[max(0, i - HALF_WINDOW) : i + HALF_WINDOW + 1]) if isfinite(value) else nan
        for i, value in enumerate(values)
    ]


def mean_of(values: Sequence[float]) -> float:
    """The mean of the finite values, NaN if there are none."""
    finite = [value for value in values if isfinite(value)]
    return sum(finite) / len(finite) if finite else nan


def seed_chart(
    curves: Mapping[str, SeedCurve], options: ChartOptions, pins: Sequence[Pin] = ()
) -> LossScene:
    """Draw the curves; `options.smooth` should be False, since bold lines are smoothed before.

    Args:
        curves: By name.
        options: Everything else on the chart; there is room for the thin lines, too.
        pins: Texts pinned to bold lines.
    """
    room = [
        (step, value)
        for curve in curves.values()
        for steps, values in curve.thin
        for step, value in zip(steps, values)
    ]
    everything = ChartOptions(**{**vars(options), "points": [*options.points, *room]})
    chart = LossScene({name: curve.bold for name, curve in curves.items()}, everything, pins)
    for curve, colour in zip(curves.values(), CATEGORIES * len(curves)):
        for steps, values in curve.thin:
            for segment in split_at_gaps(steps, values, chart.is_drawable):
                chart.add_segment(decimate(segment), colour, THIN, THIN_OPACITY)
    return chart
