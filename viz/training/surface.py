"""A loss over two weights as a map, with the paths of optimizers on it.

With `surface_3d` the picture is a plotly surface where plotly is known, and the map elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from viz.canvas.labels import format_number, truncate
from viz.canvas.pages import MARGIN, NARROW, heading_scene, wrapped
from viz.canvas.palette import FAINT, GREEN, INK, MUTED, ORANGE, PURPLE, WHITE
from viz.canvas.picture import NO_TEMPLATE, PLOTLY_MIME, Picture, round_digits
from viz.canvas.scene import Circle, Line, Rect, Scene, Text, translate
from viz.canvas.ticks import linear_ticks
from viz.training.loss_grid import Interval, LossGrid, LossLike, Point, check_range, loss_or_inf

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

MAP_WIDTH, LEFT, RIGHT, BOTTOM = 640, 54, 26, 44
MIN_NARROW_HEIGHT = 150.0  # of the map on a phone
MIN_HEIGHT, MAX_HEIGHT = 190, 400  # pixels of the map; between them both axes have one scale
PATH_COLOURS = (ORANGE, GREEN, PURPLE, INK)
MAX_DOTS = 100
EYE = {"x": 0.8, "y": -1.6, "z": 1.1}  # where the camera of plotly is at the beginning
CENTRE = {"x": 0, "y": 0, "z": -0.3}  # what the camera looks at: the names of the axes are below
ON_ANY_PAGE = "#767b84"  # contrast above 4 on white and on the dark page of JupyterLab
# One path, shape (n, 2), or paths by name.
PathsLike: TypeAlias = "ArrayLike | Mapping[str, ArrayLike]"


def draw_surface(
    loss_at: LossLike,
    paths: "PathsLike | None" = None,
    *,
    x_range: Interval,
    y_range: Interval,
    title: str = "",
    x_name: str = "x",
    y_name: str = "y",
    surface_3d: bool = False,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw a loss over two weights as a map, with the paths of optimizers on it.

    Args:
        loss_at: Function of two weights, or an array of losses whose first row has the lowest y,
            shape (rows, columns).
        paths: One path, shape (n, 2), or paths by name.
        x_range: Ends of the x axis.
        y_range: Ends of the y axis.
        title: Title of the map.
        x_name: Name of the first weight.
        y_name: Name of the second weight.
        surface_3d: Whether a surface to turn with the mouse is shown where plotly is known.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The map; `.data` has "low" and "high", the range of the loss, and "paths".

    Raises:
        ValueError: If a range is empty, if no loss is finite, or if a path has no pairs of numbers.

    Example:
        >>> def bowl(x, y):
        ...     return x * x + y * y
        >>> draw_surface(bowl, [(3, 1), (1, 0)], x_range=(-4, 4), y_range=(-2, 2)).data["paths"]
        {'': [(3.0, 1.0), (1.0, 0.0)]}
    """
    x_range, y_range = check_range(x_range, "x"), check_range(y_range, "y")
    paths_by_name = to_paths(paths)
    top = 44 + 18 * len(paths_by_name)
    grid = LossGrid(loss_at, x_range, y_range, (LEFT, top, MAP_WIDTH, map_height(x_range, y_range)))
    picture = surface_picture(grid, grid.shapes(), paths_by_name, title, x_name, y_name)
    if surface_3d:
        picture.extra_mime = {
            PLOTLY_MIME: plotly_surface(grid, picture.data["paths"], x_name, y_name, title)
        }
    return picture.draw_on(ax) if ax is not None else picture


