"""Lesson 4: an MLP trained with Adam, and losses to compare it by."""

from collections.abc import Sequence
from itertools import chain
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


def recent_loss(losses: Sequence[float], step: int, steps: int = 100) -> float:
    """The mean of the losses before a step, of at most that many."""
    recent = losses[max(0, step - steps) : max(step, 1)]
    return sum(recent) / len(recent)
