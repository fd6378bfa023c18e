"""Layered layout of a graph: where each node is drawn, from left to right, with few crossings.

A few sweeps of averaging come close to the best layout, in milliseconds; a graph with very many
edges gets fewer sweeps. The result is the same on every call.

Source: Sugiyama, Tagawa and Toda 1981, layered drawings by barycentres.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass

SWEEPS = 12
MAX_LINKS_IN_ALL_SWEEPS = 40_000  # a few tenths of a second

Edge = tuple[int, int]  # parent, child


@dataclass
class Layout:
    """Where the nodes are drawn.

    Attributes:
        layer: Column of each node, 0 at the left.
        y: Height of each node in rows, downwards, 0 in the middle.
        bends: For each edge the (layer, y) that it passes between its two ends.
    """

    layer: list[int]
    y: list[float]
    bends: dict[Edge, list[tuple[int, float]]]


def layered_layout(count: int, edges: list[Edge]) -> Layout:
    """Compute the layout of nodes 0 to `count` - 1.

    Args:
        count: How many nodes there are.
        edges: (parent, child), each from a smaller to a larger number.

    Returns:
        A layout in which every edge goes to the right.
    """
    layer = assign_layers(count, edges)
    # An edge over several layers gets a dummy node in each, so that it passes between the boxes.
    links: list[Edge] = []
    chains: dict[Edge, list[int]] = {}
    for start, end in dict.fromkeys(edges):
        chain = [start]
        for step in range(layer[start] + 1, layer[end]):
            layer.append(step)
            chain.append(len(layer) - 1)
        chain.append(end)
        chains[start, end] = chain
        links += zip(chain, chain[1:])
    sweeps = min(SWEEPS, max(2, MAX_LINKS_IN_ALL_SWEEPS // max(1, len(links))))
    columns = order_nodes(layer, links, sweeps)
    y = assign_y(columns, links, count, rounds=sweeps + 4)
    bends = {edge: [(layer[k], y[k]) for k in chain[1:-1]] for edge, chain in chains.items()}
    return Layout(layer[:count], y[:count], bends)


def assign_layers(count: int, edges: Iterable[Edge]) -> list[int]:
    """One layer after the last parent; an input is one layer before its first child."""
    edges = sorted(edges, key=lambda edge: edge[1])  # parents come before children
    layer = [0] * count
    n_parents = [0] * count
    for start, end in edges:
        layer[end] = max(layer[end], layer[start] + 1)
        n_parents[end] += 1
    first_child: dict[int, int] = {}
    for start, end in edges:
        first_child[start] = min(layer[end], first_child.get(start, layer[end]))
    return [layer[i] if n_parents[i] else first_child.get(i, 1) - 1 for i in range(count)]


def order_nodes(layer: list[int], links: list[Edge], sweeps: int) -> list[list[int]]:
    """The nodes of each layer from top to bottom, in the order with the fewest crossings."""
    columns: list[list[int]] = [[] for _ in range(max(layer, default=0) + 1)]
    for node, depth in enumerate(layer):
        columns[depth].append(node)
    parents: list[list[int]] = [[] for _ in layer]
    children: list[list[int]] = [[] for _ in layer]
    for start, end in links:
        parents[end].append(start)
        children[start].append(end)
    rank = {node: i for column in columns for i, node in enumerate(column)}

    def barycentre(node: int) -> float:
        near = neighbours[node]
        return sum(rank[n] for n in near) / len(near) if near else rank[node]

    best, fewest = [column[:] for column in columns], crossings(columns, children)
    for sweep in range(sweeps):
        forward = sweep % 2 == 0
        neighbours = parents if forward else children
        for column in columns if forward else reversed(columns):
            column.sort(key=barycentre)
            rank.update((node, i) for i, node in enumerate(column))
        now = crossings(columns, children)
        if now < fewest:
            best, fewest = [column[:] for column in columns], now
        if fewest == 0:
            break
    return best


def crossings(columns: list[list[int]], children: list[list[int]]) -> int:
    """How often two links between neighbouring layers cross."""
    count = 0
    for column, next_column in zip(columns, columns[1:]):
        rank = {node: i for i, node in enumerate(next_column)}
        above: list[int] = []  # ends of the links that start further up
        for node in column:
            ends = sorted(rank[end] for end in children[node])
            count += sum(len(above) - bisect_right(above, end) for end in ends)
            for end in ends:
                insort(above, end)
    return count


def assign_y(columns: list[list[int]], links: list[Edge], count: int, rounds: int) -> list[float]:
    """Each node near the mean height of its neighbours, at least one row from the next."""
    neighbours: dict[int, list[int]] = {node: [] for column in columns for node in column}
    y = [0.0] * len(neighbours)
    for start, end in links:
        neighbours[start].append(end)
        neighbours[end].append(start)
    for column in columns:
        for i, node in enumerate(column):
            y[node] = i - (len(column) - 1) / 2
    for n in range(rounds):
        for column in columns if n % 2 else reversed(columns):
            targets = [
                sum(y[k] for k in neighbours[node]) / len(neighbours[node])
                if neighbours[node]
                else y[node]
                for node in column
            ]
            # A dummy node, which an edge passes, needs less room.
            gaps = [0.6 if max(pair) >= count else 1.0 for pair in zip(column, column[1:])]
            for node, spaced in zip(column, isotonic_spacing(targets, gaps)):
                y[node] = spaced
    middle = (min(y) + max(y)) / 2
    return [height - middle for height in y]


def isotonic_spacing(targets: list[float], gaps: list[float]) -> list[float]:
    """Numbers as near to the targets as the gaps allow, in the same order.

    Targets that are too close form a group, which is centred on their mean (pool adjacent
    violators).
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    groups: list[tuple[float, int]] = []  # sum of targets less offsets, size
    for target, offset in zip(targets, offsets):
        total, size = target - offset, 1
        while groups and groups[-1][0] / groups[-1][1] > total / size:
            previous, previous_size = groups.pop()
            total, size = previous + total, previous_size + size
        groups.append((total, size))
    means = [total / size for total, size in groups for _ in range(size)]
    return [mean + offset for mean, offset in zip(means, offsets)]
