"""A rectangle in which nothing happens: pale, with slanting lines, drawn as one path."""

from viz.canvas.palette import LINE, PAPER
from viz.canvas.scene import Line, Point, Rect, Scene

STEP = 6.0  # pixels between two lines


def add_hatched(
    scene: Scene, x: float, y: float, width: float, height: float, fill: str = PAPER
) -> None:
    """Add a hatched rectangle.

    Args:
        scene: Where it is drawn.
        x: Its left side.
        y: Its upper side.
        width: Its width.
        height: Its height.
        fill: The colour between the lines.
    """
    scene.add(Rect(x, y, width, height, fill, LINE, 0.6))
    points = hatch_points(width, height)
    if len(points) > 1:
        scene.add(Line(tuple((x + dx, y + dy) for dx, dy in points), LINE, 0.7))


def hatch_points(width: float, height: float, step: float = STEP) -> list[Point]:
    """The slanting lines of a rectangle at (0, 0), joined along its sides into one path.

    Args:
        width: Of the rectangle.
        height: Of the rectangle.
        step: Pixels between two lines, to the right.

    Returns:
        The corners of the path.
    """
    points: list[Point] = []
    for i in range(1, int((width + height) / step) + 1):
        reach = i * step  # the line from (reach, 0) down to the left to (0, reach)
        upper = (reach, 0.0) if reach <= width else (width, reach - width)
        lower = (0.0, reach) if reach <= height else (reach - height, height)
        ends = [upper, lower] if i % 2 else [lower, upper]
        if points:
            points += corner(points[-1], ends[0], width, height)
        points += ends
    return points


def corner(one: Point, other: Point, width: float, height: float) -> list[Point]:
    """The corner between two points on different sides; none if they are on the same side."""
    if one[1] == 0 and other[1] > 0 and one[0] < width:
        return [(width, 0.0)]
    if one[0] == 0 and other[0] > 0 and one[1] < height:
        return [(0.0, height)]
    return []
