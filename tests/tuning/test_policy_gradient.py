"""The policy gradient against autograd through every answer that there is."""

import pytest
import torch
from listed_answers import END, N, all_answers, all_log_probs, cosine, flat_grad, tiny_model
from torch import Tensor

from gptcore.tuning import (
    Question,
    ReinforceConfig,
    answer_batch,
    group_advantages,
    policy_loss,
    sample_groups,
    token_log_probs,
    token_weights,
)
from gptcore.tuning.reinforcement.reinforcement_run import Reinforcement

PROMPT = [1, 2]
ANSWERS = all_answers()
REWARDS = torch.tensor([float(answer[0] == 2) for answer in ANSWERS]).double()


def exact_gradient(model, temperature: float = 1.0) -> Tensor:
    """The gradient of the expected reward."""
    return flat_grad((all_log_probs(model, PROMPT, temperature).exp() * REWARDS).sum(), model)


def gradient_of_groups(model, groups: Tensor, baseline: str, temperature: float) -> Tensor:
    """The mean gradient of groups of answers, given by their place in the list, shape (N, G)."""
    advantages = group_advantages(REWARDS[groups], baseline).double()
    sums = torch.zeros(len(ANSWERS)).double().index_add(0, groups.flatten(), advantages.flatten())
    ids, targets = answer_batch([PROMPT] * len(ANSWERS), ANSWERS)
    log_probs = token_log_probs(model, ids, targets, temperature)[0]
    return -flat_grad(policy_loss(log_probs, sums, torch.tensor(1 / groups.numel())), model)


@pytest.mark.parametrize("temperature", [1.0, 0.6])
@pytest.mark.parametrize(("baseline", "length"), [("none", 1.0), ("group_mean", 1 - 1 / 8)])
def test_the_mean_gradient_is_that_of_the_expected_reward(baseline, length, temperature):
    model, generator = tiny_model(), torch.Generator().manual_seed(1)
    probs = all_log_probs(model, PROMPT, temperature).exp().detach()
    groups = torch.multinomial(probs, 800_000, replacement=True, generator=generator).view(-1, 8)
    exact = exact_gradient(model, temperature)
    found = gradient_of_groups(model, groups, baseline, temperature)
    assert cosine(found, exact) >= 0.999
    assert (found @ exact / (exact @ exact)).item() == pytest.approx(length, abs=0.01)


@pytest.mark.parametrize("temperature", [1.0, 0.6])
@pytest.mark.slow
def test_so_is_that_of_sampled_answers(temperature):
    model, place = tiny_model(), {tuple(answer): i for i, answer in enumerate(ANSWERS)}
    sampled = sample_groups(model, [PROMPT], 20_000, N, END, temperature=temperature, seed=3)
    groups = torch.tensor([[place[tuple(rollout.answer)]] for rollout in sampled[0]])
    exact = exact_gradient(model, temperature)
    found = gradient_of_groups(model, groups, "none", temperature)
    assert cosine(found, exact) >= 0.999
    assert (found @ exact / (exact @ exact)).item() == pytest.approx(1, abs=0.04)


def test_in_all_groups_of_two_the_mean_halves_the_gradient_exactly():
    model = tiny_model()
    log_probs = all_log_probs(model, PROMPT)
    probs, places = log_probs.exp().detach(), torch.arange(len(ANSWERS))
    first, second = torch.cartesian_prod(places, places).T
    advantages = group_advantages(torch.stack([REWARDS[first], REWARDS[second]], dim=1))
    pair_probs = probs[first] * probs[second]
    both = [policy_loss(log_probs[of][:, None], advantages[:, column], pair_probs / 2)
            for column, of in enumerate((first, second))]  # fmt: skip
    found = -flat_grad(sum(both), model)
    assert torch.allclose(found, exact_gradient(model) / 2, rtol=1e-5, atol=1e-7)


def one_step(model, reward, **settings) -> tuple[Reinforcement, list, Tensor, Tensor]:
    """The answers, their rewards and the gradient of the first step of a run."""
    settings = {"questions_per_step": 3, "max_new_tokens": N, "seed": 5} | settings
    questions = [Question(prompt, key) for key, prompt in enumerate(([1, 2], [3], [4, 4]))]
    config = ReinforceConfig(**settings)
    run = Reinforcement(
        model.eval(), questions, reward, str, END, config, settings.get("reference")
    )
    rollouts = run.sample(questions, step=1)
    rewards = run.rewards(questions, rollouts)
    ids, targets = answer_batch([r.prompt for r in rollouts], [r.answer for r in rollouts])
    ref = run.reference_log_probs(ids, targets)
    lengths = torch.tensor([len(r.answer) for r in rollouts])
    run.backward(ids, targets, ref, run.advantages(rewards, rollouts, ref), lengths)
    grad = torch.cat([weight.grad.flatten() for weight in model.parameters()])
    return run, rollouts, rewards, grad


def starts_with_2(answer, key):
    return float(answer is not None and answer.startswith("[2"))


def test_with_rewards_0_and_1_and_no_baseline_it_is_fine_tuning_on_the_right_answers():
    model = tiny_model()
    _, rollouts, rewards, grad = one_step(model, starts_with_2, baseline="none", group_size=100)
    right = [r for r, reward in zip(rollouts, rewards.flatten()) if reward == 1]
    assert 2 < len(right) < len(rollouts) - 2
    ids, targets = answer_batch([r.prompt for r in right], [r.answer for r in right])
    sft = flat_grad(model(ids, targets)[1], model)  # the mean over the tokens of right answers
    share = sum(len(r.answer) for r in right) / sum(len(r.answer) for r in rollouts)
    assert torch.allclose(grad, share * sft, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("normalize", ["token", "sequence", "none"])
def test_the_weights_are_those_of_the_published_formulas(normalize):
    lengths = torch.tensor([1, 2, 5])
    expected = {
        "token": [1 / 8] * 3,  # DAPO, equation 8
        "sequence": [1 / 3, 1 / 6, 1 / 15],  # GRPO, equation 3
        "none": [1 / 3] * 3,  # the definition of the policy gradient
    }[normalize]
    assert torch.allclose(token_weights(lengths, normalize), torch.tensor(expected))
    with pytest.raises(ValueError, match="one token at least"):
        token_weights(torch.tensor([3, 0]))


@pytest.mark.parametrize("normalize", ["token", "sequence", "none"])
@pytest.mark.parametrize("kl", [{}, {"kl_weight": 0.3, "kl_place": "loss"}], ids=["no KL", "KL"])
def test_smaller_batches_give_the_same_gradient(normalize, kl):
    options = {"normalize": normalize, **kl}
    grads = [one_step(tiny_model(), starts_with_2, batch_size=b, **options)[-1] for b in (5, 99)]
    assert torch.allclose(*grads, rtol=1e-10, atol=1e-12)


def test_an_answer_that_did_not_end_is_none_for_the_reward_and_no_text():
    texts = []
    _, rollouts, *_ = one_step(tiny_model(), lambda text, key: texts.append(text) or 0.0)
    assert {rollout.is_ended for rollout in rollouts} == {True, False}
    for rollout, text in zip(rollouts, texts):
        assert text == (str(rollout.text_ids) if rollout.is_ended else None)


def test_each_answer_is_rewarded_with_the_key_of_its_own_question():
    keys = []
    one_step(tiny_model(), lambda text, key: keys.append(key) or 0.0, group_size=4)
    assert keys == [0] * 4 + [1] * 4 + [2] * 4
