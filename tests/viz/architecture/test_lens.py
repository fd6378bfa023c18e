"""The logit lens: what is shown is what NumPy finds to be largest."""

import numpy as np
import pytest

from viz import draw_lens

VOCABULARY = ["the", "cat", "sat", "<b>", "\n", "🙂"]
TOKENS = ["the", "cat", "<b>", "\n"]
LOGITS = np.random.default_rng(0).normal(size=(3, 4, 6)) * 3


def softmax(logits):
    exps = np.exp(logits - logits.max(-1, keepdims=True))
    return exps / exps.sum(-1, keepdims=True)


def test_each_cell_has_the_most_likely_token_and_its_probability():
    data = draw_lens(LOGITS, TOKENS, VOCABULARY).data
    for layer in range(3):
        for t in range(4):
            best = LOGITS[layer, t].argmax()
            assert data["predicted"][layer][t] == VOCABULARY[best]
            assert data["confidence"][layer][t] == pytest.approx(softmax(LOGITS)[layer, t, best])


def test_probabilities_are_taken_as_they_are():
    of_logits, of_shares = (draw_lens(x, TOKENS, VOCABULARY) for x in (LOGITS, softmax(LOGITS)))
    assert of_shares.data["confidence"] == pytest.approx(of_logits.data["confidence"])
    assert of_shares.data["predicted"] == of_logits.data["predicted"]


def test_a_correct_prediction_is_the_next_token():
    logits = np.zeros((1, 4, 6))
    for t, token in enumerate([1, 2, 4, 0]):  # right, wrong, right; the last has no target
        logits[0, t, token] = 5
    picture = draw_lens(logits, TOKENS, VOCABULARY.__getitem__)
    assert picture.data["correct"] == [[True, False, True, False]]
    assert "layer 0 is right at 2 of 3 positions" in picture.alt


def test_a_list_of_tensors_is_accepted():
    torch = pytest.importorskip("torch")
    layers = [torch.tensor(layer, requires_grad=True) for layer in LOGITS]
    assert (
        draw_lens(layers, TOKENS, VOCABULARY).data["predicted"][2][0]
        == VOCABULARY[LOGITS[2, 0].argmax()]
    )


def test_a_long_text_is_cut_and_says_so():
    picture = draw_lens(np.zeros((2, 30, 6)), ["the"] * 30, VOCABULARY)
    assert "6 more tokens not drawn" in picture.alt
    assert "6 more tokens not drawn" in picture.to_svg()


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (np.zeros((3, 4)), r"an array \(L, T, V\); this one has shape \(3, 4\)"),
        (np.zeros((3, 5, 6)), "5 positions, but there are 4 tokens"),
        (np.full((3, 4, 6), np.nan), r"layers\[0\]\[0\]\[0\] is nan"),
        (np.zeros((0, 4, 6)), "this one has shape"),
        ("logits", "must be an array"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(layers, message):
    with pytest.raises(ValueError, match=message):
        draw_lens(layers, TOKENS, VOCABULARY)


def test_names_must_match_the_layers_and_markup_stays_text():
    with pytest.raises(ValueError, match="3 layers, but 2 names"):
        draw_lens(LOGITS, TOKENS, VOCABULARY, names=["a", "b"])
    svg = draw_lens(LOGITS, TOKENS, VOCABULARY, names=["<i>", "b", "c"], title="<b>").to_svg()
    assert "<b>" not in svg
    assert "<i>" not in svg


def top(logits, k):
    """The k likeliest tokens of each place: their probabilities, and their ids."""
    ids = np.argsort(-logits, -1, kind="stable")[..., :k]
    return np.take_along_axis(softmax(logits), ids, -1), ids


@pytest.mark.parametrize("k", [1, 2, 6])
@pytest.mark.parametrize("start", [0, 2])
def test_the_likeliest_tokens_are_enough(k, start):
    whole = draw_lens(LOGITS, TOKENS, VOCABULARY, start=start).data
    probs, ids = top(LOGITS, k)
    few = draw_lens(probs, TOKENS, VOCABULARY, ids=ids, start=start).data
    assert few["predicted"] == whole["predicted"]
    assert few["correct"] == whole["correct"]
    np.testing.assert_allclose(few["confidence"], whole["confidence"])


def test_ids_that_do_not_fit_and_logits_with_ids_are_refused():
    probs, ids = top(LOGITS, 2)
    with pytest.raises(ValueError, match=r"the same shape \(L, T, k\): a layer has \(4, 2\)"):
        draw_lens(probs, TOKENS, VOCABULARY, ids=ids[..., :1])
    with pytest.raises(ValueError, match=r"layers\[0\] are not probabilities"):
        draw_lens(LOGITS[..., :2], TOKENS, VOCABULARY, ids=ids)
    with pytest.raises(ValueError, match="start=4 must be a whole number, from 0 to 3"):
        draw_lens(LOGITS, TOKENS, VOCABULARY, start=4)


def test_a_later_part_of_a_text_has_its_own_targets():
    logits = np.zeros((1, 4, 6))
    logits[0, [0, 1, 2, 3], [1, 3, 4, 0]] = 5  # all right but for the last, which has no target
    picture = draw_lens(logits, TOKENS, VOCABULARY, start=2)
    assert picture.data["tokens"] == TOKENS[2:]
    assert picture.data["correct"] == [[True, False]]
    assert "right at 1 of 1 positions; tokens 2 to 3 of 4 are drawn" in picture.alt


def test_many_layers_are_low_and_words_have_room():
    names = [b" capital", b"\xf0\x9f", b" of", b"\n"]
    logits = np.random.default_rng(0).normal(size=(33, 40, 4))
    picture = draw_lens(logits, [names[k % 4] for k in range(40)], names)
    assert picture.scene.height < 750
    assert picture.scene.width < 920
    assert 10 <= len(picture.data["tokens"]) < 24
    svg = picture.to_svg()
    assert "the bluer, the more likely" in svg
    assert "\\xf0" in svg
