"""What a page without Python needs to be a `BackwardPlayer`: the graph, and where it is drawn.

The page computes numbers and gradients; it knows the operations in `OPERATIONS`.
"""

from collections.abc import Collection
from typing import Any

from viz.canvas.palette import PAPER
from viz.canvas.scene import Line, path_data
from viz.graphs.graph_scene import ROOMY, GraphScene
from viz.graphs.node import Graph

OPERATIONS = ("", "+", "-", "*", "neg", "relu", "tanh")


def can_be_computed(graph: Graph, inputs: Collection[str]) -> bool:
    """Whether the page knows all operations, finds all inputs, and has room for names."""
    leaves = {name for name, node in zip(graph.names, graph.nodes) if not node.parents}
    return (
        GraphScene(graph).style == ROOMY
        and set(inputs) <= leaves
        and all(node.op in OPERATIONS for node in graph.nodes)
        and all(len(parents_of(graph, i)) <= 2 for i in range(len(graph.nodes)))
    )


def parents_of(graph: Graph, i: int) -> list[int]:
    """The indices of the nodes that a node was computed from, in the order of its edges."""
    return [start for start, end, _ in graph.edges if end == i]


def structure_of(graph: Graph) -> list[Any]:
    """What must not change when the inputs do."""
    edges = [edge[:2] for edge in graph.edges]
    return [graph.names, [node.op for node in graph.nodes], edges]


def graph_on_page(graph: Graph, inputs: Collection[str]) -> dict[str, Any]:
    """The nodes and edges with their places, as JSON values."""
    drawing = GraphScene(graph)
    nodes: list[dict[str, Any]] = []
    for i, node in enumerate(graph.nodes):
        x, y = drawing.to_pixels(drawing.layout.layer[i], drawing.layout.y[i])
        told = {"name": graph.names[i], "op": node.op, "x": round(x, 1), "y": round(y, 1)}
        told |= {"parents": parents_of(graph, i)} if node.parents else {}
        if node.op:
            told |= {"sign": drawing.op_label(i), "sign_width": round(drawing.op_width(i), 1)}
        if not node.parents and graph.names[i] not in inputs:
            told["value"] = float(node.data)
        nodes.append(told)
    edges = []
    for k, (start, end, _) in enumerate(graph.edges):
        points, (x, y) = drawing.edge_and_label(k)
        path = path_data(Line(tuple(points), curved=True))
        edges.append({"start": start, "end": end, "path": path, "x": round(x, 1), "y": round(y, 1)})
    size = [round(drawing.scene.width, 1), round(drawing.scene.height, 1)]
    box = [ROOMY.width, ROOMY.height]
    return {"nodes": nodes, "edges": edges, "size": size, "box": box, "paper": PAPER}
