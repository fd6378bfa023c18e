"""A large computation graph with one dot for each number.

Left to right; a dot is in the column after its last parent, and its colour is its operation. Dots
and edges are the pixels of one small image, so ten thousand of them are a small file. Needs no
more than the standard library.
"""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from viz.canvas.bitmap import to_png
from viz.canvas.labels import title_width
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene
from viz.canvas.palette import CATEGORIES, GREEN, INK, LINE, ORANGE, PAPER, blend
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Image, Scene, Text
from viz.graphs.layered_layout import assign_layers
from viz.graphs.node import Node, all_nodes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_DOTS = 40_000
MAX_EDGE_PIXELS = 3_000_000  # more take seconds in a browser
INPUT = "input"  # its colour is green
OP_COLOURS = [colour for colour in CATEGORIES if colour != GREEN]

WIDTH, HEIGHT = 864, 404  # of the scene, in pixels
LEFT, TOP, RIGHT, BOTTOM = 24, 56, 34, 52  # margins around the dots
PIXEL_RATIO = 2  # pixels of the image for one of the scene: sharp on high-resolution screens
SIZE = ((WIDTH - LEFT - RIGHT) * PIXEL_RATIO, (HEIGHT - TOP - BOTTOM) * PIXEL_RATIO)  # of the image
PHONE_HEIGHT = 560
PHONE_SIZE = (int(NARROW - 2 * MARGIN) * PIXEL_RATIO, PHONE_HEIGHT * PIXEL_RATIO)
SHADES = [blend(PAPER, LINE, level) for level in (0, 0.35, 0.55, 0.7, 0.8, 0.9, 1)]  # of edges
DOT_PIXELS = [(x, y) for x in range(-2, 3) for y in range(-2, 3) if abs(x) + abs(y) < 4]

Pixel = tuple[int, int]
Groups = dict[str, tuple[str, set[str]]]  # name -> (colour, operations)


