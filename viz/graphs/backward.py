"""The backward pass through a graph: path by path (`draw_paths`), and edge by edge
(`draw_backward`, one frame of what `BackwardPlayer` plays).

Multiply along a path, add where paths meet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import prod
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_int
from viz.canvas.labels import format_number, title_width
from viz.canvas.pages import phone_title_scene
from viz.canvas.palette import CATEGORIES, INK, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Scene, Text, translate
from viz.canvas.wrapping import wrap_text
from viz.graphs.downward_scene import DownwardGraphScene
from viz.graphs.graph import graph_data
from viz.graphs.graph_scene import GraphScene, Highlight
from viz.graphs.node import Graph, Names, Node, build_graph

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_PATHS = 6
MAX_LINES = 6  # of a caption on a phone
MAX_NODES = 60  # more boxes cannot be followed by eye


@dataclass(frozen=True)
class Frame:
    """One step of the forward and backward pass.

    Attributes:
        known: Indices of the nodes that are computed by now.
        grads: The gradient of each node so far; None before the backward pass.
        edge: Index of the edge along which a gradient was passed, if one was.
        caption: What happened in this step.
    """

    known: frozenset[int]
    grads: tuple[float | None, ...]
    edge: int | None
    caption: str


def build_small_graph(root: Node, names: Names | None) -> Graph:
    """The graph of `root`; raises ValueError if it has too many numbers to follow one by one."""
    graph = build_graph(root, names, max_nodes=MAX_NODES + 1, max_layers=MAX_NODES)
    if graph.n_omitted or len(graph.nodes) > MAX_NODES:
        raise ValueError(
            f"This graph has {len(graph.nodes) + graph.n_omitted:,} numbers; at most {MAX_NODES} "
            f"can be followed one by one. Take a smaller expression, or draw_graph(...), which "
            f"draws the part of it that is nearest to the result."
        )
    return graph


def make_frames(graph: Graph) -> list[Frame]:
    """Every step: the numbers from left to right, then the gradient along each edge, backward."""
    labels = [
        name or f"({format_number(node.data)})" for name, node in zip(graph.names, graph.nodes)
    ]
    known = {i for i, node in enumerate(graph.nodes) if not node.parents}
    no_grads = (None,) * len(graph.nodes)
    frames = [Frame(frozenset(known), no_grads, None, "These numbers were typed in")]
    for i, node in enumerate(graph.nodes):
        if node.parents:
            known.add(i)
            left_side = f"{labels[i]} = " if graph.names[i] else ""
            right_side = f"{format_formula(graph, i, labels)} = {format_number(node.data)}"
            caption = f"Forward: {left_side}{right_side}"
            frames.append(Frame(frozenset(known), no_grads, None, caption))
    grads = [0.0] * len(graph.nodes)
    grads[-1] = 1.0
    caption = f"Backward: {labels[-1]} grows by 1 when {labels[-1]} grows by 1, so its grad is 1"
    frames.append(Frame(frozenset(known), tuple(grads), None, caption))
    # In reverse topological order the gradient of a child is complete before it is passed on.
    for child in reversed(range(len(graph.nodes))):
        for k, (start, end, local_grad) in enumerate(graph.edges):
            if end == child:
                product, before = local_grad * grads[child], grads[start]
                grads[start] = before + product
                caption = (
                    f"{format_number(local_grad)} × {format_number(grads[child])} added to "
                    f"{labels[start]}.grad: {format_number(before)} + {format_number(product)} = "
                    f"{format_number(grads[start])}"
                )
                frames.append(Frame(frozenset(known), tuple(grads), k, caption))
    return frames


def format_formula(graph: Graph, i: int, labels: list[str]) -> str:
    """How node `i` was computed from its parents: a × b, tanh(a)."""
    parents = [start for start, end, _ in graph.edges if end == i]
    symbol = {"*": "×", "-": "−"}.get(graph.nodes[i].op, graph.nodes[i].op)
    if len(parents) == 2 and not symbol.isalpha():
        return f"{labels[parents[0]]} {symbol} {labels[parents[1]]}"
    if len(parents) == 1 and symbol.startswith("**"):
        return f"{labels[parents[0]]}{symbol}"
    arguments = [labels[p] for p in parents[:4]] + ["…"] * (len(parents) > 4)
    return f"{symbol}({', '.join(arguments)})"


def draw_backward(
    root: Node,
    names: Names | None = None,
    *,
    step: int | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw one step of the forward and backward pass.

    Args:
        root: The result: an object with data, grad, op, parents and local_grads.
        names: Names for some of the nodes, such as {a: "a", L: "loss"}.
        step: Which step; None for the last one, with all gradients.
        title: Written above the graph.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, or `ax` if it was given.

    Raises:
        ValueError: If the graph has more than 60 numbers, or the step does not exist.

    Example:
        >>> a = Value(2.0)
        >>> draw_backward(a * a, names={a: "a"}, step=3)
        Picture: Step 3 of 4. 2 × 1 added to a.grad: 0 + 2 = 2.
    """
    graph = build_small_graph(root, names)
    frames = make_frames(graph)
    last = len(frames) - 1
    picture = draw_frame(
        graph, frames, last if step is None else to_int(step, "step", 0, last), title
    )
    return picture.draw_on(ax) if ax is not None else picture


