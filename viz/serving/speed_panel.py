"""A small chart of curves with a line at 1, below which everything is slower than without."""

from collections.abc import Mapping

from viz.canvas.palette import CATEGORIES, INK, NEGATIVE, PAPER, blend
from viz.canvas.scene import Circle, Line, Rect, Scene, Shape, Text
from viz.curves.loss_scene import BOTTOM, LEFT, RIGHT, ChartOptions, LossScene
from viz.curves.series import Series

HEIGHT = 270.0
TOP_ROOM, LOW = 1.05, 0.6  # the axis reaches at least that far: the words below 1 need room


def curve_panel(
    series: Mapping[str, Series],
    unit: str,
    x_label: str,
    width: float,
    *,
    reference: Mapping[str, Series] | None = None,
    log_x: bool = False,
    slower: str = "",
) -> Scene:
    """Draw curves with a dot at each point.

    Args:
        series: Steps and values of each curve, by name.
        unit: Of the y axis.
        x_label: Of the x axis.
        width: Of the panel, in pixels.
        reference: Dashed curves.
        log_x: Whether the x axis is logarithmic.
        slower: What a value below 1 means, such as "slower than fp32". That part is shaded.
    """
    xs = sorted({x for steps, _ in series.values() for x in steps})
    room = [(xs[0], LOW), (xs[0], TOP_ROOM)] if slower else [(xs[0], 1.0)]
    options = ChartOptions(
        unit=unit,
        x_label=x_label,
        log_x=log_x,
        smooth=False,
        value_format="",
        width=width,
        height=HEIGHT,
        x_ticks=dict(zip(xs, map("{:g}".format, xs))),
        points=room,
        reference=reference or {},
    )
    chart = LossScene(series, options)
    for (steps, values), colour in zip(series.values(), CATEGORIES * len(series)):
        for point in zip(steps, values):
            chart.scene.add(Circle(*chart.to_pixels(*point), 3.6, colour, PAPER, 1))
    if slower:
        mark_slower(chart, slower)
    return chart.scene


def mark_slower(chart: LossScene, words: str) -> None:
    """Shade what is below 1."""
    y, bottom = chart.to_pixels(chart.first, 1.0)[1], chart.scene.height - BOTTOM
    right = chart.scene.width - RIGHT
    fill = blend(PAPER, NEGATIVE, 0.13)
    below: list[Shape] = [
        Rect(LEFT, y, right - LEFT, bottom - y, fill),
        Line(((LEFT, y), (right, y)), INK, 1.2),
        Text(LEFT + 6, bottom - 6, words, 11, INK, weight="600"),
    ]
    chart.scene.shapes[0:0] = below
