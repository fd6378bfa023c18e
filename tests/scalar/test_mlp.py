"""The MLP: grads by calculus against tiny steps and against PyTorch."""

import math
from random import Random

import pytest
import torch

from gptcore.corpus import load_documents
from gptcore.scalar import MLP

NAMES = ["emma", "anna", "bee", "eve", "abe"]
LETTERS = sorted(set("".join(NAMES)))
SIZES = {"context_size": 2, "n_embd": 3, "n_hidden": 5}  # all different, or a swapped axis passes


@pytest.fixture
def mlp() -> MLP:
    return MLP(LETTERS, **SIZES, rng=Random(7))


def torch_loss(weights: dict[str, torch.Tensor], examples) -> torch.Tensor:
    context = torch.tensor([s for s, _ in examples])
    target = torch.tensor([t for _, t in examples])
    x = weights["wte"][context].flatten(1)
    hidden = torch.tanh(torch.nn.functional.linear(x, weights["w1"], weights["b1"][0]))
    logits = torch.nn.functional.linear(hidden, weights["w2"], weights["b2"][0])
    return torch.nn.functional.cross_entropy(logits, target)


@pytest.mark.parametrize("document", ["emma", "eve", "a", "anna"])
def test_loss_and_gradients_are_those_of_torch(mlp, document):
    tensors = {
        name: torch.tensor(matrix, dtype=torch.float64, requires_grad=True)
        for name, matrix in mlp.weights.items()
    }
    loss = torch_loss(tensors, mlp.examples(document))
    loss.backward()
    assert mlp.loss(document) == pytest.approx(loss.item(), rel=1e-12)
    for name, matrix in mlp.grads(document).items():
        for row, judge in zip(matrix, tensors[name].grad.tolist(), strict=True):
            assert row == pytest.approx(judge, rel=1e-10, abs=1e-13), name


def test_every_gradient_is_that_of_a_tiny_step(mlp):
    before = str(mlp.weights)
    grads = mlp.grads("emma")
    for name, matrix in grads.items():
        for i, row in enumerate(matrix):
            for j, grad in enumerate(row):
                numerical = mlp.numerical_grad("emma", name, i, j)
                assert grad == pytest.approx(numerical, abs=1e-8), (name, i, j)
    assert str(mlp.weights) == before, "a weight was not put back"


def test_the_examples_are_two_letters_and_what_follows(mlp):
    letter = [*LETTERS, "_"]
    result = [
        ("".join(letter[i] for i in context), letter[target])
        for context, target in mlp.examples("eve")
    ]
    assert result == [("__", "e"), ("_e", "v"), ("ev", "e"), ("ve", "_")]


def test_a_model_that_has_learned_nothing_is_as_surprised_as_one_that_knows_nothing():
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert MLP(letters, rng=Random(1)).loss("emma") == pytest.approx(math.log(27), abs=0.1)


def test_one_step_of_descent_lowers_the_loss_of_what_it_saw(mlp):
    before = mlp.loss("emma")
    mlp.sgd_step(mlp.grads("emma"), 0.1)
    assert mlp.loss("emma") < before


@pytest.mark.slow
def test_training_learns_names_and_the_same_seed_learns_the_same():
    names = load_documents("names")
    Random(42).shuffle(names)
    letters = sorted(set("".join(names)))
    losses = []
    for _ in range(2):
        mlp = MLP(letters, rng=Random(1))
        losses.append([step.loss for step in mlp.train(names, 500, 0.5)])
    assert losses[0] == losses[1]
    assert sum(losses[0][-100:]) / 100 < 2.75 < 3.2 < losses[0][0]


def test_letters_with_other_numbers_are_the_same_letters():
    plain, shuffled = MLP("abenmv", rng=Random(3)), MLP("vnambe", rng=Random(3))
    for mlp in (plain, shuffled):
        list(mlp.train(NAMES, 50, 0.3))
    for name in NAMES:
        assert shuffled.loss(name) == pytest.approx(plain.loss(name), rel=1e-10)


def test_probabilities_sum_to_one_and_only_the_last_two_letters_count(mlp):
    probs = mlp.next_probabilities("emma")
    assert list(probs) == [*LETTERS, "end"]
    assert sum(probs.values()) == pytest.approx(1)
    assert probs == mlp.next_probabilities("ma") != mlp.next_probabilities("am")
    sharp = mlp.next_probabilities("ma", temperature=0)
    assert max(sharp, key=sharp.get) == max(probs, key=probs.get)
    assert max(sharp.values()) == 1


def test_samples_are_made_of_its_letters_and_repeat_with_the_seed(mlp):
    once, again = mlp.sample(20, rng=Random(5)), mlp.sample(20, rng=Random(5))
    assert once == again
    assert set("".join(once)) <= set(LETTERS)
    assert max(map(len, once)) <= 16
    assert mlp.sample(0) == []


def test_what_does_not_fit_is_refused(mlp):
    with pytest.raises(ValueError, match="'emil' has 'i', which this MLP does not know"):
        mlp.loss("emil")
    with pytest.raises(ValueError, match="n_hidden=0 must be an integer, 1 or more"):
        MLP("ab", n_hidden=0, rng=Random(1))
    with pytest.raises(ValueError, match="different letters"):
        MLP("aba", rng=Random(1))
    with pytest.raises(ValueError, match="documents is empty"):
        list(mlp.train([], 5))
    with pytest.raises(ValueError, match="0 or more"):
        mlp.sample(-1)
