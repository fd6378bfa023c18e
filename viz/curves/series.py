"""Rows of steps and losses as numbers to draw: means, points between gaps, round marks of an axis.

Left out on purpose: a drawing. `viz/curves/loss.py` and `viz/runs/scaling.py` draw what is
prepared here.
"""

from collections.abc import Callable, Iterable, Sequence
from math import ceil, isfinite

from viz.canvas.arrays import to_numbers
from viz.canvas.ticks import is_sequence

MAX_POINTS = 360  # about one for every second pixel
DECAY = 0.96  # the running mean forgets a step after about 25 more
MAX_UNSMOOTHED = 30  # so few steps need no running mean
VAL = "val"  # a curve of this name is measured on the same text every time

Series = tuple[list[float], list[float]]  # steps, losses
Points = list[tuple[float, float]]


def to_series(name: str, given) -> Series:
    """One loss for each step from 1 on, or a pair (steps, losses).

    Raises: ValueError for what are no losses, or not as many as steps.
    """
    pair = isinstance(given, tuple) and len(given) == 2 and all(map(is_sequence, given))
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


class RunningMean:
    """Each value averaged with those before it, the older the less; without what is not finite."""

    def __init__(self) -> None:
        self.total, self.weight = 0.0, 0.0

    def add(self, value: float) -> float:
        """The mean with this value in it; before the first finite one, the value itself."""
        if isfinite(value):
            self.total, self.weight = DECAY * self.total + value, DECAY * self.weight + 1
        return self.total / self.weight if self.weight else value


def running_mean(values: Iterable[float]) -> list[float]:
    """The mean after each value."""
    mean = RunningMean()
    return [mean.add(value) for value in values]


def is_noisy(name: str, values: Sequence[float]) -> bool:
    """Whether a curve is read better from its mean: the loss of a new batch at each step."""
    return len(values) > MAX_UNSMOOTHED and name != VAL


def smoothed(name: str, values: list[float]) -> list[float]:
    """What is drawn bold: the mean of what is noisy, all else as it is."""
    return running_mean(values) if is_noisy(name, values) else values


def interpolate(name: str, series: Series, step: float) -> float:
    """The bold curve at this step, between two points on the straight line from one to the other.

    Before its first and after its last point: that point.
    """
    points = [(s, v) for s, v in zip(series[0], smoothed(name, series[1])) if isfinite(v)]
    after = next((i for i, (s, _) in enumerate(points) if s >= step), len(points))
    if after in (0, len(points)):
        return points[min(after, len(points) - 1)][1]
    (s0, v0), (s1, v1) = points[after - 1 : after + 1]
    return v0 + (v1 - v0) * (step - s0) / (s1 - s0)


def truncate_series(series: Series, last: float) -> Series:
    """The part of a curve that is not behind the step `last`; the line is cut where it crosses."""
    steps, values = series
    kept = [(s, v) for s, v in zip(steps, values) if s <= last]
    if 0 < len(kept) < len(steps):
        (s0, v0), (s1, v1) = kept[-1], (steps[len(kept)], values[len(kept)])
        kept.append((last, v0 + (v1 - v0) * (last - s0) / (s1 - s0)))
    return [s for s, _ in kept], [v for _, v in kept]


def decimate(points: Points) -> Points:
    """At most MOST_POINTS of them: of each stretch its lowest and its highest."""
    if len(points) <= MAX_POINTS:
        return points
    size = ceil(2 * len(points) / MAX_POINTS)
    out = []
    for i in range(0, len(points), size):
        chunk = points[i : i + size]
        out += sorted({min(chunk, key=lambda p: p[1]), max(chunk, key=lambda p: p[1])})
    return out


def split_at_gaps(
    steps: Iterable[float], values: Iterable[float], is_drawable: Callable[[float], bool]
) -> list[Points]:
    """The points between the gaps."""
    out: list[Points] = [[]]
    for step, value in zip(steps, values):
        if is_drawable(value):
            out[-1].append((step, value))
        elif out[-1]:
            out.append([])
    return [segment for segment in out if segment]
