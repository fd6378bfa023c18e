"""The drawn graph: what it shows, where, and what happens when it is large or has NaN."""

import base64
import gc
import math
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest
from graph_numbers import Number, plus, times
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import viz
from gptcore.scalar import Value
from viz.canvas.labels import format_number
from viz.canvas.palette import BLUE, GREEN, ORANGE
from viz.canvas.picture import html_page
from viz.graphs.graph import draw_graph
from viz.graphs.node import Node, all_nodes, build_graph, count_paths

NS = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert(1)</script>"


def chain(length: int) -> Number:
    """`length` numbers, each the one before plus nothing."""
    node = Number(1.0)
    for _ in range(length - 1):
        node = Number(1.0, "+", (node,), (1.0,))
    return node


def example() -> tuple[Number, dict[Number, str]]:
    """L = a * b + a with a = 2 and b = -3, and its gradients by hand."""
    a, b = Number(2.0, grad=-2.0), Number(-3.0, grad=2.0)
    c = times(a, b)
    c.grad = 1.0
    L = plus(c, a)
    L.grad = 1.0
    return L, {a: "a", b: "b", L: "L"}


def parts(picture) -> tuple[list[dict], list[dict], list[str]]:
    """The boxes (or dots) of the numbers in their order, the arrows in theirs, and all texts."""
    root = ET.fromstring(picture.to_svg())
    boxes = [r.attrib for r in root.iter(f"{NS}rect") if r.get("stroke", "none") != "none"]
    discs = [c.attrib for c in root.iter(f"{NS}circle")]
    lines = [p.attrib for p in root.iter(f"{NS}path")]
    return boxes or discs, lines, [t.text or "" for t in root.iter(f"{NS}text")]


def centre(box: dict) -> tuple[float, float]:
    if "cx" in box:
        return float(box["cx"]), float(box["cy"])
    x, y, width, height = (float(box[name]) for name in ("x", "y", "width", "height"))
    return x + width / 2, y + height / 2


def test_the_data_is_the_graph():
    L, names = example()
    assert draw_graph(L, names).data == {
        "nodes": [
            {"name": "a", "op": "", "data": 2.0, "grad": -2.0},
            {"name": "b", "op": "", "data": -3.0, "grad": 2.0},
            {"name": "", "op": "*", "data": -6.0, "grad": 1.0},
            {"name": "L", "op": "+", "data": -4.0, "grad": 1.0},
        ],
        "edges": [(0, 2, -3.0), (1, 2, 2.0), (2, 3, 1.0), (0, 3, 1.0)],
        "n_omitted": 0,
    }


def test_a_small_graph_shows_names_numbers_and_gradients():
    L, names = example()
    boxes, lines, texts = parts(draw_graph(L, names, title="A product and a sum"))
    assert len(boxes) == 4
    assert len(lines) == 4
    assert {"A product and a sum", "a", "b", "L", "2", "−3", "−6", "−4", "×", "+"} <= set(texts)
    grads = sorted(t for t in texts if t.startswith("grad"))
    assert grads == ["grad 1", "grad 1", "grad 2", "grad −2"]
    assert sorted(t for t in texts if t.startswith("×") and t != "×") == ["×1", "×1", "×2", "×−3"]


def test_the_alt_text_is_made_of_the_data():
    L, names = example()
    assert draw_graph(L, names).alt == (
        "Graph of 4 numbers and 4 arrows; the result L is −4; a = 2 (grad −2), b = −3 (grad 2)."
    )
    assert draw_graph(L).alt == "Graph of 4 numbers and 4 arrows; the result is −4."


def test_a_value_of_gptcore_is_a_node_and_so_is_one_of_our_own():
    assert isinstance(Value(2.0), Node)
    assert isinstance(Number(2.0), Node)
    assert not isinstance(2.0, Node)
    a, b = Value(2.0), Value(-3.0)
    L = a * b + a
    L.backward()
    ours, our_names = example()
    assert draw_graph(L, {a: "a", b: "b", L: "L"}).to_svg() == draw_graph(ours, our_names).to_svg()


