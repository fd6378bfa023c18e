"""The recall task of lesson 6: its texts, and what models know of them without a part."""

import numpy as np
import pytest

from course.experiments.attention.recall import (
    accuracy,
    accuracy_by_head,
    attention_input,
    has_form,
    largest_weight,
    mean_loss,
    recall_texts,
    train,
)
from course.failures.lesson_06 import best_possible, better_run
from gptcore.ladder import NumpyGPT, forward

TEXTS, OTHERS = recall_texts(4000, 50)


def test_the_last_letter_is_at_the_named_place_and_the_letters_differ():
    for text in TEXTS[:50]:
        assert has_form(text)
        assert len(set(text[:4])) == 4
        assert text[5] == text[int(text[4]) - 1]
    assert not has_form("afze5f")
    assert {text[4] for text in TEXTS} == set("1234")


@pytest.mark.parametrize(("without", "name"), [("attention", "0.wo"), ("queries", "0.wq")])
def test_a_part_that_never_works_is_zero_at_the_end(without, name):
    gpt = train(TEXTS[:200], seed=1, without=without)
    assert not gpt.weights[name].any()
    weights = forward(gpt.encode("afze2")[:-1], gpt.weights, 4).weights[0, :, -1]
    assert (np.ptp(weights, axis=1) < 1e-12).all() == (without == "queries")


def test_accuracy_rises_with_training_and_is_a_mean_over_models():
    one, other = train(TEXTS, seed=1), train(TEXTS[:200], seed=2)
    assert accuracy(one, OTHERS) > 0.5 > accuracy(other, OTHERS)
    both = (accuracy(one, OTHERS) + accuracy(other, OTHERS)) / 2
    assert accuracy([one, other], OTHERS) == pytest.approx(both)
    assert mean_loss([one], OTHERS) < mean_loss([other], OTHERS)
    without, only_one = accuracy_by_head(one, OTHERS)
    assert len(without) == len(only_one) == 4
    assert sum(only_one) < sum(without)


@pytest.mark.slow
def test_what_lesson_6_says_of_eight_added_to_a_score_of_an_average_and_of_no_positions():
    texts, test_texts = recall_texts(4000, 500)
    rows = list(map(NumpyGPT(texts).encode, test_texts))

    def add_8_at_position_3(layer, head, scores):
        scores[5, 3] += 8
        return scores

    followed, positionless, averaged = [], [], []
    for seed in range(1, 6):
        single = train(texts, seed, n_head=1)
        hook = {"n_head": 1, "score_hook": add_8_at_position_3}
        guesses = [predicted(single, ids, **hook) for ids in rows[:200]]
        followed.append(np.mean([guess == ids[3] for guess, ids in zip(guesses, rows)]))
        without = train(texts, seed, without="positions")
        positionless += [predicted(without, ids) in ids[1:5] for ids in rows]
        averaged.append(accuracy(train(texts, seed, without="queries"), test_texts))
    assert min(followed) == pytest.approx(0.57, abs=0.03)
    assert max(followed) == pytest.approx(0.78, abs=0.03)
    assert np.mean(positionless) == pytest.approx(0.75, abs=0.06)  # three texts of four
    assert np.mean(averaged) < 0.15 < np.mean(positionless) / 4


def predicted(gpt, ids, n_head=4, **changes):
    """The most probable last letter."""
    return forward(ids[:6], gpt.weights, n_head, **changes).logits[-1].argmax()


def test_the_input_of_attention_makes_the_queries_and_keys_of_the_model():
    gpt = train(TEXTS[:200], seed=1)
    x = attention_input(gpt, "afze2")
    q, k = (x @ gpt.weights[name].T for name in ("0.wq", "0.wk"))
    scores = forward(gpt.encode("afze2")[:-1], gpt.weights, 4).scores[0, 2]
    assert q[:, 8:12] @ k[:, 8:12].T / 2 == pytest.approx(scores)


def test_the_largest_weight_falls_with_the_divisor():
    sizes = [largest_weight(64, divide_by, tries=50) for divide_by in (1, 8, 64)]
    assert sizes == sorted(sizes, reverse=True)
    assert 1 / 16 < sizes[-1] < 0.1


def test_the_better_run_is_better_than_possible():
    _, curves = better_run(TEXTS, steps=600)
    assert best_possible == pytest.approx(2.03, abs=0.005)
    assert sum(curves["better run"][-100:]) / 100 < best_possible
    assert sum(curves["our run"][-100:]) / 100 > best_possible
