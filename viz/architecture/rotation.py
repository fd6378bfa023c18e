"""RoPE: the same vector at several positions, as arrows in the plane, one row for each pair.

Each pair of numbers of a query or key is an arrow, and its position rotates it: the first pair
fast, the last one hardly at all.
"""

from math import atan2, cos, hypot, sin
from typing import TYPE_CHECKING, Any

from viz.canvas.arrays import to_numbers
from viz.canvas.labels import truncate
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene
from viz.canvas.palette import BLUE, FAINT, LINE, MUTED, PAPER
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Line, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

LEFT, TOP, CELL, RADIUS = 150.0, 66.0, 74.0, 27.0
PHONE_CELL = 36.0  # pixels, at least


def draw_rotation(
    pairs: "ArrayLike",
    *,
    names: "list[str] | None" = None,
    columns: "list[str] | None" = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw arrows: a row for each pair of numbers, a column for each position.

    Args:
        pairs: The two numbers of each pair at each position, shape (pairs, positions, 2).
        names: A name for each row.
        columns: A name for each column; None: the positions 0, 1, ...
        title: Title of the picture.
        ax: Axes of matplotlib to draw on; they are returned.

    Returns:
        The picture; `.data["angles"]` has the direction of each arrow in radians.

    Raises:
        ValueError: If the shape is another one, or names are missing.

    Example:
        >>> draw_rotation([[[1, 0], [0, 1]]]).data["angles"][0]
        [0.0, 1.5707963267948966]
    """
    rows = to_rows(pairs)
    width = len(rows[0])
    names = names or [f"pair {i}" for i in range(len(rows))]
    columns = columns or [str(p) for p in range(width)]
    if len(names) != len(rows) or len(columns) != width:
        raise ValueError(
            f"{len(rows)} rows of {width} arrows need as many names; got {len(names)} names and "
            f"{len(columns)} columns."
        )
    scene = Scene(LEFT + CELL * width + 16, TOP + CELL * len(rows) + 12)
    scene.add(Text(16, 25, title, 15, weight="600"))
    longest = max(hypot(*point) for row in rows for point in row) or 1.0
    for column, word in enumerate(columns):
        x = LEFT + CELL * (column + 0.5)
        scene.add(Text(x, 54, truncate(word, 9), 12, MUTED, "middle"))
    for i, (row, name) in enumerate(zip(rows, names)):
        y = TOP + CELL * (i + 0.5)
        scene.add(Text(16, y + 4, truncate(name, 18), 12.5))
        for column, (a, b) in enumerate(row):
            x = LEFT + CELL * (column + 0.5)
            add_arrow(scene, x, y, a / longest, b / longest, RADIUS)
    angles = [[atan2(b, a) for a, b in row] for row in rows]
    alt = f"{title or 'Arrows'}: {len(rows)} pairs of numbers at {width} positions."
    narrow = phone_scene(rows, names, columns, title, longest)
    picture = Picture({"angles": angles}, alt, scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def phone_scene(
    rows: list[list[tuple[float, float]]],
    names: list[str],
    columns: list[str],
    title: str,
    longest: float,
) -> Scene:
    """Each name above its row; a long row in several lines."""
    scene = phone_title_scene(title)
    most = int((NARROW - 2 * MARGIN) / PHONE_CELL)
    lines = -(-len(columns) // most)
    per_line = -(-len(columns) // lines)
    cell = min(CELL, (NARROW - 2 * MARGIN) / per_line)
    for row, name in zip(rows, names):
        scene.add(Text(MARGIN, scene.height + 12, truncate(name, 48), 12.5))
        for start in range(0, len(row), per_line):
            for column, (a, b) in enumerate(row[start : start + per_line]):
                x, y = MARGIN + cell * (column + 0.5), scene.height + 34
                word = truncate(columns[start + column], int(cell / 6.4))
                scene.add(Text(x, y, word, 11, MUTED, "middle"))
                radius = 0.42 * cell
                add_arrow(scene, x, y + 8 + radius, a / longest, b / longest, radius)
            scene.height += 26 + cell
        scene.height += 20
    return scene


def to_rows(pairs: "ArrayLike") -> list[list[tuple[float, float]]]:
    """Read the arrows; raises ValueError if they are not rows of pairs, all of one length."""
    listed: Any = pairs.tolist() if hasattr(pairs, "tolist") else pairs
    rows = [[tuple(to_numbers(point, "an arrow")) for point in row] for row in listed]
    sizes = {len(point) for row in rows for point in row}
    if sizes != {2} or len({len(row) for row in rows}) != 1:
        raise ValueError("pairs must have the shape (pairs, positions, 2), with at least one each.")
    return rows  # type: ignore[return-value]  # two numbers each, as checked


def add_arrow(scene: Scene, x: float, y: float, right: float, up: float, radius: float) -> None:
    """Add a circle and an arrow from its centre.

    Args:
        scene: Where to draw.
        x: Centre of the circle.
        y: Centre of the circle, downwards.
        right: How far the arrow goes to the right, as a share of the radius.
        up: How far it goes up, as a share of the radius.
        radius: Of the circle.
    """
    scene.add(Circle(x, y, radius, PAPER, LINE, 1))
    scene.add(Line(((x, y), (x + radius, y)), FAINT, 1))
    tip, angle = (x + radius * right, y - radius * up), atan2(-up, right)
    scene.add(Line(((x, y), tip), BLUE, 2.4))
    for side in (2.6, -2.6):
        length = min(8, radius / 2)
        barb = (tip[0] + length * cos(angle + side), tip[1] + length * sin(angle + side))
        scene.add(Line((tip, barb), BLUE, 2.4))
