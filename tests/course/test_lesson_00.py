"""What lesson 0 says about few names holds for other names and other seeds.

The model is trained in NumPy, where it has the same weights in a hundredth of the time:
tests/ladder/ compares the two.
"""

from random import Random

import pytest

from course.catalogue import QUESTIONS
from course.failures.lesson_00 import second_run
from gptcore.corpus import load_documents
from gptcore.ladder import NumpyGPT, loss_of

NAMES = load_documents("names")


def loss_on(gpt: NumpyGPT, names) -> float:
    losses = [loss_of(gpt.encode(name), gpt.weights, gpt.config.n_head) for name in names]
    return sum(losses) / len(losses)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_model_of_20_names_copies_them_and_knows_less_than_nothing_about_others(seed):
    few = Random(seed + 100).sample(NAMES, 20)
    small = NumpyGPT(few, seed=seed)
    list(small.train(500))
    copies = sum(name in few for name in small.scalar().sample(20))
    assert QUESTIONS["copies among 20 samples"].judge(copies).right
    known = set(small.gpt.characters)
    others = [name for name in NAMES if name not in few and set(name) <= known]
    assert loss_on(small, few) < 1 < 3.3 < loss_on(small, others[::10][:200])


@pytest.mark.slow
def test_a_model_of_all_names_has_the_same_loss_on_names_that_it_has_not_seen():
    gpt = NumpyGPT(NAMES, seed=1)
    list(gpt.train(1000))
    assert abs(loss_on(gpt, gpt.documents[:200]) - loss_on(gpt, gpt.documents[-200:])) < 0.1


def test_the_beginnings_change_in_the_second_run_where_the_lesson_says():
    names = second_run(NAMES).documents  # step 1 has the first
    assert {name[0] for name in names[:245]} == {"a"} and {name[0] for name in names[245:300]} == {
        "b"
    }
    assert names[155][:2] == "an" and names[156][:2] == "ao"
