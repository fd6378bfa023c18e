"""Repeating rows, scores of heads, and the two-layer model that learns to copy."""

import pytest
import torch

from course.experiments.attention.induction import (
    attention_only_gpt,
    induction_score,
    previous_token_score,
    repeated_rows,
    train_on_repeats,
)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_target_is_the_token_one_period_before_it():
    ids, targets, periods = repeated_rows(50, generator(1))
    assert ids.shape == targets.shape == (50, 32)
    assert set(periods.tolist()) == set(range(10, 17))
    for row, wanted, period in zip(ids.tolist(), targets.tolist(), periods.tolist()):
        assert len(set(row[:period])) == period  # no token occurs twice in a period
        for t, target in enumerate(wanted):
            assert target == (row[t + 1 - period] if t >= period else -1)
        assert row[period + 1 :] == wanted[period:-1]  # it is what really comes next


def test_scores_are_1_for_a_head_that_does_just_that():
    T, period = 32, 12
    copying, previous = torch.zeros(T, T), torch.zeros(T, T)
    copying[0, 0] = previous[0, 0] = 1
    for t in range(1, T):
        previous[t, t - 1] = 1
        copying[t, max(t + 1 - period, 0)] = 1
    both = torch.stack([copying, previous])
    assert induction_score(both, period).tolist() == [1, 0]
    assert previous_token_score(both).tolist() == [pytest.approx(0, abs=0.1), 1]


def test_every_earlier_occurrence_counts():
    weights = torch.zeros(32, 32)
    weights[10:, 1] = 0.5
    weights[20:, 11] = 0.5  # position 20 repeats 10 and 0; 11 and 1 come after them
    assert induction_score(weights, 10).item() == pytest.approx((0.5 + 1 + 1) / 22)


def test_without_training_mlps_add_nothing():
    gpt = attention_only_gpt(2, generator(0))
    ids, _, _ = repeated_rows(3, generator(1))
    stream = gpt.residual_stream(ids)  # after the embedding, and after attention and MLP of a block
    assert torch.equal(stream[1], stream[2]) and torch.equal(stream[3], stream[4])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_two_layers_learn_an_induction_head_and_one_layer_cannot(seed):
    ids, targets, periods = repeated_rows(100, generator(99))
    losses = {}
    for n_layer in (1, 2):
        rng = generator(seed)
        gpt = attention_only_gpt(n_layer, rng)
        assert len(train_on_repeats(gpt, rng)) == 300
        losses[n_layer] = gpt(ids, targets)[1].item()
    assert losses[1] > 2 and losses[2] < 0.4
    first, second = gpt.attention_weights(ids)[:, 0, 0]
    assert previous_token_score(first) > 0.3
    assert induction_score(second, int(periods[0])) > 0.8
    for layer in (0, 1):  # either one alone is of no use
        assert gpt(ids, targets, ablated_heads=[(layer, 0)])[1].item() > 3
