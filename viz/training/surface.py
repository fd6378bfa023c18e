"""A landscape of loss over two weights with the ways that were walked on it.

A map made of shapes; or, `solid`, a landscape to turn with the mouse (plotly) that carries the map
as its still. What leaves the map is drawn to its edge and said in words.
"""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from math import isfinite
from typing import Any

from viz.canvas.labels import format_number, truncate
from viz.canvas.palette import FAINT, GREEN, INK, MUTED, ORANGE, PURPLE, WHITE
from viz.canvas.picture import Picture
from viz.canvas.plotly import NO_TEMPLATE, PLOTLY_MIME, round_digits
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.ticks import linear_ticks
from viz.training.loss_grid import Interval, LossGrid, Point, loss_or_inf

MAP_WIDTH, LEFT, RIGHT, BOTTOM = 640, 54, 26, 44
MIN_HEIGHT, MAX_HEIGHT = 190, 400  # pixels of the map, between which both axes have one scale
PATH_COLOURS = (ORANGE, GREEN, PURPLE, INK)
MAX_DOTS = 100
EYE = {"x": 0.8, "y": -1.6, "z": 1.1}  # from where the solid one is seen first


def draw_surface(
    loss_at,
    paths=None,
    *,
    x_range: Interval,
    y_range: Interval,
    title: str = "",
    x_name: str = "x",
    y_name: str = "y",
    surface_3d: bool = False,
    ax=None,
) -> Picture:
    """The loss over two weights as a map, and the ways of descent on it.

    `loss_at` is a function of two numbers, or a grid of losses whose first row has the lowest y.
    `paths` is one path, a row of places (x, y), or a mapping name -> path. With `solid` it can be
    turned with the mouse where plotly is known, and is the map everywhere else.
    Raises:  ValueError for ranges that are none, places that are no pairs.
    Example: draw_surface(lambda x, y: x * x + y * y, [(3, 1), (1, 0)], x_range=(-4, 4),
        y_range=(-2, 2))
    """
    paths_by_name = to_paths(paths)
    top = 44 + 18 * len(paths_by_name)
    grid = LossGrid(loss_at, x_range, y_range, (LEFT, top, MAP_WIDTH, map_height(x_range, y_range)))
    picture = surface_picture(grid, grid.shapes(), paths_by_name, title, x_name, y_name)
    if surface_3d:
        picture.extra_mime = {
            PLOTLY_MIME: plotly_surface(grid, picture.data["paths"], x_name, y_name)
        }
    return picture.draw_on(ax) if ax is not None else picture


def surface_picture(
    grid: LossGrid,
    background: Sequence[Rect | Line],
    paths_by_name: Mapping[str, list[Point]],
    title: str,
    x_name: str = "x",
    y_name: str = "y",
) -> Picture:
    """The map with all ways on it. `ground` is drawn once and used for many pictures."""
    scene = Scene(LEFT + MAP_WIDTH + RIGHT, grid.top + grid.height + BOTTOM)
    scene.add(Text(16, 25, title, 15, weight="600"), *background)
    add_axes(scene, grid, x_name, y_name)
    summaries, finite = [], {}
    for n, (name, points) in enumerate(paths_by_name.items()):
        colour = PATH_COLOURS[n % len(PATH_COLOURS)]
        finite[name] = list(takewhile(lambda point: all(map(isfinite, point)), points))
        add_path(scene, grid, finite[name], colour)
        summaries.append(path_summary(name, finite[name], len(points), grid))
        scene.add(
            Text(
                LEFT, grid.top - 9 - 18 * (len(paths_by_name) - 1 - n), summaries[-1], 12.5, colour
            )
        )
    data = {"low": grid.low, "high": grid.high, "paths": finite}
    span = f"from {format_number(grid.low)} to {format_number(grid.high)}"
    alt = f"{title or 'Loss over two weights'}: {span} on the map."
    alt += f" {'; '.join(summaries)}." if summaries else ""
    return Picture(data, alt, scene)


def to_paths(given) -> dict[str, list[Point]]:
    """Raises: ValueError for what are no places."""
    if given is None:
        return {}
    named = given if isinstance(given, Mapping) else {"": given}
    return {str(name): [to_point(point) for point in path] for name, path in named.items()}


def to_point(given) -> Point:
    point = given.tolist() if hasattr(given, "tolist") else given
    try:
        x, y = map(float, point)
    except (TypeError, ValueError):
        raise ValueError(
            f"A path is a row of places, each a pair of numbers such as (3.0, 1.0); got {point!r}."
        ) from None
    return x, y


def map_height(x_range: Interval, y_range: Interval) -> int:
    """Pixels of the map's height: one scale for both axes where that looks like a map."""
    pixels = MAP_WIDTH * (y_range[1] - y_range[0]) / ((x_range[1] - x_range[0]) or 1)
    return round(min(MAX_HEIGHT, max(MIN_HEIGHT, pixels)))


