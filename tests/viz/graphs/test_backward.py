"""The backward pass: path by path, and edge by edge. The truth is `backward()` or a pen."""

import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from graph_numbers import Number, plus, times
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import viz
from gptcore.scalar import Value
from viz.graphs.backward import draw_backward, draw_paths, make_frames
from viz.graphs.graph import draw_graph
from viz.graphs.node import all_nodes, build_graph

NS = "{http://www.w3.org/2000/svg}"


def example() -> tuple[Number, dict[Number, str]]:
    """L = a * b + a with a = 2 and b = 3: dL/da = 3 + 1 = 4, dL/db = 2."""
    a, b = Number(2.0), Number(3.0)
    c = times(a, b)
    L = plus(c, a)
    return L, {a: "a", b: "b", c: "c", L: "L"}


def long_sum(count: int) -> Number:
    """a + 1 + 1 ...: `count` numbers, an odd one."""
    node = Number(0.5)
    for _ in range(count // 2):
        node = plus(node, Number(1.5))
    return node


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text")]


def test_the_frames_of_a_product_and_a_sum_word_for_word():
    L, names = example()
    frames = make_frames(build_graph(L, names))
    assert [frame.caption for frame in frames] == [
        "These numbers were typed in",
        "Forward: c = a × b = 6",
        "Forward: L = c + a = 8",
        "Backward: L grows by 1 when L grows by 1, so its grad is 1",
        "1 × 1 added to c.grad: 0 + 1 = 1",
        "1 × 1 added to a.grad: 0 + 1 = 1",
        "3 × 1 added to a.grad: 1 + 3 = 4",
        "2 × 1 added to b.grad: 0 + 2 = 2",
    ]
    assert [len(frame.known) for frame in frames] == [2, 3, 4, 4, 4, 4, 4, 4]
    assert frames[2].grads == (None, None, None, None)
    assert frames[-1].grads == (4.0, 2.0, 1.0, 1.0)


def test_each_frame_shows_its_caption_and_its_known_numbers():
    L, names = example()
    for step in range(8):
        picture = draw_backward(L, names, step=step, title="Blame")
        texts = texts_of(picture)
        assert {"Blame", f"{step}/7", picture.data["caption"]} <= set(texts)
        assert picture.alt == f"Step {step} of 7. {picture.data['caption']}."
        assert ("8" in texts) == (step >= 2)
        assert sum(t.startswith("grad") for t in texts) == (4 if step >= 3 else 0)
        assert picture.data["step"] == step
        assert picture.data["steps"] == 7


def test_all_frames_have_the_same_size():
    L, names = example()
    sizes = {
        (p.scene.width, p.scene.height) for p in (draw_backward(L, names, step=s) for s in range(8))
    }
    assert len(sizes) == 1


EXPRESSIONS = {
    "twice": lambda a, b: a * 3 + a,
    "square": lambda a, b: a * a,
    "cube": lambda a, b: a**3,
    "unused b": lambda a, b: -a,
    "mixed": lambda a, b: (a * b + a).tanh() - b / a,
    "deep": lambda a, b: ((a + b).exp() * a).log() + b**2,
    "one arrow": lambda a, b: a.relu(),
}


@pytest.mark.parametrize("build", EXPRESSIONS.values(), ids=EXPRESSIONS.keys())
@pytest.mark.parametrize(("x", "y"), [(2.0, 3.0), (0.5, -0.25), (1.0, 1.0)])
def test_the_last_frame_has_the_gradients_that_backward_finds(build, x, y):
    a, b = Value(x), Value(y)
    L = build(a, b)
    L.backward()
    grads = draw_backward(L).data["grads"]
    assert grads == pytest.approx([node.grad for node in all_nodes(L)], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("build", EXPRESSIONS.values(), ids=EXPRESSIONS.keys())
def test_products_along_all_paths_sum_to_the_gradient(build):
    a, b = Value(1.5), Value(0.75)
    L = build(a, b)
    L.backward()
    picture = draw_paths(L, a, {a: "a", L: "L"})
    assert sum(picture.data["products"]) == pytest.approx(a.grad, rel=1e-12)
    arrows = picture.data["edges"]
    for path, product in zip(picture.data["paths"], picture.data["products"]):
        assert math.prod(arrows[number][2] for number in path) == pytest.approx(product)
        assert arrows[path[-1]][1] == len(picture.data["nodes"]) - 1
        for one, two in zip(path, path[1:]):
            assert arrows[one][1] == arrows[two][0]
    h = 1e-6
    tiny = (build(Value(1.5 + h), b).data - build(Value(1.5 - h), b).data) / (2 * h)
    assert sum(picture.data["products"]) == pytest.approx(tiny, rel=1e-6)


def test_the_alt_text_lists_the_paths():
    L, names = example()
    a = next(node for node, name in names.items() if name == "a")
    picture = draw_paths(L, a, names, title="Both paths count")
    printed = "L grows by 3 + 1 = 4 for each 1 that a grows"
    assert {"Both paths count", printed, "path 1: 3 × 1 = 3", "path 2: 1"} <= set(texts_of(picture))
    assert picture.alt.startswith("2 paths")
    assert picture.alt.endswith(f" with local gradients 3 × 1 and 1: {printed}.")
    b = next(node for node, name in names.items() if name == "b")
    assert "L grows by 2 for each 1 that b grows" in texts_of(draw_paths(L, b, names))
    assert "the result grows by 3 + 1 = 4 for each 1 that it grows" in draw_paths(L, a).alt


def test_more_than_six_paths_are_not_all_drawn_and_the_picture_says_so():
    a = Number(1.0)
    seven = plus(*(Number(1.0, "*", (a,), (2.0,)) for _ in range(7)))
    picture = draw_paths(seven, a)
    assert len(picture.data["paths"]) == 6
    assert any("The first 6 paths contribute" in text for text in texts_of(picture))
    assert "he first 6 paths contribute" in picture.alt
    six = plus(*(Number(1.0, "*", (a,), (2.0,)) for _ in range(6)))
    assert "only" not in draw_paths(six, a).alt
    assert sum(draw_paths(six, a).data["products"]) == 12


def test_the_first_of_too_many_paths_are_the_most_direct_ones():
    node = a = Number(1.0)
    shortcuts = []
    for _ in range(9):
        node = Number(1.0, "tanh", (node,), (1.0,))
        shortcuts.append(node)
    picture = draw_paths(plus(a, *shortcuts), a)
    assert sorted(map(len, picture.data["paths"])) == [1, 2, 3, 4, 5, 6]


def test_a_graph_of_a_billion_paths_does_not_hang():
    code = """if True:
        from gptcore.scalar import Value
        from viz import draw_paths
        a = b = Value(1.0)
        for _ in range(30):
            b = b + b
        print(draw_paths(b, a).alt)
    """
    root = Path(viz.__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=4
    )
    assert "he first 6 paths contribute" in done.stdout, done.stderr


def test_a_source_that_the_result_was_not_made_of_is_refused():
    L, names = example()
    for source in (Number(2.0), L):
        with pytest.raises(ValueError, match="No path leads from `source` to `root`: pick one of"):
            draw_paths(L, source)
    for source in L.parents:
        draw_paths(L, source, names)


@pytest.mark.parametrize("step", [-1, 8, 1000])
def test_a_step_that_does_not_exist_is_refused_with_those_that_do(step):
    L, names = example()
    with pytest.raises(ValueError, match=rf"step={step} must be a whole number, from 0 to 7\."):
        draw_backward(L, names, step=step)
    for advised in (0, 7):
        draw_backward(L, names, step=advised)


@pytest.mark.parametrize("count", [61, 10_001])
def test_a_graph_too_large_to_follow_is_refused_with_a_way_out(count):
    root = long_sum(count)
    match = rf"This graph has {count:,} numbers; at most 60 .* draw_graph\("
    with pytest.raises(ValueError, match=match):
        draw_backward(root)
    with pytest.raises(ValueError, match=match):
        draw_paths(root, root.parents[0])
    draw_graph(root)
    draw_backward(long_sum(59))


def test_a_chain_of_sixty_can_be_followed():
    node = Number(1.0)
    for _ in range(59):
        node = Number(1.0, "tanh", (node,), (0.5,))
    assert draw_backward(node).data["grads"][0] == 0.5**59


@pytest.mark.parametrize("count", [5, 25, 59])
def test_what_is_not_computed_yet_is_not_shown(count):
    root = long_sum(count)
    last = {"data": f"{root.data:.4g}"}
    assert last["data"] not in texts_of(draw_backward(root, step=0))
    last_forward = count // 2
    assert last["data"] in texts_of(draw_backward(root, step=last_forward))
    before = texts_of(draw_backward(root, step=last_forward))
    assert not [t for t in before if t.startswith("g") and t.endswith(" 0")], "no gradient yet"
    assert not [t for t in before if t.startswith("grad")]


@pytest.mark.parametrize("count", [5, 25, 59])
def test_a_picture_of_paths_claims_nothing_about_gradients(count):
    root = long_sum(count)
    root_texts = texts_of(draw_paths(root, root.parents[1]))
    assert not [t for t in root_texts if re.fullmatch(r"g(rad)? .*", t)]


@st.composite
def roots(draw):
    picks = draw(st.lists(st.lists(st.integers(0, 10**6), max_size=3), min_size=1, max_size=30))
    grads = st.integers(-3, 3).map(float)
    numbers, used = [], set()
    for i, chosen in enumerate(picks):
        parents = tuple(numbers[pick % i] for pick in chosen) if i else ()
        used.update(map(id, parents))
        given_slopes = tuple(draw(grads) for _ in parents)
        numbers.append(Number(float(i), "+" if parents else "", parents, given_slopes))
    return plus(*(number for number in numbers if id(number) not in used))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(roots())
@pytest.mark.slow
def test_every_graph_ends_with_the_gradients_of_the_chain_rule(root):
    nodes = all_nodes(root)
    grads = {id(root): 1.0}
    for node in reversed(nodes[:-1]):  # by definition: over all children, local gradient times grad
        grads[id(node)] = sum(
            grad * grads[id(child)]
            for child in nodes
            for parent, grad in zip(child.parents, child.local_grads)
            if parent is node
        )
    data = draw_backward(root).data
    assert data["grads"] == [grads[id(node)] for node in nodes]
    made = sum(bool(node.parents) for node in nodes)
    assert data["steps"] + 1 == 1 + made + 1 + len(data["edges"])
    assert draw_backward(root, step=0).data["grads"] == [None] * len(nodes)


def test_a_single_number_has_two_frames():
    assert draw_backward(Number(2.0)).data["grads"] == [1.0]
    assert draw_backward(Number(2.0)).data["steps"] == 1


def test_drawing_does_not_change_the_graph():
    L, names = example()
    draw_backward(L, names)
    draw_paths(L, next(iter(names)), names)
    assert [node.grad for node in all_nodes(L)] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("op", "parents", "printed"),
    [
        ("-", 2, "p − q = 7"),
        ("/", 2, "p / q = 7"),
        ("**2", 1, "p**2 = 7"),
        ("tanh", 1, "tanh(p) = 7"),
        ("softmax", 2, "softmax(p, q) = 7"),
        ("sum", 6, "sum(p, q, r, s, …) = 7"),
    ],
)
def test_operations_are_written_in_mathematical_notation(op, parents, printed):
    numbers = [Number(1.0) for _ in range(parents)]
    root = Number(7.0, op, tuple(numbers), (1.0,) * parents)
    picture = draw_backward(root, dict(zip(numbers, "pqrstu")) | {root: "L"}, step=1)
    assert picture.data["caption"] == f"Forward: L = {printed}"


def test_numbers_without_names_are_called_by_their_value():
    picture = draw_backward(plus(Number(2.0), Number(-3.0)), step=1)
    assert picture.data["caption"] == "Forward: (2) + (−3) = −1"


def test_markup_in_a_name_stays_text():
    a = Number(1.0)
    root = times(a, a)
    names = {a: "<script>a", root: "<script>L"}
    for picture in (draw_backward(root, names), draw_paths(root, a, names, title="<script>")):
        assert "<script" not in picture.to_svg() + picture.to_html()


def test_every_text_fits_in_the_scene():
    a, b = Number(1 / 3), Number(-1e-5)
    root = times(times(a, b), times(a, b))
    names = {a: "the first weight of all", b: "b"}
    for picture in (draw_backward(root, names), draw_paths(root, a, names, title="t" * 70)):
        for shape in picture.scene.shapes:
            if hasattr(shape, "text") and shape.anchor == "start":
                assert shape.x + 0.5 * shape.size * len(shape.text) <= picture.scene.width


def test_matplotlib_draws_the_same_frames_on_axes():
    L, names = example()
    for draw in (
        lambda ax=None: draw_backward(L, names, step=6, ax=ax),
        lambda ax=None: draw_paths(L, next(iter(names)), names, ax=ax),
    ):
        ax = Figure().add_subplot()
        assert draw(ax=ax) is ax
        assert [text.get_text() for text in ax.texts] == texts_of(draw())
