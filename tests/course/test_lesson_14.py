"""The statements of lesson 14, compared with the recorded runs and with other ways to compute."""

from collections import Counter
from itertools import combinations
from random import Random

import numpy as np
import pytest
import torch

from course.experiments.tuning import smollm2 as real_model
from course.experiments.tuning.masks import graded_rows
from course.experiments.tuning.recorded import groups, runs
from course.experiments.tuning.reports import average, select, values_of
from course.failures.lesson_14 import MASKS, masks_of
from course.solutions import lesson_14 as solution
from gptcore.corpus import tiny_internet
from gptcore.tokenizers import CharTokenizer
from gptcore.tuning import CHAT_TOKENS, ChatFormat, exact_number, group_advantages
from gptcore.tuning.packing import make_row
from gptcore.tuning.runs.example_order import epoch_order

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


def test_the_broken_run_has_the_lower_loss_and_padding_changes_only_the_loss():
    loss, plain = (
        {mask: average(select("masks", mask=mask), name) for mask in values_of("masks", "mask")}
        for name in ("loss", "plain")
    )
    assert loss["not_shifted"] < loss["answer"] and plain["not_shifted"] < 0.15
    assert loss["padding"] < 0.6 * loss["answer"]
    for same in ("padding", "all"):
        assert plain[same] == pytest.approx(plain["answer"], abs=0.04)


# Recorded runs


@pytest.mark.parametrize("table", ["base", "sizes", "masks", "forgetting", "main"])
def test_a_table_of_the_lesson_has_five_seeds(table):
    assert min(seeds_of(table).values()) == 5


@pytest.mark.parametrize("table", ["own", "starts", "hacking", "names", "rates", "dpo"])
def test_a_table_in_which_only_the_order_matters_has_three_seeds(table):
    assert min(seeds_of(table).values()) >= 3


def seeds_of(table: str) -> Counter:
    return Counter(run["variant"] for run in runs(table))


def test_temperature_0_makes_the_base_worse_and_the_reinforced_model_better():
    base = {value: average(select("base", temperature=value), "carry") for value in (0.0, 1.0)}
    assert base[0.0] < base[1.0] - 0.1
    assert average(runs("main"), "greedy_before", "carry") < 0.25
    assert average(runs("main"), "greedy_after", "carry") > 0.9


def test_to_stop_is_learned_first_and_sums_later():
    def at(count: int, name: str) -> float:
        return average(select("sizes", conversations=count), name)

    assert at(10, "ended") > 0.99 and at(30, "plain") < 0.1 and at(300, "plain") > 0.7
    for run in select("sizes", conversations=3000):
        assert 0.15 < run["carry"] < 0.45 and run["plain"] > 0.7 and run["ended"] > 0.99


def test_mixing_keeps_the_documents():
    text = {
        (rate, mix): average(select("forgetting", learning_rate=rate, mix=mix), "text")
        for rate in (0.001, 0.003, 0.01)
        for mix in (False, True)
    }
    assert text[0.001, False] < text[0.003, False] < text[0.01, False]
    before = average(runs("forgetting"), "text_before")
    assert text[0.003, True] < before + 0.05
    assert all(text[rate, True] < text[rate, False] for rate in (0.001, 0.003, 0.01))
    plain = [average(select("forgetting", learning_rate=0.003, mix=m), "plain") for m in (0, 1)]
    assert plain[1] == pytest.approx(plain[0], abs=0.05) and plain[1] >= 0.8


def test_reinforcement_raises_pass_at_1_and_leaves_pass_at_64():
    before, after = (
        {k: average(runs("main"), f"pass_{when}", k) for k in ("1", "64")}
        for when in ("before", "after")
    )
    assert (round(before["1"], 2), round(after["1"], 2)) == (0.31, 0.82)
    assert abs(after["64"] - before["64"]) < 0.03
    carries = [run["after"]["carry"] for run in runs("main")]
    assert min(carries) >= 0.75 and max(run["before"]["carry"] for run in runs("main")) <= 0.4


def test_four_of_the_six_sums_never_came_up_and_got_better():
    sums = tiny_internet.train_sums()
    order = epoch_order(len(sums), 0, 0)
    came_up = {sums[place] for place in order[: 150 * 32]}
    last = {sums[place] for place in order[140 * 32 : 150 * 32]}
    before, after = groups()["before"], groups()["after"]
    pairs = [tuple(map(int, one["question"][8:-1].split("+"))) for one in before]
    assert sum(pair not in came_up for pair in pairs) == 4 and pairs[-1] in last
    assert sum(before[-1]["rewards"]) == 0 and sum(after[-1]["rewards"]) >= 4
    assert all(sum(b["rewards"]) <= sum(a["rewards"]) for b, a in zip(before, after))
    assert before[0]["question"] == "what is 69+91?"  # as in the text above the curve


def test_own_right_answers_teach_carries_and_cost_names():
    for run in runs("own"):
        assert run["carry"] > 0.6 and run["names"] < 0.3


def test_from_nothing_comes_nothing_and_from_a_little_something():
    assert not any(run["changed"] for run in select("starts", start="three-digit sums"))
    for run in select("starts", start="0% of writers right"):
        assert run["carry_before"] < 0.03 and run["carry_after"] > 0.3
        assert run["pass64_after"] > run["pass64_before"] + 0.2


def test_a_flawed_reward_is_exploited_and_a_right_one_is_not():
    for run in select("hacking", reward="contains", kl_weight=0.0):
        assert run["after"]["reward"] >= 0.8 and run["after"]["truth"] <= 0.15
    assert average(select("hacking", reward="exact"), "after", "truth") > 0.6


def test_without_a_penalty_the_names_collapse_and_a_small_one_keeps_them():
    right, distinct = (
        {
            weight: average(select("names", kl_weight=weight), name)
            for weight in (0.0, 0.03, 0.1, 0.3)
        }
        for name in ("right", "distinct")
    )
    before = average(select("names", kl_weight=None), "distinct")
    assert distinct[0.0] < before / 3 and right[0.0] == max(right.values())
    for weight in (0.03, 0.1, 0.3):
        assert distinct[weight] > 0.9 * before and right[weight] >= 0.97


def test_a_learning_rate_that_is_too_high_kills_the_policy():
    dead, best = (select("rates", learning_rate=rate) for rate in (0.003, 0.0005))
    assert average(dead, "reward") < 0.05 < 0.6 < average(best, "reward")
    assert average(dead, "agreement") > 0.9


def test_dpo_orders_pairs_and_makes_answers_wrong():
    for run in select("dpo", sft_weight=0.0):
        assert run["preference_accuracy"] > 0.95
        assert run["chosen_after"] < run["chosen_before"]
        assert run["rejected_after"] < run["chosen_after"]
        assert max(run["carry"], run["plain"]) < 0.15
    mended = select("dpo", sft_weight=0.1)
    assert average(mended, "carry") > 0.4 and average(mended, "plain") < 0.1


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
