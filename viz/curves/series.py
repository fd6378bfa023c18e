"""Steps and losses as numbers that are ready to be drawn: running means, segments between gaps."""

from collections.abc import Callable, Iterable, Sequence
from math import ceil, isfinite
from typing import TYPE_CHECKING, TypeAlias

from viz.canvas.arrays import to_numbers
from viz.canvas.ticks import is_sequence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MAX_POINTS = 360  # about one for every second pixel
DECAY = 0.96  # weight of the past in the running mean; a step is forgotten after about 25 more
MAX_UNSMOOTHED = 30  # a curve of at most this many steps needs no running mean
VAL = "val"  # a curve with this name is measured on the same text every time

# One value for each step, or (steps, values).
CurveLike: TypeAlias = "ArrayLike | tuple[ArrayLike, ArrayLike]"
Series = tuple[list[float], list[float]]  # steps, losses
Points = list[tuple[float, float]]


def to_series(name: str, given: CurveLike, what: str = "losses", *, finite: bool = False) -> Series:
    """Read one value for each step, or a pair (steps, values).

    Args:
        name: Name of the curve, for errors.
        given: Values, shape (n,), for the steps 1 to n; or a tuple (steps, values).
        what: What the values are, for errors.
        finite: Whether NaN and infinite values are refused.

    Returns:
        Steps and values, of the same length.

    Raises:
        ValueError: If there is not one value for each step, or a number is not finite.
    """
    if isinstance(given, tuple) and len(given) == 2 and all(map(is_sequence, given)):
        values = to_numbers(given[1], f"the {what} of {name!r}", finite)
        steps = to_numbers(given[0], f"the steps of {name!r}")
    else:
        values = to_numbers(given, f"the {what} of {name!r}", finite)
        steps = [float(i + 1) for i in range(len(values))]
    if len(steps) != len(values):
        raise ValueError(
            f"{name!r} has {len(steps)} steps and {len(values)} {what}; there must be one for each."
        )
    return steps, values


class RunningMean:
    """An exponential moving average with bias correction. It skips values that are not finite."""

    def __init__(self) -> None:
        self.total, self.weight = 0.0, 0.0

    def add(self, value: float) -> float:
        """Add a value; return the mean, or the value itself before the first finite one."""
        if isfinite(value):
            self.total, self.weight = DECAY * self.total + value, DECAY * self.weight + 1
        return self.total / self.weight if self.weight else value


def running_mean(values: Iterable[float]) -> list[float]:
    """The mean around each value, so that the line does not lag behind the curve.

    The weights of the other values decay in both directions; values that are not finite have none.
    Around the last value it is the `RunningMean` of all.
    """
    listed = list(values)
    sums = [decaying_sums(listed), decaying_sums(listed[::-1])[::-1]]
    means = []
    for value, (past, past_weight), (future, future_weight) in zip(listed, *sums):
        own = isfinite(value)  # it is in both sums
        weight = past_weight + future_weight - own
        means.append((past + future - (value if own else 0)) / weight if weight else value)
    return means


def decaying_sums(values: Iterable[float]) -> list[tuple[float, float]]:
    """After each value: the decaying sum of the finite values, and that of their weights."""
    mean, sums = RunningMean(), []
    for value in values:
        mean.add(value)
        sums.append((mean.total, mean.weight))
    return sums


def is_noisy(name: str, values: Sequence[float]) -> bool:
    """Whether the mean of a curve is easier to read: each step has the loss of another batch."""
    return len(values) > MAX_UNSMOOTHED and name != VAL


def smoothed(name: str, values: list[float]) -> list[float]:
    """The values of the bold line: the running mean of a noisy curve, otherwise the curve."""
    return running_mean(values) if is_noisy(name, values) else values


def interpolate(name: str, series: Series, step: float) -> float:
    """The value of the bold line at a step.

    Args:
        name: Name of the curve; it decides whether the running mean is read.
        series: Steps and losses.
        step: Any step. Before the first and after the last point, the value of that point is taken.

    Returns:
        The loss, linearly interpolated between the two nearest points.
    """
    points = [(s, v) for s, v in zip(series[0], smoothed(name, series[1])) if isfinite(v)]
    after = next((i for i, (s, _) in enumerate(points) if s >= step), len(points))
    if after in (0, len(points)):
        return points[min(after, len(points) - 1)][1]
    (s0, v0), (s1, v1) = points[after - 1 : after + 1]
    return v0 + (v1 - v0) * (step - s0) / (s1 - s0)


def truncate_series(series: Series, last: float) -> Series:
    """The part of a curve up to the step `last`. The last value is interpolated at that step."""
    steps, values = series
    kept = [(s, v) for s, v in zip(steps, values) if s <= last]
    if 0 < len(kept) < len(steps):
        (s0, v0), (s1, v1) = kept[-1], (steps[len(kept)], values[len(kept)])
        kept.append((last, v0 + (v1 - v0) * (last - s0) / (s1 - s0)))
    return [s for s, _ in kept], [v for _, v in kept]


def decimate(points: Points) -> Points:
    """At most MAX_POINTS of the points: the lowest and the highest of each chunk."""
    if len(points) <= MAX_POINTS:
        return points
    size = ceil(2 * len(points) / MAX_POINTS)
    out: Points = []
    for i in range(0, len(points), size):
        chunk = points[i : i + size]
        out += sorted({min(chunk, key=lambda p: p[1]), max(chunk, key=lambda p: p[1])})
    return out


def split_at_gaps(
    steps: Iterable[float], values: Iterable[float], is_drawable: Callable[[float], bool]
) -> list[Points]:
    """The segments of a curve between the values that cannot be drawn."""
    out: list[Points] = [[]]
    for step, value in zip(steps, values):
        if is_drawable(value):
            out[-1].append((step, value))
        elif out[-1]:
            out.append([])
    return [segment for segment in out if segment]
