"""A way to get gradients wrong without an error: `=` in place of `+=`."""

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
            # `=` in place of `+=`: the last path replaces all others.
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