@pytest.mark.slow
def test_the_same_graph_gives_the_same_picture_in_another_process_too():
    code = """if True:
        from gptcore.scalar import Value
        from viz import draw_graph
        a, b = Value(2.0), Value(-3.0)
        L = (a * b + a).tanh() * (b - a) + a * a
        print(hash("salt"), draw_graph(L, {a: "a", L: "L"}).to_svg())
    """
    root = Path(viz.__file__).resolve().parents[1]
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
        for _ in range(2)
    ]
    one, two = (run.stdout.split(b" ", 1) for run in runs)
    assert one[0] != two[0]  # two processes, two orders of sets
    assert one[1] == two[1]
    L, names = example()
    assert draw_graph(L, names).to_svg() == draw_graph(L, names).to_svg()


def test_a_single_number_is_a_graph():
    boxes, lines, texts = parts(draw_graph(Number(7.0)))
    assert len(boxes) == 1
    assert not lines
    assert "7" in texts


def test_a_number_times_itself_has_two_separate_edges():
    a = Number(3.0)
    picture = draw_graph(times(a, a))
    _, lines, texts = parts(picture)
    assert picture.data["edges"] == [(0, 1, 3.0), (0, 1, 3.0)]
    assert len({line["d"] for line in lines}) == 2
    assert texts.count("×3") == 2


@st.composite
def roots(draw):
    """The result of a graph of at most 60 numbers, all of them part of it."""
    picks = draw(st.lists(st.lists(st.integers(0, 10**6), max_size=3), min_size=1, max_size=59))
    numbers: list[Number] = []
    used = set()
    for i, chosen in enumerate(picks):
        parents = tuple(numbers[pick % i] for pick in chosen) if i else ()
        used.update(map(id, parents))
        numbers.append(plus(*parents) if parents else Number(float(i)))
    loose = [number for number in numbers if id(number) not in used]
    return plus(*loose)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(roots())
@pytest.mark.slow
def test_edges_go_from_box_to_box_to_the_right_and_boxes_do_not_overlap(root):
    picture = draw_graph(root)
    boxes, lines, _ = parts(picture)
    assert len(boxes) == len(all_nodes(root)) == len(picture.data["nodes"])
    assert len(lines) == len(picture.data["edges"])
    for one, two in combinations(boxes, 2):
        (x1, y1), (x2, y2) = centre(one), centre(two)
        apart_x = abs(x1 - x2) >= float(one["width"])
        apart_y = abs(y1 - y2) >= float(one["height"])
        assert apart_x or apart_y
    for line, (start, end, _) in zip(lines, picture.data["edges"]):
        stops = [float(x) for x in re.findall(r"-?[\d.]+", line["d"])]
        (x1, y1), (x2, y2) = centre(boxes[start]), centre(boxes[end])
        assert x1 < x2
        half = float(boxes[start]["width"]) / 2
        assert stops[:2] == pytest.approx([x1 + half, y1], abs=0.2)  # it leaves at the right edge
        assert x1 < stops[-2] <= x2 - half + 0.2  # and arrives at the left one
        assert stops[-1] == pytest.approx(y2, abs=0.2)
    sheet = ET.fromstring(picture.to_svg())
    width, height = float(sheet.get("width")), float(sheet.get("height"))
    for box in boxes:
        assert 0 <= float(box["x"]) <= width - float(box["width"])
        assert 0 <= float(box["y"]) <= height - float(box["height"])


@pytest.mark.parametrize("count", [100, 300])
def test_in_a_large_graph_every_number_is_a_dot_at_its_own_position(count):
    leaves = [Number(float(i), grad=i / 9) for i in range(count - 1)]
    picture = draw_graph(plus(*leaves))
    dots, lines, _ = parts(picture)
    assert len({centre(dot) for dot in dots}) == len(dots) == count
    assert len(lines) == count - 1
    assert dots[-1]["fill"] == ORANGE
    assert {dot["fill"] for dot in dots[:-1]} == {GREEN}
    sizes = [float(dot["r"]) for dot in dots[:-1]]
    assert sizes == sorted(sizes)  # the larger the gradient, the larger
    assert BLUE in {dot["fill"] for dot in parts(draw_graph(plus(chain(50), chain(50))))[0]}


