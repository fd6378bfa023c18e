"""All numbers as dots: the columns, the counts, and what happens with very many."""

import re
from collections import Counter
from dataclasses import dataclass

import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure

from gptcore.scalar import Value
from viz.whole_graph import MOST_DOTS, draw_whole_graph, spread


@dataclass(eq=False, slots=True)
class Number:
    data: float
    op: str = ""
    parents: tuple = ()
    slopes: tuple = ()
    grad: float = 0.0


def chain(length: int, ops=("+",)) -> Number:
    node = Number(1.0)
    for i in range(length - 1):
        node = Number(1.0, ops[i % len(ops)], (node,), (1.0,))
    return node


def drawn_on_axes(root, **options):
    """How many dots and how many arrows stand on the Axes, and the words of the legend."""
    ax = Figure().add_subplot()
    assert draw_whole_graph(root, ax=ax, **options) is ax
    dots = [c for c in ax.collections if isinstance(c, PathCollection)]
    (arrows,) = [c for c in ax.collections if isinstance(c, LineCollection)]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    places = [tuple(place) for c in dots for place in c.get_offsets()]
    return places, len(arrows.get_segments()), legend


def test_the_data_counts_numbers_arrows_columns_and_operations():
    a, b = Value(2.0), Value(3.0)
    picture = draw_whole_graph((a * b + a).tanh())
    assert picture.data == {
        "nodes": 5,
        "arrows": 5,
        "layers": 4,
        "operations": {"typed in": 2, "*": 1, "+": 1, "tanh": 1},
    }
    assert picture.alt == "5 numbers as dots in 4 columns, 5 arrows between them."
    assert picture.to_png().startswith(b"\x89PNG")


def test_every_number_has_a_dot_of_its_own_and_every_arrow_a_line():
    a, b = Value(2.0), Value(3.0)
    places, arrows, legend = drawn_on_axes((a * b + a).tanh() - b)
    assert len(set(places)) == 6
    assert len(places) == 6 + 1  # the result a second time, larger
    assert arrows == 7
    assert sorted(legend) == ["* (1)", "+ (1)", "- (1)", "tanh (1)", "typed in (2)"]


def test_every_kind_of_operation_has_its_dots_however_many_kinds_there_are():
    ops = ["+", "*", "/", "-", "**-0.5", "exp", "log", "relu", "neg"]  # a microgpt in plain numbers
    places, _, legend = drawn_on_axes(chain(40, ops))
    assert len(set(places)) == 40
    counted = sum(int(text.rsplit("(", 1)[1].rstrip(")").replace(",", "")) for text in legend)
    assert counted == 40


def test_above_the_most_every_second_is_drawn_and_the_sentence_says_so():
    root = Number(
        1.0, "+", tuple(Number(1.0) for _ in range(MOST_DOTS + 4)), (1.0,) * (MOST_DOTS + 4)
    )
    places, _, _ = drawn_on_axes(root)
    assert len(set(places)) == pytest.approx(MOST_DOTS / 2, abs=5)
    alt = draw_whole_graph(root).alt
    assert alt.startswith(f"{MOST_DOTS + 5:,} numbers")
    assert re.search(r"one in 2 is drawn", alt), "every 2th"


def test_a_rare_operation_among_very_many_numbers_is_no_error():
    # Every third is drawn: wherever the one logarithm stands, the picture is made.
    for place in range(3):
        ops = ["+"] * 90_010
        ops[5 + place] = "log"
        places, _, _ = drawn_on_axes(chain(90_000, ops))
        assert 30_000 <= len(places) <= 30_002


def test_a_hundred_thousand_numbers_deep_need_no_recursion():
    picture = draw_whole_graph(chain(100_000))
    assert picture.data["nodes"] == picture.data["layers"] == 100_000


def test_a_single_number_is_a_graph():
    picture = draw_whole_graph(Number(1.0), title="One")
    assert picture.data == {"nodes": 1, "arrows": 0, "layers": 1, "operations": {"typed in": 1}}


def test_dots_of_a_column_stand_evenly_around_the_middle():
    assert spread([0, 0, 1]) == [(0.0, -0.25), (0.0, 0.25), (1.0, 0.0)]
    places = spread([0] * 10 + [3] * 7)
    assert len(set(places)) == 17
    assert Counter(x for x, _ in places) == {0.0: 10, 3.0: 7}
    assert all(-0.5 < y < 0.5 for _, y in places)


def test_the_picture_is_pixels_at_a_stated_width_with_its_sentence(tmp_path):
    picture = draw_whole_graph(chain(5), title="<script>alert(1)</script>")
    html = picture.to_html()
    assert html.startswith('<img src="data:image/png;base64,')
    assert f'alt="{picture.alt}"' in html
    assert "<script" not in picture.save(tmp_path / "a.html").read_text()
    with pytest.raises(ValueError, match=r"Save it as \.png or \.html"):
        picture.save(tmp_path / "a.svg")


def test_the_same_graph_gives_the_same_bytes():
    assert draw_whole_graph(chain(50)).png == draw_whole_graph(chain(50)).png


def test_what_is_no_node_is_refused():
    with pytest.raises(ValueError, match="float cannot be drawn as a graph"):
        draw_whole_graph(2.0)
