"""Every number of a large computation as one dot: the same graph as `draw_graph` draws, seen from
far away.

Left to right as always; a dot stands in the column after its last parent. The colour says which
operation made it. Dots and arrows are the pixels of one small image, so that ten thousand of them
weigh little and need no more than the standard library.
"""

from collections import Counter
from collections.abc import Iterable

from viz.canvas.bitmap import to_png
from viz.canvas.palette import CATEGORIES, GREEN, INK, LINE, ORANGE, PAPER, blend
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Image, Scene, Text
from viz.graphs.layered_layout import layers_of
from viz.graphs.node import Node, all_nodes

MOST_DOTS = 40_000
MOST_STEPS = 3_000_000  # pixels that arrows may pass through; more take seconds in a browser
TYPED_IN = "typed in"  # has a colour of its own, green
OPERATIONS = [colour for colour in CATEGORIES if colour != GREEN]

WIDE, TALL = 864, 404  # of the sheet, in its own pixels
LEFT, TOP, RIGHT, BOTTOM = 24, 56, 34, 52  # margins around the dots
FINE = 2  # pixels of the image for one of the sheet: sharp on fine screens
ACROSS, DOWN = (WIDE - LEFT - RIGHT) * FINE, (TALL - TOP - BOTTOM) * FINE
SHADES = [blend(PAPER, LINE, share) for share in (0, 0.35, 0.55, 0.7, 0.8, 0.9, 1)]  # of hairlines
ROUND = [(x, y) for x in range(-2, 3) for y in range(-2, 3) if abs(x) + abs(y) < 4]  # one dot

Place = tuple[int, int]


