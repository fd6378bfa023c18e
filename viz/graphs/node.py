"""What a number needs so that its computation graph can be drawn, and how that graph is collected.

Any class works whose objects have the attributes of `Node`: `gptcore.scalar.Value`, or your own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from viz.canvas.arrays import to_numbers
from viz.graphs.layered_layout import Layout, layered_layout

Names = Mapping[Any, str]  # node -> its name in the picture


@runtime_checkable
class Node(Protocol):
    """A number in a computation; pictures only read it, so the attributes are properties here.

    Attributes:
        data: The number.
        grad: Gradient of the result with respect to it; None before the backward pass.
        op: The operation that made it: "+", "*", "tanh"; "" for an input.
        parents: The numbers that it was computed from.
        local_grads: d(this) / d(parent), one for each parent.
    """

    @property
    def data(self) -> float: ...
    @property
    def grad(self) -> float | None: ...
    @property
    def op(self) -> str: ...
    @property
    def parents(self) -> Sequence["Node"]: ...
    @property
    def local_grads(self) -> Sequence[float]: ...


ATTRIBUTES = ("data", "grad", "op", "parents", "local_grads")


@dataclass
class Graph:
    """Some numbers of a computation, parents first, and the edges between them.

    Attributes:
        nodes: The numbers; the result is the last one.
        edges: (index of the parent, index of the child, local gradient).
        names: One for each node, "" where none was given.
        n_omitted: How many numbers of the computation are not among `nodes`.
        truncated: Indices of the nodes of which some parents are not among `nodes`.
    """

    nodes: list[Node]
    edges: list[tuple[int, int, float]]
    names: list[str]
    n_omitted: int
    truncated: set[int]

    @cached_property
    def layout(self) -> Layout:
        """Where the nodes are drawn; computed once for all drawings."""
        return layered_layout(len(self.nodes), [(start, end) for start, end, _ in self.edges])


def check_node(node: Node) -> None:
    """Raise ValueError if the node lacks something, or has something of the wrong kind."""
    missing = [name for name in ATTRIBUTES if not hasattr(node, name)]
    if missing:
        raise ValueError(
            f"{type(node).__name__} cannot be drawn as a graph: it has no {', '.join(missing)}. "
            f"A node needs data, grad, op, parents and local_grads, as gptcore.scalar.Value has "
            f"them."
        )
    for name in ("parents", "local_grads"):
        values = getattr(node, name)
        if not (isinstance(values, Sequence) or getattr(values, "ndim", 0) == 1):
            raise ValueError(
                f"{name} of a node made by {node.op!r} is {values!r:.40}; it must be a list or a "
                f"tuple, so that each parent has its local gradient. A set has no order."
            )
    if not isinstance(node.op, str):
        raise ValueError(f"op of a node is {node.op!r:.40}; it must be a text, '' for an input.")
    numbers = [node.data, *node.local_grads, *([] if node.grad is None else [node.grad])]
    what = f"data, local_grads and grad of a node made by {node.op!r}"
    to_numbers(numbers, what, finite=False)
    if len(node.parents) != len(node.local_grads):
        raise ValueError(
            f"A node made by {node.op!r} has {len(node.parents)} parents and "
            f"{len(node.local_grads)} local_grads; it needs one for each parent."
        )


def all_nodes(root: Node) -> list[Node]:
    """List every number that `root` was computed from, parents first, `root` last.

    Args:
        root: The result of the computation.

    Returns:
        Each node once, in topological order; the order is the same on every call.

    Raises:
        ValueError: If a node lacks data, grad, op, parents or local_grads, or has unusable ones.

    Example:
        >>> a = Value(2.0)
        >>> len(all_nodes(a * 3 + a))
        4
    """
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, parents_done = stack.pop()
        if parents_done:
            order.append(node)
        elif id(node) not in seen:
            check_node(node)
            seen.add(id(node))
            stack.append((node, True))
            stack.extend(
                (parent, False) for parent in reversed(node.parents) if id(parent) not in seen
            )
    return order


def count_paths(root: Node) -> int:
    """Count the paths from the inputs to `root`, without walking them one by one.

    Args:
        root: The result of the computation.

    Returns:
        The number of paths, exact however large it is.

    Raises:
        ValueError: If a node lacks data, grad, op, parents or local_grads, or has unusable ones.

    Example:
        >>> a = Value(2.0)
        >>> count_paths(a * 3 + a)  # two paths from a, one from the 3
        3
    """
    order = all_nodes(root)
    n_paths = {id(node): 0 for node in order}
    n_paths[id(root)] = 1
    for node in reversed(order):
        for parent in node.parents:
            n_paths[id(parent)] += n_paths[id(node)]
    return sum(n_paths[id(node)] for node in order if not node.parents)


def check_names(names: Names | None) -> Names:
    """Raise ValueError unless the names are a mapping from node to name."""
    names = {} if names is None else names
    if not isinstance(names, Mapping) or any(isinstance(node, str) for node in names):
        raise ValueError('names maps each node to its name: {a: "a", L: "loss"}.')
    return names


def nearest_ids(root: Node, max_nodes: int, max_layers: int) -> set[int]:
    """The `id` of each of the numbers nearest to the result, found breadth first."""
    kept, frontier = {id(root)}, [root]
    for _ in range(max_layers - 1):
        next_frontier = []
        for node in frontier:
            for parent in node.parents:
                if id(parent) not in kept and len(kept) < max_nodes:
                    kept.add(id(parent))
                    next_frontier.append(parent)
        frontier = next_frontier
    return kept


def build_graph(
    root: Node,
    names: Names | None = None,
    max_nodes: int = 300,
    max_layers: int = 60,
) -> Graph:
    """Collect the computation graph of `root`; of a large one the part nearest to the result.

    Args:
        root: The result of the computation.
        names: Names for some of the nodes.
        max_nodes: How many nodes are kept at most.
        max_layers: How many layers are kept at most, counted from the result.

    Returns:
        The graph, parents first.

    Raises:
        ValueError: If a node or the names are unusable.
    """
    everything = all_nodes(root)
    kept = nearest_ids(root, max_nodes, max_layers)
    nodes = [node for node in everything if id(node) in kept]
    index = {id(node): i for i, node in enumerate(nodes)}
    name_by_id = {id(node): str(name) for node, name in check_names(names).items()}
    edges: list[tuple[int, int, float]] = []
    truncated: set[int] = set()
    for child, node in enumerate(nodes):
        for parent, local_grad in zip(node.parents, node.local_grads):
            if id(parent) in index:
                edges.append((index[id(parent)], child, float(local_grad)))
            else:
                truncated.add(child)
    labels = [name_by_id.get(id(node), "") for node in nodes]
    return Graph(nodes, edges, labels, len(everything) - len(nodes), truncated)
