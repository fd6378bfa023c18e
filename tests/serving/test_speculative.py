"""Speculative decoding leaves the output as it is: greedy token for token, sampled in distribution.

The distribution is tested with chi-squared against the probabilities themselves, and two wrong
rules that look right are seen by the same test.
"""

from collections import Counter
from itertools import product
from random import Random

import pytest
import torch

from gptcore.next_token import next_probabilities
from gptcore.sampling import generate_cached
from gptcore.serving import (
    ContextLengthError,
    GPTDraft,
    NgramDraft,
    PromptLookupDraft,
    Proposal,
    generate_speculative,
    verify,
)
from gptcore.serving.speculative import acceptance

V, DRAWS = 8, 10_000


def distributions(seed: int, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Of the first token, and of the second after each first: (V,) and (V, V)."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(V + 1, V, generator=generator, dtype=torch.float64) * scale
    probs = logits.softmax(-1)
    return probs[0], probs[1:]


P_FIRST, P_SECOND = distributions(3, 1.2)
NOISE_FIRST, NOISE_SECOND = distributions(4, 1.2)
# A draft that resembles the model: the geometric mean of the model and of noise.
Q_FIRST = (P_FIRST.log() / 2 + NOISE_FIRST.log() / 2).softmax(-1)
Q_SECOND = (P_SECOND.log() / 2 + NOISE_SECOND.log() / 2).softmax(-1)
Q_FIRST_WEIGHTS, Q_SECOND_WEIGHTS = Q_FIRST.tolist(), Q_SECOND.tolist()
P_SECOND_WEIGHTS = P_SECOND.tolist()


def two_tokens(rng: Random) -> tuple[int, int]:
    """Two tokens by speculative decoding, from tables instead of models."""
    [first] = rng.choices(range(V), Q_FIRST_WEIGHTS)
    [second] = rng.choices(range(V), Q_SECOND_WEIGHTS[first])
    proposal = Proposal([first, second], torch.stack([Q_FIRST, Q_SECOND[first]]))
    p = torch.stack([P_FIRST, P_SECOND[first], P_FIRST])
    tokens, _ = verify(p, proposal, rng)
    if len(tokens) < 2:
        tokens += rng.choices(range(V), P_SECOND_WEIGHTS[tokens[0]])
    return tokens[0], tokens[1]


def p_value(draws: int) -> float:
    """Of chi-squared over the 64 pairs, 63 degrees of freedom."""
    rng = Random(1)
    counts = Counter(two_tokens(rng) for _ in range(draws))
    pairs = list(product(range(V), repeat=2))
    expected = [draws * float(P_FIRST[a] * P_SECOND[a, b]) for a, b in pairs]
    return chi_squared([counts[pair] for pair in pairs], expected)


def chi_squared(found: list[int], expected: list[float]) -> float:
    """The p-value: how often chance alone would be as far from what is expected."""
    statistic = sum((f - e) ** 2 / e for f, e in zip(found, expected))
    halves = torch.tensor([len(found) - 1, statistic], dtype=torch.float64) / 2
    return float(torch.special.gammaincc(*halves))


def test_chi_squared_is_that_of_the_tables():
    """The 5 % limit for 1 degree of freedom is 3.841, published in every table."""
    assert chi_squared([50 + 9.8, 50 - 9.8], [50, 50]) == pytest.approx(0.05, abs=1e-3)


def test_ten_thousand_draws_have_the_distribution_of_the_model():
    assert p_value(DRAWS) > 0.01


def test_another_token_sampled_from_the_whole_distribution_is_seen(monkeypatch):
    """The residual max(0, p - q) looks like a detail; p itself favours what the draft likes."""
    monkeypatch.setattr(acceptance, "residual", lambda p, q: p)
    assert p_value(2_000) < 1e-6


def test_accepting_what_the_model_finds_likeliest_is_seen(monkeypatch):
    """And every other token is sampled again: the likeliest then comes too often."""
    likeliest = {float(P_FIRST.max()), *P_SECOND.amax(-1).tolist()}
    monkeypatch.setattr(acceptance, "is_accepted", lambda p, q, rng: p in likeliest)
    monkeypatch.setattr(acceptance, "residual", lambda p, q: p)
    assert p_value(DRAWS) < 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_accepted_and_resampled_tokens_add_up_to_the_model(seed):
    """The sum of the docstring, by hand: q min(1, p/q) + P(rejected) residual = p."""
    p, _ = distributions(seed, 2.0)
    q, _ = distributions(seed + 100, 2.0)
    accepted = q * (p / q).clamp(max=1)
    rest = acceptance.residual(p, q)
    total = accepted + (1 - accepted.sum()) * rest / rest.sum()
    assert torch.allclose(total, p, atol=1e-12)


def test_the_chance_of_acceptance_is_min_of_1_and_p_over_q():
    rng = Random(1)
    share = sum(acceptance.is_accepted(0.3, 0.5, rng) for _ in range(DRAWS)) / DRAWS
    assert share == pytest.approx(0.6, abs=0.02)  # four standard deviations
    assert all(acceptance.is_accepted(0.5, 0.3, rng) for _ in range(100))
    assert not any(acceptance.is_accepted(0.0, 0.3, rng) for _ in range(100))


# Whole texts


@pytest.fixture(scope="module")
def model(small_model):
    return small_model(block_size=48)


@pytest.fixture(scope="module")
def drafts(model, small_model):
    rng = Random(3)
    texts = [list(generate_cached(model, [rng.randrange(5)], 40, seed=i)) for i in range(20)]
    return {
        "itself": GPTDraft(model),
        "another GPT": GPTDraft(small_model(seed=7, n_layer=1, block_size=30)),
        "a table of counts": NgramDraft(texts, vocab_size=5, order=3),
        "prompt lookup": PromptLookupDraft(min_ngram=1),
        "nothing": PromptLookupDraft(max_ngram=60, min_ngram=60),
    }


NAMES = ("itself", "another GPT", "a table of counts", "prompt lookup", "nothing")


def text_of(steps) -> list[int]:
    return [token for step in steps for token in step.tokens]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("k", [0, 1, 4, 9])
def test_greedy_texts_are_the_same_token_for_token(name, k, model, drafts):
    rng = Random(k)
    for n in (1, 2, 17, 40):
        prompt = [rng.randrange(5) for _ in range(rng.randint(1, 8))]
        options = {"temperature": 0, "stop": rng.choice([(), [3]])}
        steps = generate_speculative(
            model, drafts[name], prompt, n, num_speculative_tokens=k, **options
        )
        assert text_of(steps) == list(generate_cached(model, prompt, n, **options))


def test_a_model_that_drafts_for_itself_is_always_right(model, drafts):
    steps = list(generate_speculative(model, drafts["itself"], [1, 2], 40))
    assert all(step.num_accepted == len(step.proposed) for step in steps)
    assert len(steps) == 8  # five tokens a pass


def test_two_sampled_tokens_have_the_distribution_of_the_model(small_model, drafts):
    """A model of one layer, 1,500 texts, all 25 endings, with top_p on."""
    model = small_model(scale=4.0, n_layer=1, n_embd=4, n_head=1)
    prompt, draws, options = [1, 2, 0, 1, 2], 1500, {"temperature": 1.3, "top_p": 0.95}
    expected = Counter()
    for pair, probability in pair_probabilities(model, prompt, **options):
        expected[pair] = probability * draws
    found = Counter()
    for seed in range(draws):
        draft = drafts["a table of counts"]
        steps = generate_speculative(model, draft, prompt, 2, seed=seed, **options)
        found[tuple(text_of(steps))] += 1
    assert set(found) <= set(expected)
    likely = [pair for pair in expected if expected[pair] >= 5]
    observed = [found[pair] for pair in likely]
    wanted = [expected[pair] for pair in likely]
    rest = (draws - sum(observed), draws - sum(wanted))  # the rare pairs together
    assert chi_squared([*observed, rest[0]], [*wanted, max(rest[1], 1e-9)]) > 0.01


def pair_probabilities(model, prompt, temperature, top_p):
    """Each pair of next tokens, with its probability by `next_probabilities`."""
    first = next_probabilities(model.next_logits(prompt), temperature, top_p=top_p)
    for a in (a for a in range(5) if first[a]):
        logits = model.next_logits([*prompt, a])
        second = next_probabilities(logits, temperature, top_p=top_p)
        for b in (b for b in range(5) if second[b]):
            yield (a, b), first[a] * second[b]


def test_a_rejected_token_leaves_nothing_in_the_cache(model, drafts):
    """With draft and text out of step, later tokens would differ from those without a draft."""
    draft = drafts["another GPT"]
    first, second = (
        text_of(generate_speculative(model, draft, [1, 2, 3], 30, seed=5)) for _ in range(2)
    )
    assert first == second, "the draft's own cache holds tokens of the text before"


def test_a_stop_token_ends_the_text_in_the_middle_of_a_proposal(model, drafts):
    whole = list(generate_cached(model, [1, 2], 30, temperature=0))
    stop = whole[7]
    steps = list(
        generate_speculative(model, drafts["itself"], [1, 2], 30, temperature=0, stop=stop)
    )
    assert text_of(steps) == whole[: whole.index(stop)]


def test_what_a_step_says_about_its_proposal(model, drafts):
    for step in generate_speculative(model, drafts["a table of counts"], [1, 2], 40, seed=3):
        assert step.tokens[: step.num_accepted] == step.proposed[: step.num_accepted]
        assert len(step.tokens) == step.num_accepted + 1
        assert step.num_tested == min(step.num_accepted + 1, len(step.proposed))


def test_a_table_of_counts_is_the_ngram_model_of_its_text():
    """Pencil and paper: after 1 came 2, 2 and 3; p = (counts + 2 p') / (3 + 2)."""
    draft = NgramDraft([[1, 2, 1, 2, 1, 3]], vocab_size=4, order=1)
    shorter = [(c + 2 / 4) / 8 for c in (0, 3, 2, 1)]
    wanted = [(c + 2 * p) / 5 for c, p in zip((0, 0, 2, 1), shorter)]
    assert draft.probs([1]).tolist() == pytest.approx(wanted)
    assert draft.probs([1], temperature=0).tolist() == [0, 0, 1, 0]
    squares = [p**2 for p in wanted]
    cold = [p / sum(squares) for p in squares]
    assert draft.probs([1], temperature=0.5).tolist() == pytest.approx(cold)


@pytest.mark.parametrize(
    "change, error, words",
    [
        ({"n": 48}, ContextLengthError, "2 tokens and max_new_tokens=48"),
        ({"prompt": []}, ValueError, "prompt is empty"),
        ({"prompt": [9]}, ValueError, "A prompt has 9"),
        ({"temperature": -1}, ValueError, "temperature=-1"),
        ({"num_speculative_tokens": -1}, ValueError, "num_speculative_tokens=-1"),
        ({"draft": NgramDraft([], vocab_size=6)}, ValueError, "vocabulary of 6 tokens .* one of 5"),
    ],
)
def test_what_cannot_work_is_refused_before_the_first_token(change, error, words, model, drafts):
    arguments = {"draft": drafts["itself"], "prompt": [1, 2], "n": 5, **change}
    with pytest.raises(error, match=words):
        generate_speculative(model, **arguments)


def test_a_nan_is_not_sampled(small_model, drafts):
    broken = small_model(block_size=48)
    with torch.no_grad():
        broken.ln_f.weight[0] = float("nan")
    with pytest.raises(ValueError, match="nan"):
        list(generate_speculative(broken, drafts["prompt lookup"], [1, 2], 5))
