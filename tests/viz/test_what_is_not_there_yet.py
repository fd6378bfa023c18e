"""Values that are not computed yet, padding, missing values: left out of a picture, or an error."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
import torch

import viz
from viz.canvas.arrays import to_int


@dataclass(eq=False)
class Number:
    data: object = 1.0
    grad: object = None
    op: object = ""
    parents: object = ()
    local_grads: object = ()


def chain(length: int) -> Number:
    node = Number(2.0)
    for _ in range(length - 1):
        node = Number(2.0, None, "+", (node,), (1.0,))
    return node


# Graphs before backward


@pytest.mark.parametrize("length", [1, 3, 40, 120])
def test_a_graph_without_gradients_is_drawn_at_every_size_and_shows_none(length):
    picture = viz.draw_graph(chain(length))
    assert len(picture.data["nodes"]) <= length
    assert all(node["grad"] is None for node in picture.data["nodes"])
    svg = picture.to_svg()
    assert "grad " not in svg and ">g " not in svg and "None" not in svg and "nan" not in svg


def test_where_some_gradients_are_known_only_they_are_shown():
    a = Number(2.0)
    root = Number(6.0, 1.0, "*", (a, Number(3.0, 2.0)), (3.0, 2.0))
    picture = viz.draw_graph(root, names={a: "a"})
    assert [node["grad"] for node in picture.data["nodes"]] == [None, 2.0, 1.0]
    assert picture.to_svg().count("grad ") >= 2 and "a = 2 (no grad yet)" in picture.alt


def test_the_other_pictures_of_a_graph_need_no_gradient():
    a = Number(2.0)
    root = Number(6.0, None, "*", (a, Number(3.0)), (3.0, 2.0))
    assert viz.draw_whole_graph(root).data["nodes"] == 3
    assert viz.draw_backward(root).data["grads"] == [3.0, 2.0, 1.0]
    assert viz.draw_paths(root, a).data["products"] == [3.0]


def test_numbers_of_pytorch_are_drawn_before_and_after_backward():
    x = torch.tensor(3.0, requires_grad=True)
    leaf = Number(x.detach(), x.grad)
    root = Number((x * x).detach(), None, "**2", (leaf,), (torch.tensor(6.0),))
    assert viz.draw_graph(root).data["nodes"][0]["grad"] is None
    (x * x).backward()
    leaf.grad = x.grad
    assert "grad 6" in viz.draw_graph(root).to_svg()


BROKEN = {
    "parents in a set": (Number(1.0, 0.0, "+", {Number()}, (1.0,)), "parents of .* A set has no"),
    "no slopes yet": (Number(1.0, 0.0, "+", (Number(),), None), "local_grads of .* is None"),
    "an unknown slope": (
        Number(1.0, 0.0, "+", (Number(),), (None,)),
        "must be numbers, but one of them is None",
    ),
    "no number yet": (Number(None), "must be numbers, but one of them is None"),
    "text for a number": (Number("a"), "must be numbers"),
    "no operation": (Number(1.0, 0.0, None), "op of a node is None"),
    "a row of numbers": (Number(np.zeros(2)), "must be one row of numbers"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_cannot_be_drawn_says_what_is_needed(kind):
    node, words = BROKEN[kind]
    for draw in (viz.draw_graph, viz.draw_whole_graph, viz.draw_backward):
        with pytest.raises(ValueError, match=words):
            draw(node)


# Attention of a padded batch


def softmax_with_mask(n_padding: int, T: int, side: str = "left") -> np.ndarray:
    """As an eager model computes it: scores of what must not be seen are very low."""
    scores = np.random.default_rng(1).normal(size=(T, T))
    real = np.arange(T) >= n_padding if side == "left" else np.arange(T) < T - n_padding
    seen = np.tril(np.ones((T, T), bool)) & real[None]
    scores = np.where(seen, scores, -1e9)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


TOKENS = ["<pad>", "<pad>", "a", "b", "c"]


@pytest.mark.parametrize("padding_rows", ["uniform", "zeros", "NaN"])
def test_padding_on_the_left_is_left_out_with_start(padding_rows):
    weights = softmax_with_mask(2, 5)
    assert weights[0].tolist() == [0.2] * 5  # such a row looks ahead
    weights[:2] = {"uniform": 0.2, "zeros": 0.0, "NaN": np.nan}[padding_rows]
    picture = viz.draw_attention(weights, TOKENS, start=2)
    assert picture.data["tokens"] == ["a", "b", "c"]
    assert np.array_equal(picture.data["heads"]["head 0"], weights[2:, 2:])
    with pytest.raises(ValueError, match=r"If it is padding.*start=a") as caught:
        viz.draw_attention(weights, TOKENS)
    assert "row 0" in str(caught.value) or "weights[0]" in str(caught.value)
    cut = viz.draw_attention(weights[2:5, 2:5], TOKENS[2:5])  # the other advice
    assert np.array_equal(cut.data["heads"]["head 0"], picture.data["heads"]["head 0"])


def test_padding_of_one_text_of_a_batch_leaves_the_others_as_they_are():
    batch = np.stack([softmax_with_mask(2, 5), softmax_with_mask(0, 5)])[None, :, None]  # L B H T T
    assert len(viz.draw_attention(batch, "vwxyz", batch_index=1).data["tokens"]) == 5
    assert len(viz.draw_attention(batch, TOKENS, batch_index=0, start=2).data["tokens"]) == 3
    right = softmax_with_mask(2, 5, side="right")
    assert len(viz.draw_attention(right, ["a", "b", "c", "<pad>", "<pad>"]).data["tokens"]) == 5


def test_what_comes_after_start_is_still_checked():
    weights = softmax_with_mask(2, 5)
    weights[3] = [0, 0, 0.5, 0, 0.5]
    with pytest.raises(ValueError, match=r"row 3 \(b\) gives 0.5 of its weight to later tokens"):
        viz.draw_attention(weights, TOKENS, start=2)
    weights[3] = [0, 0, 0.5, 0.1, 0]
    with pytest.raises(ValueError, match=r"row 3 \(b\): .* sum to 0.6"):
        viz.draw_attention(weights, TOKENS, start=2)


# Integers, and nothing at all


@pytest.mark.parametrize("one", [np.int64(1), torch.tensor(1), np.uint8(1)], ids=repr)
def test_integers_of_numpy_and_pytorch_are_places_and_sizes(one):
    weights = np.tile(np.eye(3), (2, 2, 2, 1, 1))  # L B H T T
    picture = viz.draw_attention(weights, "abc", layer=one, head=one, batch_index=one, start=one)
    assert list(picture.data["heads"]) == ["layer 1, head 1"]
    query = viz.draw_attention_head(
        np.tile(np.eye(3), (2, 2, 1, 1)), "abc", layer=one, head=one, query=one
    )
    assert query.data["query"] == 1
    assert viz.draw_backward(chain(2), step=one).data["step"] == 1
    assert viz.draw_head_split(12, one, tokens=one).alt
    assert to_int(one, "n", 0) == 1


@pytest.mark.parametrize("odd", [True, 1.0, "1", float("nan"), -1], ids=str)
def test_what_is_not_an_integer_is_refused_by_name(odd):
    weights = np.tile(np.eye(3), (2, 2, 2, 1, 1))
    for option in ("layer", "head", "batch_index", "start"):
        with pytest.raises(ValueError, match=f"{option}="):
            viz.draw_attention(weights, "abc", **{option: odd})
    for option in ("layer", "head", "query"):
        with pytest.raises(ValueError, match=f"{option}="):
            viz.draw_attention_head(np.tile(np.eye(3), (2, 2, 1, 1)), "abc", **{option: odd})
    with pytest.raises(ValueError, match="step="):
        viz.draw_backward(chain(2), step=odd)
    with pytest.raises(ValueError, match="max_nodes="):
        viz.draw_graph(chain(2), max_nodes=odd)
    with pytest.raises(ValueError, match="n_head="):
        viz.draw_head_split(12, odd)


NEED_A_MAPPING = [
    viz.draw_loss,
    viz.draw_samples,
    viz.draw_logit_attribution,
    viz.draw_token_prices,
    viz.draw_runs,
    viz.draw_scaling,
]


WITH_NOTHING_INSIDE = [
    (viz.draw_runs, {"a": [{"step": 1, "tokens": 1, "val_loss": [None]}]}),
    (viz.draw_runs, {"a": [{"step": 1, "tokens": None, "val_loss": 3.0}]}),
    (viz.draw_funnel, [None], {"a": [0]}),
    (viz.draw_funnel, ["a"], {"a": None}),
    (viz.draw_merges, [None], {}, {}),
    (viz.draw_merges, 256, {256: [None, None]}, {256: b"a"}),
    (viz.draw_token_prices, {"a": {"b": [None]}}),
    (viz.draw_tokens, [None]),
    (viz.draw_samples, {0: [None]}),
    (viz.draw_samples, {0: None}),
    (viz.draw_counts, [[1]], None),
    (viz.draw_embedding, [[0, 1]], None),
    (partial(viz.draw_surface, x_range=(0, 1), y_range=(0, 1)), lambda x, y: None),
    (partial(viz.draw_scaling, fit=lambda flops: None), {"a": ([1.0, 2.0], [3.0, 2.0])}),
]


@pytest.mark.parametrize("call", WITH_NOTHING_INSIDE)
def test_none_inside_of_a_value_is_a_value_error(call):
    draw, *values = call
    with pytest.raises(ValueError, match=r"None|lists of texts"):
        draw(*values)


@pytest.mark.parametrize("draw", NEED_A_MAPPING, ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("nothing", [None, [], 3, "", {}], ids=str)
def test_nothing_to_draw_is_said(draw, nothing):
    with pytest.raises(ValueError):
        draw(nothing)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: viz.draw_ladder(None), "rungs must be a list of pairs"),
        (lambda: viz.draw_surface(None, x_range=(0, 1), y_range=(0, 1)), "loss_at must be a func"),
        (lambda: viz.draw_surface(max, 3, x_range=(0, 1), y_range=(0, 1)), "A path is a sequence"),
        (lambda: viz.draw_surface(max, x_range=None, y_range=(0, 1)), "x_range=None must be two"),
        (lambda: viz.draw_training(None, 1, {}), "losses of 'train' must be one row of numbers"),
        (lambda: viz.draw_training([3.0], None, {}), "step=None must be"),
        (lambda: viz.draw_training([3.0], 1, None), "record of step 1 must be a mapping"),
        (lambda: viz.TwoRuns(None), "runs must be a mapping"),
    ],
)
def test_none_is_refused_by_name(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()


def test_tilde_is_the_home_folder_for_pictures(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    viz.draw_graph(chain(2)).save("~/graph.svg")
    assert (tmp_path / "graph.svg").exists()
