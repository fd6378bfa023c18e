"""The sampler for a batch draws, row by row, what `next_token` draws."""

import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.sampling import next_probabilities, next_token, next_tokens

# On a coarse grid no probability is within rounding of a limit by accident.
coarse = st.lists(st.integers(-12, 12).map(lambda n: n / 4), min_size=5, max_size=5)
LIMITS = {
    "top_k": st.none() | st.integers(1, 8),
    "top_p": st.sampled_from([1.0, 0.91237, 0.70133, 0.50211, 0.10177, 1e-9]),
    "min_p": st.sampled_from([0.0, 0.01093, 0.10741, 0.50377, 0.9913]),
    "temperature": st.sampled_from([0, 0.3, 1.0, 2.5]),
}


@settings(deadline=None, max_examples=150)
@given(st.lists(coarse, min_size=1, max_size=4), st.fixed_dictionaries(LIMITS), st.integers(0, 999))
@pytest.mark.slow
def test_each_row_gets_the_token_that_next_token_draws(rows, options, seed):
    rngs = [random.Random(seed + b) for b in range(len(rows))]
    for _ in range(4):
        draws = [random.Random() for _ in rngs]
        for draw, rng in zip(draws, rngs):
            draw.setstate(rng.getstate())
        wanted = [next_token(row, **options, rng=rng) for row, rng in zip(rows, draws)]
        found = next_tokens(torch.tensor(rows, dtype=torch.float64), **options, rngs=rngs)
        assert found == wanted
        assert [rng.getstate() for rng in rngs] == [draw.getstate() for draw in draws]


def test_as_often_as_it_should_among_thousands():
    logits = torch.randn(3_000, generator=torch.Generator().manual_seed(1)) * 3
    probs = torch.tensor(next_probabilities(logits, 0.8, top_k=3), dtype=torch.float64)
    rngs = [random.Random(b) for b in range(600)]
    drawn = torch.tensor(next_tokens(logits.expand(600, -1), 0.8, top_k=3, rngs=rngs))
    assert set(drawn.tolist()) <= set(probs.nonzero().flatten().tolist())
    for token in probs.nonzero().flatten():
        p = probs[token].item()
        assert abs((drawn == token).sum().item() - 600 * p) < 4 * (600 * p * (1 - p)) ** 0.5


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_half_precision_is_widened_before_sampling(dtype):
    logits = torch.tensor([[1.0, 2.0, 3.0]], dtype=dtype)
    assert next_tokens(logits, rngs=[random.Random(1)]) == [
        next_token([1, 2, 3], rng=random.Random(1))
    ]


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
@pytest.mark.parametrize("temperature", [0, 1.0])
def test_one_row_that_diverged_raises(odd, temperature):
    logits = torch.zeros(3, 4)
    logits[1, 2] = odd
    with pytest.raises(ValueError, match=f"got {odd}. A NaN or an infinity usually means"):
        next_tokens(logits, temperature, rngs=[random.Random(1)] * 3)
    with pytest.raises(ValueError, match="at least one of them finite; got -inf"):
        next_tokens(torch.full((1, 4), float("-inf")), rngs=[random.Random(1)])