def two_hundred(kind: str) -> Number:
    if kind == "net":  # 13 columns, each number made of three of the column before
        column = [Number(float(i)) for i in range(16)]
        for _ in range(11):
            column = [plus(*(column[(5 * i + k) % 16] for k in range(3))) for i in range(16)]
        return plus(*column, *(Number(1.0) for _ in range(7)))
    numbers = [Number(float(i)) for i in range(40)]
    for i in range(159):
        numbers.append(plus(numbers[i], numbers[(7 * i) % len(numbers)], numbers[-1 - i % 3]))
    return plus(*numbers)  # arrows from every column to the last


@pytest.mark.parametrize("kind", ["net", "all meet at the end"])
@pytest.mark.slow
def test_two_hundred_numbers_are_drawn_in_half_a_second(kind):
    root = two_hundred(kind)
    seconds = []
    for _ in range(3):
        began = time.process_time()
        picture = draw_graph(root)
        picture.to_html()
        seconds.append(time.process_time() - began)
    assert len(picture.data["nodes"]) == 200
    assert min(seconds) < 0.5


@pytest.mark.parametrize("shape", ["deep", "wide"])
@pytest.mark.slow
def test_of_a_million_numbers_the_nearest_are_drawn_and_the_rest_is_counted(shape):
    gc.disable()  # a million new numbers would set it searching again and again
    try:
        leaves = (Number(1.0) for _ in range(999_999))
        root = chain(1_000_000) if shape == "deep" else plus(*leaves)
    finally:
        gc.enable()
    began = time.process_time()
    picture = draw_graph(root, {root: "L"})
    _, _, texts = parts(picture)
    assert time.process_time() - began < 20  # 5 to 7 s alone; a neighbour in the cache doubles it
    drawn = len(picture.data["nodes"])
    assert 50 <= drawn <= 300
    assert picture.data["n_omitted"] == 1_000_000 - drawn
    assert picture.data["nodes"][-1]["name"] == "L"
    left_out = f"{1_000_000 - drawn:,}"
    assert f"{left_out} more numbers are further back and not drawn." in texts
    assert f"{left_out} more numbers are not drawn" in picture.alt
    assert len(picture.to_svg()) < 200_000


def test_three_dots_mark_nodes_with_omitted_parents():
    picture = draw_graph(chain(30), max_nodes=10)
    assert len(picture.data["nodes"]) == 10
    assert parts(picture)[2].count("…") == 1
    assert "…" not in parts(draw_graph(chain(10)))[2]


@pytest.mark.parametrize("length", [3, 50, 110], ids=["roomy", "compact", "dots"])
@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, -0.0])
def test_a_number_with_a_nonfinite_gradient_is_drawn(odd, length):
    for where in (0, -1):
        root = plus(*(chain(length // 2) for _ in range(2))) if length > 60 else chain(length)
        nodes = all_nodes(root)
        for node in nodes:
            node.grad = 1.0
        nodes[where].grad = nodes[where].data = odd
        picture = draw_graph(root)
        shapes = parts(picture)[0]
        assert len(shapes) == len(picture.data["nodes"]) == len(nodes)
        for shape in shapes:
            for name in {"x", "y", "width", "height", "cx", "cy", "r"} & set(shape):
                assert math.isfinite(float(shape[name])), f"{name}={shape[name]}"


def test_a_zero_with_a_sign_has_none_in_the_picture():
    texts = parts(draw_graph(Number(-0.0, grad=-0.0)))[2]
    assert "0" in texts
    assert "grad 0" in texts


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1 / 3, "0.3333"),
        (-1.0, "−1"),
        (-0.0, "0"),
        (2, "2"),
        (12345.6, "1.235e+04"),
        (1e-7, "1e−07"),
    ],
)
def test_four_digits_are_shown(number, text):
    assert format_number(number) == text


