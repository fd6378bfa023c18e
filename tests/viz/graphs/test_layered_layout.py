"""The layered layout: edges go right, nothing overlaps, and few edges cross."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viz.graphs.layered_layout import (
    assign_layers,
    crossings,
    isotonic_spacing,
    layered_layout,
    order_nodes,
)

quick = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def graphs(draw, most=60):
    """How many nodes, and arrows from smaller to larger numbers; every node leads to the last."""
    picks = draw(st.lists(st.lists(st.integers(0, 10**6), max_size=3), min_size=1, max_size=most))
    arrows = [(pick % i, i) for i, chosen in enumerate(picks) if i for pick in chosen]
    last = len(picks) - 1
    without_child = set(range(last)) - {start for start, _ in arrows}
    return len(picks), arrows + [(start, last) for start in sorted(without_child)]


@quick
@given(graphs())
@pytest.mark.slow
def test_every_edge_goes_to_the_right_through_every_layer_between(graph):
    count, arrows = graph
    layout = layered_layout(count, arrows)
    assert len(layout.layer) == len(layout.y) == count
    for start, end in arrows:
        passed = [layer for layer, _ in layout.bends[start, end]]
        assert passed == list(range(layout.layer[start] + 1, layout.layer[end]))
        assert layout.layer[start] < layout.layer[end]


@quick
@given(graphs())
def test_nodes_of_a_layer_are_a_row_apart_and_edges_pass_between_them(graph):
    count, arrows = graph
    layout = layered_layout(count, arrows)
    for one, two in combinations(range(count), 2):
        if layout.layer[one] == layout.layer[two]:
            assert abs(layout.y[one] - layout.y[two]) > 1 - 1e-9
    for bends in layout.bends.values():
        for layer, height in bends:
            for node in range(count):
                if layout.layer[node] == layer:
                    assert abs(layout.y[node] - height) > 0.6 - 1e-9


@quick
@given(graphs())
@pytest.mark.slow
def test_the_same_graph_has_the_same_layout_and_its_middle_at_0(graph):
    count, arrows = graph
    layout = layered_layout(count, arrows)
    assert layout == layered_layout(count, list(arrows))
    every = layout.y + [height for bends in layout.bends.values() for _, height in bends]
    assert min(every) == pytest.approx(-max(every), abs=1e-9)


@quick
@given(graphs(most=25))
def test_the_order_has_no_more_crossings_than_the_order_of_creation(graph):
    count, arrows = graph
    layer = assign_layers(count, arrows)
    links = [(start, end) for start, end in arrows if layer[end] == layer[start] + 1]
    created = [[i for i in range(count) if layer[i] == depth] for depth in range(max(layer) + 1)]
    ordered = order_nodes(layer, links, sweeps=12)
    assert [sorted(row) for row in ordered] == created
    assert crossings_pair_by_pair(ordered, links) <= crossings_pair_by_pair(created, links)


def crossings_pair_by_pair(rows, links) -> int:
    place = {node: (depth, i) for depth, row in enumerate(rows) for i, node in enumerate(row)}
    count = 0
    for (a, b), (c, d) in combinations(links, 2):
        if place[a][0] == place[c][0]:
            count += (place[a][1] - place[c][1]) * (place[b][1] - place[d][1]) < 0
    return count


@quick
@given(graphs(most=25))
def test_crossings_are_counted_as_one_counts_them_pair_by_pair(graph):
    count, arrows = graph
    layer = assign_layers(count, arrows)
    links = [(start, end) for start, end in arrows if layer[end] == layer[start] + 1]
    rows = [[i for i in range(count) if layer[i] == depth] for depth in range(max(layer) + 1)]
    after = [[end for start, end in links if start == node] for node in range(count)]
    assert crossings(rows, after) == crossings_pair_by_pair(rows, links)


def test_crossings_that_can_be_avoided_are_avoided():
    arrows = [(0, 5), (1, 4), (2, 3), (3, 6), (4, 6), (5, 6)]  # 0, 1, 2 over 3, 4, 5: 3 crossings
    layer = assign_layers(7, arrows)
    assert crossings_pair_by_pair([[0, 1, 2], [3, 4, 5], [6]], arrows) == 3
    assert crossings_pair_by_pair(order_nodes(layer, arrows, sweeps=12), arrows) == 0


def test_an_input_is_one_layer_before_its_first_use():
    # 0 -> 1 -> 2 -> 4, and 3 is used by 4 alone
    assert assign_layers(5, [(0, 1), (1, 2), (2, 4), (3, 4)]) == [0, 1, 2, 2, 3]
    assert assign_layers(1, []) == [0]


def test_a_chain_is_a_straight_line_and_a_diamond_is_symmetric():
    assert layered_layout(4, [(0, 1), (1, 2), (2, 3)]).y == [0, 0, 0, 0]
    diamond = layered_layout(4, [(0, 1), (0, 2), (1, 3), (2, 3)])
    assert sorted(diamond.y) == pytest.approx([-0.5, 0, 0, 0.5])


def test_a_long_edge_does_not_go_through_a_box():
    layout = layered_layout(3, [(0, 1), (1, 2), (0, 2)])
    ((layer, height),) = layout.bends[0, 2]
    assert layer == layout.layer[1]
    assert abs(height - layout.y[1]) >= 0.6 - 1e-9


wishes = st.lists(st.tuples(st.floats(-20, 20), st.floats(0.1, 3)), min_size=1, max_size=12)


@quick
@given(wishes, st.integers(0, 10**6))
def test_spacing_keeps_the_gaps_and_nothing_allowed_is_nearer_to_the_targets(given, seed):
    wanted, gaps = [wish for wish, _ in given], [gap for _, gap in given][1:]
    places = isotonic_spacing(wanted, gaps)
    for left, right, gap in zip(places, places[1:], gaps):
        assert right - left >= gap - 1e-9

    def cost(candidate):
        return sum((c - w) ** 2 for c, w in zip(candidate, wanted))

    rng = Random(seed)
    for _ in range(20):
        other = [places[0] + rng.gauss(0, 1)]
        for place, before, gap in zip(places[1:], places, gaps):
            other.append(other[-1] + max(gap, place - before + rng.gauss(0, 1)))
        assert cost(other) >= cost(places) - 1e-6


def test_targets_that_collide_are_centred_on_their_mean():
    assert isotonic_spacing([0.0, 0.0], [1.0]) == [-0.5, 0.5]
    assert isotonic_spacing([0.0, 5.0], [1.0]) == [0.0, 5.0]


def test_nodes_of_one_branch_have_one_height():
    # Four numbers, each squashed, then summed in pairs, then all.
    squashed = [(0, 4), (1, 5), (2, 6), (3, 7)]
    height = layered_layout(11, [*squashed, (4, 8), (5, 8), (6, 9), (7, 9), (8, 10), (9, 10)]).y
    for start, end in squashed:
        assert height[start] == pytest.approx(height[end], abs=0.01)
    assert height[4] < height[8] < height[5]
    assert height[6] < height[9] < height[7]
    assert height[10] == pytest.approx(0, abs=0.05)
