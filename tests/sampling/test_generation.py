"""`generate` over anything that answers with logits: a table, NumPy, tensors, a scalar GPT."""

import random

import numpy as np
import pytest
import torch

import gptcore.sampling
from gptcore.sampling import generate, next_token

TABLE = [[0.0, 2.0, 1.0], [1.0, 0.0, 3.0], [2.0, 1.0, 0.5]]  # who follows whom, as logits


def follow(ids: list[int]) -> list[float]:
    return TABLE[ids[-1]]


def test_greedy_tokens_can_be_read_off_the_table():
    assert list(generate(follow, [0], 6, temperature=0)) == [1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor], ids=["lists", "NumPy", "tensors"])
def test_lists_arrays_and_tensors_give_the_same_tokens(kind):
    wanted = list(generate(follow, [0], 30, seed=3))
    assert list(generate(lambda ids: kind(follow(ids)), [0], 30, seed=3)) == wanted
    assert len(set(wanted)) == 3


def test_generate_samples_what_next_token_samples_from_the_same_generator():
    options = {"temperature": 0.7, "top_k": 2, "top_p": 0.9, "min_p": 0.01}
    rng, ids = random.Random(5), [0]
    for _ in range(40):
        ids.append(next_token(follow(ids), **options, rng=rng))
    assert list(generate(follow, [0], 40, **options, rng=random.Random(5))) == ids[1:]
    assert list(generate(follow, [0], 40, **options, seed=5)) == ids[1:]


@pytest.mark.parametrize(
    "make", [random.Random, np.random.default_rng, lambda s: torch.Generator().manual_seed(s)]
)
def test_every_kind_of_generator_works_and_is_reproducible(make):
    one, same = (list(generate(follow, [0], 30, rng=make(7))) for _ in range(2))
    assert one == same


def test_a_stop_token_ends_the_text_and_is_not_part_of_it():
    assert list(generate(follow, [0], 6, temperature=0, stop=2)) == [1]
    assert list(generate(follow, [0], 6, temperature=0, stop={0, 7})) == [1, 2]


def test_tokens_come_one_by_one_and_the_prompt_is_left_as_it_was():
    calls, prompt = [], [0, 1]

    def model(ids):
        calls.append(list(ids))
        return follow(ids)

    tokens = generate(model, prompt, 5, temperature=0)
    assert calls == []
    assert (next(tokens), next(tokens)) == (2, 0)
    assert calls == [[0, 1], [0, 1, 2]] and prompt == [0, 1]
    assert list(generate(model, prompt, 0)) == []


def test_a_model_that_diverged_raises():
    with pytest.raises(ValueError, match=r"got nan. A NaN .* training diverged"):
        list(generate(lambda ids: [0.0, float("nan")], [0], 3))


@pytest.mark.parametrize(
    "arguments, options, words",
    [
        (([], 3), {}, "The prompt is empty, and a model needs at least one token. .*BOS"),
        (("once", 3), {}, r"A prompt is a list of token ids, .* got 'once'"),
        ((5, 3), {}, r"A prompt is a list of token ids, .* got 5"),
        (([0, 1.5], 3), {}, r"A prompt is a list of token ids, .* got 1.5 in it"),
        (([0], -1), {}, "n=-1 must be an integer, 0 or more"),
        (([0], 2.0), {}, "n=2.0 must be an integer, 0 or more"),
        (([0], 3), {"temperature": -1}, "temperature=-1 must be 0"),
        (([0], 3), {"top_k": 0}, "top_k=0 would leave no token"),
        (([0], 3), {"top_p": 0}, "top_p=0 must be above 0"),
        (([0], 3), {"min_p": 2}, "min_p=2 must be from 0"),
    ],
    ids=str,
)
def test_invalid_arguments_are_refused_before_a_token_is_computed(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        generate(follow, *arguments, **options)


def test_the_error_for_an_unknown_name_lists_the_known_ones():
    with pytest.raises(
        AttributeError, match="has no 'sample'; it has next_probabilities, next_token"
    ):
        gptcore.sampling.sample  # noqa: B018
