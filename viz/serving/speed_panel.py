"""A small chart of curves with a line at 1, below which everything is slower than without."""

from collections.abc import Mapping, Sequence

from viz.canvas.labels import title_width, truncate
from viz.canvas.palette import CATEGORIES, INK, MUTED, NEGATIVE, PAPER, blend
from viz.canvas.scene import Circle, Line, Rect, Scene, Shape, Text, hstack, vstack
from viz.canvas.wrapping import wrap_text
from viz.curves.loss_scene import BOTTOM, LEFT, RIGHT, ChartOptions, LossScene
from viz.curves.series import Series

WIDTH, NARROW, MARGIN = 760.0, 358.0, 16.0
HEIGHT = 270.0
TOP_ROOM, LOW = 1.05, 0.9  # the axis reaches at least that far above and below 1


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


def page_of(title: str, panels: Sequence[Scene], note: str = "") -> Scene:
    """The panels beside each other below a title, with their lower sides level."""
    width = max(WIDTH, title_width(title))
    head = Scene(width, 34)
    head.add(Text(MARGIN, 25, title, 15, weight="600"))
    lowest = max(panel.height for panel in panels)
    level = [vstack(Scene(panel.width, lowest - panel.height), panel) for panel in panels]
    return vstack(head, hstack(*level), note_scene(note, width))


def phone_page_of(title: str, panels: Sequence[Scene], note: str = "") -> Scene:
    """The panels below each other, with a title in several lines."""
    head = Scene(NARROW, 10)
    for line in wrap_text(title, 38, 5):
        head.height += 19
        head.add(Text(MARGIN, head.height, line, 14.5, weight="600"))
    head.height += 6
    return vstack(head, *panels, note_scene(note, NARROW))


def capitalized(name: str, letters: int) -> str:
    """The name at the beginning of a sentence, at most so many letters of it."""
    return truncate(name[:1].upper() + name[1:], letters)


def note_scene(note: str, width: float) -> Scene:
    """A remark in as many lines as it needs."""
    scene = Scene(width, 4)
    for line in wrap_text(note, int((width - 2 * MARGIN) / 6.4), 6) if note else []:
        scene.add(Text(MARGIN, scene.height + 12, line, 12, MUTED))
        scene.height += 16
    scene.height += 8 if note else 0
    return scene
