"""How blame flows back through a graph: path by path, and arrow by arrow.

Multiply along a path, add where paths meet. `draw_paths` shows the first view of it,
`draw_backward` the second: one still of the film that `BackwardPlayer` plays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from math import prod
from typing import Any

from viz.canvas.arrays import to_int
from viz.canvas.labels import format_number
from viz.canvas.palette import CATEGORIES, INK, MUTED, ORANGE
from viz.canvas.picture import Picture
from viz.canvas.scene import Scene, Text, translate
from viz.graphs.graph import graph_data
from viz.graphs.graph_scene import GraphScene, Marks
from viz.graphs.node import Graph, Node, read_graph

MOST_PATHS = 6
MOST_NODES = 60  # more boxes than this cannot be followed by eye


@dataclass(frozen=True)
class Moment:
    """One still of the film: what is known by now, what was done last, and on which arrow."""

    known: frozenset[int]
    grads: tuple[float | None, ...]
    arrow: int | None
    said: str


def small_graph(root: Node, names: Mapping[Any, str] | None) -> Graph:
    """Raises: ValueError if there are too many numbers to follow one by one."""
    graph = read_graph(root, names, most_nodes=MOST_NODES + 1, most_layers=MOST_NODES)
    if graph.left_out or len(graph.nodes) > MOST_NODES:
        raise ValueError(
            f"This graph has {len(graph.nodes) + graph.left_out:,} numbers; one by one at most "
            f"{MOST_NODES} can be followed. "
            f"Take a smaller expression, or draw_graph(...), which folds what is too much."
        )
    return graph


def film(graph: Graph) -> list[Moment]:
    """Every still: the numbers appear from left to right, then each arrow hands its blame back."""
    labels = [
        name or f"({format_number(node.data)})" for name, node in zip(graph.names, graph.nodes)
    ]
    known = {i for i, node in enumerate(graph.nodes) if not node.parents}
    not_yet = (None,) * len(graph.nodes)
    moments = [Moment(frozenset(known), not_yet, None, "These numbers were typed in.")]
    for i, node in enumerate(graph.nodes):
        if node.parents:
            known.add(i)
            made = f"{labels[i]} = " if graph.names[i] else ""
            said = f"Forward: {made}{formula(graph, i, labels)} = {format_number(node.data)}"
            moments.append(Moment(frozenset(known), not_yet, None, said))
    grads = [0.0] * len(graph.nodes)
    grads[-1] = 1.0
    said = f"Backward: {labels[-1]} grows by 1 when {labels[-1]} grows by 1, so its grad is 1"
    moments.append(Moment(frozenset(known), tuple(grads), None, said))
    # From the result back: a child has all its blame before its parents get any of it.
    for child in reversed(range(len(graph.nodes))):
        for number, (start, end, slope) in enumerate(graph.arrows):
            if end == child:
                share, before = slope * grads[child], grads[start]
                grads[start] = before + share
                said = (
                    f"{format_number(slope)} × {format_number(grads[child])} added to "
                    f"{labels[start]}.grad: {format_number(before)} + {format_number(share)} = "
                    f"{format_number(grads[start])}"
                )
                moments.append(Moment(frozenset(known), tuple(grads), number, said))
    return moments


def formula(graph: Graph, i: int, labels: list[str]) -> str:
    """How node `i` was made, in the names of its parents: a × b, tanh(a)."""
    parents = [start for start, end, _ in graph.arrows if end == i]
    sign = {"*": "×", "-": "−"}.get(graph.nodes[i].op, graph.nodes[i].op)
    if len(parents) == 2 and not sign.isalpha():
        return f"{labels[parents[0]]} {sign} {labels[parents[1]]}"
    if len(parents) == 1 and sign.startswith("**"):
        return f"{labels[parents[0]]}{sign}"
    return f"{sign}({', '.join(labels[p] for p in parents[:4])}{', …' if len(parents) > 4 else ''})"


def draw_backward(
    root: Node,
    names: Mapping[Any, str] | None = None,
    *,
    step: int | None = None,
    title: str = "",
    ax=None,
) -> Picture:
    """One still of the way forward and back; the last one, with all gradients, unless `step` says
    otherwise.

    Raises:  ValueError for a graph too large to follow, and for a step that does not exist.
    Example: a = Value(2.0); draw_backward(a * a, names={a: "a"}, step=3)
    """
    graph = small_graph(root, names)
    moments = film(graph)
    if step is None:
        step = len(moments) - 1
    step = to_int(step, "step", 0, len(moments) - 1)
    return picture_of(graph, moments, step, title, ax)


def picture_of(graph: Graph, moments: list[Moment], step: int, title: str = "", ax=None) -> Picture:
    now = moments[step]
    marks = Marks({} if now.arrow is None else {now.arrow: ORANGE}, list(now.grads), set(now.known))
    drawing = GraphScene(graph, title=title, marks=marks, notes=1)
    scene, below = drawing.scene, drawing.below
    longest = max(len(moment.said) for moment in moments)  # so that all stills are equally wide
    scene.width = max(scene.width, 7.4 * longest + 90)
    scene.add(Text(16, below, f"{step}/{len(moments) - 1}", 12, MUTED, mono=True))
    scene.add(Text(66, below, now.said, 13, ORANGE if now.arrow is not None else INK, weight="600"))
    data = graph_data(graph) | {
        "step": step,
        "steps": len(moments) - 1,
        "grads": list(now.grads),
        "arrow": now.arrow,
        "said": now.said,
    }
    picture = Picture(data, f"Step {step} of {len(moments) - 1}. {now.said}.", scene)
    return picture.draw_on(ax) if ax is not None else picture


def paths_between(graph: Graph, source: int) -> list[list[int]]:
    """The ways from `source` to the result, as lists of arrows: MOST_PATHS + 1, the shortest first.

    A half-finished way is taken up in the order of how long it will be in the end, so that no more
    of them are kept than are needed, however many there are.
    """
    last = len(graph.nodes) - 1
    leaving: dict[int, list[int]] = {}
    for number, (start, _, _) in enumerate(graph.arrows):
        leaving.setdefault(start, []).append(number)
    to_go = {last: 0}
    for node in reversed(range(last)):
        to_go[node] = 1 + min(to_go[graph.arrows[n][1]] for n in leaving[node])
    found: list[list[int]] = []
    unfinished: list[tuple[int, int, list[int]]] = [(to_go[source], -source, [])]
    while unfinished and len(found) <= MOST_PATHS:
        _, place, path = heappop(unfinished)
        if -place == last:
            found.append(path)
        for number in leaving.get(-place, []):
            end = graph.arrows[number][1]
            heappush(unfinished, (len(path) + 1 + to_go[end], -end, [*path, number]))
    return [path for path in found if path]


def draw_paths(
    root: Node,
    source: Node,
    names: Mapping[Any, str] | None = None,
    *,
    title: str = "",
    ax=None,
) -> Picture:
    """The graph once for each path from `source` to `root`: multiply along, add where they meet.

    Raises:  ValueError if no path leads from `source` to `root`, or the graph is too large.
    Example: a = Value(2.0); draw_paths(a * 3 + a, a, names={a: "a"})
    """
    graph = small_graph(root, names)
    place = next((i for i, node in enumerate(graph.nodes) if node is source), None)
    paths = [] if place is None else paths_between(graph, place)
    if place is None or not paths:
        raise ValueError(
            "No path leads from `source` to `root`: pick one of the numbers that it was made of."
        )
    # The direct way comes last, as the exception.
    shown = sorted(paths[:MOST_PATHS], key=len, reverse=True)
    slopes = [[graph.arrows[number][2] for number in path] for path in shown]
    products = [prod(path) for path in slopes]
    said = summed_up(graph, place, products, len(paths) > MOST_PATHS)
    sheet = Scene(max(8.6 * len(said) + 32, 9.2 * len(title) + 32), 46 if title else 12)
    sheet.add(Text(16, 26, title, 15, weight="600"))
    for n, path in enumerate(shown):
        panel = path_panel(graph, n, path, slopes[n])
        sheet.add(*(translate(shape, dy=sheet.height) for shape in panel.shapes))
        sheet.width, sheet.height = max(sheet.width, panel.width), sheet.height + panel.height
    sheet.add(Text(16, sheet.height + 18, said, 15, weight="700"))
    sheet.height += 36
    data = graph_data(graph) | {"paths": shown, "products": products}
    along = " and ".join(" × ".join(map(format_number, path)) for path in slopes)
    alt = f"{len(shown)} path{'s' * (len(shown) > 1)} with slopes {along}: {said}."
    picture = Picture(data, alt, sheet)
    return picture.draw_on(ax) if ax is not None else picture


def path_panel(graph: Graph, n: int, path: list[int], slopes: list[float]) -> Scene:
    """The graph with one path lit, and its product spelled out below."""
    colour = CATEGORIES[n % len(CATEGORIES)]
    marks = Marks(dict.fromkeys(path, colour), [None] * len(graph.nodes))
    drawing = GraphScene(graph, marks=marks, notes=1)
    product = f" = {format_number(prod(slopes))}" if len(slopes) > 1 else ""
    spelled = f"path {n + 1}: {' × '.join(map(format_number, slopes))}{product}"
    drawing.scene.add(Text(16, drawing.below, spelled, 14, colour, weight="600"))
    return drawing.scene


def summed_up(graph: Graph, source: int, products: list[float], more: bool) -> str:
    """What all paths together say: L grows by 3 + 1 = 4 for each 1 that a grows."""
    who, result = graph.names[source] or "it", graph.names[-1] or "the result"
    total = " + ".join(map(format_number, products))
    total += f" = {format_number(sum(products))}" if len(products) > 1 else ""
    limit = f"; the first {MOST_PATHS} paths only" if more else ""
    return f"{result} grows by {total} for each 1 that {who} grows{limit}"
