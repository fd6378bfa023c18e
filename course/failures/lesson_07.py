"""A small GPT in which one thing can be left out. Read this after you have guessed.

The halves of a block are those of `gptcore.ladder.numpy_backward`, forward and back; only how they
are put
together has a switch that the real one has not.
"""

import numpy as np

from gptcore.ladder.numpy_backward import (
    attention_backward,
    attention_forward,
    cross_entropy,
    mlp_backward,
    mlp_forward,
    rmsnorm,
    rmsnorm_backward,
    softmax,
)
from gptcore.ladder.numpy_gpt import NumpyAdam
from gptcore.ladder.weights import Weights, flatten_weights, weights_of
from gptcore.scalar import MicroConfig, MicroGPT
from gptcore.scalar.microgpt import LEARNING_RATE


def train_without(
    names: list[str], part: str = "", *, n_layer: int = 1, steps: int = 1000
) -> list[float]:
    """Lesson 7: the losses of a run whose blocks lack a part: "residual", "attention" or nothing.

    Without "residual" each block answers with its own result alone, and what came in is lost.
    """
    gpt = MicroGPT(names, MicroConfig(n_layer=n_layer), seed=42)
    weights = flatten_weights(weights_of(gpt))
    keep, talks = float(part != "residual"), float(part != "attention")
    optimizer, losses = NumpyAdam(weights.flat), []
    for s in range(steps):
        document = gpt.documents[s % len(gpt.documents)]
        ids = np.array([gpt.BOS, *gpt.encode(document), gpt.BOS][: gpt.config.block_size + 1])
        loss, grad = loss_and_grad(ids, weights, gpt.config.n_head, keep, talks)
        optimizer.step(grad, LEARNING_RATE * (1 - s / steps))
        losses.append(loss)
    return losses


def loss_and_grad(ids, weights: Weights, n_head: int, keep: float = 1.0, talks: float = 1.0):
    """The loss of one name, and its grads as one row.

    `keep` is how much of what came in is added to each result, `talks` how much of attention.
    """
    T = len(ids) - 1
    grads = Weights.from_flat(np.zeros_like(weights.flat), weights.sizes)
    begin, scale = rmsnorm(weights.wte[ids[:-1]] + weights.wpe[:T])
    x, done = begin, []
    for block in weights.blocks:
        x, *parts = through(x, block, n_head, keep, talks)
        done.append(parts)
    probs = softmax(x @ weights.lm_head.T)
    loss = cross_entropy(probs, ids[1:])
    probs[np.arange(T), ids[1:]] -= 1.0
    probs /= T
    grads.lm_head[:] = probs.T @ x
    dx = probs @ weights.lm_head
    for layer in reversed(range(len(done))):
        block, grad, (talked, thought) = weights.blocks[layer], grads.blocks[layer], done[layer]
        dx = keep * dx + mlp_backward(dx, thought, block, grad)
        dx = keep * dx + attention_backward(talks * dx, talked, block, grad)
    dx = rmsnorm_backward(dx, begin, scale)
    grads.wpe[:T] = dx
    np.add.at(grads.wte, ids[:-1], dx)
    return loss, grads.flat


def through(x, block, n_head: int, keep: float, talks: float):
    """What a block answers, and what its two halves did. Shapes: (T, C) -> (T, C)."""
    talked = attention_forward(x, block, n_head)
    x = keep * x + talks * talked.output  # here what came in is added, or lost
    thought = mlp_forward(x, block)
    return keep * x + thought.output, talked, thought


def likeness_of_letters(names: list[str], part: str = "", *, n_layer: int = 1) -> float:
    """Lesson 7: how alike two names' first letters have become when they leave an untrained model.

    The mean over all pairs of letters; 1 if their vectors point the same way, 0 for no likeness.
    """
    gpt = MicroGPT(names, MicroConfig(n_layer=n_layer), seed=42)
    weights, keep = flatten_weights(weights_of(gpt)), float(part != "residual")
    ends = []
    for letter in range(gpt.BOS):
        x, _ = rmsnorm(weights.wte[[gpt.BOS, letter]] + weights.wpe[:2])
        for block in weights.blocks:
            x, *_ = through(x, block, gpt.config.n_head, keep, 1.0)
        ends.append(x[-1] / np.linalg.norm(x[-1]))
    alike = np.array(ends) @ np.array(ends).T  # (letters, letters), 1 on the diagonal
    pairs = len(ends) * (len(ends) - 1)
    return float(alike.sum() - len(ends)) / pairs
