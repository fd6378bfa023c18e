"""The drawing of a graph: boxes in layers, a disc for each operation, the slope on each arrow.

Left to right. A small graph shows names, numbers, gradients and slopes; a larger one numbers and
gradients; a large one dots, the larger the gradient the larger the dot.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite, sqrt

from viz.canvas.labels import format_number, truncate
from viz.canvas.palette import (
    BLUE,
    FAINT,
    GOLD,
    GREEN,
    GREEN_PAPER,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PAPER,
    WHITE,
)
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.graphs.layered_layout import lay_out
from viz.graphs.node import Graph

SIGNS = {"*": "×", "-": "−", "neg": "−"}
TALLEST = 600  # pixels, for a graph of dots


@dataclass(frozen=True)
class Look:
    """How much of each number is shown. Units: pixels."""

    width: float
    height: float
    column: float  # from one layer to the next
    row: float
    boxes: bool = True
    names_and_local_grads: bool = False


ROOMY = Look(width=104, height=58, column=196, row=78, names_and_local_grads=True)
COMPACT = Look(width=80, height=32, column=128, row=40)
DOTS = Look(width=9, height=9, column=40, row=15, boxes=False)


@dataclass(frozen=True)
class Marks:
    """What is lit, and what is known so far of a graph that is only partly computed."""

    arrows: Mapping[int, str] = field(default_factory=dict)  # number of the arrow -> colour
    grads: list[float | None] | None = None  # instead of each node's own; None: not known
    known: set[int] | None = None  # the nodes whose number is known; None: all


class GraphScene:
    """One drawing. `.scene` is the sheet; `below` is where lines of text under it begin."""

    def __init__(self, graph: Graph, *, title: str = "", marks: Marks = Marks(), notes: int = 0):
        self.graph, self.marks = graph, marks
        count = len(graph.nodes)
        self.look = ROOMY if count <= 24 else COMPACT if count <= 90 else DOTS
        self.layout = lay_out(count, [(start, end) for start, end, _ in graph.arrows])
        half = max((abs(h) for h in self.layout.height), default=0) + 0.5
        if not self.look.boxes:
            self.look = replace(self.look, row=min(self.look.row, TALLEST / (2 * half)))
        layers = max(self.layout.layer, default=0)
        margin = 22 + self.look.width / 2 + (16 if self.look.boxes else 0)
        folded = f"{graph.left_out:,} more numbers lie further back and are not drawn."
        folded = folded if graph.left_out else ""
        wanted = 2 * margin + layers * self.look.column
        width = max(wanted, 9.2 * len(title) + 32, 7 * len(folded) + 32, 320)
        self.left = (width - layers * self.look.column) / 2
        self.middle = (40 if title else 14) + half * self.look.row
        bottom = self.middle + half * self.look.row + (26 if folded else 8)
        self.below = bottom + 14
        self.scene = Scene(width, bottom + notes * 20 + (8 if notes else 0))
        self.scene.add(Text(16, 25, title, 15, weight="600"))
        self.add_arrows()
        self.add_nodes()
        self.scene.add(Text(16, bottom - 8, folded, 12, MUTED))

    def place(self, layer: float, height: float) -> tuple[float, float]:
        return self.left + layer * self.look.column, self.middle + height * self.look.row

    def grad(self, i: int) -> float | None:
        return self.graph.nodes[i].grad if self.marks.grads is None else self.marks.grads[i]

    def is_known(self, i: int) -> bool:
        return self.marks.known is None or i in self.marks.known

    def add_arrows(self) -> None:
        """The lit ones on top, and above all of them the slopes."""
        twins = defaultdict(list)  # a * a: two arrows between the same two boxes
        for number, (start, end, _) in enumerate(self.graph.arrows):
            twins[start, end].append(number)
        labels = []
        for number in sorted(range(len(self.graph.arrows)), key=self.marks.arrows.__contains__):
            start, end, slope = self.graph.arrows[number]
            lit = self.marks.arrows.get(number)
            points, shift = self.way_of(start, end), 0.0
            if self.look.names_and_local_grads and len(twins[start, end]) > 1:
                twin = twins[start, end].index(number)
                shift = 14 * (twin - (len(twins[start, end]) - 1) / 2)
                (x0, y0), (x1, y1) = points[:2]
                points.insert(1, ((x0 + x1) / 2, (y0 + y1) / 2 + shift))
            thick = (3 if lit else 1.4) if self.look.boxes else 0.7
            self.scene.add(Line(tuple(points), lit or LINE, thick, bend=True))
            if self.look.names_and_local_grads and self.is_known(end):
                (x0, y0), (x1, y1) = points[-2:]  # near the end, where the slope is used
                x, y = x0 + (x1 - x0) * 0.55, y0 + (y1 - y0) * 0.58 + shift * 0.7
                labels.append((x, y, f"×{format_number(slope)}", lit))
        for x, y, text, lit in labels:
            wide = 7.4 * len(text) + 6
            weight = "600" if lit else "normal"
            self.scene.add(
                Rect(x - wide / 2, y - 9, wide, 17, PAPER, radius=4),
                Text(x, y + 4, text, 12, lit or MUTED, "middle", weight, mono=True),
            )

    def way_of(self, start: int, end: int) -> list[tuple[float, float]]:
        """The points that an arrow passes, from the edge of one box to the disc of another."""
        layer, height = self.layout.layer, self.layout.height
        x0, y0 = self.place(layer[start], height[start])
        x1, y1 = self.place(layer[end], height[end])
        disc = self.disc_width(end) / 2
        bends = [self.place(*stop) for stop in self.layout.bends[start, end]]
        half = self.look.width / 2
        return [(x0 + half, y0), *bends, (x1 - half - disc, y1)]

    def add_nodes(self) -> None:
        grads = [node.grad for node in self.graph.nodes if node.grad is not None]
        largest = max((abs(grad) for grad in grads if isfinite(grad)), default=0.0)
        for i in range(len(self.graph.nodes)):
            x, y = self.place(self.layout.layer[i], self.layout.height[i])
            if self.look.boxes:
                self.add_box(i, x, y)
            else:
                self.add_dot(i, x, y, largest)

    def add_dot(self, i: int, x: float, y: float, largest: float) -> None:
        """The larger the gradient the larger; one that is not finite is as large as can be."""
        node, last = self.graph.nodes[i], i == len(self.graph.nodes) - 1
        grad = 0.0 if node.grad is None else node.grad
        share = abs(grad) / largest if isfinite(grad) and largest else 1.0
        radius = 6 if last else 2 + 4 * sqrt(share) if largest else self.look.width / 2
        self.scene.add(Circle(x, y, radius, ORANGE if last else BLUE if node.op else GREEN))

    def add_box(self, i: int, x: float, y: float) -> None:
        """Name, number and gradient as far as they are known, and the disc of the operation."""
        node, look = self.graph.nodes[i], self.look
        left, top = x - look.width / 2, y - look.height / 2
        paper, edge = (WHITE, LINE) if node.op else (GREEN_PAPER, GREEN)
        self.scene.add(Rect(left, top, look.width, look.height, paper, edge, 1.3, 7))
        grad = self.grad(i) if self.is_known(i) else None
        if look.names_and_local_grads:
            name = truncate(self.graph.names[i], 12)
            rise = 0 if name else -6
            lines: list[tuple] = [(name, top + 16, 13, INK if node.op else GREEN, "700", False)]
            lines += [
                (format_number(node.data), top + 34 + rise, 14, INK, "600", True)
            ] * self.is_known(i)
            if grad is not None:
                lines += [
                    (f"grad {format_number(grad)}", top + 51 + rise, 11.5, GOLD, "normal", True)
                ]
        else:
            x += self.disc_width(i) / 5
            lines = [(format_number(node.data), y - 1, 11.5, INK, "600", True)] * self.is_known(i)
            if grad is not None:
                lines += [(f"g {format_number(grad)}", y + 12, 9.5, GOLD, "normal", True)]
        for text, at, size, colour, weight, mono in lines:
            self.scene.add(Text(x, at, text, size, colour, "middle", weight, mono))
        if node.op:
            self.add_disc(i, left, y)
        if i in self.graph.open_ends:
            self.scene.add(Text(left - 20, y - 14, "…", 14, MUTED, "middle"))

    def add_disc(self, i: int, x: float, y: float) -> None:
        sign, wide = self.sign(i), self.disc_width(i)
        paper, ink = (BLUE, WHITE) if self.is_known(i) else (FAINT, MUTED)
        size = 13 if len(sign) < 3 else 11
        self.scene.add(
            Rect(x - wide / 2, y - 11, wide, 22, paper, radius=11),
            Text(x, y + 4.5, sign, size, ink, "middle", "600"),
        )

    def sign(self, i: int) -> str:
        op = self.graph.nodes[i].op
        return truncate(SIGNS.get(op, op), 10)

    def disc_width(self, i: int) -> float:
        """The disc around an operation grows with its name."""
        sign = self.sign(i)
        return max(22, 7.2 * len(sign) + 10) if sign and self.look.boxes else 0