def test_markup_in_a_name_a_title_or_an_operation_stays_text(tmp_path):
    a = Number(1.0)
    root = Number(1.0, EVIL, (a,), (1.0,))
    picture = draw_graph(root, {a: EVIL, root: '"><b>'}, title=EVIL)
    html = picture.save(tmp_path / "a.html").read_text(encoding="utf-8")
    inside = base64.b64decode(re.search(r" src=\"[^,]+,([^\"]+)", html)[1]).decode()
    for text in (picture.to_svg(), picture.to_html(), html_page(picture), html, inside):
        assert "<script" not in text
        assert "<b>" not in text
    assert EVIL in parts(picture)[2]  # the title, word for word
    assert draw_graph(root, {a: EVIL}, title=EVIL).to_png().startswith(b"\x89PNG")


def test_a_long_name_is_cut_to_its_box():
    a = Number(1.0)
    assert "a" * 11 + "…" in parts(draw_graph(a, {a: "a" * 50}))[2]


@pytest.mark.parametrize(
    "thing", [2.0, None, "L", [1.0], object()], ids=lambda thing: type(thing).__name__
)
def test_an_object_that_is_not_a_node_is_refused_with_what_a_node_needs(thing):
    match = f"{type(thing).__name__} cannot be drawn as a graph: it has no .*A node needs data, "
    for function in (draw_graph, all_nodes, count_paths):
        with pytest.raises(ValueError, match=match):
            function(thing)


def test_an_incomplete_node_is_refused_with_what_it_lacks():
    class Half:
        data, grad, op, parents = 1.0, 0.0, "", ()

    with pytest.raises(ValueError, match="Half cannot be drawn as a graph: it has no local_grads"):
        draw_graph(Half())
    Half.local_grads = ()
    draw_graph(Half())


def test_a_parent_that_is_not_a_node_is_refused_too():
    with pytest.raises(ValueError, match="float cannot be drawn as a graph"):
        draw_graph(Number(3.0, "+", (Number(1.0), 2.0), (1.0, 1.0)))


def test_a_local_gradient_for_each_parent_or_a_value_error():
    with pytest.raises(ValueError, match="local_grads"):
        draw_graph(Number(3.0, "+", (Number(1.0), Number(2.0)), (1.0,)))


def test_matplotlib_draws_the_same_graph_on_axes():
    L, names = example()
    ax = Figure().add_subplot()
    assert draw_graph(L, names, ax=ax) is ax
    assert [text.get_text() for text in ax.texts] == parts(draw_graph(L, names))[2]


@pytest.mark.slow
def test_all_nodes_have_their_parents_before_them_and_the_result_last():
    L, names = example()
    order = all_nodes(L)
    assert [names.get(node, "") for node in order] == ["a", "b", "", "L"]
    deep = chain(100_000)  # recursion would end at a thousand
    assert len(all_nodes(deep)) == 100_000
    assert all_nodes(deep)[-1] is deep


@settings(max_examples=40, deadline=None, derandomize=True)
@given(roots())
def test_paths_are_counted_as_walking_them_counts_them(root):
    ways = {}
    for node in all_nodes(root):
        ways[id(node)] = sum(ways[id(p)] for p in node.parents) if node.parents else 1
    assert count_paths(root) == ways[id(root)]


def test_more_paths_than_can_be_walked_are_counted():
    node = Number(1.0)
    for _ in range(1000):
        node = plus(node, node)
    assert count_paths(node) == 2**1000


def test_names_are_given_to_the_very_numbers_not_to_equal_ones():
    a, b = Number(1.0), Number(1.0)
    assert build_graph(plus(a, b), {b: "b"}).names == ["", "b", ""]
