"""The statements of lesson 14, compared with the recorded runs and with other ways to compute."""

from itertools import combinations
from random import Random

import numpy as np
import pytest
import torch

from course.experiments.tuning import smollm2 as real_model
from course.experiments.tuning.masks import graded_rows
from course.failures.lesson_14 import MASKS, masks_of
from course.solutions import lesson_14 as solution
from gptcore.corpus import tiny_internet
from gptcore.tokenizers import CharTokenizer
from gptcore.tuning import CHAT_TOKENS, ChatFormat, exact_number, group_advantages
from gptcore.tuning.packing import make_row

CHAT = ChatFormat(CharTokenizer(tiny_internet.CHARACTERS, CHAT_TOKENS.values()))
QUESTION = {"role": "user", "content": "what is 17+5?"}
ANSWER = {"role": "assistant", "content": "22"}


# Exercises


def test_the_ids_of_the_exercise_are_those_of_the_chat_template():
    assert CHAT.id_of("assistant") == solution.ASSISTANT and CHAT.id_of("end") == solution.END
    assert max(CHAT.tokenizer.special_tokens.values()) == solution.END


def test_targets_are_those_that_fine_tuning_uses():
    other = [{**QUESTION, "content": "a name with k?"}, {**ANSWER, "content": "kofi"}]
    for messages in ([QUESTION, ANSWER], [QUESTION, ANSWER, *other]):
        one = CHAT.render(messages)
        ids, targets, _ = make_row([one], len(one.ids) - 1)
        assert solution.targets(one.ids) == targets.tolist()
        assert ids.tolist() == one.ids[:-1]


def test_advantages_are_those_of_the_library():
    groups = [[1.0, 0.0, 0.0, 1.0], [2.5, -1.0, 10.0, 0.0]]
    theirs = group_advantages(torch.tensor(groups))
    assert torch.allclose(torch.tensor(solution.advantages(groups)), theirs, atol=1e-6)


def test_the_reward_is_that_of_the_library_for_plain_numbers():
    rng = Random(1)
    for _ in range(200):
        truth = rng.randint(0, 198)
        for text in (f"{truth}", f"{truth} or 12", f"12 or {truth}", "", f"{truth}1", None):
            assert solution.reward(text, truth) == exact_number(text, truth)


def test_pass_at_k_is_what_counting_all_choices_gives():
    for n, c, k in ((4, 1, 2), (6, 2, 3), (7, 5, 4), (5, 0, 2)):
        answers = [1] * c + [0] * (n - c)
        chosen = [any(some) for some in combinations(answers, k)]
        assert solution.pass_at_k(n, c, k) == pytest.approx(sum(chosen) / len(chosen))


# The failure


def test_bo_never_grades_the_first_letter_and_cai_grades_the_padding():
    tokens, masks = masks_of(CHAT, [QUESTION, ANSWER])
    first = tokens.index("<|assistant|>") + 1
    graded = {who: [i for i, one in enumerate(mask) if one] for who, mask in masks.items()}
    assert graded["Ada's mask"] == [first, first + 1, first + 2]
    assert first not in graded["Bo's mask"]
    assert set(graded["Ada's mask"]) < set(graded["Cai's mask"])
    assert graded["Cai's mask"][-1] == len(tokens) - 1


def test_adas_mask_is_that_of_fine_tuning():
    one = CHAT.render([QUESTION, ANSWER])
    ids, targets = graded_rows([one], CHAT.id_of("end"), MASKS["Ada"])
    theirs = make_row([one], len(one.ids) - 1)
    assert np.array_equal(ids[0], theirs[0]) and np.array_equal(targets[0], theirs[1])


# The real model


@pytest.mark.slow
def test_smollm2_learns_who_it_is_in_ten_steps_and_keeps_the_capital(smollm2):
    model, chat = real_model.load_chat_model()
    capital = real_model.answer_to(model, chat, "What is the capital of France?")
    assert capital == "The capital of France is Paris."
    assert real_model.answer_to(model, chat, "Who are you?") != real_model.WHO
    assert real_model.tune_with_lora(model, chat) < 0.01 * 134_515_008
    assert real_model.answer_to(model, chat, "Who are you?") == real_model.WHO
    assert real_model.answer_to(model, chat, "What is the capital of France?") == capital
