"""Where the parameters are: a treemap, each part a rectangle as large as its count.

Source: Bruls, Huizing and van Wijk 2000, "Squarified Treemaps".
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from viz.canvas.labels import title_width, truncate
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene
from viz.canvas.palette import INK, PAPER, WHITE, blend, part_colour
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 800.0, 340.0
PHONE_HEIGHT = 400.0
NOTE_COLUMN = 326.0  # pixels, at least
Parts = Mapping[str, Any]  # name -> count, or name -> Parts
Path = tuple[str, ...]  # the names that lead to a count
Leaf = tuple[Path, int]
Rectangle = tuple[float, float, float, float]  # x, y, width, height
Key = TypeVar("Key", str, Path)


def draw_parameters(parts: Parts, *, title: str = "", ax: "Axes | None" = None) -> Picture:
    """Draw a treemap of parameter counts: areas to scale, parts of one group next to each other.

    Args:
        parts: Mapping name -> count, or name -> mapping of the same kind.
        title: Title of the picture, instead of the total.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with all counts in `.data`; or `ax`, if given.

    Raises:
        ValueError: If a count is not a whole number of 0 or more, or all counts are 0.

    Example:
        >>> draw_parameters({"mlp": 56, "embeddings": {"tokens": 38, "positions": 1}})
        Picture: Where the 95 parameters are: mlp 56 (58.9%), embeddings 39 (41.1%).

    Source: Bruls, Huizing and van Wijk 2000, "Squarified Treemaps".
    """
    leaves = flatten(parts)
    total = sum(count for _, count in leaves)
    if not total:
        raise ValueError("There is nothing to draw: all counts together are 0.")
    title = title or f"Where the {total:,} parameters are"
    scene = Scene(max(WIDTH + 2 * MARGIN, title_width(title)), 0)
    scene.add(Text(MARGIN, 25, title, 15, weight="600"))
    add_treemap(scene, leaves, (MARGIN, 44, WIDTH, HEIGHT))
    narrow = phone_title_scene(title)
    add_treemap(narrow, leaves, (MARGIN, narrow.height, NARROW - 2 * MARGIN, PHONE_HEIGHT))
    groups = group_totals(leaves)
    summary = ", ".join(
        f"{name} {count:,} ({format_percent(count, total)})" for name, count in groups.items()
    )
    data = {" / ".join(names): count for names, count in leaves}
    picture = Picture(data, f"{title}: {summary}.", scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def add_treemap(scene: Scene, leaves: list[Leaf], place: Rectangle) -> None:
    """The rectangles, and below them the parts whose names have no room."""
    total, too_small = sum(count for _, count in leaves), []
    for k, (group, rectangle) in enumerate(squarify(group_totals(leaves), place).items()):
        inner = {names: count for names, count in leaves if names[0] == group}
        for i, (names, box) in enumerate(squarify(inner, rectangle).items()):
            colour = blend(part_colour(group, k), WHITE, 0.14 * (i % 2))
            if not add_rectangle(scene, names, inner[names], total, box, colour):
                too_small.append((names, inner[names], colour))
    _, top, width, height = place
    scene.height = add_notes(scene, too_small, total, top + height + 10, width)


def flatten(parts: Parts, prefix: Path = ()) -> list[Leaf]:
    """All counts, each with the path of names that leads to it."""
    if not isinstance(parts, Mapping) or not parts:
        raise ValueError(f"parts must be a mapping name -> count, not {parts!r:.60}.")
    leaves: list[Leaf] = []
    for name, given in parts.items():
        names = (*prefix, str(name))
        count = given.item() if hasattr(given, "item") else given
        if isinstance(count, Mapping):
            leaves += flatten(count, names)
        elif isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(f"{' / '.join(names)} has {count!r:.40}, but a count is 0, 1, 2, ...")
        else:
            leaves.append((names, count))
    return leaves


def group_totals(leaves: list[Leaf]) -> dict[str, int]:
    groups: dict[str, int] = {}
    for names, count in leaves:
        groups[names[0]] = groups.get(names[0], 0) + count
    return groups


def squarify(counts: Mapping[Key, int], rectangle: Rectangle) -> dict[Key, Rectangle]:
    """A rectangle for each count within `rectangle`, as square as possible, the largest first."""
    x, y, width, height = rectangle
    ranked = sorted((pair for pair in counts.items() if pair[1]), key=lambda pair: -pair[1])
    scale = width * height / (sum(count for _, count in ranked) or 1)
    remaining = [(name, count * scale) for name, count in ranked]
    rectangles = {}
    while remaining:
        side = min(width, height)
        n = min(
            range(1, len(remaining) + 1),
            key=lambda n: worst_aspect_ratio([area for _, area in remaining[:n]], side),
        )
        row, remaining = remaining[:n], remaining[n:]
        thickness = sum(area for _, area in row) / side
        start = 0.0
        for name, area in row:
            length = area / thickness
            top = width >= height  # a column on the left, else a row on top
            rectangles[name] = (
                (x, y + start, thickness, length) if top else (x + start, y, length, thickness)
            )
            start += length
        if width >= height:
            x, width = x + thickness, width - thickness
        else:
            y, height = y + thickness, height - thickness
    return rectangles


def worst_aspect_ratio(areas: list[float], side: float) -> float:
    """The largest ratio of long to short side among the rectangles of a row."""
    thickness = sum(areas) / side
    return max(max(thickness**2 / area, area / thickness**2) for area in areas)


def add_rectangle(
    scene: Scene, names: Path, count: int, total: int, rectangle: Rectangle, colour: str
) -> bool:
    """Draw one rectangle. Returns False if its name does not fit into it."""
    x, y, width, height = rectangle
    scene.add(Rect(x, y, width, height, colour, PAPER, 2))
    lines = [*names, f"{count:,}", format_percent(count, total)]
    if max(map(len, lines)) * 7.4 + 16 > width or 17 * len(lines) + 8 > height:
        return False
    for k, line in enumerate(lines):
        weight = "600" if k < len(names) else "normal"
        scene.add(Text(x + 10, y + 20 + 17 * k, line, 13, WHITE, weight=weight))
    return True


def add_notes(
    scene: Scene, parts: list[tuple[Path, int, str]], total: int, y: float, width: float
) -> float:
    """List the parts whose names do not fit; return the lower end of the list."""
    columns = int(width / NOTE_COLUMN)
    for k, (names, count, colour) in enumerate(parts):
        x, top = MARGIN + width / columns * (k % columns), y + 19 * (k // columns)
        scene.add(Rect(x, top, 12, 12, colour))
        name = truncate(" / ".join(names), 34 if columns > 1 else 24)
        text = f"{name}: {count:,} ({format_percent(count, total)})"
        scene.add(Text(x + 18, top + 11, text, 12, INK))
    return y + 19 * -(-len(parts) // columns) + 8


def format_percent(count: int, total: int) -> str:
    percent = 100 * count / total
    return "below 0.1%" if 0 < percent < 0.05 else f"{percent:.1f}%"