def surface_picture(
    grid: LossGrid,
    background: Sequence[Rect | Line],
    paths: Mapping[str, list[Point]],
    title: str,
    x_name: str = "x",
    y_name: str = "y",
) -> Picture:
    """The map with all paths. The shapes of the background can be used for many pictures."""
    scene = Scene(LEFT + MAP_WIDTH + RIGHT, grid.top + grid.height + BOTTOM)
    scene.add(Text(16, 25, title, 15, weight="600"), *background)
    add_axes(scene, grid, x_name, y_name)
    summaries, finite = [], {}
    for n, (name, points) in enumerate(paths.items()):
        y = grid.top - 9 - 18 * (len(paths) - 1 - n)
        colour = PATH_COLOURS[n % len(PATH_COLOURS)]
        finite[name] = list(takewhile(lambda point: all(map(isfinite, point)), points))
        add_path(scene, grid, finite[name], colour)
        summaries.append(path_summary(name, finite[name], len(points), grid))
        scene.add(Text(LEFT, y, summaries[-1], 12.5, colour))
    data = {"low": grid.low, "high": grid.high, "paths": finite}
    span = f"from {format_number(grid.low)} to {format_number(grid.high)}"
    alt = f"{title or 'Loss over two weights'}: {span} on the map."
    alt += f" {'; '.join(summaries)}." if summaries else ""
    narrow = narrow_scene(grid, dict(zip(summaries, finite.values())), title, (x_name, y_name))
    return Picture(data, alt, scene, narrow=narrow)


def narrow_scene(
    grid: LossGrid, paths: Mapping[str, list[Point]], title: str, names: tuple[str, str]
) -> Scene:
    """The map for a phone. The paths are named by their summaries, which wrap."""
    words = heading_scene(title, NARROW)
    for n, summary in enumerate(paths):
        colour = PATH_COLOURS[n % len(PATH_COLOURS)]
        first = Text(MARGIN, words.height + 12, summary, 12.5, colour)
        lines = wrapped(first, NARROW - 2 * MARGIN, 17)
        words.add(*lines)
        words.height = lines[-1].y + 6
    width = NARROW - LEFT - MARGIN
    height = max(MIN_NARROW_HEIGHT, grid.height * width / MAP_WIDTH)
    top = words.height + 6
    shapes = [translate(shape, dy=top) for shape in grid.background_at((LEFT, 0, width, height))]
    map_grid = grid.resized((LEFT, top, width, height))
    scene = Scene(NARROW, map_grid.top + height + BOTTOM, [*words.shapes, *shapes])
    add_axes(scene, map_grid, *names, about=4)
    for n, points in enumerate(paths.values()):
        add_path(scene, map_grid, points, PATH_COLOURS[n % len(PATH_COLOURS)])
    return scene


def to_paths(given: "PathsLike | None") -> dict[str, list[Point]]:
    """Paths by name; a single path has the name "". Raises: ValueError for anything else."""
    if given is None:
        return {}
    named = given if isinstance(given, Mapping) else {"": given}
    return {
        # A single number is not a path; to_point says so.
        str(name): [to_point(point) for point in (path if isinstance(path, Iterable) else [path])]
        for name, path in named.items()
    }


def to_point(given: object) -> Point:
    """Raises: ValueError unless there is a pair of numbers."""
    point: Any = given.tolist() if hasattr(given, "tolist") else given
    try:
        x, y = map(float, point)
    except (TypeError, ValueError):
        raise ValueError(
            f"A path is a sequence of points, each a pair of numbers such as (3.0, 1.0); got "
            f"{point!r:.60}."
        ) from None
    return x, y


def map_height(x_range: Interval, y_range: Interval) -> int:
    """The height of the map in pixels: both axes have the same scale if that is possible."""
    pixels = MAP_WIDTH * (y_range[1] - y_range[0]) / (x_range[1] - x_range[0])
    return round(min(MAX_HEIGHT, max(MIN_HEIGHT, pixels)))


def add_axes(scene: Scene, grid: LossGrid, x_name: str, y_name: str, about: int = 5) -> None:
    """Add ticks, the names of the weights, and a frame."""
    add_ticks(scene, grid, about)
    bottom, axes = grid.top + grid.height, axes_sentence(x_name, y_name)
    below = Text(LEFT + grid.width / 2, bottom + 35, axes, 12, MUTED, "middle")
    lines = [below] if grid.width == MAP_WIDTH else wrapped(below, grid.width)
    scene.add(*lines)
    scene.height += lines[-1].y - below.y


def axes_sentence(x_name: str, y_name: str) -> str:
    """Which weight is on which axis."""
    return f"horizontal: {x_name} · vertical: {y_name}"


