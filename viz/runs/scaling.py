"""Loss against the operations that it took, for several sizes: the best use of so much arithmetic.

Each size has its curve; where a small model goes on falling only slowly, a larger one takes over.
The lowest loss that any of them has for so many operations is the envelope. A straight line on
these two axes of logarithms is a power law.
The same runs can be drawn the other way round, loss against size, a curve for each number of
operations: then each curve is a valley, with the best size at its bottom.
Left out on purpose: what is computed before anything is drawn, `viz/runs/scaling_points.py`.
Source: the form of the picture: Kaplan et al. 2020, arXiv 2001.08361; Hoffmann et al. 2022,
    arXiv 2203.15556.
"""

from collections.abc import Mapping

from viz.canvas.arrays import to_mapping
from viz.canvas.labels import truncate
from viz.canvas.palette import CATEGORIES, GOLD, INK, MUTED, PAPER
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Line, Shape, Text
from viz.canvas.ticks import format_compact, format_scientific
from viz.curves.loss_on_axes import draw_on_axes
from viz.curves.loss_scene import LEFT, ChartOptions, LossScene
from viz.curves.series import Points, Series, decimate
from viz.runs.scaling_points import (
    EXTRAPOLATE,
    EnvelopePoint,
    Fit,
    Point,
    fit_curve,
    lower_envelope,
    lowest_point,
    point_ticks,
    to_point,
    to_run,
)

UNIT = "loss (nats per token)"
X_LABELS = {
    "operations": "operations (multiplications and additions)",
    "parameters": "parameters",
    "width": "width (numbers for each token)",
}
FIT_LABEL = f"fitted line, {EXTRAPOLATE:g} times farther"
LOSS_FORMAT = "#.3g"  # of a loss: three digits, the last one also where it is 0


def draw_scaling(
    runs: Mapping[str, tuple],
    *,
    fit: Fit | None = None,
    points: Mapping[str, Point] | None = None,
    x: str = "operations",
    unit: str = UNIT,
    title: str = "",
    ax=None,
) -> Picture:
    """One curve for each run, the envelope below all of them, and the line that was fitted.

    A run is a pair (operations, losses). With x="parameters" or x="width" it is a pair (sizes,
    losses) of models that all took the same operations: a valley, and there is no envelope.
    `fit` answers with a loss for a number of operations; its line goes on beyond the runs. `points`
    are the places that count, {name: (operations, loss)}; without them, where each run has its
    lowest loss.
    Raises:  ValueError for runs that have nothing above 0 to draw, points that are none, and an
        axis that there is not.
    Example: draw_scaling({"1M": ([1e12, 1e13], [4.0, 3.0])}, fit=lambda ops: 40 * ops**-0.09)
    """
    if x not in X_LABELS:
        raise ValueError(f"x={x!r} must be one of {', '.join(X_LABELS)}.")
    if not to_mapping(runs, "runs", "{'name': (operations, losses)}"):
        raise ValueError("There is no run to draw: give {'name': (operations, losses)}.")
    series = {name: to_run(name, given) for name, given in runs.items()}
    best = {name: lowest_point(name, run) for name, run in series.items()}
    if points is not None:
        best = {name: to_point(name, point) for name, point in points.items()}
    frontier = lower_envelope(series) if x == "operations" else []
    envelope = [(ops, loss) for ops, loss, _ in frontier]
    line = fit_curve(fit, best) if fit else ([], [])
    options = ChartOptions(
        title=title or (envelope_title(frontier) if frontier else valley_title(best, x)),
        unit=unit,
        x_label=X_LABELS[x],
        log_x=True,
        log_y=True,
        reference={FIT_LABEL: line} if line[0] else {},
        height=380,
        x_ticks={position: format_x(x, position) for position in point_ticks(series, best, line)},
        value_format=LOSS_FORMAT
        if x == "operations"
        else "",  # of a valley the bottom counts, not the end
        points=list(best.values()),
    )
    if ax is not None:
        return draw_scaling_on_axes(ax, series, options, best, envelope)
    data = {"runs": series, "points": best, "envelope": envelope, "fit": line}
    drawing = LossScene(series, options)
    if envelope:
        add_envelope(drawing, envelope)
    add_points(drawing, best, list(series), parts=x != "operations")
    return Picture(data, alt_text(best, line, x), drawing.scene)


