"""The graph behind a number: what it was made of, and what each part is worth to it.

Left to right, numbers in boxes, the operation in a disc where arrows come together, the local slope
on each arrow. A small graph shows everything; a large one shows less of each number; a very large
one is folded, and says so. Needs no graphviz and no matplotlib.
"""

from collections.abc import Mapping
from typing import Any

from viz.canvas.arrays import to_int
from viz.canvas.labels import format_number
from viz.canvas.picture import Picture
from viz.graphs.graph_scene import GraphScene
from viz.graphs.node import Graph, Node, read_graph

MOST_NODES = 300
MOST_LAYERS = 60


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
    A gradient of None, as before `backward` in PyTorch, is not drawn.
    Raises:  ValueError if a node lacks data, grad, op, parents or local_grads, or has bad ones.
    Example: a = Value(2.0); draw_graph(a * 3 + a, names={a: "a"})
    """
    graph = read_graph(root, names, to_int(most_nodes, "most_nodes", 1), MOST_LAYERS)
    picture = Picture(graph_data(graph), describe(graph), GraphScene(graph, title=title).scene)
    return picture.draw_on(ax) if ax is not None else picture


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


def grad_of(node: Node) -> str:
    """Before `backward` a number has no gradient in PyTorch, where it is None."""
    return "no grad yet" if node.grad is None else f"grad {format_number(node.grad)}"


def describe(graph: Graph) -> str:
    """One sentence: how large, what came out, what the named numbers are worth."""
    root = graph.nodes[-1]
    sentence = f"Graph of {len(graph.nodes)} numbers and {len(graph.arrows)} arrows; the result"
    sentence += f" {graph.names[-1]}" if graph.names[-1] else ""
    sentence += f" is {format_number(root.data)}"
    named = [(name, node) for name, node in zip(graph.names[:-1], graph.nodes) if name][:6]
    if named:
        sentence += "; " + ", ".join(
            f"{name} = {format_number(node.data)} ({grad_of(node)})" for name, node in named
        )
    if graph.left_out:
        sentence += f"; {graph.left_out:,} more numbers are not drawn"
    return sentence + "."
