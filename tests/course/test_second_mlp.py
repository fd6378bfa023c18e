"""What lesson 2 says of its second MLP: stuck, and changed by another order of the letters."""

from random import Random

import pytest

from course.failures.lesson_02 import second_mlp
from gptcore.corpus import load_documents
from gptcore.scalar import MLP

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def names() -> list[str]:
    names = load_documents("names")
    Random(42).shuffle(names)
    return names


def loss_of(make, letters: list[str], names: list[str]) -> float:
    model = make(letters, rng=Random(42))
    list(model.train(names[:2300], 500, 0.5))
    return sum(map(model.loss, names[2300:])) / len(names[2300:])


def test_only_the_second_mlp_minds_in_which_order_the_letters_are_numbered(names):
    letters = sorted(set("".join(names)))
    shuffled = letters.copy()
    Random(7).shuffle(shuffled)
    sound, again = (loss_of(MLP, order, names) for order in (letters, shuffled))
    stuck, other = (loss_of(second_mlp, order, names) for order in (letters, shuffled))
    assert sound == pytest.approx(again, abs=1e-6)
    assert abs(stuck - other) > 0.01
    assert min(stuck, other) > sound + 0.1
