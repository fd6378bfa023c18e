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
from viz.training.loss_grid import Landscape, Point, Range, height

WIDE, LEFT, RIGHT, BOTTOM = 640, 54, 26, 44
LOWEST, TALLEST = 190, 400  # pixels of the map, between which both axes have one scale
WAYS = (ORANGE, GREEN, PURPLE, INK)
MOST_DOTS = 100
EYE = {"x": 0.8, "y": -1.6, "z": 1.1}  # from where the solid one is seen first


def draw_surface(
    loss_at,
    paths=None,
    *,
    x_range: Range,
    y_range: Range,
    title: str = "",
    x_name: str = "x",
    y_name: str = "y",
    solid: bool = False,
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
    ways = to_paths(paths)
    top = 44 + 18 * len(ways)
    land = Landscape(loss_at, x_range, y_range, (LEFT, top, WIDE, tall_of(x_range, y_range)))
    picture = picture_of(land, land.shapes(), ways, title, x_name, y_name)
    if solid:
        picture.more = {PLOTLY_MIME: solid_of(land, picture.data["paths"], x_name, y_name)}
    return picture.draw_on(ax) if ax is not None else picture


def picture_of(
    land: Landscape,
    ground: Sequence[Rect | Line],
    ways: Mapping[str, list[Point]],
    title: str,
    x_name: str = "x",
    y_name: str = "y",
) -> Picture:
    """The map with all ways on it. `ground` is drawn once and used for many pictures."""
    scene = Scene(LEFT + WIDE + RIGHT, land.top + land.tall + BOTTOM)
    scene.add(Text(16, 25, title, 15, weight="600"), *ground)
    add_axes(scene, land, x_name, y_name)
    told, known = [], {}
    for n, (name, places) in enumerate(ways.items()):
        colour = WAYS[n % len(WAYS)]
        known[name] = list(takewhile(lambda place: all(map(isfinite, place)), places))
        add_way(scene, land, known[name], colour)
        told.append(tell(name, known[name], len(places), land))
        scene.add(Text(LEFT, land.top - 9 - 18 * (len(ways) - 1 - n), told[-1], 12.5, colour))
    data = {"low": land.low, "high": land.high, "paths": known}
    span = f"from {format_number(land.low)} to {format_number(land.high)}"
    alt = f"{title or 'Loss over two weights'}: {span} on the map."
    alt += f" {'; '.join(told)}." if told else ""
    return Picture(data, alt, scene)


def to_paths(given) -> dict[str, list[Point]]:
    """Raises: ValueError for what are no places."""
    if given is None:
        return {}
    named = given if isinstance(given, Mapping) else {"": given}
    return {str(name): [to_place(place) for place in path] for name, path in named.items()}


def to_place(given) -> Point:
    place = given.tolist() if hasattr(given, "tolist") else given
    try:
        x, y = map(float, place)
    except (TypeError, ValueError):
        raise ValueError(
            f"A path is a row of places, each a pair of numbers such as (3.0, 1.0); got {place!r}."
        ) from None
    return x, y


def tall_of(x_range: Range, y_range: Range) -> int:
    """Pixels of the map's height: one scale for both axes where that looks like a map."""
    tall = WIDE * (y_range[1] - y_range[0]) / ((x_range[1] - x_range[0]) or 1)
    return round(min(TALLEST, max(LOWEST, tall)))


def add_axes(scene: Scene, land: Landscape, x_name: str, y_name: str) -> None:
    bottom = land.top + land.tall
    for x in linear_ticks(*land.x_range):
        across = land.place(x, land.y_range[0])[0]
        scene.add(Text(across, bottom + 17, format_number(x), 11, MUTED, "middle"))
    for y in linear_ticks(*land.y_range):
        up = land.place(land.x_range[0], y)[1]
        scene.add(Text(LEFT - 8, up + 4, format_number(y), 11, MUTED, "end"))
    axes = f"across: {x_name} · up: {y_name}"
    scene.add(Text(LEFT + WIDE / 2, bottom + 35, axes, 12, MUTED, "middle"))
    scene.add(Rect(LEFT, land.top, WIDE, land.tall, "none", FAINT))


def add_way(scene: Scene, land: Landscape, places: list[Point], colour: str) -> None:
    """A line from place to place, a dot for each step, a ring at the start."""
    for start, end in zip(places, places[1:]):
        kept = on_the_map(land, start, end)
        if kept and (land.inside(*start) or land.inside(*end)):  # else it only flies past
            scene.add(Line(tuple(land.place(*place) for place in kept), colour, 1.8))
    seen = [place for place in places if land.inside(*place)]
    if len(seen) <= MOST_DOTS:
        scene.add(*(Circle(*land.place(*place), 2.4, colour) for place in seen[1:]))
    if places and land.inside(*places[0]):
        scene.add(Circle(*land.place(*places[0]), 5, WHITE, colour, 2))
    if len(places) > 1 and land.inside(*places[-1]):
        scene.add(Circle(*land.place(*places[-1]), 5, colour, WHITE, 1.5))


def on_the_map(land: Landscape, start: Point, end: Point) -> tuple[Point, Point] | None:
    """The part of a step that lies on the map, if there is one (Liang and Barsky 1984)."""
    first, last = 0.0, 1.0
    for here, then, (low, high) in zip(start, end, (land.x_range, land.y_range)):
        step = then - here
        if not step:
            if not low <= here <= high:
                return None
            continue
        enter, leave = sorted(((low - here) / step, (high - here) / step))
        first, last = max(first, enter), min(last, leave)
    if first >= last:
        return None
    (x0, y0), (x1, y1) = start, end
    x2, y2 = x0 + (x1 - x0) * last, y0 + (y1 - y0) * last
    return (x0 + (x1 - x0) * first, y0 + (y1 - y0) * first), (x2, y2)


def tell(name: str, places: list[Point], wanted: int, land: Landscape) -> str:
    """Where a way has come to, in words."""
    head = f"{truncate(name, 40)}: " if name else ""
    if not places:
        return f"{head}no place that is a number"
    steps = len(places) - 1
    if len(places) < wanted:
        return f"{head}flew off; after step {steps} its numbers are larger than any float"
    text = f"{head}step {steps}, loss {format_number(height(land.loss_at, *places[-1]))}"
    return text if land.inside(*places[-1]) else f"{text}, off the map"


def solid_of(land: Landscape, ways: Mapping[str, list[Point]], x_name: str, y_name: str) -> dict:
    """The same as a landscape to turn, in plotly's JSON. Numbers have three digits.

    Left out on purpose: plotly itself, which loads slowly and is not in every browser's Python.
    """
    every = slice(None, None, 2)  # half of the grid in each direction is smooth enough
    heights = [
        round_digits([h if isfinite(h) else None for h in row[every]]) for row in land.heights
    ]
    traces: list[dict[str, Any]] = [
        {
            "type": "surface",
            "x": round_digits(land.xs[every]),
            "y": round_digits(land.ys[every]),
            "z": heights[every],
            "colorscale": [[0, land.colour(0)], [1, land.colour(10)]],
            "showscale": False,
        }
    ]
    for n, (name, places) in enumerate(ways.items()):
        seen = list(takewhile(lambda place: land.inside(*place), places))
        lift = (land.high - land.low) / 100  # or the line would half sink into the ground
        losses = [height(land.loss_at, *place) + lift for place in seen]
        xs, ys = round_digits([x for x, _ in seen]), round_digits([y for _, y in seen])
        way: dict[str, Any] = {"type": "scatter3d", "name": name or "path"}
        way |= {"x": xs, "y": ys, "z": round_digits(losses), "mode": "lines+markers"}
        colour = WAYS[n % len(WAYS)]
        way |= {"marker": {"size": 3, "color": colour}, "line": {"color": colour, "width": 5}}
        traces.append(way)
    titles = {"xaxis": x_name, "yaxis": y_name, "zaxis": "loss"}
    view = {"aspectratio": {"x": 1.5, "y": 1, "z": 0.7}, "camera": {"eye": EYE}}
    layout = {
        "template": NO_TEMPLATE,
        "width": LEFT + WIDE + RIGHT,
        "height": 460,
        "scene": view | {axis: {"title": {"text": text}} for axis, text in titles.items()},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    }
    return {"data": traces, "layout": layout}
