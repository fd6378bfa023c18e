"""The graph behind a number: what it was made of, and what each part is worth to it.

Left to right, numbers in boxes, the operation in a disc where arrows come together, the local
slope on each arrow. A small graph shows everything; a large one shows less of each number; a very
large one is folded, and says so. Needs no graphviz and no matplotlib.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any

from viz.layers import Layout, lay_out
from viz.node import Graph, Node, read_graph
from viz.palette import BLUE, FAINT, GOLD, GREEN, INK, LINE, MUTED, ORANGE, PAPER
from viz.picture import Picture
from viz.scene import Box, Disc, Line, Scene, Words

MOST_NODES = 300
MOST_LAYERS = 60
TALLEST = 600  # pixels, for a graph of dots
SIGNS = {"*": "×", "-": "−", "neg": "−"}


@dataclass(frozen=True)
class Look:
    """How much of each number is shown. Units: pixels."""

    width: float
    height: float
    column: float  # from one layer to the next
    row: float
    rows_of_text: (
        int  # 3: name, data, grad; 2: data and grad; 0: a dot, the larger the gradient the larger
    )
    slopes: bool


ROOMY = Look(width=104, height=58, column=196, row=78, rows_of_text=3, slopes=True)
COMPACT = Look(width=80, height=32, column=128, row=40, rows_of_text=2, slopes=False)
DOTS = Look(width=9, height=9, column=40, row=15, rows_of_text=0, slopes=False)


def draw_graph(
    root: Node,
    names: Mapping[Any, str] | None = None,
    *,
    title: str = "",
    most_nodes: int = MOST_NODES,
    ax=None,
) -> Picture:
    """The computation that made `root`, from left to right.

    `names` calls some of the nodes by name: {a: "a", L: "loss"}.
    Raises:  ValueError if `root` has no data, grad, op, parents or slopes.
    Example: a = Value(2.0); draw_graph(a * 3 + a, names={a: "a"})
    """
    graph = read_graph(root, names, most_nodes, MOST_LAYERS)
    scene, _ = graph_scene(graph, title=title)
    picture = Picture(graph_data(graph), describe(graph), scene)
    return picture.draw_on(ax) if ax is not None else picture


@dataclass(frozen=True)
class Marks:
    """What is lit, and what is shown of a graph that is only partly computed. None: everything."""

    arrows: Mapping[int, str] = field(default_factory=dict)  # number of the arrow -> colour
    grads: list[float | None] | None = None  # instead of each node's own; None: not known yet
    known: set[int] | None = None  # nodes whose number is known already


def graph_scene(
    graph: Graph, *, title: str = "", marks: Marks = Marks(), notes: int = 0
) -> tuple[Scene, float]:
    """The drawing, and the height at which `notes` lines of text below it may begin."""
    look = ROOMY if len(graph.nodes) <= 24 else COMPACT if len(graph.nodes) <= 90 else DOTS
    layout = lay_out(len(graph.nodes), [(start, end) for start, end, _ in graph.arrows])
    top = 40 if title else 14
    half = max((abs(h) for h in layout.height), default=0) + 0.5
    if not look.rows_of_text:
        look = replace(look, row=min(look.row, TALLEST / (2 * half)))
    middle = top + half * look.row
    margin = 22 + look.width / 2 + (16 if look.rows_of_text else 0)
    width = margin * 2 + max(layout.layer, default=0) * look.column
    folded = (
        f"{graph.left_out:,} more numbers lie further back and are not drawn."
        if graph.left_out
        else ""
    )
    width = max(width, 9.2 * len(title) + 32, 7 * len(folded) + 32, 320)
    left = (width - max(layout.layer, default=0) * look.column) / 2
    bottom = middle + half * look.row + (26 if folded else 8)
    scene = Scene(width, bottom + notes * 20 + (8 if notes else 0))

    def place(layer: float, height: float) -> tuple[float, float]:
        return left + layer * look.column, middle + height * look.row

    if title:
        scene.add(Words(16, 25, title, 15, weight="600"))
    add_arrows(scene, graph, layout, look, place, marks)
    largest = max(abs(node.grad) for node in graph.nodes)
    for i in range(len(graph.nodes)):
        add_node(scene, graph, i, look, place(layout.layer[i], layout.height[i]), marks, largest)
    if folded:
        scene.add(Words(16, bottom - 8, folded, 12, MUTED))
    return scene, bottom + 14


def add_arrows(scene: Scene, graph: Graph, layout: Layout, look: Look, place, marks: Marks) -> None:
    lit = marks.arrows
    labels = []
    for number, (start, end, slope) in sorted(
        enumerate(graph.arrows), key=lambda pair: pair[0] in lit
    ):
        stops = [
            (layout.layer[start], layout.height[start]),
            *layout.bends[start, end],
            (layout.layer[end], layout.height[end]),
        ]
        points = [place(*stop) for stop in stops]
        points[0] = (points[0][0] + look.width / 2, points[0][1])
        points[-1] = (
            points[-1][0] - look.width / 2 - pill_width(graph.nodes[end].op, look) / 2,
            points[-1][1],
        )
        twins = (
            [n for n, arrow in enumerate(graph.arrows) if arrow[:2] == (start, end)]
            if look.slopes
            else [number]
        )
        shift = (
            twins.index(number) - (len(twins) - 1) / 2
        ) * 14  # a * a: two arrows between the same boxes
        colour = lit.get(number, LINE)
        thick = (3 if number in lit else 1.4) if look.rows_of_text else 0.7
        if shift:
            points.insert(
                1, ((points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2 + shift)
            )
        scene.add(Line(tuple(points), colour, thick, bend=True))
        if look.slopes and (marks.known is None or end in marks.known):
            (x0, y0), (x1, y1) = points[-2], points[-1]  # near the end, where the slope is used
            labels.append(
                (
                    x0 + (x1 - x0) * 0.55,
                    y0 + (y1 - y0) * 0.58 + shift * 0.7,
                    f"×{short(slope)}",
                    colour if number in lit else MUTED,
                )
            )
    for x, y, text, colour in labels:
        wide = 7.4 * len(text) + 6
        scene.add(Box(x - wide / 2, y - 9, wide, 17, PAPER, radius=4))
        scene.add(
            Words(
                x,
                y + 4,
                text,
                12,
                colour,
                "middle",
                "600" if colour != MUTED else "normal",
                mono=True,
            )
        )


def add_node(
    scene: Scene,
    graph: Graph,
    i: int,
    look: Look,
    centre: tuple[float, float],
    marks: Marks,
    largest: float,
) -> None:
    (x, y), node = centre, graph.nodes[i]
    known = marks.known is None or i in marks.known
    typed_in = not node.op
    if not look.rows_of_text:
        last = i == len(graph.nodes) - 1
        size = 2 + 4 * sqrt(abs(node.grad) / largest) if largest else look.width / 2
        scene.add(Disc(x, y, 6 if last else size, ORANGE if last else GREEN if typed_in else BLUE))
        return
    left, top = x - look.width / 2, y - look.height / 2
    scene.add(
        Box(
            left,
            top,
            look.width,
            look.height,
            "#e8f3ee" if typed_in else "#ffffff",
            GREEN if typed_in else LINE,
            1.3,
            7,
        )
    )
    grad = node.grad if marks.grads is None else marks.grads[i]
    if look.rows_of_text == 2:
        middle = x + pill_width(node.op, look) / 5
        scene.add(Words(middle, y - 1, short(node.data), 11.5, INK, "middle", "600", mono=True))
        scene.add(Words(middle, y + 12, f"g {short(grad or 0)}", 9.5, GOLD, "middle", mono=True))
    else:
        name = clip(graph.names[i], 12)
        rise = 0 if name else -6
        scene.add(Words(x, top + 16, name, 13, GREEN if typed_in else INK, "middle", "700"))
        if known:
            scene.add(
                Words(x, top + 34 + rise, short(node.data), 14, INK, "middle", "600", mono=True)
            )
        if known and grad is not None:
            scene.add(
                Words(x, top + 51 + rise, f"grad {short(grad)}", 11.5, GOLD, "middle", mono=True)
            )
    if node.op:
        sign = SIGNS.get(node.op, node.op)
        wide = pill_width(node.op, look)
        scene.add(Box(left - wide / 2, y - 11, wide, 22, BLUE if known else FAINT, radius=11))
        scene.add(
            Words(
                left,
                y + 4.5,
                clip(sign, 10),
                13 if len(sign) < 3 else 11,
                "#ffffff" if known else MUTED,
                "middle",
                "600",
            )
        )
    if i in graph.open_ends:
        scene.add(Words(left - 20, y - 14, "…", 14, MUTED, "middle"))


def pill_width(op: str, look: Look) -> float:
    """The disc around an operation grows with its name."""
    return max(22, 7.2 * len(clip(SIGNS.get(op, op), 10)) + 10) if op and look.rows_of_text else 0


def short(number: float) -> str:
    """Four digits are enough to follow a computation: 0.33333 -> 0.3333, -1.0 -> −1."""
    return f"{number + 0.0:.4g}".replace("-", "−")


def clip(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


def graph_data(graph: Graph) -> dict:
    """What the picture shows as plain data, for tests and for drawing it in another way."""
    return {
        "nodes": [
            {"name": name, "op": node.op, "data": node.data, "grad": node.grad}
            for name, node in zip(graph.names, graph.nodes)
        ],
        "arrows": list(graph.arrows),
        "left_out": graph.left_out,
    }


def describe(graph: Graph) -> str:
    """One sentence: how large, what came out, what the named numbers are worth."""
    root = graph.nodes[-1]
    sentence = f"Graph of {len(graph.nodes)} numbers and {len(graph.arrows)} arrows; the result"
    sentence += f" {graph.names[-1]}" if graph.names[-1] else ""
    sentence += f" is {short(root.data)}"
    named = [(name, node) for name, node in zip(graph.names[:-1], graph.nodes) if name][:6]
    if named:
        sentence += "; " + ", ".join(
            f"{name} = {short(node.data)} (grad {short(node.grad)})" for name, node in named
        )
    if graph.left_out:
        sentence += f"; {graph.left_out:,} more numbers are not drawn"
    return sentence + "."
