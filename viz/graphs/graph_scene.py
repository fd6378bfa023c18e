"""The drawing of a graph: boxes in layers, a circle for each operation, local gradients on edges.

Left to right. A small graph shows names, numbers, gradients and local gradients; a larger one
numbers and gradients; a large one only dots, the larger the gradient the larger the dot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite, sqrt

from viz.canvas.labels import format_number, title_width, truncate
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
from viz.graphs.node import Graph

OP_SIGNS = {"*": "×", "-": "−", "neg": "−"}
MAX_HEIGHT = 600  # pixels, for a graph of dots

Point = tuple[float, float]  # pixels


@dataclass(frozen=True)
class NodeStyle:
    """How large a node is drawn and what it shows.

    Attributes:
        width: Of a node, in pixels.
        height: Of a node, in pixels.
        column: From one layer to the next, in pixels.
        row: From one node of a layer to the next, in pixels.
        boxes: Whether a node is a box with text, or a dot.
        show_names: Whether names and local gradients are written.
    """

    width: float
    height: float
    column: float
    row: float
    boxes: bool = True
    show_names: bool = False


ROOMY = NodeStyle(width=104, height=58, column=196, row=78, show_names=True)
COMPACT = NodeStyle(width=80, height=32, column=128, row=40)
DOTS = NodeStyle(width=9, height=9, column=40, row=15, boxes=False)


@dataclass(frozen=True)
class Highlight:
    """What is highlighted, and what is known of a graph that is only partly computed.

    Attributes:
        edges: Index of an edge -> its colour.
        grads: Shown instead of each node's own gradient; None for one that is not known.
        known: Indices of the nodes whose number is known; None for all.
    """

    edges: Mapping[int, str] = field(default_factory=dict)
    grads: list[float | None] | None = None
    known: set[int] | None = None


class GraphScene:
    """One drawing of a graph.

    Attributes:
        scene: The drawing.
        notes_top: Where lines of text below the graph begin, in pixels.
    """

    curved = True  # whether the points of an edge are those of a smooth curve

    def __init__(
        self,
        graph: Graph,
        *,
        title: str = "",
        highlight: Highlight = Highlight(),
        notes: int = 0,
    ):
        """Lay out and draw the graph.

        Args:
            graph: What is drawn.
            title: Written above it.
            highlight: Coloured edges, and which numbers are known.
            notes: How many lines of text the caller will add below.
        """
        self.graph, self.highlight = graph, highlight
        count = len(graph.nodes)
        self.style = ROOMY if count <= 24 else COMPACT if count <= 90 else DOTS
        self.layout = graph.layout
        half = max((abs(y) for y in self.layout.y), default=0) + 0.5
        if not self.style.boxes:
            self.style = replace(self.style, row=min(self.style.row, MAX_HEIGHT / (2 * half)))
        layers = max(self.layout.layer, default=0)
        margin = 22 + self.style.width / 2 + (16 if self.style.boxes else 0)
        omitted = omitted_note(graph)
        needed = 2 * margin + layers * self.style.column
        width = max(needed, title_width(title), 7 * len(omitted) + 32, 320)
        self.left = (width - layers * self.style.column) / 2
        self.middle = (40 if title else 14) + half * self.style.row
        bottom = self.middle + half * self.style.row + (26 if omitted else 8)
        self.notes_top = bottom + 14
        self.scene = Scene(width, bottom + notes * 20 + (8 if notes else 0))
        self.scene.add(Text(16, 25, title, 15, weight="600"))
        self.add_edges()
        self.add_nodes()
        self.scene.add(Text(16, bottom - 8, omitted, 12, MUTED))

    def to_pixels(self, layer: float, y: float) -> Point:
        """Coordinates in the scene of a position of the layout."""
        return self.left + layer * self.style.column, self.middle + y * self.style.row

    def grad(self, i: int) -> float | None:
        """The gradient that is shown for node `i`."""
        grads = self.highlight.grads
        return self.graph.nodes[i].grad if grads is None else grads[i]

    def is_known(self, i: int) -> bool:
        """Whether the number of node `i` is known."""
        return self.highlight.known is None or i in self.highlight.known

    def add_edges(self) -> None:
        """Highlighted edges above the others, and the local gradients above all edges."""
        labels: list[tuple[float, float, str, str | None]] = []
        for k in sorted(range(len(self.graph.edges)), key=self.highlight.edges.__contains__):
            _, end, local_grad = self.graph.edges[k]
            colour = self.highlight.edges.get(k)
            points, label = self.edge_and_label(k)
            stroke_width = (3 if colour else 1.4) if self.style.boxes else 0.7
            line = Line(tuple(points), colour or LINE, stroke_width, curved=self.curved)
            self.scene.add(line)
            if self.style.show_names and self.is_known(end):
                labels.append((*label, f"×{format_number(local_grad)}", colour))
        for x, y, text, colour in labels:
            width = 7.4 * len(text) + 6
            weight = "600" if colour else "normal"
            self.scene.add(
                Rect(x - width / 2, y - 9, width, 17, PAPER, radius=4),
                Text(x, y + 4, text, 12, colour or MUTED, "middle", weight, mono=True),
            )

    def edge_and_label(self, k: int) -> tuple[list[Point], Point]:
        """The points of an edge, and the middle of its label, near the child."""
        start, end, _ = self.graph.edges[k]
        points, shift = self.edge_path(start, end), 0.0
        siblings = [n for n, edge in enumerate(self.graph.edges) if edge[:2] == (start, end)]
        if self.style.show_names and len(siblings) > 1:  # a * a has two edges
            shift = 14 * (siblings.index(k) - (len(siblings) - 1) / 2)
            (x0, y0), (x1, y1) = points[:2]
            points.insert(1, ((x0 + x1) / 2, (y0 + y1) / 2 + shift))
        (x0, y0), (x1, y1) = points[-2:]
        return points, (x0 + (x1 - x0) * 0.55, y0 + (y1 - y0) * 0.58 + shift * 0.7)

    def edge_path(self, start: int, end: int) -> list[Point]:
        """The points of an edge, from the right side of one box to the operation of another."""
        layer, y = self.layout.layer, self.layout.y
        x0, y0 = self.to_pixels(layer[start], y[start])
        x1, y1 = self.to_pixels(layer[end], y[end])
        bends = [self.to_pixels(*bend) for bend in self.layout.bends[start, end]]
        half = self.style.width / 2
        return [(x0 + half, y0), *bends, (x1 - half - self.op_width(end) / 2, y1)]

    def add_nodes(self) -> None:
        """A box or a dot for each number."""
        grads = [node.grad for node in self.graph.nodes if node.grad is not None]
        largest = max((abs(grad) for grad in grads if isfinite(grad)), default=0.0)
        for i in range(len(self.graph.nodes)):
            x, y = self.to_pixels(self.layout.layer[i], self.layout.y[i])
            if self.style.boxes:
                self.add_box(i, x, y)
            else:
                self.add_dot(i, x, y, largest)

    def add_dot(self, i: int, x: float, y: float, largest: float) -> None:
        """A dot, the larger the gradient the larger; largest if the gradient is not finite."""
        node, last = self.graph.nodes[i], i == len(self.graph.nodes) - 1
        grad = 0.0 if node.grad is None else node.grad
        fraction = abs(grad) / largest if isfinite(grad) and largest else 1.0
        radius = 6 if last else 2 + 4 * sqrt(fraction) if largest else self.style.width / 2
        self.scene.add(Circle(x, y, radius, ORANGE if last else BLUE if node.op else GREEN))

    def add_box(self, i: int, x: float, y: float) -> None:
        """Name, number and gradient as far as they are known, and the operation."""
        node, style, middle = self.graph.nodes[i], self.style, x
        left, top = x - style.width / 2, y - style.height / 2
        paper, edge = (WHITE, LINE) if node.op else (GREEN_PAPER, GREEN)
        self.scene.add(Rect(left, top, style.width, style.height, paper, edge, 1.3, 7))
        top += self.text_drop(i)
        number = format_number(node.data)
        grad = self.grad(i) if self.is_known(i) else None
        if style.show_names:
            name = truncate(self.graph.names[i], int(style.width / 8.6))
            rise = 0 if name else -6
            colour = INK if node.op else GREEN
            self.scene.add(Text(x, top + 16, name, 13, colour, "middle", "700"))
            size = min(14, (style.width - 6) / (0.61 * len(number)))
            value = Text(x, top + 34 + rise, number, size, INK, "middle", "600", True)
            prefix, below, size = "grad", top + 51 + rise, 11.5
        else:
            x += self.op_room(i)
            value = Text(x, y - 1, number, 11.5, INK, "middle", "600", True)
            prefix, below, size = "g", y + 12, 10.1
        if self.is_known(i):
            self.scene.add(value)
        if grad is not None:
            text = self.grad_text(grad, prefix)
            self.scene.add(Text(x, below, text, size, GOLD, "middle", mono=True))
        if node.op:
            self.add_op(i, *self.op_position(middle, y))
        if i in self.graph.truncated:
            self.scene.add(Text(left - 20, y - 14, "…", 14, MUTED, "middle"))

    def op_position(self, x: float, y: float) -> Point:
        """Where the operation of a node is: on the left side of its box."""
        return x - self.style.width / 2, y

    def op_room(self, i: int) -> float:
        """How far the text of a small box is moved away from its operation, in pixels."""
        return self.op_width(i) / 5

    def text_drop(self, i: int) -> float:
        """How far the text of a large box is moved down, in pixels."""
        return 0

    def grad_text(self, grad: float, prefix: str) -> str:
        """The gradient as it is written in a box."""
        return f"{prefix} {format_number(grad)}"

    def add_op(self, i: int, x: float, y: float) -> None:
        """The operation, in a circle around (x, y), on the edge of its box."""
        label, width = self.op_label(i), self.op_width(i)
        paper, ink = (BLUE, WHITE) if self.is_known(i) else (FAINT, MUTED)
        size = 13 if len(label) < 3 else 11
        self.scene.add(
            Rect(x - width / 2, y - 11, width, 22, paper, radius=11),
            Text(x, y + 4.5, label, size, ink, "middle", "600"),
        )

    def op_label(self, i: int) -> str:
        """How the operation of node `i` is written."""
        op = self.graph.nodes[i].op
        return truncate(OP_SIGNS.get(op, op), 10)

    def op_width(self, i: int) -> float:
        """Width of the circle around an operation, in pixels; it grows with the label."""
        label = self.op_label(i)
        return max(22, 7.2 * len(label) + 10) if label and self.style.boxes else 0


def omitted_note(graph: Graph) -> str:
    """How many numbers are not drawn, or nothing."""
    note = f"{graph.n_omitted:,} more numbers are further back and not drawn."
    return note if graph.n_omitted else ""