def draw_whole_graph(root: Node, *, title: str = "", ax: "Axes | None" = None) -> Picture:
    """Draw every number behind `root` as a dot and every edge as a thin line.

    Above 40,000 numbers only every second, third ... is drawn, and with very many long edges only
    some of them; the picture says so.

    Args:
        root: The result: an object with data, grad, op, parents and local_grads.
        title: Written above the graph.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, or `ax` if it was given; `.data` has the numbers of nodes, edges and layers.

    Raises:
        ValueError: If a node lacks data, grad, op, parents or local_grads, or has unusable ones.

    Example:
        >>> a = Value(2.0)
        >>> draw_whole_graph(a * 3 + a)
        Picture: 4 numbers as dots in 3 columns, 4 arrows between them.
    """
    nodes = all_nodes(root)
    index = {id(node): i for i, node in enumerate(nodes)}
    pairs = [(index[id(parent)], i) for i, node in enumerate(nodes) for parent in node.parents]
    layer = assign_layers(len(nodes), pairs)
    positions = dot_positions(layer)
    node_step = -(-len(nodes) // MAX_DOTS)
    shown = range(len(nodes) - 1, -1, -node_step)  # with the result
    drawn = [(start, end) for start, end in pairs if (len(nodes) - 1 - end) % node_step == 0]
    across = to_pixels(positions, max(layer), *SIZE)
    down = [(x, y) for y, x in to_pixels(positions, max(layer), *reversed(PHONE_SIZE))]
    length = sum(edge_length(across[start], across[end]) for start, end in drawn)
    edge_step = -(-length // MAX_EDGE_PIXELS) or 1

    counts = Counter(node.op or INPUT for node in nodes)
    groups = group_operations(counts)
    colour_of = {op: n for n, (_, members) in enumerate(groups.values()) for op in members}
    pngs = []
    for pixels, (width, height) in ((across, SIZE), (down, PHONE_SIZE)):
        rows = [bytearray(width) for _ in range(height)]
        add_edges(rows, [(pixels[start], pixels[end]) for start, end in drawn[::edge_step]])
        add_dots(rows, ((colour_of[nodes[i].op or INPUT], pixels[i]) for i in shown))
        colours = [*SHADES, *(colour for colour, _ in groups.values())]
        pngs.append(to_png(list(map(bytes, rows)), colours))
    scene = build_scene(pngs[0], groups, counts, across[-1], title)
    narrow = phone_scene(pngs[1], groups, counts, down[-1], title)

    data = {
        "nodes": len(nodes),
        "edges": len(pairs),
        "layers": max(layer) + 1,
        "operations": dict(counts),
    }
    picture = Picture(data, alt_text(data, node_step, edge_step), scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def alt_text(data: dict[str, Any], node_step: int, edge_step: int) -> str:
    """One sentence: how many nodes, layers and edges, and which fraction is drawn."""
    alt = (
        f"{data['nodes']:,} numbers as dots in {data['layers']:,} columns, {data['edges']:,} "
        f"arrows between them"
    )
    alt += f"; one in {node_step} is drawn" if node_step > 1 else ""
    return f"{alt}; one in {edge_step} of the arrows is drawn." if edge_step > 1 else f"{alt}."


def group_operations(counts: Counter[str]) -> Groups:
    """The most frequent operations by themselves, all others as one group."""
    ranked = [op for op, _ in counts.most_common() if op != INPUT]
    n_colours = len(OP_COLOURS)
    single = ranked if len(ranked) <= n_colours else ranked[: n_colours - 1]
    groups: Groups = {INPUT: (GREEN, {INPUT})} if counts[INPUT] else {}
    groups |= {op: (colour, {op}) for op, colour in zip(single, OP_COLOURS)}
    if len(single) < len(ranked):
        groups["others"] = (OP_COLOURS[-1], set(ranked) - set(single))
    return groups


def dot_positions(layer: list[int]) -> list[tuple[float, float]]:
    """Each dot in the column of its layer; the dots of a column evenly from bottom to top.

    Args:
        layer: The layer of each node.

    Returns:
        (x, y) of each node; x in columns, y from -0.5 at the bottom to 0.5.
    """
    sizes: Counter[int] = Counter(layer)
    used: Counter[int] = Counter()
    positions = []
    for column in layer:
        used[column] += 1
        positions.append((float(column), (used[column] - 0.5) / sizes[column] - 0.5))
    return positions


def to_pixels(
    positions: list[tuple[float, float]], last_column: int, width: int, height: int
) -> list[Pixel]:
    """The middle of each dot in an image of this size; the dot is inside the image."""
    right, down = width - 6, height - 6
    return [
        (3 + round(right * x / (last_column or 1)), 3 + round(down * (0.5 - y)))
        for x, y in positions
    ]


def edge_length(start: Pixel, end: Pixel) -> int:
    """How many pixels an edge passes through."""
    return max(abs(end[0] - start[0]), abs(end[1] - start[1]))


def add_edges(rows: list[bytearray], edges: Iterable[tuple[Pixel, Pixel]]) -> None:
    """Each edge makes its pixels one shade darker, down to the darkest."""
    darkest = len(SHADES) - 1
    for start, end in edges:
        length = edge_length(start, end)
        (x0, y0), (x1, y1) = start, end
        for k in range(1, length):
            row, x = rows[y0 + (y1 - y0) * k // length], x0 + (x1 - x0) * k // length
            if row[x] < darkest:
                row[x] += 1


def add_dots(rows: list[bytearray], dots: Iterable[tuple[int, Pixel]]) -> None:
    """Each dot in the colour of its operation; rare operations on top."""
    for colour, (x, y) in sorted(dots):
        for dx, dy in DOT_PIXELS:
            rows[y + dy][x + dx] = len(SHADES) + colour


def build_scene(
    png: bytes, groups: Groups, counts: Counter[str], result: Pixel, title: str
) -> Scene:
    """The image with a title, a mark at the result, and a legend of the colours."""
    scene = Scene(max(WIDTH, title_width(title)), HEIGHT)
    scene.add(Text(16, 27, title, 15, weight="600"))
    scene.add(Image(LEFT, TOP, SIZE[0] / PIXEL_RATIO, SIZE[1] / PIXEL_RATIO, png))
    x, y = LEFT + result[0] / PIXEL_RATIO, TOP + result[1] / PIXEL_RATIO
    scene.add(Circle(x, y, 5, ORANGE), Text(x + 6, y - 12, "the result", 12, INK, "end"))
    legend = legend_of(groups, counts)
    x = (WIDTH - sum(entry_width(label) for label in legend)) / 2
    for label, colour in legend.items():
        scene.add(Circle(x + 6, HEIGHT - 24, 4, colour))
        scene.add(Text(x + 16, HEIGHT - 20, label, 12, INK))
        x += entry_width(label)
    return scene


def phone_scene(
    png: bytes, groups: Groups, counts: Counter[str], result: Pixel, title: str
) -> Scene:
    """The image from top to bottom, and the legend in several lines."""
    scene = phone_title_scene(title)
    top = scene.height + 4
    scene.add(Image(MARGIN, top, PHONE_SIZE[0] / PIXEL_RATIO, PHONE_HEIGHT, png))
    x, y = MARGIN + result[0] / PIXEL_RATIO, top + result[1] / PIXEL_RATIO
    scene.add(Circle(x, y, 5, ORANGE), Text(x + 10, y + 4, "the result", 12, INK))
    x, y = MARGIN, y + 30
    for label, colour in legend_of(groups, counts).items():
        if x > MARGIN and x + entry_width(label) > NARROW:
            x, y = MARGIN, y + 20
        scene.add(Circle(x + 6, y - 4, 4, colour), Text(x + 16, y, label, 12, INK))
        x += entry_width(label)
    scene.height = y + 14
    return scene


def legend_of(groups: Groups, counts: Counter[str]) -> dict[str, str]:
    """Label -> colour."""
    return {
        f"{name} ({sum(counts[op] for op in members):,})": colour
        for name, (colour, members) in groups.items()
    }


def entry_width(label: str) -> float:
    """Of an entry of the legend, in pixels."""
    return 36 + 6.6 * len(label)
