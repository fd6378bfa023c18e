"""Two ways to get gradients wrong without an error: `=` for `+=`, and blame never forgotten."""

from gptcore.scalar import Adam, MicroGPT, Value
from gptcore.scalar.microgpt import LEARNING_RATE
from gptcore.scalar.value import topological_order


def backward_with_assignment(loss: Value) -> None:
    """Lesson 3: a backward with one character missing."""
    order = topological_order(loss)
    for node in order:
        node.grad = 0.0
    loss.grad = 1.0
    for node in reversed(order):
        for parent, local_grad in zip(node.parents, node.local_grads):
            # `=` where `+=` belongs: the path that is walked last writes over all others.
            parent.grad = local_grad * node.grad


def train_with_assignment(gpt: MicroGPT, steps: int) -> list[float]:
    """Lesson 3: the losses of a run with that backward."""
    optimizer, losses = Adam(gpt.parameters), []
    for s in range(steps):
        optimizer.zero_grad()
        loss = gpt.loss(gpt.documents[s])
        backward_with_assignment(loss)
        optimizer.step(LEARNING_RATE * (1 - s / steps))
        losses.append(loss.data)
    return losses


def train_without_reset(gpt: MicroGPT, steps: int) -> list[float]:
    """Lesson 3: the losses of a run in which no gradient is ever set back to 0.

    The learning rate is that of lesson 0's run of 1,000 steps.
    """
    optimizer, losses = Adam(gpt.parameters), []
    for s in range(steps):
        loss = gpt.loss(gpt.documents[s])  # optimizer.zero_grad() is missing before it
        loss.backward()
        optimizer.step(LEARNING_RATE * (1 - s / 1000))
        losses.append(loss.data)
    return losses
