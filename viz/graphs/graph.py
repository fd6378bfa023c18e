"""The computation graph of a number: what it was made of, and the gradient of each part.

Left to right: numbers in boxes, the operation in a circle where edges meet, the local gradient on
each edge. A small graph shows everything, a large one less of each number, and a very large one
only the part nearest to the result. Needs neither graphviz nor matplotlib.
"""

from typing import TYPE_CHECKING, Any

from viz.canvas.arrays import to_int
from viz.canvas.labels import format_number
from viz.canvas.picture import Picture
from viz.graphs.downward_scene import DownwardGraphScene
from viz.graphs.graph_scene import GraphScene
from viz.graphs.node import Graph, Names, Node, build_graph

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_NODES = 300
MAX_LAYERS = 60
DRAWINGS: tuple[type[GraphScene], ...] = (GraphScene, DownwardGraphScene)  # wide, for a phone


def draw_graph(
    root: Node,
    names: Names | None = None,
    *,
    title: str = "",
    max_nodes: int = MAX_NODES,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the computation that made `root`, from left to right.

    A gradient of None, as before `backward()` in PyTorch, is not drawn.

    Args:
        root: The result: an object with data, grad, op, parents and local_grads.
        names: Names for some of the nodes, such as {a: "a", L: "loss"}.
        title: Written above the graph.
        max_nodes: Of a larger graph only the numbers nearest to the result are drawn.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, or `ax` if it was given.

    Raises:
        ValueError: If a node lacks data, grad, op, parents or local_grads, or has unusable ones.

    Example:
        >>> a = Value(2.0)
        >>> draw_graph(a * 3 + a, names={a: "a"})
        Picture: Graph of 4 numbers and 4 arrows; the result is 8; a = 2 (grad 0).
    """
    graph = build_graph(root, names, to_int(max_nodes, "max_nodes", 1), MAX_LAYERS)
    scene, narrow = (drawing(graph, title=title).scene for drawing in DRAWINGS)
    picture = Picture(graph_data(graph), alt_text(graph), scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def graph_data(graph: Graph) -> dict[str, Any]:
    """What the picture shows, as plain data."""
    return {
        "nodes": [
            {"name": name, "op": node.op, "data": node.data, "grad": node.grad}
            for name, node in zip(graph.names, graph.nodes)
        ],
        "edges": list(graph.edges),
        "n_omitted": graph.n_omitted,
    }


def format_grad(node: Node) -> str:
    """The gradient in words; PyTorch's is None before `backward()`."""
    return "no grad yet" if node.grad is None else f"grad {format_number(node.grad)}"


def alt_text(graph: Graph) -> str:
    """One sentence: the size, the result, and the gradients of the named numbers."""
    root = graph.nodes[-1]
    sentence = f"Graph of {len(graph.nodes)} numbers and {len(graph.edges)} arrows; the result"
    sentence += f" {graph.names[-1]}" if graph.names[-1] else ""
    sentence += f" is {format_number(root.data)}"
    named = [(name, node) for name, node in zip(graph.names[:-1], graph.nodes) if name][:6]
    if named:
        sentence += "; " + ", ".join(
            f"{name} = {format_number(node.data)} ({format_grad(node)})" for name, node in named
        )
    if graph.n_omitted:
        sentence += f"; {graph.n_omitted:,} more numbers are not drawn"
    return sentence + "."
