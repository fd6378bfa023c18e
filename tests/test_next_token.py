"""The last step of every model held against random.choices, PyTorch, and a reference in NumPy."""

import math
from collections import Counter
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.next_token import next_probabilities, next_token

row = st.lists(st.floats(-10, 10, allow_subnormal=False), min_size=1, max_size=12)
LOGITS = [2.0, -1.0, 0.5, 2.5, 0.0]


class NeverAsked:
    def random(self):
        raise AssertionError("the generator was used although nothing is random")


# Temperature


@settings(deadline=None, max_examples=100)
@given(row)
def test_temperature_zero_takes_the_first_of_the_largest_and_draws_nothing(logits):
    assert next_token(logits, temperature=0, rng=NeverAsked()) == int(np.argmax(logits))
    probs = next_probabilities(logits, temperature=0)
    assert probs.index(1.0) == int(np.argmax(logits)) and sum(probs) == 1.0


@settings(deadline=None, max_examples=100)
@given(row, st.floats(0.1, 10))
def test_probabilities_are_torchs_softmax_of_logits_over_temperature(logits, temperature):
    wanted = torch.softmax(torch.tensor(logits, dtype=torch.float64) / temperature, 0)
    found = next_probabilities(logits, temperature)
    assert found == pytest.approx(wanted.tolist(), rel=1e-11)
    assert sum(found) == pytest.approx(1.0)


@pytest.mark.parametrize("temperature", [1e-6, 1e-3, 1e3, 1e6])
def test_very_cold_and_very_hot_do_not_overflow(temperature):
    logits = [800.0, 790.0, -800.0]
    wanted = torch.softmax(torch.tensor(logits, dtype=torch.float64) / temperature, 0)
    assert next_probabilities(logits, temperature) == pytest.approx(wanted.tolist(), rel=1e-9)


def test_a_logit_of_minus_infinity_is_never_drawn():
    logits, rng = [0.0, -math.inf, 1.0], Random(1)
    assert next_probabilities(logits)[1] == 0.0
    assert {next_token(logits, 5.0, rng=rng) for _ in range(200)} == {0, 2}


# Chance


@settings(deadline=None, max_examples=100)
@given(row, st.floats(0.2, 5), st.integers(0, 10**6))
def test_draws_are_those_of_random_choices_one_for_one(logits, temperature, seed):
    probs = next_probabilities(logits, temperature)
    ours, reference = Random(seed), Random(seed)
    for _ in range(10):
        wanted = reference.choices(range(len(logits)), weights=probs)[0]
        assert next_token(logits, temperature, rng=ours) == wanted
    assert ours.getstate() == reference.getstate()


@pytest.mark.parametrize("options", [{}, {"temperature": 0.5}, {"top_k": 3}, {"min_p": 0.2}])
@pytest.mark.slow
def test_10_000_draws_come_as_often_as_they_should(options):
    """Chi-square over the tokens that can come; 18.5 is passed by one honest run in a thousand."""
    rng, n = Random(5), 10_000
    expected = next_probabilities(LOGITS, **options)
    if not options:
        softmax = torch.softmax(torch.tensor(LOGITS, dtype=torch.float64), 0)
        assert expected == pytest.approx(softmax.tolist())
    drawn = Counter(next_token(LOGITS, **options, rng=rng) for _ in range(n))
    assert set(drawn) <= {token for token, p in enumerate(expected) if p > 0}
    distance = sum((drawn[token] - n * p) ** 2 / (n * p) for token, p in enumerate(expected) if p)
    assert distance < 18.5


class Always:
    def __init__(self, number):
        self.number = number

    def random(self):
        return self.number


def test_the_smallest_and_largest_random_number_give_the_first_and_last_possible_token():
    assert next_token([0.0, 0.0, 0.0], rng=Always(0.0)) == 0
    assert next_token([0.0, 0.0, 0.0], rng=Always(math.nextafter(1, 0))) == 2
    assert next_token([9.0, 8.0, 0.0], top_k=2, rng=Always(math.nextafter(1, 0))) == 1
    assert next_token([0.0, 9.0], top_k=1, rng=Always(0.0)) == 1


# Cutting off the tail


