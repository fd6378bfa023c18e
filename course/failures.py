"""Runs that are wrong without an error, for the reader to find out from evidence. Read this after
you have guessed.

Each function says in its last line what is wrong.
"""

from gptcore.scalar import Adam, MicroGPT
from gptcore.scalar.microgpt import LEARNING_RATE
from gptcore.scalar.value import topological_order


def second_run(names: list[str]) -> MicroGPT:
    """Lesson 0: a run with one thing changed."""
    # Not shuffled: the list is in alphabetical order, and so is what the model sees.
    return MicroGPT(sorted(names), seed=42, shuffle=False)


def train_with_assignment(gpt: MicroGPT, steps: int) -> list[float]:
    """Lesson 3: the losses of a run whose backward has `=` where `+=` belongs."""
    optimizer, losses = Adam(gpt.parameters), []
    for s in range(steps):
        loss = gpt.loss(gpt.documents[s])
        loss.grad = 1.0
        for node in reversed(topological_order(loss)):
            for parent, slope in zip(node.parents, node.slopes):
                parent.grad = (
                    slope * node.grad
                )  # the path that is walked last writes over all others
        optimizer.step(LEARNING_RATE * (1 - s / steps))
        losses.append(loss.data)
    return losses
