"""Where the parameters are: every part as a rectangle as large as its count.

Source: Bruls, Huizing and van Wijk 2000, "Squarified Treemaps", for how not to cut splinters.
"""

from collections.abc import Mapping

from viz.canvas.labels import truncate
from viz.canvas.palette import CATEGORIES, INK, PAPER, WHITE, blend
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text

MARGIN, WIDE, TALL = 16.0, 800.0, 340.0
NOTE_COLUMNS = 2
Part = tuple[tuple[str, ...], int]  # the names on the way to it, and its count
Place = tuple[float, float, float, float]  # x, y, width, height


def draw_parameters(parts: Mapping, *, title: str = "", ax=None) -> Picture:
    """A rectangle for each part, areas to scale, counts exact; parts of one group lie together.

    Raises:  ValueError for what is no count: whole numbers, 0 or more.
    Example: draw_parameters({"mlp": 56, "embeddings": {"tokens": 38, "positions": 1}})
    """
    leaves = flatten(parts)
    total = sum(count for _, count in leaves)
    if not total:
        raise ValueError("There is nothing to draw: all counts together are 0.")
    title = title or f"Where the {total:,} parameters are"
    scene = Scene(max(WIDE + 2 * MARGIN, 9.2 * len(title) + 32), 0)
    scene.add(Text(MARGIN, 25, title, 15, weight="600"))
    groups = sums(leaves)
    places = squarify(groups, (MARGIN, 44, WIDE, TALL))
    unnamed = []
    for k, (group, place) in enumerate(places.items()):
        inner = {names: count for names, count in leaves if names[0] == group}
        for i, (names, box) in enumerate(squarify(inner, place).items()):
            colour = blend(CATEGORIES[k % len(CATEGORIES)], WHITE, 0.14 * (i % 2))
            if not add_part(scene, names, inner[names], total, box, colour):
                unnamed.append((names, inner[names], colour))
    scene.height = add_notes(scene, unnamed, total, 44 + TALL + 10)
    told = ", ".join(f"{name} {count:,} ({share(count, total)})" for name, count in groups.items())
    picture = Picture(
        {" / ".join(names): count for names, count in leaves}, f"{title}: {told}.", scene
    )
    return picture.draw_on(ax) if ax is not None else picture


def flatten(parts: Mapping, before: tuple[str, ...] = ()) -> list[Part]:
    """All counts with the names that lead to them."""
    if not isinstance(parts, Mapping) or not parts:
        raise ValueError(f"parts must be a mapping name -> count, not {parts!r:.60}.")
    leaves: list[Part] = []
    for name, given in parts.items():
        names = (*before, str(name))
        count = given.item() if hasattr(given, "item") else given
        if isinstance(count, Mapping):
            leaves += flatten(count, names)
        elif isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(f"{' / '.join(names)} has {count!r:.40}, but a count is 0, 1, 2, ...")
        else:
            leaves.append((names, count))
    return leaves


def sums(leaves: list[Part]) -> dict[str, int]:
    groups: dict[str, int] = {}
    for names, count in leaves:
        groups[names[0]] = groups.get(names[0], 0) + count
    return groups


def squarify(counts: Mapping, place: Place) -> dict:
    """A rectangle for each count within `place`, as square as can be, the largest first."""
    x, y, wide, tall = place
    ranked = sorted((pair for pair in counts.items() if pair[1]), key=lambda pair: -pair[1])
    scale = wide * tall / (sum(count for _, count in ranked) or 1)
    left = [(name, count * scale) for name, count in ranked]
    places = {}
    while left:
        short = min(wide, tall)
        n = min(range(1, len(left) + 1), key=lambda n: worst([area for _, area in left[:n]], short))
        row, left = left[:n], left[n:]
        thick = sum(area for _, area in row) / short
        start = 0.0
        for name, area in row:
            long = area / thick
            down = wide >= tall  # a column on the left, else a row on top
            places[name] = (x, y + start, thick, long) if down else (x + start, y, long, thick)
            start += long
        if wide >= tall:
            x, wide = x + thick, wide - thick
        else:
            y, tall = y + thick, tall - thick
    return places


def worst(areas: list[float], short: float) -> float:
    """How far the worst rectangle of a row is from a square."""
    thick = sum(areas) / short
    return max(max(thick**2 / area, area / thick**2) for area in areas)


def add_part(scene: Scene, names, count: int, total: int, place: Place, colour: str) -> bool:
    """One rectangle; False if there is no room for its name."""
    x, y, wide, tall = place
    scene.add(Rect(x, y, wide, tall, colour, PAPER, 2))
    lines = [*names, f"{count:,}", share(count, total)]
    if max(map(len, lines)) * 7.4 + 16 > wide or 17 * len(lines) + 8 > tall:
        return False
    for k, line in enumerate(lines):
        weight = "600" if k < len(names) else "normal"
        scene.add(Text(x + 10, y + 20 + 17 * k, line, 13, WHITE, weight=weight))
    return True


def add_notes(scene: Scene, parts: list, total: int, y: float) -> float:
    """The names of parts that are too small to hold them."""
    column = WIDE / NOTE_COLUMNS
    for k, (names, count, colour) in enumerate(parts):
        x, down = MARGIN + column * (k % NOTE_COLUMNS), y + 19 * (k // NOTE_COLUMNS)
        scene.add(Rect(x, down, 12, 12, colour))
        words = f"{truncate(' / '.join(names), 34)}: {count:,} ({share(count, total)})"
        scene.add(Text(x + 18, down + 11, words, 12, INK))
    return y + 19 * -(-len(parts) // NOTE_COLUMNS) + 8


def share(count: int, total: int) -> str:
    percent = 100 * count / total
    return "below 0.1%" if 0 < percent < 0.05 else f"{percent:.1f}%"
