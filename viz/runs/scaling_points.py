"""The numbers of a scaling-law picture: runs, lowest points, the envelope, the fitted line."""

from collections.abc import Callable, Mapping
from math import isfinite, log
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_number
from viz.curves.series import Series, smoothed, to_series

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

EXTRAPOLATE = 3.0  # the fitted line reaches to this many times the FLOPs of the runs
FIT_POINTS = 60
# The points themselves get ticks if there are at most MAX_TICKS of them, and if their smallest gap
# is at least 1 / MAX_CROWDED_TICKS of the axis.
MAX_TICKS, MAX_CROWDED_TICKS = 8, 12
Point = tuple[float, float]  # FLOPs or a size; the loss there
EnvelopePoint = tuple[float, float, str]  # FLOPs; the lowest loss for them; the run
Fit = Callable[[float], float]


def to_run(name: str, given: "tuple[ArrayLike, ArrayLike]") -> Series:
    """The points of a run with values above 0. Raises: ValueError if there are none."""
    steps, losses = to_series(name, given)
    kept = [(s, v) for s, v in zip(steps, losses) if s > 0 and v > 0 and isfinite(v)]
    if not isinstance(given, tuple) or not kept:
        raise ValueError(
            f"The run {name!r} needs a pair (flops, losses) with numbers above 0, because the "
            f"axes are logarithmic; there are none in {given!r:.60}."
        )
    return [s for s, _ in kept], [v for _, v in kept]


def to_point(name: str, given: Point) -> Point:
    """Check a point for two logarithmic axes. Raises: ValueError if a value is not above 0."""
    try:
        x, loss = map(float, given)
    except (TypeError, ValueError):
        x = loss = 0.0
    if not (x > 0 and isfinite(x) and loss > 0 and isfinite(loss)):
        raise ValueError(f"The point {name!r} is {given!r:.40}; give (flops, loss), both above 0.")
    return x, loss


def lowest_point(name: str, run: Series) -> Point:
    """The point with the lowest loss, or the lowest running mean of a noisy run."""
    return min(zip(run[0], smoothed(name, run[1])), key=lambda point: point[1])


def lower_envelope(series: Mapping[str, Series]) -> list[EnvelopePoint]:
    """The lower edge of all curves: the points that are below all points with fewer FLOPs."""
    points = sorted(
        (ops, loss, name)
        for name, run in series.items()
        for ops, loss in zip(run[0], smoothed(name, run[1]))
    )
    frontier: list[EnvelopePoint] = []
    for point in points:
        if not frontier or point[1] < frontier[-1][1]:
            frontier.append(point)
    return frontier


def fit_curve(fit: Fit, best: Mapping[str, Point]) -> Series:
    """Points of the fitted line, evenly spaced on a logarithmic axis.

    Raises: ValueError if `fit` returns a loss that is not above 0.
    """
    flops = [x for x, _ in best.values()]
    low, high = min(flops) / EXTRAPOLATE, EXTRAPOLATE * max(flops)
    xs = [low * (high / low) ** (i / (FIT_POINTS - 1)) for i in range(FIT_POINTS)]
    ys = [to_number(fit(x), f"fit({x:.3g})") for x in xs]
    wrong = [(x, y) for x, y in zip(xs, ys) if not (isfinite(y) and y > 0)]
    if wrong:
        raise ValueError(f"fit({wrong[0][0]:.3g}) returns {wrong[0][1]!r}; it must be above 0.")
    return xs, ys


def point_ticks(
    series: Mapping[str, Series], best: Mapping[str, Point], line: Series
) -> list[float]:
    """The x values of the points, if they are few and far enough apart; else no ticks."""
    positions = sorted(
        {position for run in series.values() for position in run[0]} | dict(best.values()).keys()
    )
    drawn = [*positions, *line[0]]
    nearest = min((after / before for before, after in zip(positions, positions[1:])), default=1.0)
    is_sparse = log(nearest) * MAX_CROWDED_TICKS >= log(max(drawn) / min(drawn))
    return positions if is_sparse and len(positions) <= MAX_TICKS else []