def draw_frame(graph: Graph, frames: Sequence[Frame], step: int, title: str = "") -> Picture:
    """One step of the two passes; the pictures of all steps are equally wide."""
    frame = frames[step]
    edges = {} if frame.edge is None else {frame.edge: ORANGE}
    highlight = Highlight(edges, list(frame.grads), set(frame.known))
    drawing = GraphScene(graph, title=title, highlight=highlight, notes=1)
    scene, y = drawing.scene, drawing.notes_top
    scene.width = max(scene.width, 7.4 * max(len(each.caption) for each in frames) + 90)
    colour = INK if frame.edge is None else ORANGE
    scene.add(Text(16, y, f"{step}/{len(frames) - 1}", 12, MUTED, mono=True))
    scene.add(Text(66, y, frame.caption, 13, colour, weight="600"))
    # Room for the longest caption, or the picture would jump from step to step.
    lines = max(len(wrap_caption(each.caption)) for each in frames)
    narrow = DownwardGraphScene(graph, title=title, highlight=highlight, notes=1 + lines)
    y = narrow.notes_top
    narrow.scene.add(Text(16, y, f"{step}/{len(frames) - 1}", 12, MUTED, mono=True))
    for k, line in enumerate(wrap_caption(frame.caption), 1):
        narrow.scene.add(Text(16, y + 20 * k, line, 13, colour, weight="600"))
    data = graph_data(graph) | {
        "step": step,
        "steps": len(frames) - 1,
        "grads": list(frame.grads),
        "edge": frame.edge,
        "caption": frame.caption,
    }
    alt = f"Step {step} of {len(frames) - 1}. {frame.caption}."
    return Picture(data, alt, scene, narrow=narrow.scene)


def wrap_caption(caption: str) -> list[str]:
    """The lines of a caption on a phone."""
    return wrap_text(caption, 42, MAX_LINES)


def find_paths(graph: Graph, source: int) -> list[list[int]]:
    """Paths from `source` to the result as lists of edges, at most MAX_PATHS + 1, shortest first.

    An A* search: partial paths are taken in the order of their final length, so few of them are
    kept, however many paths there are.
    """
    last = len(graph.nodes) - 1
    out_edges: dict[int, list[int]] = {}
    for k, (start, _, _) in enumerate(graph.edges):
        out_edges.setdefault(start, []).append(k)
    distance = {last: 0}  # from a node to the result, in edges
    for node in reversed(range(last)):
        distance[node] = 1 + min(distance[graph.edges[k][1]] for k in out_edges[node])
    found: list[list[int]] = []
    frontier: list[tuple[int, int, list[int]]] = [(distance[source], -source, [])]
    while frontier and len(found) <= MAX_PATHS:
        _, neg_index, path = heappop(frontier)
        if -neg_index == last:
            found.append(path)
        for k in out_edges.get(-neg_index, []):
            end = graph.edges[k][1]
            heappush(frontier, (len(path) + 1 + distance[end], -end, [*path, k]))
    return [path for path in found if path]


