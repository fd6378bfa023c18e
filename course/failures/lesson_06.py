"""A run that is wrong without an error, for the reader of lesson 6 to find out from evidence. Read
this after you have guessed.

The comment in the first function says what is wrong.
"""

from gptcore.ladder import NumpyGPT, forward
from gptcore.ladder.numpy_backward import backward
from gptcore.ladder.numpy_gpt import NumpyAdam
from gptcore.scalar.microgpt import LEARNING_RATE


def better_run(texts: list[str], steps: int = 1000) -> tuple[NumpyGPT, list[float]]:
    """Lesson 6: a model trained with one thing left out, and the loss of each step."""
    gpt = NumpyGPT(texts, seed=42)
    optimizer, losses = NumpyAdam(gpt.matrices.flat), []
    for s in range(steps):
        ids = gpt.encode(gpt.documents[s % len(gpt.documents)])
        losses.append(backward(ids, gpt.matrices, gpt.config.n_head, gpt.grads, causal=False))
        optimizer.step(gpt.grads.flat, LEARNING_RATE * (1 - s / steps))
    # No mask: each token attends to later ones, and so to the very token that it should predict.
    return gpt, losses


def weights_inside(gpt: NumpyGPT, text: str):
    """The attention weights of all heads as they were in this training, shape (H, T, T)."""
    ids = gpt.encode(text)[:-1]
    return forward(ids, gpt.weights, gpt.config.n_head, causal=False).weights[0]