def add_axes(scene: Scene, grid: LossGrid, x_name: str, y_name: str) -> None:
    bottom = grid.top + grid.height
    for x in linear_ticks(*grid.x_range):
        across = grid.to_pixels(x, grid.y_range[0])[0]
        scene.add(Text(across, bottom + 17, format_number(x), 11, MUTED, "middle"))
    for y in linear_ticks(*grid.y_range):
        up = grid.to_pixels(grid.x_range[0], y)[1]
        scene.add(Text(LEFT - 8, up + 4, format_number(y), 11, MUTED, "end"))
    axes = f"across: {x_name} · up: {y_name}"
    scene.add(Text(LEFT + MAP_WIDTH / 2, bottom + 35, axes, 12, MUTED, "middle"))
    scene.add(Rect(LEFT, grid.top, MAP_WIDTH, grid.height, "none", FAINT))


def add_path(scene: Scene, grid: LossGrid, points: list[Point], colour: str) -> None:
    """A line from place to place, a dot for each step, a ring at the start."""
    for start, end in zip(points, points[1:]):
        kept = clip_segment(grid, start, end)
        if kept and (grid.contains(*start) or grid.contains(*end)):  # else it only flies past
            scene.add(Line(tuple(grid.to_pixels(*point) for point in kept), colour, 1.8))
    visible_points = [point for point in points if grid.contains(*point)]
    if len(visible_points) <= MAX_DOTS:
        scene.add(*(Circle(*grid.to_pixels(*point), 2.4, colour) for point in visible_points[1:]))
    if points and grid.contains(*points[0]):
        scene.add(Circle(*grid.to_pixels(*points[0]), 5, WHITE, colour, 2))
    if len(points) > 1 and grid.contains(*points[-1]):
        scene.add(Circle(*grid.to_pixels(*points[-1]), 5, colour, WHITE, 1.5))


def clip_segment(grid: LossGrid, start: Point, end: Point) -> tuple[Point, Point] | None:
    """The part of a step that lies on the map, if there is one (Liang and Barsky 1984)."""
    first, last = 0.0, 1.0
    for start_value, end_value, (low, high) in zip(start, end, (grid.x_range, grid.y_range)):
        step = end_value - start_value
        if not step:
            if not low <= start_value <= high:
                return None
            continue
        enter, leave = sorted(((low - start_value) / step, (high - start_value) / step))
        first, last = max(first, enter), min(last, leave)
    if first >= last:
        return None
    (x0, y0), (x1, y1) = start, end
    x2, y2 = x0 + (x1 - x0) * last, y0 + (y1 - y0) * last
    return (x0 + (x1 - x0) * first, y0 + (y1 - y0) * first), (x2, y2)


def path_summary(name: str, points: list[Point], n_points: int, grid: LossGrid) -> str:
    """Where a way has come to, in words."""
    prefix = f"{truncate(name, 40)}: " if name else ""
    if not points:
        return f"{prefix}no place that is a number"
    steps = len(points) - 1
    if len(points) < n_points:
        return f"{prefix}flew off; after step {steps} its numbers are larger than any float"
    text = f"{prefix}step {steps}, loss {format_number(loss_or_inf(grid.loss_at, *points[-1]))}"
    return text if grid.contains(*points[-1]) else f"{text}, off the map"


def plotly_surface(
    grid: LossGrid, paths_by_name: Mapping[str, list[Point]], x_name: str, y_name: str
) -> dict:
    """The same as a landscape to turn, in plotly's JSON. Numbers have three digits.

    Left out on purpose: plotly itself, which loads slowly and is not in every browser's Python.
    """
    stride = slice(None, None, 2)  # half of the grid in each direction is smooth enough
    z = [round_digits([h if isfinite(h) else None for h in row[stride]]) for row in grid.losses]
    traces: list[dict[str, Any]] = [
        {
            "type": "surface",
            "x": round_digits(grid.xs[stride]),
            "y": round_digits(grid.ys[stride]),
            "z": z[stride],
            "colorscale": [[0, grid.colour(0)], [1, grid.colour(10)]],
            "showscale": False,
        }
    ]
    for n, (name, points) in enumerate(paths_by_name.items()):
        visible_points = list(takewhile(lambda point: grid.contains(*point), points))
        lift = (grid.high - grid.low) / 100  # or the line would half sink into the ground
        losses = [loss_or_inf(grid.loss_at, *point) + lift for point in visible_points]
        xs, ys = (
            round_digits([x for x, _ in visible_points]),
            round_digits([y for _, y in visible_points]),
        )
        trace: dict[str, Any] = {"type": "scatter3d", "name": name or "path"}
        trace |= {"x": xs, "y": ys, "z": round_digits(losses), "mode": "lines+markers"}
        colour = PATH_COLOURS[n % len(PATH_COLOURS)]
        trace |= {"marker": {"size": 3, "color": colour}, "line": {"color": colour, "width": 5}}
        traces.append(trace)
    titles = {"xaxis": x_name, "yaxis": y_name, "zaxis": "loss"}
    view = {"aspectratio": {"x": 1.5, "y": 1, "z": 0.7}, "camera": {"eye": EYE}}
    layout = {
        "template": NO_TEMPLATE,
        "width": LEFT + MAP_WIDTH + RIGHT,
        "height": 460,
        "scene": view | {axis: {"title": {"text": text}} for axis, text in titles.items()},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    }
    return {"data": traces, "layout": layout}
