"""Rollouts: their log-probabilities, their frequencies, and what ends them."""

from collections import Counter
from time import process_time

import pytest
import torch
from listed_answers import END, N, all_answers, all_log_probs, tiny_model

from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate
from gptcore.tuning import answer_batch, sample_groups, token_log_probs

PROMPTS = [[1, 2, 3], [4], [2, 2]]
LLAMA = {"rope": True, "norm": "rmsnorm", "activation": "swiglu", "n_kv_head": 1}


@pytest.mark.parametrize("temperature", [0.3, 0.6, 1.0, 1.7, 5.0])
@pytest.mark.parametrize("switches", [{}, LLAMA], ids=["gpt2", "llama"])
def test_sampled_log_probabilities_are_those_computed_again(temperature, switches):
    sizes = {"vocab_size": 40, "block_size": 24, "n_layer": 2, "n_head": 2, "n_embd": 32}
    model = GPT(GPTConfig(**sizes, **switches), torch.Generator().manual_seed(3))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4)
    prompts = [[5, 6, 7, 8], [9], [10, 11]]
    groups = sample_groups(model, prompts, 6, 15, end_id=3, temperature=temperature, seed=9)
    rollouts = [rollout for group in groups for rollout in group]
    assert {rollout.is_ended for rollout in rollouts} == {True, False} or temperature < 1
    batch = answer_batch([r.prompt for r in rollouts], [r.answer for r in rollouts])
    again = token_log_probs(model, *batch, temperature)[0]
    for row, rollout in enumerate(rollouts):
        first = len(rollout.prompt) - 1
        found = again[row, first : first + len(rollout.answer)]
        assert torch.allclose(found, torch.tensor(rollout.log_probs), atol=1e-5)
        assert again[row].count_nonzero() == len(rollout.answer)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_answers_are_as_frequent_as_the_model_says(temperature):
    model = tiny_model()
    groups = sample_groups(model, [[1, 2]], 4000, N, END, temperature=temperature, seed=2)
    found = Counter(tuple(rollout.answer) for rollout in groups[0])
    probs = all_log_probs(model, [1, 2], temperature).exp()
    assert probs.sum().item() == pytest.approx(1)
    expected = {tuple(answer): p.item() * 4000 for answer, p in zip(all_answers(), probs)}
    assert found.keys() <= expected.keys()
    chi_squared = sum((found[a] - e) ** 2 / e for a, e in expected.items() if e > 5)
    assert chi_squared < 1.8 * sum(e > 5 for e in expected.values())


def test_an_answer_keeps_its_end_token_and_says_whether_it_has_one():
    groups = sample_groups(tiny_model(), PROMPTS, 20, N, END, seed=4)
    assert [len(group) for group in groups] == [20, 20, 20]
    for prompt, group in zip(PROMPTS, groups):
        for rollout in group:
            assert rollout.prompt == prompt
            assert len(rollout.log_probs) == len(rollout.answer) <= N
            assert END not in rollout.text_ids
            assert rollout.is_ended == (rollout.answer[-1] == END)
            assert rollout.is_ended or len(rollout.answer) == N
            assert rollout.text_ids == [token for token in rollout.answer if token != END]


def test_a_seed_gives_the_same_answers_and_another_seed_others():
    first, same, other = (
        sample_groups(tiny_model(), PROMPTS, 8, N, END, seed=s) for s in (1, 1, 2)
    )
    assert first == same
    assert first != other


def test_the_answers_of_a_group_differ():
    groups = sample_groups(tiny_model(scale=1.0), [[1]], 30, N, END)
    assert len({tuple(rollout.answer) for rollout in groups[0]}) > 10


@pytest.mark.slow
def test_groups_are_five_times_as_fast_as_one_answer_after_the_other_without_a_cache():
    sizes = {"vocab_size": 44, "block_size": 48, "n_layer": 2, "n_head": 4, "n_embd": 64}
    model = GPT(GPTConfig(**sizes), torch.Generator().manual_seed(1))
    prompts = [[(first + i) % 43 for i in range(16)] for first in range(8)]

    def together() -> int:
        groups = sample_groups(model, prompts, 8, 8, end_id=43)
        return sum(len(rollout.answer) for group in groups for rollout in group)

    def one_by_one() -> int:
        rows = [generate(model.next_logits, prompt, 8, seed=8) for prompt in prompts * 8]
        return sum(len(list(row)) for row in rows)

    tokens_per_second = []
    for sample in (together, one_by_one):
        sample()
        started = process_time()
        tokens_per_second.append(sample() / (process_time() - started))
    assert tokens_per_second[0] > 5 * tokens_per_second[1]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"temperature": 0}, "temperature=0 must be a number above 0; at 0 the likeliest token"),
        ({"temperature": float("nan")}, "above 0"),
        ({"group_size": 0}, "group_size=0"),
        ({"max_new_tokens": 7}, "max_new_tokens to at most 6"),
        ({"end_id": 5}, "the tokens 0 to 4"),
        ({"prompts": []}, "no prompts"),
        ({"prompts": [[1], []]}, "prompt is empty"),
        ({"prompts": [[1, 9]]}, "the tokens 0 to 4"),
    ],
)
def test_what_gives_no_answers_is_refused(changed, words):
    options = {"prompts": PROMPTS, "group_size": 2, "max_new_tokens": N, "end_id": END} | changed
    with pytest.raises(ValueError, match=words):
        sample_groups(tiny_model(), **options)


def test_the_advice_about_room_is_right():
    groups = sample_groups(tiny_model(), PROMPTS, 40, 6, END, seed=3)
    assert max(len(rollout.answer) for group in groups for rollout in group) == 6


def test_a_batch_grades_the_answer_and_its_end_and_nothing_else():
    ids, targets = answer_batch([[1, 2], [3]], [[4, END], [2]])
    assert ids.tolist() == [[1, 2, 4], [3, 0, 0]]
    assert targets.tolist() == [[-1, 4, END], [2, -1, -1]]
    with pytest.raises(ValueError, match="2 prompts and 1 answers"):
        answer_batch([[1], [2]], [[3]])
    with pytest.raises(ValueError, match="row 1 is empty"):
        answer_batch([[1], [2]], [[3], []])
