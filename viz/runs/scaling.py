"""Scaling laws: loss over the FLOPs of training, one curve for each model size.

The envelope is the lowest loss of all runs for each number of FLOPs. On two logarithmic axes a
power law is a straight line. The same runs can also be drawn as loss over model size, one curve for
each number of FLOPs; each curve is then a valley with the compute-optimal size at the bottom.

Source: Kaplan et al. 2020, arXiv 2001.08361; Hoffmann et al. 2022, arXiv 2203.15556 (the pictures).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_mapping
from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW
from viz.canvas.palette import CATEGORIES, GOLD, INK, MUTED, PAPER
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Line, Scene, Text
from viz.canvas.ticks import format_compact, format_scientific
from viz.curves.loss_on_axes import draw_on_axes
from viz.curves.loss_scene import LEFT, NOTE_ROW, ChartOptions, LossScene
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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

X_LABELS = {
    "flops": "operations (multiplications and additions)",
    "parameters": "parameters",
    "width": "width (numbers for each token)",
}
FIT_LABEL = f"fitted line, {EXTRAPOLATE:g} times farther"
LOSS_FORMAT = "#.3g"  # three digits, also if the last one is 0


def draw_scaling(
    runs: "Mapping[str, tuple[ArrayLike, ArrayLike]]",
    *,
    fit: Fit | None = None,
    points: Mapping[str, Point] | None = None,
    x: str = "flops",
    unit: str = "loss (nats per token)",
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw loss over FLOPs for several runs, with their envelope and a fitted line.

    Args:
        runs: Runs by name, each a tuple (FLOPs, losses). With x="parameters" or x="width", each
            a tuple (sizes, losses) of models that were trained with the same number of FLOPs.
        fit: Returns a loss for a number of FLOPs. Its line reaches beyond the runs.
        points: Points to mark, name -> (FLOPs, loss); by default the lowest point of each run.
        x: "flops", "parameters" or "width".
        unit: Label of the y axis.
        title: Title of the chart; by default it says which run is lowest.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The chart; `.data` has "runs", "points", "envelope" and "fit".

    Raises:
        ValueError: If a run, a point or the fit has no numbers above 0, or `x` is unknown.

    Example:
        >>> runs = {"1M": ([1e12, 1e13], [4.0, 3.0]), "10M": ([1e13, 1e14], [3.5, 2.5])}
        >>> draw_scaling(runs, fit=lambda flops: 40 * flops**-0.08).data["envelope"]
        [(1000000000000.0, 4.0), (10000000000000.0, 3.0), (100000000000000.0, 2.5)]
    """
    if x not in X_LABELS:
        raise ValueError(f"x={x!r} must be one of {', '.join(X_LABELS)}.")
    if not to_mapping(runs, "runs", "{'name': (flops, losses)}"):
        raise ValueError("There is no run to draw: give {'name': (flops, losses)}.")
    series = {name: to_run(name, given) for name, given in runs.items()}
    best = {name: lowest_point(name, run) for name, run in series.items()}
    if points is not None:
        best = {name: to_point(name, point) for name, point in points.items()}
    frontier = lower_envelope(series) if x == "flops" else []
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
        value_format=LOSS_FORMAT if x == "flops" else "",  # the end of a valley does not matter
        points=list(best.values()),
    )
    if ax is not None:
        axes = draw_scaling_on_axes(ax, series, options, best, envelope)
        return axes  # type: ignore[return-value]  # as documented
    data = {"runs": series, "points": best, "envelope": envelope, "fit": line}

    def draw(width: float) -> Scene:
        drawing = LossScene(series, replace(options, width=width))
        if envelope:
            add_envelope(drawing, envelope)
        add_points(drawing, best, list(series), with_loss=x != "flops")
        return drawing.scene

    return Picture(data, alt_text(best, line, x), draw(options.width), narrow=draw(NARROW))


