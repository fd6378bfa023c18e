"""A run that is wrong without an error, for the reader of lesson 6 to find out from evidence. Read
this after you have guessed.

The comment in the first function says what is wrong.
"""

from math import log

from gptcore.ladder import NumpyGPT, forward
from gptcore.ladder.numpy_backward import backward
from gptcore.ladder.numpy_gpt import NumpyAdam
from gptcore.scalar.microgpt import LEARNING_RATE

# Four letters and a digit by chance; the letter after it and the end are certain.
best_possible = sum(map(log, (26, 25, 24, 23, 4))) / 7


def better_run(texts: list[str], steps: int = 1000) -> tuple[NumpyGPT, dict[str, list[float]]]:
    """Lesson 6: a model trained with one thing left out, and the losses of it and of ours."""
    gpt = NumpyGPT(texts, seed=42)
    optimizer, losses = NumpyAdam(gpt.matrices.flat), []
    for s in range(steps):
        ids = gpt.encode(gpt.documents[s % len(gpt.documents)])
        losses.append(backward(ids, gpt.matrices, gpt.config.n_head, gpt.grads, causal=False))
        optimizer.step(gpt.grads.flat, LEARNING_RATE * (1 - s / steps))
    # No mask: each token attends to later ones, and so to the very token that it should predict.
    ours = [step.loss for step in NumpyGPT(texts, seed=42).train(steps)]
    return gpt, {"better run": losses, "our run": ours}


def weights_inside(gpt: NumpyGPT, text: str):
    """The attention weights of all heads as they were in this training, shape (H, T, T)."""
    ids = gpt.encode(text)[:-1]
    return forward(ids, gpt.weights, gpt.config.n_head, causal=False).weights[0]
