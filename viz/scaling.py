"""Loss against the operations that it took, for several sizes: the best use of so much arithmetic.

Each size has its curve; where a small model goes on falling only slowly, a larger one takes over.
The lowest loss that any of them has for so many operations is the envelope. A straight line on
these two axes of logarithms is a power law.
Source: the form of the picture: Kaplan et al. 2020, arXiv 2001.08361; Hoffmann et al. 2022,
    arXiv 2203.15556.
"""

from collections.abc import Callable, Mapping
from math import isfinite

from viz.curves import Points, Series, bold, power_of_ten, thinned, to_series
from viz.labels import clip
from viz.loss_on_axes import draw_on_axes
from viz.loss_scene import LEFT, LossScene, Sheet
from viz.palette import CATEGORIES, GOLD, INK, MUTED, PAPER
from viz.picture import Picture
from viz.scene import Disc, Line, Shape, Words

FARTHER = 3.0  # the fitted line goes on to so many times the operations that were spent
FIT_POINTS = 60
UNIT, OPERATIONS = "loss (nats per token)", "operations (multiplications and additions)"
FITTED = f"fitted line, {FARTHER:g} times farther"
Led = tuple[float, float, str]  # operations, the lowest loss for them, whose it is
Fit = Callable[[float], float]


def draw_scaling(
    runs: Mapping[str, tuple],
    *,
    fit: Fit | None = None,
    points: Mapping[str, tuple[float, float]] | None = None,
    title: str = "",
    ax=None,
) -> Picture:
    """One curve for each run, the envelope below all of them, and the line that was fitted.

    A run is a pair (operations, losses). `fit` answers with a loss for a number of operations; its
    line goes on beyond the runs. `points` are the places that count, {name: (operations, loss)};
    without them, where each run has its lowest loss.
    Raises:  ValueError for runs that have nothing above 0 to draw, and points that are none.
    Example: draw_scaling({"1M": ([1e12, 1e13], [4.0, 3.0])}, fit=lambda ops: 40 * ops**-0.09)
    """
    if not runs:
        raise ValueError("There is no run to draw: give {'name': (operations, losses)}.")
    series = {name: to_run(name, given) for name, given in runs.items()}
    best = {name: lowest(name, run) for name, run in series.items()}
    if points is not None:
        best = {name: to_point(name, point) for name, point in points.items()}
    edge = lowest_of_all(series)
    envelope = [(ops, loss) for ops, loss, _ in edge]
    line = line_of(fit, best) if fit else ([], [])
    sheet = Sheet(
        title=title or finding(edge),
        unit=UNIT,
        x=OPERATIONS,
        log_x=True,
        log_y=True,
        reference={FITTED: line} if line[0] else {},
        height=380,
        points=list(best.values()),
    )
    if ax is not None:
        return on_axes(ax, series, sheet, best, envelope)
    data = {"runs": series, "points": best, "envelope": envelope, "fit": line}
    drawing = LossScene(series, sheet)
    add_envelope(drawing, envelope)
    add_points(drawing, best, list(series))
    return Picture(data, describe(best, line), drawing.scene)


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


def to_point(name: str, given) -> tuple[float, float]:
    """Raises: ValueError for what is no place on two axes of logarithms."""
    pair = tuple(map(float, given)) if len(given) == 2 else ()
    if not pair or not all(isfinite(number) and number > 0 for number in pair):
        raise ValueError(
            f"The point {name!r} is {given!r:.40}; give (operations, loss), both above 0."
        )
    return pair[0], pair[1]


def lowest(name: str, run: Series) -> tuple[float, float]:
    """Where a run has its lowest loss; of a noisy one, the lowest of its mean."""
    return min(zip(run[0], bold(name, run[1])), key=lambda point: point[1])


def lowest_of_all(series: Mapping[str, Series]) -> list[Led]:
    """The lower edge of all curves: each point lies below all that took fewer operations."""
    points = sorted(
        (ops, loss, name)
        for name, run in series.items()
        for ops, loss in zip(run[0], bold(name, run[1]))
    )
    edge: list[Led] = []
    for point in points:
        if not edge or point[1] < edge[-1][1]:
            edge.append(point)
    return edge


def line_of(fit: Fit, best: Mapping[str, tuple[float, float]]) -> Series:
    """The fitted losses, at even factors around the points and beyond them.

    Raises: ValueError if the function answers with what is no loss.
    """
    spent = [ops for ops, _ in best.values()]
    low, high = min(spent) / FARTHER, FARTHER * max(spent)
    xs = [low * (high / low) ** (i / (FIT_POINTS - 1)) for i in range(FIT_POINTS)]
    ys = [float(fit(x)) for x in xs]
    wrong = [(x, y) for x, y in zip(xs, ys) if not (isfinite(y) and y > 0)]
    if wrong:
        raise ValueError(f"fit({wrong[0][0]:.3g}) answers {wrong[0][1]!r}; it must be above 0.")
    return xs, ys


def finding(edge: list[Led]) -> str:
    """The sentence that the picture proves: who leads at the end, and since when."""
    *_, leader = (name for _, _, name in edge)
    others = [ops for ops, _, name in edge if name != leader]
    if not others:
        return f"{clip(leader, 30)} is lowest for every number of operations"
    since = next(ops for ops, _, _ in edge if ops > others[-1])
    return f"From {power_of_ten(since)} operations on {clip(leader, 20)} is lowest"


def add_envelope(drawing: LossScene, envelope: Points) -> None:
    """A broad pale band below all curves, where nothing is lower for so many operations."""
    places = tuple(drawing.place(*point) for point in thinned(envelope))
    band = Line(places if len(places) > 1 else 2 * places, GOLD, 9, opacity=0.25)
    first_curve = next(i for i, shape in enumerate(drawing.scene.shapes) if is_curve(shape))
    drawing.scene.shapes.insert(first_curve, band)
    x, y = LEFT, drawing.scene.height - 13
    drawing.scene.add(Line(((x, y), (x + 22, y)), GOLD, 9, opacity=0.25))
    drawing.scene.add(Words(x + 34, y + 4, "lowest of all", 11, MUTED))


def is_curve(shape: Shape) -> bool:
    return isinstance(shape, Line)


def add_points(drawing: LossScene, best: Mapping[str, tuple[float, float]], names: list) -> None:
    """A dot in the colour of its run, or in ink if there is no run of this name."""
    for name, point in best.items():
        place = drawing.place(*point)
        drawing.scene.add(Disc(*place, 4.5, PAPER, colour_of(name, names), 2))


def colour_of(name: str, names: list[str]) -> str:
    return CATEGORIES[names.index(name) % len(CATEGORIES)] if name in names else INK


def describe(best: Mapping[str, tuple[float, float]], line: Series) -> str:
    """One sentence: each point that counts, and where the line comes to."""
    told = [
        f"{name} {loss:.3g} for {power_of_ten(ops)} operations"
        for name, (ops, loss) in best.items()
    ]
    ahead = (
        f" The fitted line comes to {line[1][-1]:.3g} at {power_of_ten(line[0][-1])}."
        if line[0]
        else ""
    )
    return f"Loss against operations: {'; '.join(told)}.{ahead}"


def on_axes(ax, series, sheet: Sheet, best, envelope: Points):
    """The same as matplotlib draws it."""
    ax.plot(*zip(*envelope), color=GOLD, alpha=0.25, linewidth=7, label="lowest of all")
    draw_on_axes(ax, series, sheet, [])
    for name, point in best.items():
        colour = colour_of(name, list(series))
        ax.plot(*point, "o", markerfacecolor=PAPER, markeredgecolor=colour)
    return ax