def reference(logits, temperature, top_k, top_p, min_p):
    """Three sets and their intersection, from unfiltered probabilities."""
    probs = torch.softmax(torch.tensor(logits, dtype=torch.float64) / temperature, 0).numpy()
    order = np.argsort(-probs, kind="stable")
    before = np.cumsum(probs[order]) - probs[order]  # what the likelier ones have together
    kept = set(order[:top_k]) & set(order[before < top_p - 1e-12])
    kept &= set(np.flatnonzero(probs >= min_p * probs.max() * (1 - 1e-12)))
    left = np.array([p if token in kept else 0.0 for token, p in enumerate(probs)])
    return left / left.sum()


# Logits on a coarse grid, so that no probability is within rounding of a limit by accident.
coarse = st.lists(st.integers(-12, 12).map(lambda n: n / 4), min_size=1, max_size=10)
limits = {
    "top_k": st.none() | st.integers(1, 12),
    "top_p": st.sampled_from([1.0, 0.91237, 0.70133, 0.50211, 0.10177, 1e-9]),
    "min_p": st.sampled_from([0.0, 0.01093, 0.10741, 0.50377, 0.9913]),
}


@settings(deadline=None, max_examples=300)
@given(coarse, st.sampled_from([0.5, 1.0, 2.0]), st.fixed_dictionaries(limits))
@pytest.mark.slow
def test_what_is_cut_off_is_what_a_plain_reference_cuts_off(logits, temperature, chosen):
    wanted = reference(logits, temperature, **chosen)
    assert next_probabilities(logits, temperature, **chosen) == pytest.approx(wanted, rel=1e-9)


def test_top_k_keeps_the_k_most_probable_and_renormalizes():
    """Logits are logarithms of 1 2 3 4: the two most probable have 3/7 and 4/7 between them."""
    logits = [math.log(n) for n in (1, 2, 3, 4)]
    assert next_probabilities(logits, top_k=2) == pytest.approx([0, 0, 3 / 7, 4 / 7])
    assert next_probabilities(logits, top_k=99) == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_top_p_keeps_the_fewest_that_reach_it_together():
    logits = [math.log(n) for n in (1, 2, 3, 4)]
    assert next_probabilities(logits, top_p=0.65) == pytest.approx([0, 0, 3 / 7, 4 / 7])
    assert next_probabilities(logits, top_p=0.75) == pytest.approx([0, 2 / 9, 3 / 9, 4 / 9])
    assert next_probabilities(logits, top_p=0.01) == [0, 0, 0, 1]


def test_min_p_cuts_what_is_small_beside_the_most_probable():
    logits = [math.log(n) for n in (1, 2, 3, 4)]
    assert next_probabilities(logits, min_p=0.6) == pytest.approx([0, 0, 3 / 7, 4 / 7])
    assert next_probabilities(logits, min_p=0.4) == pytest.approx([0, 2 / 9, 3 / 9, 4 / 9])
    assert next_probabilities(logits, min_p=1.0) == [0, 0, 0, 1]


def test_with_top_k_one_every_temperature_is_greedy():
    rng = Random(3)
    assert {next_token(LOGITS, 100.0, top_k=1, rng=rng) for _ in range(50)} == {3}


def test_of_two_equally_likely_tokens_the_first_is_kept():
    assert next_probabilities([1.0, 1.0, 0.0], top_k=1) == [1.0, 0.0, 0.0]


# What may be given


@pytest.mark.parametrize(
    "logits",
    [
        tuple(LOGITS),
        np.array(LOGITS),
        np.array(LOGITS, dtype=np.float32),
        torch.tensor(LOGITS),
        torch.tensor(LOGITS, dtype=torch.bfloat16),
        torch.tensor(LOGITS, requires_grad=True),
        (logit for logit in LOGITS),
    ],
    ids=["tuple", "float64", "float32", "tensor", "bfloat16", "with gradient", "generator"],
)
def test_arrays_and_tensors_draw_as_lists_do(logits):
    assert next_token(logits, rng=Random(8)) == next_token(LOGITS, rng=Random(8))


def test_the_given_logits_are_left_as_they_were():
    given = np.array(LOGITS)
    next_token(given, 0.5, top_k=2, top_p=0.5, min_p=0.1, rng=Random(1))
    assert given.tolist() == LOGITS


