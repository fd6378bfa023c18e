"""Where the boxes of a graph stand: in layers from left to right, with few crossings, always in
the same place.

Left out on purpose: the best of all layouts. A few sweeps of averaging come close, in milliseconds;
of a graph with very many links fewer sweeps are made, so that nobody waits for it.
Source: Sugiyama, Tagawa and Toda 1981, layered drawings by barycentres.
"""

from bisect import bisect_right, insort
from dataclasses import dataclass

SWEEPS = 12
LINKS_IN_ALL_SWEEPS = 40_000  # a few tenths of a second


@dataclass
class Layout:
    """Units: layers count from 0 at the left; heights count rows, the middle at 0."""

    layer: list[int]
    height: list[float]
    bends: dict[
        tuple[int, int], list[tuple[int, float]]
    ]  # arrow -> the (layer, height) it passes on its way


def lay_out(count: int, arrows: list[tuple[int, int]]) -> Layout:
    """Places for nodes 0..count-1; arrows go from smaller to larger numbers, and to the right."""
    layer = layers_of(count, arrows)
    # An arrow over several layers gets a place in each: so it goes around boxes, not through them.
    links, chains = [], {}
    for start, end in dict.fromkeys(arrows):
        chain = [start]
        for step in range(layer[start] + 1, layer[end]):
            layer.append(step)
            chain.append(len(layer) - 1)
        chain.append(end)
        chains[start, end] = chain
        links += list(zip(chain, chain[1:]))
    sweeps = min(SWEEPS, max(2, LINKS_IN_ALL_SWEEPS // max(1, len(links))))
    rows = order_rows(layer, links, sweeps)
    height = heights_of(rows, layer, links, count, rounds=sweeps + 4)
    bends = {arrow: [(layer[p], height[p]) for p in chain[1:-1]] for arrow, chain in chains.items()}
    return Layout(layer[:count], height[:count], bends)


def layers_of(count: int, arrows: list[tuple[int, int]]) -> list[int]:
    """One layer after the last parent; what has no parents stands just before its first child."""
    layer = [0] * count
    parents = [0] * count
    for start, end in sorted(arrows, key=lambda arrow: arrow[1]):  # parents come before children
        layer[end] = max(layer[end], layer[start] + 1)
        parents[end] += 1
    first_child: dict[int, int] = {}
    for start, end in arrows:
        first_child[start] = min(layer[end], first_child.get(start, layer[end]))
    return [layer[i] if parents[i] else first_child.get(i, 1) - 1 for i in range(count)]


def order_rows(layer: list[int], links: list[tuple[int, int]], sweeps: int) -> list[list[int]]:
    """The nodes of each layer from top to bottom, in the order with the fewest crossings."""
    rows: list[list[int]] = [[] for _ in range(max(layer, default=0) + 1)]
    for node, depth in enumerate(layer):
        rows[depth].append(node)
    before: list[list[int]] = [[] for _ in layer]
    after: list[list[int]] = [[] for _ in layer]
    for start, end in links:
        before[end].append(start)
        after[start].append(end)
    best, fewest = [row[:] for row in rows], crossings(rows, after)
    for sweep in range(sweeps):
        forward = sweep % 2 == 0
        place = {node: i for row in rows for i, node in enumerate(row)}
        for row in rows if forward else reversed(rows):
            near = before if forward else after

            def middle(node, near=near, place=place):
                return (
                    sum(place[n] for n in near[node]) / len(near[node])
                    if near[node]
                    else place[node]
                )

            row.sort(key=middle)
            place.update((node, i) for i, node in enumerate(row))
        now = crossings(rows, after)
        if now < fewest:
            best, fewest = [row[:] for row in rows], now
        if fewest == 0:
            break
    return best


def crossings(rows: list[list[int]], after: list[list[int]]) -> int:
    """How often two links between neighbouring layers cross."""
    count = 0
    for row, next_row in zip(rows, rows[1:]):
        place = {node: i for i, node in enumerate(next_row)}
        above: list[int] = []  # ends of the links that start further up
        for node in row:
            ends = sorted(place[end] for end in after[node])
            count += sum(len(above) - bisect_right(above, end) for end in ends)
            for end in ends:
                insort(above, end)
    return count


def heights_of(rows, layer, links, count, rounds: int) -> list[float]:
    """Each node near the mean height of its neighbours, one row apart in its layer."""
    near: list[list[int]] = [[] for _ in layer]
    for start, end in links:
        near[start].append(end)
        near[end].append(start)
    height = [0.0] * len(layer)
    for row in rows:
        for i, node in enumerate(row):
            height[node] = i - (len(row) - 1) / 2
    for turn in range(rounds):
        for row in rows if turn % 2 else reversed(rows):
            wanted = [
                sum(height[n] for n in near[node]) / len(near[node]) if near[node] else height[node]
                for node in row
            ]
            gaps = [
                0.6 if max(a, b) >= count else 1.0 for a, b in zip(row, row[1:])
            ]  # a passing arrow is slim
            for node, place in zip(row, keep_apart(wanted, gaps)):
                height[node] = place
    middle = (min(height) + max(height)) / 2
    return [h - middle for h in height]


def keep_apart(wanted: list[float], gaps: list[float]) -> list[float]:
    """Places as near to the wanted ones as the gaps allow, in the same order.

    Where wishes collide, the colliding ones share the mean of their wishes.
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    groups: list[list[float]] = []  # [sum of wishes less offsets, how many]
    for wish, offset in zip(wanted, offsets):
        groups.append([wish - offset, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, size = groups.pop()
            groups[-1][0] += total
            groups[-1][1] += size
    places = [total / size for total, size in groups for _ in range(int(size))]
    return [place + offset for place, offset in zip(places, offsets)]
