"""The drawing of a graph for a phone: from top to bottom, no wider than the page.

Boxes become narrower with the number of nodes beside each other. Where not even numbers of four
digits have room, all nodes are dots.
"""

from dataclasses import replace

from viz.canvas.labels import format_number
from viz.canvas.pages import NARROW, phone_title_scene, words_scene
from viz.canvas.scene import bezier_points, translate
from viz.graphs.graph_scene import (
    COMPACT,
    DOTS,
    ROOMY,
    GraphScene,
    Highlight,
    NodeStyle,
    Point,
    omitted_note,
)
from viz.graphs.node import Graph

MARGIN, GAP = 12.0, 8.0
ROOMY_WIDTH, COMPACT_WIDTH = 70.0, 45.0  # at least
DOTS_HEIGHT = 800  # at most, of a graph of dots
PLAIN = Highlight()
STEPS = 6  # straight pieces of each part of a curve


class DownwardGraphScene(GraphScene):
    """The drawing of a graph from top to bottom."""

    curved = False  # the curve of a scene is horizontal at its ends; here it is short lines

    def __init__(
        self,
        graph: Graph,
        *,
        title: str = "",
        highlight: Highlight = PLAIN,
        notes: int = 0,
    ):
        self.graph, self.highlight = graph, highlight
        self.layout = graph.layout
        ys = [*self.layout.y, *(y for bends in self.layout.bends.values() for _, y in bends)]
        half, layers = max(map(abs, ys)) + 0.5, max(self.layout.layer)
        self.style = choose_style(len(graph.nodes), half, layers)
        self.scene = phone_title_scene(title)
        self.left = NARROW / 2
        self.middle = self.scene.height + self.style.height / 2 + (18 if self.style.boxes else 8)
        bottom = self.middle + layers * self.style.column + self.style.height / 2 + 8
        omitted = omitted_note(graph)
        if omitted:
            remark = words_scene(omitted, NARROW)
            self.scene.add(*(translate(shape, dy=bottom) for shape in remark.shapes))
            bottom += remark.height
        self.notes_top = bottom + 14
        self.scene.height = bottom + notes * 20 + (8 if notes else 0)
        self.add_edges()
        self.add_nodes()

    def to_pixels(self, layer: float, y: float) -> Point:
        return self.left + y * self.style.row, self.middle + layer * self.style.column

    def edge_and_label(self, k: int) -> tuple[list[Point], Point]:
        """A curve that starts and ends vertically, and the middle of its label."""
        start, end, _ = self.graph.edges[k]
        points, shift = self.edge_path(start, end), 0.0
        if not self.style.boxes:
            return points, points[-1]
        siblings = [n for n, edge in enumerate(self.graph.edges) if edge[:2] == (start, end)]
        (x0, y0), (x1, y1) = points[-2:]
        if self.style.show_names and len(siblings) > 1:
            shift = 44 * (siblings.index(k) - (len(siblings) - 1) / 2)
            middle = ((points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2)
            points.insert(1, (middle[0] + shift, middle[1]))
        return sample_downward(points), ((x0 + x1) / 2 + shift, (y0 + y1) / 2)

    def edge_path(self, start: int, end: int) -> list[Point]:
        layer, y = self.layout.layer, self.layout.y
        x0, y0 = self.to_pixels(layer[start], y[start])
        x1, y1 = self.to_pixels(layer[end], y[end])
        bends = [self.to_pixels(*bend) for bend in self.layout.bends[start, end]]
        half = self.style.height / 2
        op = 11 if self.op_width(end) else 0
        return [(x0, y0 + half), *bends, (x1, y1 - half - op)]

    def op_position(self, x: float, y: float) -> Point:
        return x, y - self.style.height / 2

    def op_room(self, i: int) -> float:
        return 0

    def text_drop(self, i: int) -> float:
        return 13 if self.graph.nodes[i].op else 6

    def grad_text(self, grad: float, prefix: str) -> str:
        """With "g" where there is no room for "grad"."""
        text = f"{prefix} {format_number(grad)}"
        return text if 7.1 * len(text) < self.style.width else f"g {format_number(grad)}"


def sample_downward(points: list[Point]) -> list[Point]:
    """A smooth curve through all points, vertical at its ends, as short straight pieces."""
    controls = [(x, y) for y, x in bezier_points([(y, x) for x, y in points])]
    curve = [controls[0]]
    for piece in zip(controls[::3], controls[1::3], controls[2::3], controls[3::3]):
        for k in range(1, STEPS + 1):
            t, u = k / STEPS, 1 - k / STEPS
            shares = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
            x = sum(share * point[0] for share, point in zip(shares, piece))
            y = sum(share * point[1] for share, point in zip(shares, piece))
            curve.append((x, y))
    return curve


def choose_style(count: int, half: float, layers: int) -> NodeStyle:
    """The largest nodes for which there is room."""
    pitch = (NARROW - 2 * MARGIN) / (2 * half)
    width = min(104, pitch - GAP)
    if count <= 24 and width >= ROOMY_WIDTH:
        return replace(ROOMY, width=width, height=72, row=min(pitch, 150), column=124)
    if count <= 90 and width >= COMPACT_WIDTH:
        return replace(COMPACT, width=min(80, width), height=46, row=min(pitch, 100), column=88)
    column = min(DOTS.column, DOTS_HEIGHT / max(1, layers))
    return replace(DOTS, row=min(DOTS.row, pitch), column=column)
