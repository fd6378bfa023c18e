"""What lesson 4 says of its models: vowels beside vowels, and a second MLP that is stuck."""

from math import hypot
from random import Random

import pytest

from course.experiments.training.hyperparameters import RECORDED
from course.experiments.training.small_runs import (
    mean_loss,
    means_of_ten,
    recent_loss,
    train_with_adam,
    two_rings,
)
from course.failures.lesson_04 import second_mlp
from gptcore.corpus import load_documents
from gptcore.scalar import MLP

pytestmark = pytest.mark.slow
VOWELS = "aeiou"


@pytest.fixture(scope="module")
def names() -> list[str]:
    names = load_documents("names")
    Random(42).shuffle(names)
    return names


def first_mlp(letters: list[str], rng: Random) -> MLP:
    return MLP(letters, context_size=3, n_embd=2, n_hidden=16, rng=rng)


def closest(letter: str, model: MLP, n: int = 4) -> list[str]:
    rows = dict(zip(model.characters, model.weights["wte"]))

    def distance(other: str) -> float:
        return sum((p - q) ** 2 for p, q in zip(rows[letter], rows[other]))

    return sorted(set(rows) - {letter}, key=distance)[:n]


@pytest.mark.parametrize("seed", range(5))
def test_the_letters_closest_to_a_vowel_are_vowels(names, seed):
    mlp = first_mlp(sorted(set("".join(names))), rng=Random(seed))
    list(mlp.train(names[:2300], 2300, 0.5))
    assert sum(other in VOWELS for vowel in VOWELS for other in closest(vowel, mlp)) >= 19


@pytest.mark.parametrize("seed", [0, 7])
def test_with_adam_the_letters_closest_to_a_vowel_are_vowels(names, seed):
    mlp = first_mlp(sorted(set("".join(names))), rng=Random(seed))
    train_with_adam(mlp, names[:2300], learning_rate=0.02)
    assert all(other in VOWELS for vowel in VOWELS for other in closest(vowel, mlp))
    assert mean_loss(mlp, names[2300:]) == pytest.approx(2.555, abs=0.01)


def test_ten_steps_give_one_mean():
    assert means_of_ten([1.0, 3.0] * 5 + [5.0] * 12) == ([10, 20], [2.0, 5.0])


def test_one_ring_of_points_is_inside_the_other():
    points, labels = two_rings(Random(3))
    inside = [hypot(*point) < 0.85 for point in points]
    assert labels == [1 if near else -1 for near in inside] and labels.count(1) == 24


def test_the_recent_loss_is_a_mean_of_the_losses_before_the_step():
    losses = [4.0, 2.0, 3.0, 9.0]
    assert [recent_loss(losses, step, steps=2) for step in (0, 1, 3)] == [4.0, 4.0, 2.5]


def loss_of(make, letters: list[str], names: list[str]) -> float:
    model = make(letters, rng=Random(0))
    list(model.train(names[:2300], 500, 0.5))
    return sum(map(model.loss, names[2300:])) / len(names[2300:])


def test_only_the_second_mlp_depends_on_the_order_in_which_the_letters_are_numbered(names):
    letters = sorted(set("".join(names)))
    shuffled = letters.copy()
    Random(7).shuffle(shuffled)
    right, again = (loss_of(first_mlp, order, names) for order in (letters, shuffled))
    stuck, other = (loss_of(second_mlp, order, names) for order in (letters, shuffled))
    assert right == pytest.approx(again, abs=1e-6)
    assert abs(stuck - other) > 0.01
    assert min(stuck, other) > right + 0.1


def test_the_recorded_losses_are_those_of_the_lesson(names):
    train, validation = names[:2300], names[2300:]
    model = MLP(sorted(set("".join(names))), 3, 1, 2, rng=Random(0))
    list(model.train(train, steps=2300, learning_rate=0.5))
    assert mean_loss(model, validation) == pytest.approx(RECORDED[1, 2], abs=1e-4)
    assert len(RECORDED) == 20
