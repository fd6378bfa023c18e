"""Advantages of groups, against pencil and paper and NumPy."""

import numpy as np
import pytest
import torch

from gptcore.tuning import group_advantages

REWARDS = torch.tensor([[1.0, 0.0, 0.0, 1.0], [0.3, 0.1, 0.9, 0.4], [1.0, 1.0, 1.0, 1.0]])


def test_without_a_baseline_the_rewards_stay():
    assert torch.equal(group_advantages(REWARDS, "none"), REWARDS)


def test_the_mean_is_that_of_the_own_group():
    expected = [[0.5, -0.5, -0.5, 0.5], [-0.125, -0.325, 0.475, -0.025], [0, 0, 0, 0]]
    assert torch.allclose(group_advantages(REWARDS), torch.tensor(expected), atol=1e-7)


def test_normalized_advantages_are_those_of_grpo():
    # TRL, grpo_trainer.py with scale_rewards="group": (r - mean) / (std + 1e-4), std over G - 1.
    r = REWARDS.numpy().astype(float)
    expected = (r - r.mean(1, keepdims=True)) / (r.std(1, ddof=1, keepdims=True) + 1e-4)
    found = group_advantages(REWARDS, "normalized").numpy()
    assert np.abs(found - expected).max() < 1e-6


def test_they_are_the_numbers_of_trl():
    # The lines of grpo_trainer.py in TRL 1.16.0, run on these rewards.
    trl = {
        "group_mean": [
            [0.5, -0.5, -0.5, 0.5],
            [-0.12499997, -0.32499999, 0.47499999, -0.02499998],
            [0.0, 0.0, 0.0, 0.0],
        ],
        "normalized": [
            [0.86587542, -0.86587542, -0.86587542, 0.86587542],
            [-0.36716866, -0.95463866, 1.39524114, -0.07343367],
            [0.0, 0.0, 0.0, 0.0],
        ],
    }
    for baseline, expected in trl.items():
        found = group_advantages(REWARDS, baseline)
        assert torch.allclose(found, torch.tensor(expected), atol=1e-6)


@pytest.mark.parametrize("baseline", ["group_mean", "normalized"])
@pytest.mark.parametrize("reward", [0.1, 1.1, 1 / 3, 1e6 + 0.1])
def test_a_group_that_agrees_gets_exactly_nothing(baseline, reward):
    rewards = torch.full((2, 7), reward, dtype=torch.float64)
    assert group_advantages(rewards, baseline).count_nonzero() == 0


def test_a_number_added_to_all_rewards_changes_nothing():
    shifted = group_advantages(REWARDS.double() + 10)
    assert torch.allclose(shifted, group_advantages(REWARDS.double()), atol=1e-7)


@pytest.mark.parametrize(
    ("rewards", "baseline", "words"),
    [
        (torch.ones(3, 1), "group_mean", "group_size=1"),
        (torch.ones(3, 1), "normalized", "baseline='none'"),
        (torch.ones(4), "none", r"\(Q, G\)"),
        (torch.tensor([[1.0, float("nan")]]), "group_mean", "NaN"),
        (REWARDS, "batch", "There is no baseline 'batch'"),
    ],
)
def test_what_cannot_be_compared_is_refused(rewards, baseline, words):
    with pytest.raises(ValueError, match=words):
        group_advantages(rewards, baseline)


def test_a_group_of_one_is_fine_without_a_baseline():
    assert group_advantages(torch.ones(3, 1), "none").tolist() == [[1.0]] * 3
