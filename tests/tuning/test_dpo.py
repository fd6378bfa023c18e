"""The loss of DPO against its formula, and its gradient against the published one."""

import numpy as np
import pytest
import torch
from listed_answers import cosine, flat_grad, moved, tiny_model

from gptcore.tuning import answer_batch, answer_log_probs, dpo_loss

GENERATOR = np.random.default_rng(5)
FOUR = [torch.tensor(-10 * GENERATOR.random(6)) for _ in range(4)]


@pytest.mark.parametrize("beta", [0.01, 0.1, 0.5, 5.0])
def test_the_loss_is_that_of_the_paper(beta):
    chosen, rejected, ref_chosen, ref_rejected = (tensor.numpy() for tensor in FOUR)
    margin = beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
    expected = np.log1p(np.exp(-margin)).mean()
    loss, chosen_rewards, rejected_rewards = dpo_loss(*FOUR, beta)
    assert loss.item() == pytest.approx(expected, abs=1e-12)
    assert np.allclose(chosen_rewards, beta * (chosen - ref_chosen))
    assert np.allclose(rejected_rewards, beta * (rejected - ref_rejected))


def test_the_loss_is_the_number_of_trl():
    # The lines of dpo_trainer.py in TRL 1.16.0 (loss_type "sigmoid"), run on these numbers.
    chosen, rejected = torch.tensor([-2.0, -7.5, -11.25]), torch.tensor([-3.0, -4.0, -30.0])
    reference = torch.tensor([-2.5, -7.0, -14.0]), torch.tensor([-2.75, -6.0, -12.0])
    loss = dpo_loss(chosen, rejected, *reference, beta=0.25)[0]
    assert loss.item() == pytest.approx(0.5543521046638489, abs=1e-6)


def test_the_gradient_is_that_of_the_paper():
    # Rafailov et al. 2023, section 4: -beta * sigmoid(reward of the rejected - of the chosen)
    # * (gradient of log p(chosen) - gradient of log p(rejected)).
    reference = tiny_model()
    model, beta = moved(reference, 0.1), 0.3
    good, bad = answer_batch([[1, 2]], [[3, 0]]), answer_batch([[1, 2]], [[4, 4, 0]])
    with torch.no_grad():
        ref = [answer_log_probs(reference, *batch) for batch in (good, bad)]
    p_good, p_bad = answer_log_probs(model, *good), answer_log_probs(model, *bad)
    loss, chosen, rejected = dpo_loss(p_good, p_bad, *ref, beta)
    found = flat_grad(loss, model)
    weight = -beta * torch.sigmoid(rejected - chosen).item()
    again = [answer_log_probs(model, *batch) for batch in (good, bad)]
    expected = weight * flat_grad((again[0] - again[1]).sum(), model)
    assert torch.allclose(found, expected, atol=1e-12)
    assert cosine(found, expected) == pytest.approx(1)


def test_a_model_that_is_the_reference_has_the_loss_of_a_coin():
    a, b, *_ = FOUR
    assert dpo_loss(a, b, a, b)[0].item() == pytest.approx(np.log(2))


def test_an_extreme_margin_is_finite():
    far = torch.tensor([-1e5], requires_grad=True)
    near = torch.tensor([-1.0])
    loss = dpo_loss(far, near, near, near, beta=1.0)[0]
    loss.backward()
    assert loss.item() == pytest.approx(99999)
    assert far.grad.item() == -1


@pytest.mark.parametrize(
    ("four", "beta", "words"),
    [
        (FOUR, 0, "beta=0"),
        ([*FOUR[:3], FOUR[3][:2]], 0.1, "answer_log_probs"),
        ([torch.zeros(2, 3)] * 4, 0.1, r"shape \(B,\)"),
        ([-FOUR[0], *FOUR[1:]], 0.1, "the other sign"),
    ],
)
def test_what_cannot_be_compared_is_refused(four, beta, words):
    with pytest.raises(ValueError, match=words):
        dpo_loss(*four, beta)
