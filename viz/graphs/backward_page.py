"""What a page without Python needs to be a `BackwardPlayer`: the graph, and where it is drawn.

The page computes numbers and gradients; it knows the operations in `OPERATIONS`.
"""

from collections.abc import Collection
from typing import Any

from viz.canvas.palette import PAPER
from viz.canvas.scene import Line, path_data
from viz.graphs.downward_scene import DownwardGraphScene
from viz.graphs.graph_scene import GraphScene
from viz.graphs.node import Graph

OPERATIONS = ("", "+", "-", "*", "neg", "relu", "tanh")


def can_be_computed(graph: Graph, inputs: Collection[str]) -> bool:
    """Whether the page knows all operations, finds all inputs, and has room for names."""
    leaves = {name for name, node in zip(graph.names, graph.nodes) if not node.parents}
    return (
        GraphScene(graph).style.show_names
        and DownwardGraphScene(graph).style.show_names
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
    """The nodes and edges as JSON values, and two drawings: one from the left, one from above."""
    nodes: list[dict[str, Any]] = []
    for i, node in enumerate(graph.nodes):
        record: dict[str, Any] = {"name": graph.names[i], "op": node.op}
        if node.parents:
            record["parents"] = parents_of(graph, i)
        elif graph.names[i] not in inputs:
            record["value"] = float(node.data)
        nodes.append(record)
    edges = [{"start": start, "end": end} for start, end, _ in graph.edges]
    drawings = {"desk": places_of(GraphScene(graph)), "phone": places_of(DownwardGraphScene(graph))}
    return {"nodes": nodes, "edges": edges, "paper": PAPER, **drawings}


def places_of(drawing: GraphScene) -> dict[str, Any]:
    """Where a drawing has its boxes, operations, edges and labels, in pixels."""
    nodes = []
    for i in range(len(drawing.graph.nodes)):
        x, y = drawing.to_pixels(drawing.layout.layer[i], drawing.layout.y[i])
        op_x, op_y = drawing.op_position(x, y)
        place = {"x": x, "y": y, "op_x": op_x, "op_y": op_y, "drop": drawing.text_drop(i)}
        place["op_width"] = drawing.op_width(i)
        nodes.append({name: round(length, 1) for name, length in place.items()})
    edges = []
    for k in range(len(drawing.graph.edges)):
        points, (x, y) = drawing.edge_and_label(k)
        path = path_data(Line(tuple(points), curved=drawing.curved))
        edges.append({"path": path, "x": round(x, 1), "y": round(y, 1)})
    scene, style = drawing.scene, drawing.style
    return {
        "size": [round(scene.width, 1), round(scene.height, 1)],
        "box": [round(style.width, 1), style.height],
        "nodes": nodes,
        "edges": edges,
    }
