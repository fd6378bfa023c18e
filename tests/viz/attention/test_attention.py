"""Attention weights: the numbers that are drawn, and what is refused."""

import math
import re

import numpy as np
import pytest

from viz import draw_attention
from viz.canvas.palette import INK, WHITE, blend

EMMA = ["[BOS]", *"emma"]


def causal_weights(H: int, T: int, seed: int = 0) -> np.ndarray:
    scores = np.random.default_rng(seed).normal(size=(H, T, T))
    scores += np.triu(np.full((T, T), -np.inf), 1)
    return np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)


def test_the_picture_keeps_the_weights_it_was_given():
    weights = causal_weights(4, 5)
    picture = draw_attention(weights, EMMA)
    assert picture.data["tokens"] == EMMA
    for h in range(4):
        assert np.array_equal(picture.data["heads"][f"head {h}"], weights[h])


def test_the_alt_text_names_the_largest_weight_of_each_head_as_numpy_finds_it():
    weights = causal_weights(3, 5, seed=7)
    alt = draw_attention(weights, EMMA).alt
    for h in range(3):
        later = weights[h, 1:]  # the first token attends only to itself
        i, j = np.unravel_index(later.argmax(), later.shape)
        found = re.search(rf"head {h}: (\S+) \(position (\d)\) gives (\d\.\d\d) to ([^;.]+)", alt)
        assert int(found[2]) == i + 1
        assert found[1] == EMMA[i + 1]
        assert float(found[3]) == pytest.approx(later[i, j], abs=0.005)
        assert found[4] == ("itself" if i + 1 == j else f"{EMMA[j]} (position {j})")


def test_each_allowed_pair_has_a_square_and_larger_weights_are_darker():
    fills = [
        getattr(shape, "fill", "")
        for shape in draw_attention([[1, 0], [0.25, 0.75]], "ab").scene.shapes
    ]
    for weight in (1, 0.25, 0.75):
        assert blend(WHITE, INK, weight) in fills
    assert int(blend(WHITE, INK, 0.2)[1:], 16) > int(blend(WHITE, INK, 0.3)[1:], 16)  # lighter
    assert blend(WHITE, INK, 0) == "#ffffff"


@pytest.mark.parametrize("kind", ["lists", "numpy", "float32", "torch"])
def test_any_array_will_do(kind):
    weights = causal_weights(2, 3)
    given = {"lists": weights.tolist(), "numpy": weights, "float32": weights.astype("float32")}
    if kind == "torch":
        given["torch"] = pytest.importorskip("torch").tensor(weights, requires_grad=True)
    heads = draw_attention(given[kind], "abc").data["heads"]
    assert heads["head 1"] == pytest.approx(weights[1], abs=1e-6)


def test_one_head_of_several_can_be_picked():
    weights = causal_weights(4, 5)
    assert list(draw_attention(weights, EMMA, head=2).data["heads"]) == ["head 2"]
    with pytest.raises(ValueError, match="head=4: there are heads 0 to 3, and 'mean'"):
        draw_attention(weights, EMMA, head=4)


@pytest.mark.parametrize("shape", [(4, 5, 5), (5, 5), (4, 6, 5), (4, 5, 6)])
def test_a_shape_that_does_not_fit_the_tokens_is_refused_with_both_sizes(shape):
    with pytest.raises(ValueError, match=r"squares, but there are 4 tokens: .* 4 x 4"):
        draw_attention(np.full(shape, 1 / shape[-1]), "emma", causal=False)


@pytest.mark.parametrize("given", [0.5, [0.5, 0.5], "weights", None, [], [[]], np.zeros((1,) * 6)])
def test_weights_that_are_not_square_are_refused(given):
    with pytest.raises(ValueError, match=r"weights|nothing to draw"):
        draw_attention(given, "a")


def test_softmax_over_the_wrong_axis_is_found_by_the_sums_of_the_rows():
    scores = np.random.default_rng(1).normal(size=(5, 5))
    columns = np.exp(scores) / np.exp(scores).sum(0)
    first = columns[0].sum()
    with pytest.raises(ValueError, match=rf"row 0 \(\[BOS\]\).* sum to {first:.4g}.*wrong axis"):
        draw_attention(columns, EMMA, causal=False)


def test_rows_that_lost_their_later_weights_are_refused():
    weights = np.tril(np.full((3, 3), 1 / 3))
    with pytest.raises(ValueError, match=r"head 0, row 0 \(a\).* sum to 0.3333"):
        draw_attention(weights, "abc")


def test_weights_to_later_tokens_are_refused_unless_causal_is_false():
    open_book = np.full((3, 3), 1 / 3)
    with pytest.raises(ValueError, match=r"0\.667 of its weight to later .* say causal=False"):
        draw_attention(open_book, "abc")
    heads = draw_attention(open_book, "abc", causal=False).data["heads"]
    assert np.array_equal(heads["head 0"], open_book)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_nonfinite_number_is_named_with_its_position(bad):
    weights = causal_weights(2, 3)
    weights[1, 2, 0] = bad
    with pytest.raises(ValueError, match=rf"weights\[1\]\[2\] has {bad} at position 0"):
        draw_attention(weights, "abc")


def test_ragged_rows_are_refused_with_their_lengths():
    with pytest.raises(ValueError, match="different lengths, 1 and 2"):
        draw_attention([[1.0], [0.5, 0.5]], "ab")


def test_tokens_from_outside_cannot_break_the_picture():
    picture = draw_attention(causal_weights(1, 2), ["<b>", "\x00&"], title="<script>")
    assert "<script" not in picture.to_svg()
    assert "<b>" not in picture.to_svg()


def test_it_draws_on_axes_of_your_own():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = figure.subplots()
    assert draw_attention(causal_weights(2, 3), "abc", ax=axes) is axes