def envelope_title(frontier: list[EnvelopePoint]) -> str:
    """The sentence that the picture proves: who leads at the end, and since when."""
    *_, leader = (name for _, _, name in frontier)
    others = [ops for ops, _, name in frontier if name != leader]
    if not others:
        return f"{truncate(leader, 30)} is lowest for every number of operations"
    since = next(ops for ops, _, _ in frontier if ops > others[-1])
    return f"From {format_scientific(since)} operations on {truncate(leader, 20)} is lowest"


def valley_title(best: Mapping[str, Point], x: str) -> str:
    """The sentence that valleys prove: where the last one is lowest."""
    name, (size, _) = list(best.items())[-1]
    return f"{truncate(name, 30)}: lowest at {format_x_with_unit(x, size)}"


def format_x(x: str, position: float) -> str:
    """4·10⁸ operations, but 1,952 parameters."""
    return format_scientific(position) if x == "operations" else format_compact(position)


def format_x_with_unit(x: str, position: float) -> str:
    """A place on the axis with its unit: width 8; 1,952 parameters."""
    parts = format_x(x, position)
    return f"width {parts}" if x == "width" else f"{parts} {x}"


def add_envelope(drawing: LossScene, envelope: Points) -> None:
    """A broad pale band below all curves, where nothing is lower for so many operations."""
    pixels = tuple(drawing.to_pixels(*point) for point in decimate(envelope))
    band = Line(pixels if len(pixels) > 1 else 2 * pixels, GOLD, 9, opacity=0.25)
    first_curve = next(i for i, shape in enumerate(drawing.scene.shapes) if is_curve(shape))
    drawing.scene.shapes.insert(first_curve, band)
    x, y = LEFT, drawing.scene.height - 13
    drawing.scene.add(Line(((x, y), (x + 22, y)), GOLD, 9, opacity=0.25))
    drawing.scene.add(Text(x + 34, y + 4, "lowest of all", 11, MUTED))


def is_curve(shape: Shape) -> bool:
    return isinstance(shape, Line)


def add_points(
    drawing: LossScene, best: Mapping[str, Point], names: list[str], parts: bool
) -> None:
    """A ring in the colour of its run, or in ink if there is no run of this name; its loss."""
    for name, point in best.items():
        position = drawing.to_pixels(*point)
        colour = colour_of(name, names)
        drawing.scene.add(Circle(*position, 4.5, PAPER, colour, 2))
        if parts:  # inside the valley, where there is room
            loss = f"{point[1]:{LOSS_FORMAT}}"
            drawing.scene.add(Text(position[0], position[1] - 12, loss, 12, colour, "middle"))


def colour_of(name: str, names: list[str]) -> str:
    return CATEGORIES[names.index(name) % len(CATEGORIES)] if name in names else INK


def alt_text(best: Mapping[str, Point], line: Series, x: str) -> str:
    """One sentence: each point that counts, and where the line comes to."""
    preposition = "for" if x == "operations" else "at"
    parts = [
        f"{name} {loss:{LOSS_FORMAT}} {preposition} {format_x_with_unit(x, position)}"
        for name, (position, loss) in best.items()
    ]
    sentence = f"Loss against {x}: {'; '.join(parts)}."
    if line[0]:
        end = format_scientific(line[0][-1])
        sentence += f" The fitted line comes to {line[1][-1]:{LOSS_FORMAT}} at {end}."
    return sentence


def draw_scaling_on_axes(ax, series, options: ChartOptions, best, envelope: Points):
    """The same as matplotlib draws it."""
    if envelope:
        ax.plot(*zip(*envelope), color=GOLD, alpha=0.25, linewidth=7, label="lowest of all")
    draw_on_axes(ax, series, options, [])
    for name, point in best.items():
        colour = colour_of(name, list(series))
        ax.plot(*point, "o", markerfacecolor=PAPER, markeredgecolor=colour)
    return ax