def draw_whole_graph(root: Node, *, title: str = "", ax=None) -> Picture:
    """All numbers behind `root` as dots, all arrows as hairlines.

    Above 40,000 numbers every second, third ... is drawn, and so with very many long arrows; the
    picture says so.
    Raises:  ValueError if `root` has no data, grad, op, parents or local_grads.
    Example: draw_whole_graph(MicroGPT(["emma"]).loss("emma"))
    """
    nodes = all_nodes(root)
    index = {id(node): i for i, node in enumerate(nodes)}
    pairs = [(index[id(parent)], i) for i, node in enumerate(nodes) for parent in node.parents]
    layer = layers_of(len(nodes), pairs)
    places = on_pixels(spread(layer), max(layer))
    every = -(-len(nodes) // MOST_DOTS)
    shown = range(len(nodes) - 1, -1, -every)  # the result is among them
    arrows = [
        (places[start], places[end]) for start, end in pairs if (len(nodes) - 1 - end) % every == 0
    ]
    fewer = -(-sum(steps_of(*arrow) for arrow in arrows) // MOST_STEPS) or 1

    kinds = Counter(node.op or TYPED_IN for node in nodes)
    groups = group_kinds(kinds)
    colour_of = {kind: n for n, (_, members) in enumerate(groups.values()) for kind in members}
    rows = [bytearray(ACROSS) for _ in range(DOWN)]
    add_arrows(rows, arrows[::fewer])
    add_dots(rows, ((colour_of[nodes[i].op or TYPED_IN], places[i]) for i in shown))
    scene = sheet(rows, groups, kinds, places[-1], title)

    data = {
        "nodes": len(nodes),
        "arrows": len(pairs),
        "layers": max(layer) + 1,
        "operations": dict(kinds),
    }
    picture = Picture(data, describe(data, every, fewer), scene)
    return picture.draw_on(ax) if ax is not None else picture


def describe(data: dict, every: int, fewer: int) -> str:
    """One sentence: how many of everything, and what of it is drawn."""
    alt = (
        f"{data['nodes']:,} numbers as dots in {data['layers']:,} columns, {data['arrows']:,} "
        f"arrows between them"
    )
    alt += f"; one in {every} is drawn" if every > 1 else ""
    return f"{alt}; one in {fewer} of the arrows is drawn." if fewer > 1 else f"{alt}."


def group_kinds(kinds: Counter[str]) -> dict[str, tuple[str, set[str]]]:
    """Name -> (colour, operations): the commonest by themselves, all others as one group."""
    ranked = [kind for kind, _ in kinds.most_common() if kind != TYPED_IN]
    own = (
        ranked[: len(OPERATIONS)]
        if len(ranked) <= len(OPERATIONS)
        else ranked[: len(OPERATIONS) - 1]
    )
    groups = {TYPED_IN: (GREEN, {TYPED_IN})} if kinds[TYPED_IN] else {}
    groups |= {kind: (colour, {kind}) for kind, colour in zip(own, OPERATIONS)}
    if len(own) < len(ranked):
        groups["others"] = (OPERATIONS[-1], set(ranked) - set(own))
    return groups


def spread(layer: list[int]) -> list[tuple[float, float]]:
    """Each dot in the column of its layer, the dots of a column evenly from bottom to top."""
    sizes: Counter[int] = Counter(layer)
    used: Counter[int] = Counter()
    places = []
    for column in layer:
        used[column] += 1
        places.append((float(column), (used[column] - 0.5) / sizes[column] - 0.5))
    return places


def on_pixels(places: list[tuple[float, float]], last_column: int) -> list[Place]:
    """Where on the image each dot has its middle; a whole dot stays inside."""
    right, down = ACROSS - 6, DOWN - 6
    return [
        (3 + round(right * x / (last_column or 1)), 3 + round(down * (0.5 - y))) for x, y in places
    ]


def steps_of(start: Place, end: Place) -> int:
    """How many pixels an arrow passes through."""
    return max(abs(end[0] - start[0]), abs(end[1] - start[1]))


def add_arrows(rows: list[bytearray], arrows: Iterable[tuple[Place, Place]]) -> None:
    """Each arrow makes its pixels one shade darker, down to the darkest."""
    darkest = len(SHADES) - 1
    for start, end in arrows:
        steps = steps_of(start, end)
        (x0, y0), (x1, y1) = start, end
        for k in range(1, steps):
            row, x = rows[y0 + (y1 - y0) * k // steps], x0 + (x1 - x0) * k // steps
            if row[x] < darkest:
                row[x] += 1


def add_dots(rows: list[bytearray], dots: Iterable[tuple[int, Place]]) -> None:
    """Each dot over what is there, in the colour of its operation; rare operations on top."""
    for colour, (x, y) in sorted(dots):
        for right, down in ROUND:
            rows[y + down][x + right] = len(SHADES) + colour


def sheet(
    rows: list[bytearray],
    groups: dict[str, tuple[str, set[str]]],
    kinds: Counter[str],
    result: Place,
    title: str,
) -> Scene:
    """The image on its paper, with a title, the result marked, and what each colour means."""
    scene = Scene(max(WIDE, 9.2 * len(title) + 32), TALL)
    scene.add(Text(16, 27, title, 15, weight="600"))
    png = to_png(list(map(bytes, rows)), [*SHADES, *(colour for colour, _ in groups.values())])
    scene.add(Image(LEFT, TOP, ACROSS / FINE, DOWN / FINE, png))
    x, y = LEFT + result[0] / FINE, TOP + result[1] / FINE
    scene.add(Circle(x, y, 5, ORANGE), Text(x + 6, y - 12, "the result", 12, INK, "end"))
    told = {
        f"{name} ({sum(kinds[member] for member in members):,})": colour
        for name, (colour, members) in groups.items()
    }
    x = (WIDE - sum(36 + 6.6 * len(label) for label in told)) / 2
    for label, colour in told.items():
        scene.add(Circle(x + 6, TALL - 24, 4, colour), Text(x + 16, TALL - 20, label, 12, INK))
        x += 36 + 6.6 * len(label)
    return scene
