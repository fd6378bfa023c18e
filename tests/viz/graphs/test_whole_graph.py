"""All numbers as dots: the columns, the counts, and what happens with very many."""

import re
from base64 import b64decode
from collections import Counter
from io import BytesIO

import numpy as np
import pytest
from graph_numbers import Number
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from gptcore.scalar import Value
from viz.canvas.palette import CATEGORIES, PAPER
from viz.canvas.scene import Image, Text
from viz.graphs.whole_graph import (
    DOT_PIXELS,
    MAX_DOTS,
    SIZE,
    dot_positions,
    draw_whole_graph,
    to_pixels,
)

DOT = len(DOT_PIXELS)  # pixels


def chain(length: int, ops=("+",)) -> Number:
    node = Number(1.0)
    for i in range(length - 1):
        node = Number(1.0, ops[i % len(ops)], (node,), (1.0,))
    return node


def pixels(picture):
    """The colours of the dots and arrows, as matplotlib reads them: (height, width)."""
    (image,) = [shape for shape in picture.scene.shapes if isinstance(shape, Image)]
    rgb = (imread(BytesIO(image.png))[:, :, :3] * 255).round().astype(int)
    return rgb @ (65536, 256, 1)


def number_of(colour: str) -> int:
    return int(colour[1:], 16)


def drawn(root, **options):
    """Pixels of dots, and pixels of arrows."""
    shown = pixels(draw_whole_graph(root, **options))
    dots = np.isin(shown, list(map(number_of, CATEGORIES))).sum()
    return dots, shown.size - dots - (shown == number_of(PAPER)).sum()


def legend_of(picture) -> list[str]:
    words = [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]
    return words[2:]  # the title, the result, the operations


def test_the_data_counts_numbers_arrows_columns_and_operations():
    a, b = Value(2.0), Value(3.0)
    picture = draw_whole_graph((a * b + a).tanh())
    assert picture.data == {
        "nodes": 5,
        "edges": 5,
        "layers": 4,
        "operations": {"input": 2, "*": 1, "+": 1, "tanh": 1},
    }
    assert picture.alt == "5 numbers as dots in 4 columns, 5 arrows between them."
    assert picture.to_png().startswith(b"\x89PNG")


def test_every_number_has_its_own_dot_and_every_edge_a_line():
    a, b = Value(2.0), Value(3.0)
    root = (a * b + a).tanh() - b
    dots, arrows = drawn(root)
    assert dots == 6 * DOT
    assert arrows > 6 * 200  # a, b -> * -> + -> tanh -> -; and the long ways from a and from b
    assert sorted(legend_of(draw_whole_graph(root))) == [
        "* (1)",
        "+ (1)",
        "- (1)",
        "input (2)",
        "tanh (1)",
    ]


def test_every_kind_of_operation_has_its_dots_however_many_kinds_there_are():
    ops = ["+", "*", "/", "-", "**-0.5", "exp", "log", "relu", "neg"]  # a microgpt in plain numbers
    dots, _ = drawn(chain(40, ops))
    assert dots == 40 * DOT
    legend = legend_of(draw_whole_graph(chain(40, ops)))
    counted = sum(int(text.rsplit("(", 1)[1].rstrip(")").replace(",", "")) for text in legend)
    assert counted == 40


def test_an_edge_leads_straight_from_dot_to_dot():
    start, end = to_pixels([(0.0, 0.0), (1.0, 0.0)], 1, *SIZE)
    _, arrows = drawn(chain(2))
    assert arrows == end[0] - start[0] - 1 - 4  # the two dots lie over its ends


@pytest.mark.slow
def test_above_the_maximum_every_second_is_drawn_and_the_sentence_says_so():
    root = Number(
        1.0, "+", tuple(Number(1.0) for _ in range(MAX_DOTS + 4)), (1.0,) * (MAX_DOTS + 4)
    )
    alt = draw_whole_graph(root).alt
    assert alt.startswith(f"{MAX_DOTS + 5:,} numbers")
    assert re.search(r"; one in 2 is drawn", alt), "every 2th"
    assert re.search(r"; one in \d+ of the arrows is drawn\.$", alt)  # each as long as the sheet


@pytest.mark.slow
def test_a_rare_operation_among_very_many_numbers_is_no_error():
    # Every third is drawn: wherever the one logarithm is, the picture is made.
    for place in range(3):
        ops = ["+"] * 90_010
        ops[5 + place] = "log"
        assert "log (1)" in legend_of(draw_whole_graph(chain(90_000, ops)))


@pytest.mark.slow
def test_a_rare_operation_is_on_top():
    many = tuple(Number(1.0, "+", (Number(1.0),), (1.0,)) for _ in range(5000))
    rare = tuple(Number(1.0, "log", (Number(1.0),), (1.0,)) for _ in range(3))
    picture = draw_whole_graph(Number(1.0, "+", (*rare, *many), (1.0,) * 5003))
    assert (pixels(picture) == number_of(CATEGORIES[1])).sum() >= DOT


@pytest.mark.slow
def test_a_hundred_thousand_numbers_deep_need_no_recursion():
    picture = draw_whole_graph(chain(100_000))
    assert picture.data["nodes"] == picture.data["layers"] == 100_000


def test_a_single_number_is_a_graph():
    picture = draw_whole_graph(Number(1.0), title="One")
    assert picture.data == {"nodes": 1, "edges": 0, "layers": 1, "operations": {"input": 1}}


def test_dots_of_a_column_are_spread_evenly_around_the_middle():
    assert dot_positions([0, 0, 1]) == [(0.0, -0.25), (0.0, 0.25), (1.0, 0.0)]
    places = dot_positions([0] * 10 + [3] * 7)
    assert len(set(places)) == 17
    assert Counter(x for x, _ in places) == {0.0: 10, 3.0: 7}
    assert all(-0.5 < y < 0.5 for _, y in places)


def test_markup_in_a_title_stays_text(tmp_path):
    picture = draw_whole_graph(chain(5), title="<script>alert(1)</script>")
    html = picture.to_html()
    assert '<img class="viz-adapts" src="data:image/svg+xml;base64,' in html
    assert f'alt="{picture.alt}"' in html
    svg = b64decode(re.search(r" src=\"[^,]+,([^\"]+)", html)[1]).decode()
    assert "&lt;script&gt;" in svg
    assert "<script" not in svg + picture.save(tmp_path / "a.html").read_text()


def test_matplotlib_draws_the_same_on_axes_of_your_own():
    ax = Figure().add_subplot()
    assert isinstance(draw_whole_graph(chain(5), ax=ax), Axes)
    assert len(ax.images) == 1


def test_the_same_graph_gives_the_same_bytes():
    assert draw_whole_graph(chain(50)).to_svg() == draw_whole_graph(chain(50)).to_svg()


def test_an_object_that_is_not_a_node_is_refused():
    with pytest.raises(ValueError, match="float cannot be drawn as a graph"):
        draw_whole_graph(2.0)
