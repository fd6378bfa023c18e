"""The numbers behind the picture of a scaling law: runs, their lowest points, envelope, line.

Left out on purpose: the drawing, which is `viz/runs/scaling.py`; the fit, which is the caller's.
"""

from collections.abc import Callable, Mapping
from math import isfinite, log

from viz.curves.series import Series, smoothed, to_series

EXTRAPOLATE = 3.0  # the fitted line goes on to so many times the operations that were spent
FIT_POINTS = 60
MAX_TICKS = 8  # so few different places are marked themselves ...
MAX_CROWDED_TICKS = (
    12  # ... if this many marks, each as near to the next as the nearest two, fill the axis
)
Point = tuple[float, float]  # operations or a size; the loss there
EnvelopePoint = tuple[float, float, str]  # operations, the lowest loss for them, whose it is
Fit = Callable[[float], float]


def to_run(name: str, given) -> Series:
    """The points of a run that have logarithms. Raises: ValueError if there are none."""
    steps, losses = to_series(name, given)
    kept = [(s, v) for s, v in zip(steps, losses) if s > 0 and v > 0 and isfinite(v)]
    if not isinstance(given, tuple) or not kept:
        raise ValueError(
            f"The run {name!r} needs a pair (operations, losses) with numbers above 0, which have "
            f"logarithms; there are none in {given!r:.60}."
        )
    return [s for s, _ in kept], [v for _, v in kept]


def to_point(name: str, given) -> Point:
    """Raises: ValueError for what is no place on two axes of logarithms."""
    pair = tuple(map(float, given)) if len(given) == 2 else ()
    if not pair or not all(isfinite(number) and number > 0 for number in pair):
        raise ValueError(
            f"The point {name!r} is {given!r:.40}; give (operations, loss), both above 0."
        )
    return pair[0], pair[1]


def lowest_point(name: str, run: Series) -> Point:
    """Where a run has its lowest loss; of a noisy one, the lowest of its mean."""
    return min(zip(run[0], smoothed(name, run[1])), key=lambda point: point[1])


def lower_envelope(series: Mapping[str, Series]) -> list[EnvelopePoint]:
    """The lower edge of all curves: each point lies below all that took fewer operations."""
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
    """The fitted losses, at even factors around the points and beyond them.

    Raises: ValueError if the function answers with what is no loss.
    """
    spent = [ops for ops, _ in best.values()]
    low, high = min(spent) / EXTRAPOLATE, EXTRAPOLATE * max(spent)
    xs = [low * (high / low) ** (i / (FIT_POINTS - 1)) for i in range(FIT_POINTS)]
    ys = [float(fit(x)) for x in xs]
    wrong = [(x, y) for x, y in zip(xs, ys) if not (isfinite(y) and y > 0)]
    if wrong:
        raise ValueError(f"fit({wrong[0][0]:.3g}) answers {wrong[0][1]!r}; it must be above 0.")
    return xs, ys


def point_ticks(
    series: Mapping[str, Series], best: Mapping[str, Point], line: Series
) -> list[float]:
    """Where the points lie along the axis, if they are few and far enough apart to be marked."""
    positions = sorted(
        {position for run in series.values() for position in run[0]} | dict(best.values()).keys()
    )
    drawn = [*positions, *line[0]]
    nearest = min((after / before for before, after in zip(positions, positions[1:])), default=1.0)
    is_sparse = log(nearest) * MAX_CROWDED_TICKS >= log(max(drawn) / min(drawn))
    return positions if is_sparse and len(positions) <= MAX_TICKS else []