def test_a_token_is_a_python_int_and_numpys_generator_works():
    token = next_token(np.array(LOGITS), rng=np.random.default_rng(1))
    assert type(token) is int and 0 <= token < len(LOGITS)


@pytest.mark.parametrize(
    "logits, options, message",
    [
        ([], {}, "logits must be numbers, one for each token; got none."),
        (
            [1.0, math.nan],
            {},
            "logits must be numbers, one for each token, and at least one of them finite; got nan. "
            "A NaN or an infinity usually means that training diverged: look at the loss.",
        ),
        (
            LOGITS,
            {"temperature": -1},
            "temperature=-1 must be 0 (always the most probable token) or above; "
            "0.5 is careful, 1 is as learned.",
        ),
        (
            LOGITS,
            {"temperature": math.nan},
            "temperature=nan must be 0 (always the most probable token) or "
            "above; 0.5 is careful, 1 is as learned.",
        ),
        (LOGITS, {"top_k": 0}, "top_k=0 would leave no token. Use 1 or more, or None for all."),
        (LOGITS, {"top_p": 0}, "top_p=0 must be above 0 and at most 1 (1 keeps all tokens)."),
        (LOGITS, {"top_p": 1.5}, "top_p=1.5 must be above 0 and at most 1 (1 keeps all tokens)."),
        (
            LOGITS,
            {"min_p": -0.1},
            "min_p=-0.1 must be from 0 (keeps all tokens) to 1 (keeps the most probable one).",
        ),
        (
            LOGITS,
            {"min_p": 1.1},
            "min_p=1.1 must be from 0 (keeps all tokens) to 1 (keeps the most probable one).",
        ),
    ],
)
def test_what_cannot_be_drawn_from_is_refused_word_for_word(logits, options, message):
    for ask in (next_probabilities, lambda *a, **o: next_token(*a, **o, rng=NeverAsked())):
        with pytest.raises(ValueError) as caught:
            ask(logits, **options)
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0},
        {"temperature": 0.5},
        {"top_k": 1},
        {"top_k": None},
        {"top_p": 1},
        {"min_p": 0},
        {"min_p": 1},
    ],
)
def test_what_the_messages_propose_is_accepted(options):
    assert 0 <= next_token(LOGITS, **options, rng=Random(1)) < len(LOGITS)


@pytest.mark.parametrize("logits", [[-math.inf, -math.inf], [math.inf, 0.0]])
def test_logits_that_have_no_probabilities_are_refused_and_not_drawn_from(logits):
    """Their softmax is NaN, in PyTorch too; a token drawn from it would mean nothing."""
    assert torch.softmax(torch.tensor(logits), 0).isnan().any()
    with pytest.raises(ValueError, match="logits"):
        next_token(logits, rng=Random(1))


def test_a_temperature_close_to_0_takes_the_largest_and_gives_no_nan():
    assert next_probabilities([1.0, 2.0], temperature=1e-320) == [0.0, 1.0]


@pytest.mark.parametrize("logits", [[[1.0, 2.0]], torch.zeros(2, 3), 3.0, None])
def test_what_is_not_one_row_of_numbers_is_refused_with_what_is_needed(logits):
    with pytest.raises(ValueError, match="logits must be numbers, one for each token"):
        next_token(logits, rng=Random(1))


@pytest.mark.slow
def test_a_generator_of_pytorch_draws_as_likely_and_repeats_with_its_seed():
    def draws(seed):
        generator = torch.Generator().manual_seed(seed)
        return [next_token(LOGITS, rng=generator) for _ in range(10_000)]

    drawn, probs = draws(1), torch.softmax(torch.tensor(LOGITS, dtype=torch.float64), 0)
    assert drawn == draws(1) != draws(2)
    counts = [drawn.count(token) for token in range(len(LOGITS))]
    chi_squared = sum((n - 1e4 * p) ** 2 / (1e4 * p) for n, p in zip(counts, probs.tolist()))
    assert chi_squared < 2.5 * len(LOGITS) + 15  # far beyond the 99.9th percentile


def test_an_rng_that_is_not_a_generator_is_refused():
    with pytest.raises(ValueError, match=r"rng=42 must be a generator: random\.Random\(1\)"):
        next_token(LOGITS, rng=42)
