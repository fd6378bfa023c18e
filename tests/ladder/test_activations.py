"""What `forward` shows of attention, with and without its mask, against PyTorch's attention."""

import numpy as np
import pytest

from gptcore.ladder import NumpyGPT, forward
from gptcore.ladder.numpy_backward import backward

torch = pytest.importorskip("torch")


@pytest.fixture
def gpt() -> NumpyGPT:
    run = NumpyGPT(["emma", "anna", "mia"], seed=1)
    list(run.train(20))
    return run


@pytest.mark.parametrize("causal", [True, False], ids=["masked", "no mask"])
def test_scores_weights_values_and_what_was_mixed_belong_together_as_in_torch(gpt, causal):
    ids = gpt.encode("emma")
    inside = forward(ids, gpt.weights, n_head=4, causal=causal)
    scores, values = torch.tensor(inside.scores), torch.tensor(inside.values)
    if causal:
        causal_mask = torch.ones(len(ids), len(ids)).triu(1).bool()
        scores = scores.masked_fill(causal_mask, -torch.inf)
    weights = scores.softmax(-1)
    assert np.allclose(inside.weights, weights, atol=1e-12)
    assert np.allclose(inside.context, weights @ values, atol=1e-12)


def test_an_edit_changes_the_weights_and_not_the_scores_that_are_shown(gpt):
    ids, seen = gpt.encode("emma"), []

    def score_hook(layer, head, scores):
        seen.append(scores.copy())
        return scores + 3 * np.eye(len(scores))

    inside = forward(ids, gpt.weights, n_head=4, score_hook=score_hook)
    assert np.allclose(inside.scores[0], seen, atol=1e-12)
    untouched = forward(ids, gpt.weights, n_head=4)
    assert (np.diagonal(inside.weights[0, 0])[1:] > np.diagonal(untouched.weights[0, 0])[1:]).all()


def test_without_a_mask_a_letter_hears_later_ones_and_the_gradients_are_still_right(gpt):
    ids, tiny = gpt.encode("emma"), 1e-6
    backward(ids, gpt.matrices, 4, gpt.grads, causal=False)
    grads, flat = gpt.grads.flat.copy(), gpt.matrices.flat
    for index in np.random.default_rng(0).choice(len(flat), 60, replace=False):
        was, losses = flat[index], []
        for moved in (was + tiny, was - tiny):
            flat[index] = moved
            losses.append(backward(ids, gpt.matrices, 4, gpt.grads, causal=False))
        flat[index] = was
        assert (losses[0] - losses[1]) / (2 * tiny) == pytest.approx(grads[index], abs=1e-7)