def add_ticks(scene: Scene, grid: LossGrid, about: int = 5) -> None:
    """Add ticks and a frame."""
    bottom = grid.top + grid.height
    for x in linear_ticks(*grid.x_range, about):
        across = grid.to_pixels(x, grid.y_range[0])[0]
        scene.add(Text(across, bottom + 17, format_number(x), 11, MUTED, "middle"))
    for y in linear_ticks(*grid.y_range, about):
        up = grid.to_pixels(grid.x_range[0], y)[1]
        scene.add(Text(LEFT - 8, up + 4, format_number(y), 11, MUTED, "end"))
    scene.add(Rect(LEFT, grid.top, grid.width, grid.height, "none", FAINT))


def add_path(scene: Scene, grid: LossGrid, points: list[Point], colour: str) -> None:
    """Add a line, a dot for each step, and a ring at the start."""
    for start, end in zip(points, points[1:]):
        kept = clip_segment(grid, start, end)
        if kept and (grid.contains(*start) or grid.contains(*end)):  # not a step across the map
            scene.add(Line(tuple(grid.to_pixels(*point) for point in kept), colour, 1.8))
    visible = [point for point in points if grid.contains(*point)]
    if len(visible) <= MAX_DOTS:
        scene.add(*(Circle(*grid.to_pixels(*point), 2.4, colour) for point in visible[1:]))
    if points and grid.contains(*points[0]):
        scene.add(Circle(*grid.to_pixels(*points[0]), 5, WHITE, colour, 2))
    if len(points) > 1 and grid.contains(*points[-1]):
        scene.add(Circle(*grid.to_pixels(*points[-1]), 5, colour, WHITE, 1.5))


def clip_segment(grid: LossGrid, start: Point, end: Point) -> tuple[Point, Point] | None:
    """The part of a step that is on the map (Liang and Barsky 1984); None if there is none."""
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
    """The end of a path in words."""
    prefix = f"{truncate(name, 40)}: " if name else ""
    if not points:
        return f"{prefix}no finite point"
    steps = len(points) - 1
    if len(points) < n_points:
        return f"{prefix}flew off; after step {steps} its numbers are larger than any float"
    text = f"{prefix}step {steps}, loss {format_number(loss_or_inf(grid.loss_at, *points[-1]))}"
    return text if grid.contains(*points[-1]) else f"{text}, off the map"


def plotly_surface(
    grid: LossGrid, paths: Mapping[str, list[Point]], x_name: str, y_name: str, title: str
) -> dict[str, Any]:
    """The surface in plotly's JSON, without importing plotly. Numbers have three digits."""
    stride = slice(None, None, 2)  # half of the grid is smooth enough
    z = [round_digits([v if isfinite(v) else None for v in row[stride]]) for row in grid.losses]
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
    for n, (name, points) in enumerate(paths.items()):
        visible = list(takewhile(lambda point: grid.contains(*point), points))
        lift = (grid.high - grid.low) / 100  # so that the line is above the surface
        losses = [loss_or_inf(grid.loss_at, *point) + lift for point in visible]
        colour = PATH_COLOURS[n % len(PATH_COLOURS)]
        traces.append(
            {
                "type": "scatter3d",
                "name": name or "path",
                "x": round_digits([x for x, _ in visible]),
                "y": round_digits([y for _, y in visible]),
                "z": round_digits(losses),
                "mode": "lines+markers",
                "marker": {"size": 3, "color": colour},
                "line": {"color": colour, "width": 5},
            }
        )
    titles = {"xaxis": x_name, "yaxis": y_name, "zaxis": "loss"}
    view = {"aspectratio": {"x": 1.5, "y": 1, "z": 0.7}, "camera": {"eye": EYE, "center": CENTRE}}
    lines = {"gridcolor": ON_ANY_PAGE, "zerolinecolor": ON_ANY_PAGE}
    layout = {
        "template": NO_TEMPLATE,
        "width": LEFT + MAP_WIDTH + RIGHT,
        "height": 500,
        "title": {"text": title, "x": 0.02, "y": 0.97},
        "showlegend": len(paths) > 1,
        "legend": {"x": 0.02, "y": 0.92},
        "font": {"color": ON_ANY_PAGE},
        "paper_bgcolor": "rgba(0,0,0,0)",  # plotly paints on the page, dark or light
        "scene": view | {axis: lines | {"title": {"text": text}} for axis, text in titles.items()},
        "margin": {"l": 0, "r": 0, "t": 30, "b": 0},
    }
    return {"data": traces, "layout": layout}
