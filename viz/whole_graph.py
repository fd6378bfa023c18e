"""Every number of a large computation as one dot: the same graph as `draw_graph` draws, seen from
far away.

Left to right as always; a dot stands in the column after its last parent. The colour says which
operation made it.
"""

from collections import Counter

from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from viz.layers import layers_of
from viz.node import Node, all_nodes
from viz.palette import CATEGORIES, GREEN, INK, LINE, ORANGE, PAPER
from viz.picture import Picture, figure_picture

MOST_DOTS = 40_000
TYPED_IN = "typed in"  # has a colour of its own, green
OPERATIONS = [colour for colour in CATEGORIES if colour != GREEN]


def draw_whole_graph(root: Node, *, title: str = "", ax=None) -> Picture:
    """All numbers behind `root` as dots, all arrows as hairlines.

    Above 40,000 numbers every second, third ... is drawn, and the picture says so.
    Raises:  ValueError if `root` has no data, grad, op, parents or slopes.
    Example: draw_whole_graph(gpt.loss("emma"))
    """
    nodes = all_nodes(root)
    index = {id(node): i for i, node in enumerate(nodes)}
    pairs = [(index[id(parent)], i) for i, node in enumerate(nodes) for parent in node.parents]
    layer = layers_of(len(nodes), pairs)
    places = spread(layer)
    every = -(-len(nodes) // MOST_DOTS)
    shown = range(len(nodes) - 1, -1, -every)  # the result is among them
    figure = None
    if ax is None:
        figure = Figure(figsize=(9, 4.2), dpi=100, facecolor=PAPER)
        ax = figure.add_axes((0.02, 0.12, 0.96, 0.76))
    arrows = [
        (places[start], places[end]) for start, end in pairs if (len(nodes) - 1 - end) % every == 0
    ]
    ax.add_collection(LineCollection(arrows, colors=LINE, linewidths=0.25, alpha=0.35, zorder=1))
    kinds = Counter(node.op or TYPED_IN for node in nodes)
    groups = group_kinds(kinds)
    for name, (colour, members) in groups.items():
        dots = [places[i] for i in shown if (nodes[i].op or TYPED_IN) in members]
        label = f"{name} ({sum(kinds[member] for member in members):,})"
        if dots:
            look = {"s": 3, "color": colour, "linewidths": 0, "zorder": 2, "label": label}
            ax.scatter(*zip(*dots), **look)
    ax.scatter(*places[-1], s=50, color=ORANGE, zorder=3)
    ax.annotate(
        "the result",
        places[-1],
        (-6, 9),
        textcoords="offset points",
        ha="right",
        color=INK,
        fontsize=9,
    )
    ax.axis("off")
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        ncols=8,
        frameon=False,
        fontsize=8,
        markerscale=3,
        handletextpad=0.1,
    )
    ax.set_title(title, loc="left", fontsize=11, color=INK, weight="bold", wrap=True)
    data = {
        "nodes": len(nodes),
        "arrows": len(pairs),
        "layers": max(layer) + 1,
        "operations": dict(kinds),
    }
    alt = (
        f"{data['nodes']:,} numbers as dots in {data['layers']:,} columns, {data['arrows']:,} "
        f"arrows between them"
    )
    alt += f"; one in {every} is drawn." if every > 1 else "."
    return figure_picture(data, alt, figure) if figure else ax


def group_kinds(kinds: Counter[str]) -> dict[str, tuple[str, set[str]]]:
    """Name -> (colour, operations): the commonest by themselves, all others as one group."""
    ranked = [kind for kind, _ in kinds.most_common() if kind != TYPED_IN]
    own = (
        ranked[: len(OPERATIONS)]
        if len(ranked) <= len(OPERATIONS)
        else ranked[: len(OPERATIONS) - 1]
    )
    groups = {TYPED_IN: (GREEN, {TYPED_IN})} if kinds[TYPED_IN] else {}
    groups |= {kind: (colour, {kind}) for kind, colour in zip(own, OPERATIONS)}
    if len(own) < len(ranked):
        groups["others"] = (OPERATIONS[-1], set(ranked) - set(own))
    return groups


def spread(layer: list[int]) -> list[tuple[float, float]]:
    """Each dot in the column of its layer, the dots of a column evenly from bottom to top."""
    sizes: Counter[int] = Counter(layer)
    used: Counter[int] = Counter()
    places = []
    for column in layer:
        used[column] += 1
        places.append((float(column), (used[column] - 0.5) / sizes[column] - 0.5))
    return places
