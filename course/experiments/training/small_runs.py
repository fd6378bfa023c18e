"""Lessons 3 and 4: data and losses of small training runs, and an MLP trained with Adam."""

from collections.abc import Sequence
from itertools import chain
from math import cos, sin, tau
from random import Random
from typing import Protocol

from gptcore.scalar import MLP, Adam, Value


class HasLoss(Protocol):
    """A model with a mean loss for each document, such as `MLP` and `NgramTable`."""

    def loss(self, document: str) -> float: ...


def train_with_adam(model: MLP, documents: Sequence[str], learning_rate: float) -> None:
    """Train for one epoch with one document for each step; the learning rate falls to 0.

    `Adam` works on `Value`s, so the gradients are copied in and the parameters out.
    """
    rows = list(chain(*model.weights.values()))
    values = [[Value(number) for number in row] for row in rows]
    adam = Adam(list(chain(*values)))
    for step, document in enumerate(documents):
        grads = chain(*model.grads(document).values())
        for value, grad in zip(chain(*values), chain(*grads)):
            value.grad = grad
        adam.step(learning_rate * (1 - step / len(documents)))
        for row, value_row in zip(rows, values):
            row[:] = [value.data for value in value_row]


def mean_loss(model: HasLoss, documents: Sequence[str]) -> float:
    """The loss for each token of the documents, their ends included."""
    lengths = [len(document) + 1 for document in documents]
    total = sum(model.loss(document) * n for document, n in zip(documents, lengths))
    return total / sum(lengths)


def means_of_ten(losses: Sequence[float]) -> tuple[list[int], list[float]]:
    """The last step of each ten steps, and the mean of their losses."""
    steps = list(range(10, len(losses) + 1, 10))
    return steps, [sum(losses[step - 10 : step]) / 10 for step in steps]


def two_rings(rng: Random) -> tuple[list[tuple[float, float]], list[int]]:
    """Twenty-four points near the centre, with the label 1, and as many around them, with -1."""
    points, labels = [], []
    for radius, label in ((0.5, 1), (1.2, -1)):
        for _ in range(24):
            angle, r = rng.uniform(0, tau), radius + rng.gauss(0, 0.1)
            points.append((r * cos(angle), r * sin(angle)))
            labels.append(label)
    return points, labels


def recent_loss(losses: Sequence[float], step: int, steps: int = 100) -> float:
    """The mean of the losses before a step, of at most that many."""
    recent = losses[max(0, step - steps) : max(step, 1)]
    return sum(recent) / len(recent)
