"""What a number must have so that the graph behind it can be drawn; and how that graph is read.

Any class will do whose objects have these five: `gptcore.scalar.Value`, or your own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from viz.canvas.arrays import to_numbers


@runtime_checkable
class Node(Protocol):
    """A number in a computation."""

    data: float
    grad: float | None  # None: not computed yet
    op: str  # "+", "*", "tanh"; "" for a number that was typed in
    parents: Sequence["Node"]  # the numbers that it was made of
    local_grads: Sequence[float]  # how much it grows with each of them: d(this) / d(parent)


@dataclass
class Graph:
    """Some numbers of a computation, parents first, and the arrows between them."""

    nodes: list[Node]
    arrows: list[tuple[int, int, float]]  # (from parent, to child, local gradient)
    names: list[str]  # "" where none was given
    left_out: int  # numbers that are part of the computation and not among `nodes`
    open_ends: set[int]  # nodes of which some parents were left out


def check_node(node) -> None:
    """Raises: ValueError if something that a node needs is missing."""
    missing = [name for name in Node.__annotations__ if not hasattr(node, name)]
    if missing:
        raise ValueError(
            f"{type(node).__name__} cannot be drawn as a graph: it has no {', '.join(missing)}. "
            f"A node needs data, grad, op, parents and local_grads, as in gptcore.scalar.Value."
        )
    for name in ("parents", "local_grads"):
        if not is_row(getattr(node, name)):
            raise ValueError(
                f"{name} of a node made by {node.op!r} is {getattr(node, name)!r:.40}; it must be "
                f"a list or a tuple: each parent needs its local gradient. A set has no order."
            )
    if not isinstance(node.op, str):
        raise ValueError(f"op of a node is {node.op!r:.40}; it must be a text, '' for an input.")
    numbers = [node.data, *node.local_grads, *([] if node.grad is None else [node.grad])]
    to_numbers(numbers, f"data, local_grads and grad of a node made by {node.op!r}", finite=False)
    if len(node.parents) != len(node.local_grads):
        raise ValueError(
            f"A node made by {node.op!r} has {len(node.parents)} parents and "
            f"{len(node.local_grads)} local_grads; it needs one for each parent."
        )


def is_row(given) -> bool:
    """Whether it has a length and an order: a list, a tuple, an array."""
    return isinstance(given, Sequence) or getattr(given, "ndim", 0) == 1


def all_nodes(root: Node) -> list[Node]:
    """Everything that `root` was computed from, parents first, in an order that is always the
    same.

    Example: a = Value(2.0); len(all_nodes(a * 3 + a)) -> 4
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
    """How many ways lead from the numbers that were typed in to `root`, without walking them one
    by one.


    Example: a = Value(2.0); L = a * 3 + a  # two paths from a, one from the 3
             count_paths(L) -> 3
    """
    order = all_nodes(root)
    ways = {id(node): 0 for node in order}
    ways[id(root)] = 1
    for node in reversed(order):
        for parent in node.parents:
            ways[id(parent)] += ways[id(node)]
    return sum(ways[id(node)] for node in order if not node.parents)


def check_names(names: Mapping[Any, str] | None) -> Mapping[Any, str]:
    """Raises: ValueError if the names do not stand where they should: {a: "a"}."""
    names = {} if names is None else names
    if not isinstance(names, Mapping) or any(isinstance(node, str) for node in names):
        raise ValueError('names maps each node to what it is called: {a: "a", L: "loss"}.')
    return names


def nearest(root: Node, most_nodes: int, most_layers: int) -> set[int]:
    """The ids of the numbers nearest to the result, breadth first."""
    kept, rim = {id(root)}, [root]
    for _ in range(most_layers - 1):
        next_rim = []
        for node in rim:
            for parent in node.parents:
                if id(parent) not in kept and len(kept) < most_nodes:
                    kept.add(id(parent))
                    next_rim.append(parent)
        rim = next_rim
    return kept


def read_graph(
    root: Node,
    names: Mapping[Any, str] | None = None,
    most_nodes: int = 300,
    most_layers: int = 60,
) -> Graph:
    """The computation behind `root`; where it is too large, the part nearest to the result.

    `names` maps some of the nodes to what they are called.
    """
    everything = all_nodes(root)
    kept = nearest(root, most_nodes, most_layers)
    nodes = [node for node in everything if id(node) in kept]
    index = {id(node): i for i, node in enumerate(nodes)}
    called = {id(node): str(name) for node, name in check_names(names).items()}
    arrows, open_ends = [], set()
    for child, node in enumerate(nodes):
        for parent, local_grad in zip(node.parents, node.local_grads):
            if id(parent) in index:
                arrows.append((index[id(parent)], child, float(local_grad)))
            else:
                open_ends.add(child)
    labels = [called.get(id(node), "") for node in nodes]
    return Graph(nodes, arrows, labels, len(everything) - len(nodes), open_ends)