def draw_paths(
    root: Node,
    source: Node,
    names: Names | None = None,
    *,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the graph once for each path from `source` to `root`, with the product of each path.

    Args:
        root: The result: an object with data, grad, op, parents and local_grads.
        source: One of the numbers that it was computed from.
        names: Names for some of the nodes, such as {a: "a", L: "loss"}.
        title: Written above the graphs.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, or `ax` if it was given; `.data["products"]` has one number for each path.

    Raises:
        ValueError: If no path leads from `source` to `root`, or the graph is too large.

    Example:
        >>> a = Value(2.0)
        >>> draw_paths(a * 3 + a, a, names={a: "a"})
        Picture: 2 paths with local gradients 3 × 1 and 1: the result grows by 3 + 1 = 4 ...
    """
    graph = build_small_graph(root, names)
    index = next((i for i, node in enumerate(graph.nodes) if node is source), None)
    paths = [] if index is None else find_paths(graph, index)
    if index is None or not paths:
        raise ValueError(
            "No path leads from `source` to `root`: pick one of the numbers that it was made of."
        )
    shown = sorted(paths[:MAX_PATHS], key=len, reverse=True)
    factors = [[graph.edges[k][2] for k in path] for path in shown]
    products = [prod(path) for path in factors]
    total = format_path_sum(graph, index, products, len(paths) > MAX_PATHS)
    scene = Scene(max(8.6 * len(total) + 32, title_width(title)), 46 if title else 12)
    scene.add(Text(16, 26, title, 15, weight="600"))
    narrow = phone_title_scene(title)
    for n, path in enumerate(shown):
        for sheet, drawing in ((scene, GraphScene), (narrow, DownwardGraphScene)):
            panel = build_path_panel(drawing, graph, n, path, factors[n])
            sheet.add(*(translate(shape, dy=sheet.height) for shape in panel.shapes))
            sheet.width, sheet.height = max(sheet.width, panel.width), sheet.height + panel.height
    scene.add(Text(16, scene.height + 18, total, 15, weight="700"))
    scene.height += 36
    for line in wrap_text(total, 38, MAX_LINES):
        narrow.add(Text(16, narrow.height + 18, line, 14, weight="700"))
        narrow.height += 20
    narrow.height += 14
    data = graph_data(graph) | {"paths": shown, "products": products}
    chains = " and ".join(" × ".join(map(format_number, path)) for path in factors)
    alt = f"{len(shown)} path{'s' * (len(shown) > 1)} with local gradients {chains}: {total}."
    picture = Picture(data, alt, scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def build_path_panel(
    draw: type[GraphScene], graph: Graph, n: int, path: list[int], factors: list[float]
) -> Scene:
    """The graph with one path highlighted, and its product below."""
    colour = CATEGORIES[n % len(CATEGORIES)]
    highlight = Highlight(dict.fromkeys(path, colour), [None] * len(graph.nodes))
    drawing = draw(graph, highlight=highlight, notes=1)
    product = f" = {format_number(prod(factors))}" if len(factors) > 1 else ""
    text = f"path {n + 1}: {' × '.join(map(format_number, factors))}{product}"
    drawing.scene.add(Text(16, drawing.notes_top, text, 14, colour, weight="600"))
    return drawing.scene


def format_path_sum(graph: Graph, source: int, products: list[float], truncated: bool) -> str:
    """The sum over all paths: L grows by 3 + 1 = 4 for each 1 that a grows."""
    name, result = graph.names[source] or "it", graph.names[-1] or "the result"
    total = " + ".join(map(format_number, products))
    total += f" = {format_number(sum(products))}" if len(products) > 1 else ""
    each = f"for each 1 that {name} grows"
    if truncated:
        return f"The first {MAX_PATHS} paths contribute {total} {each}; there are more paths"
    return f"{result} grows by {total} {each}"
