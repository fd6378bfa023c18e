"""Estimates of KL, as values and as penalties, against the exact KL of every answer."""

import pytest
import torch
from listed_answers import all_answers, all_log_probs, cosine, flat_grad, moved, tiny_model

from gptcore.tuning import answer_batch, kl_estimate, policy_loss, token_log_probs

PROMPT = [1, 2]
ANSWERS = all_answers()
BATCH = answer_batch([PROMPT] * len(ANSWERS), ANSWERS)


class World:
    """A model and its reference; each answer's probability, and the exact KL with its gradient."""

    def __init__(self, by: float) -> None:
        self.reference = tiny_model()
        self.model = moved(self.reference, by)
        self.log_p = all_log_probs(self.model, PROMPT)  # (A,)
        with torch.no_grad():
            self.log_ref = all_log_probs(self.reference, PROMPT)
        self.p = self.log_p.exp().detach()
        self.kl = (self.log_p.exp() * (self.log_p - self.log_ref)).sum()
        self.grad = flat_grad(self.kl, self.model)

    def loss_grad(self, estimate: str) -> torch.Tensor:
        """The expected gradient of an estimate of whole answers as a loss."""
        log_p = all_log_probs(self.model, PROMPT)
        return flat_grad((self.p * kl_estimate(log_p, self.log_ref, estimate)).sum(), self.model)


@pytest.fixture(scope="module")
def near() -> World:
    return World(0.005)


@pytest.fixture(scope="module")
def far() -> World:
    return World(0.1)


def test_the_worlds_are_near_and_far(near, far):
    assert 0 < near.kl < 0.1
    assert far.kl > 0.5


@pytest.mark.parametrize("estimate", ["k1", "k3"])
def test_k1_and_k3_are_right_on_average_and_k2_is_not(estimate, far):
    mean = (far.p * kl_estimate(far.log_p, far.log_ref, estimate)).sum()
    assert mean.item() == pytest.approx(far.kl.item(), rel=1e-9)
    k2 = (far.p * kl_estimate(far.log_p, far.log_ref, "k2")).sum()
    assert abs(k2.item() / far.kl.item() - 1) > 0.05
    assert kl_estimate(far.log_p, far.log_ref, "k3").min() >= 0


@pytest.mark.parametrize("by", [0.005, 0.1])
def test_k1_in_the_reward_has_the_gradient_of_the_kl(by):
    world = World(by)
    k1 = kl_estimate(world.log_p, world.log_ref, "k1").detach()
    log_p = all_log_probs(world.model, PROMPT)
    penalty = policy_loss(log_p[:, None], -k1, world.p)
    assert torch.allclose(flat_grad(penalty, world.model), world.grad, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("by", [0.005, 0.1])
def test_k2_of_whole_answers_in_the_loss_has_it_too_and_k1_has_none(by):
    world = World(by)
    assert torch.allclose(world.loss_grad("k2"), world.grad, rtol=1e-6, atol=1e-9)
    assert world.loss_grad("k1").norm() < 1e-9 * max(1, world.grad.norm())


def test_k3_in_the_loss_points_the_right_way_only_near_the_reference(near, far):
    assert cosine(near.loss_grad("k3"), near.grad) > 0.98
    assert cosine(far.loss_grad("k3"), far.grad) < 0.95


@pytest.mark.parametrize(("by", "least"), [(0.005, 0.95), (0.1, 0.5)])
def test_k2_of_each_token_is_the_gradient_of_the_kl_of_each_token(by, least):
    # What the loss of a run has: the KL at each place, as if the tokens before it were given.
    world = World(by)
    ours = token_log_probs(world.model, *BATCH)[0]  # (A, T)
    with torch.no_grad():
        theirs = token_log_probs(world.reference, *BATCH)[0]
        ref_logits = world.reference(BATCH[0])[0].log_softmax(-1)
    found = flat_grad((world.p * kl_estimate(ours, theirs, "k2").sum(-1)).sum(), world.model)
    logits = world.model(BATCH[0])[0].log_softmax(-1)  # (A, T, V)
    at_each_place = (logits.exp() * (logits - ref_logits)).sum(-1) * (BATCH[1] >= 0)  # (A, T)
    exact = flat_grad((world.p[:, None] * at_each_place).sum(), world.model)
    assert torch.allclose(found, exact, rtol=1e-6, atol=1e-9)
    assert cosine(found, world.grad) > least


def test_entropies_are_those_of_the_distribution(far):
    entropies = token_log_probs(far.model, *BATCH, temperature=0.7)[1]
    logits = far.model(BATCH[0])[0] / 0.7
    expected = torch.distributions.Categorical(logits=logits).entropy() * (BATCH[1] >= 0)
    assert torch.allclose(entropies, expected)