def envelope_title(frontier: list[EnvelopePoint]) -> str:
    """The title: the run that is lowest at the end, and from how many FLOPs on."""
    *_, leader = (name for _, _, name in frontier)
    others = [ops for ops, _, name in frontier if name != leader]
    if not others:
        return f"{truncate(leader, 30)} is lowest for every number of operations"
    since = next(ops for ops, _, _ in frontier if ops > others[-1])
    return f"From {format_scientific(since)} operations on {truncate(leader, 20)} is lowest"


def valley_title(best: Mapping[str, Point], x: str) -> str:
    """The title: where the last valley is lowest."""
    name, (size, _) = list(best.items())[-1]
    return f"{truncate(name, 30)}: lowest at {format_x_with_unit(x, size)}"


def format_x(x: str, position: float) -> str:
    """A value on the x axis: 4·10⁸ (FLOPs), or 1,952 (a size)."""
    return format_scientific(position) if x == "flops" else format_compact(position)


def format_x_with_unit(x: str, position: float) -> str:
    """A value on the x axis with its unit: width 8; 1,952 parameters."""
    text = format_x(x, position)
    return f"width {text}" if x == "width" else f"{text} {noun_of(x)}"


def noun_of(x: str) -> str:
    """The quantity of the x axis in words."""
    return "operations" if x == "flops" else x


def add_envelope(drawing: LossScene, envelope: Points) -> None:
    """Add a broad pale line below the curves, and its legend."""
    pixels = tuple(drawing.to_pixels(*point) for point in decimate(envelope))
    band = Line(pixels if len(pixels) > 1 else 2 * pixels, GOLD, 9, opacity=0.25)
    shapes = drawing.scene.shapes
    shapes.insert(next(i for i, shape in enumerate(shapes) if isinstance(shape, Line)), band)
    if drawing.is_narrow:
        drawing.scene.height += NOTE_ROW + 6
    x, y = LEFT, drawing.scene.height - 13
    drawing.scene.add(Line(((x, y), (x + 22, y)), GOLD, 9, opacity=0.25))
    drawing.scene.add(Text(x + 34, y + 4, "lowest of all", 11, MUTED))


def add_points(
    drawing: LossScene, best: Mapping[str, Point], names: list[str], with_loss: bool
) -> None:
    """Add a ring for each point, in the colour of its run, with its loss if there is space."""
    for name, point in best.items():
        x, y = drawing.to_pixels(*point)
        colour = colour_of(name, names)
        drawing.scene.add(Circle(x, y, 4.5, PAPER, colour, 2))
        if with_loss:
            loss = f"{point[1]:{LOSS_FORMAT}}"
            drawing.scene.add(Text(x, y - 12, loss, 12, colour, "middle"))


def colour_of(name: str, names: list[str]) -> str:
    """The colour of a run; black for a point without a run."""
    return CATEGORIES[names.index(name) % len(CATEGORIES)] if name in names else INK


def alt_text(best: Mapping[str, Point], line: Series, x: str) -> str:
    """One sentence: each marked point, and the end of the fitted line."""
    preposition = "for" if x == "flops" else "at"
    parts = [
        f"{name} {loss:{LOSS_FORMAT}} {preposition} {format_x_with_unit(x, position)}"
        for name, (position, loss) in best.items()
    ]
    sentence = f"Loss against {noun_of(x)}: {'; '.join(parts)}."
    if line[0]:
        end = format_scientific(line[0][-1])
        sentence += f" The fitted line reaches {line[1][-1]:{LOSS_FORMAT}} at {end}."
    return sentence


def draw_scaling_on_axes(
    ax: "Axes",
    series: Mapping[str, Series],
    options: ChartOptions,
    best: Mapping[str, Point],
    envelope: Points,
) -> "Axes":
    """Draw the same chart with matplotlib; return `ax`."""
    if envelope:
        ax.plot(*zip(*envelope), color=GOLD, alpha=0.25, linewidth=7, label="lowest of all")
    draw_on_axes(ax, series, options, [])
    for name, point in best.items():
        colour = colour_of(name, list(series))
        ax.plot(*point, "o", markerfacecolor=PAPER, markeredgecolor=colour)
    return ax
