"""What lesson 0 says about few names holds for other names and other seeds."""

from random import Random

import pytest

from course.catalogue import QUESTIONS
from course.failures.lesson_00 import second_run
from gptcore.corpus import load_documents
from gptcore.scalar import MicroGPT

NAMES = load_documents("names")


def loss_on(gpt, names) -> float:
    return sum(gpt.loss(name).data for name in names) / len(names)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])  # five were tried; two keep the tests short
def test_a_model_of_20_names_copies_them_and_knows_less_than_nothing_about_others(seed):
    few = Random(seed + 100).sample(NAMES, 20)
    small = MicroGPT(few, seed=seed)
    list(small.train(500))
    copies = sum(name in few for name in small.sample(20))
    assert QUESTIONS["copies among 20 samples"].judge(copies).right
    known = set(small.characters)
    others = [name for name in NAMES if name not in few and set(name) <= known]
    assert loss_on(small, few) < 1 < 3.3 < loss_on(small, others[::10][:200])


@pytest.mark.slow
def test_a_model_of_all_names_has_the_same_loss_on_names_that_it_has_not_seen():
    gpt = MicroGPT(NAMES, seed=1)
    list(gpt.train(1000))
    assert abs(loss_on(gpt, gpt.documents[:200]) - loss_on(gpt, gpt.documents[-200:])) < 0.1


def test_the_beginnings_change_in_the_second_run_where_the_lesson_says():
    names = second_run(NAMES).documents  # step 1 has the first
    assert {name[0] for name in names[:245]} == {"a"} and {name[0] for name in names[245:300]} == {
        "b"
    }
    assert names[155][:2] == "an" and names[156][:2] == "ao"
