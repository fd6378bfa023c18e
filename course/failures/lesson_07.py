"""A small GPT in which one thing can be left out. Read this after you have guessed.

The halves of a block are those of `gptcore.ladder.numpy_backward`; only their combination has a
switch.
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
    names: list[str], part: str = "", *, n_layer: int = 1, steps: int = 1000, seed: int = 42
) -> list[float]:
    """Lesson 7: the losses of a run whose blocks lack a part, "residual", "attention" or "mlp".

    Without "residual" each half of a block returns its result alone. An empty name removes nothing.
    """
    gpt = MicroGPT(names, MicroConfig(n_layer=n_layer), seed=seed)
    weights = flatten_weights(weights_of(gpt))
    used = [float(part != name) for name in ("residual", "attention", "mlp")]
    optimizer, losses = NumpyAdam(weights.flat), []
    for s in range(steps):
        document = gpt.documents[s % len(gpt.documents)]
        ids = np.array([gpt.BOS, *gpt.encode(document), gpt.BOS][: gpt.config.block_size + 1])
        loss, grad = loss_and_grad(ids, weights, gpt.config.n_head, *used)
        optimizer.step(grad, LEARNING_RATE * (1 - s / steps))
        losses.append(loss)
    return losses


def loss_and_grad(
    ids,
    weights: Weights,
    n_head: int,
    keep: float = 1.0,
    use_attention: float = 1.0,
    use_mlp: float = 1.0,
):
    """The loss of one name, and its gradients as one array.

    `keep` is how much of the input is added to each result; `use_attention` and `use_mlp` are how
    much of each result is used.
    """
    T = len(ids) - 1
    grads = Weights.from_flat(np.zeros_like(weights.flat), weights.sizes)
    begin, scale = rmsnorm(weights.wte[ids[:-1]] + weights.wpe[:T])
    x, done = begin, []
    for block in weights.blocks:
        x, *parts = through(x, block, n_head, keep, use_attention, use_mlp)
        done.append(parts)
    probs = softmax(x @ weights.lm_head.T)
    loss = cross_entropy(probs, ids[1:])
    probs[np.arange(T), ids[1:]] -= 1.0
    probs /= T
    grads.lm_head[:] = probs.T @ x
    dx = probs @ weights.lm_head
    for layer in reversed(range(len(done))):
        block, grad, (attended, mlp) = weights.blocks[layer], grads.blocks[layer], done[layer]
        dx = keep * dx + mlp_backward(use_mlp * dx, mlp, block, grad)
        dx = keep * dx + attention_backward(use_attention * dx, attended, block, grad)
    dx = rmsnorm_backward(dx, begin, scale)
    grads.wpe[:T] = dx
    np.add.at(grads.wte, ids[:-1], dx)
    return loss, grads.flat


def through(x, block, n_head: int, keep: float, use_attention: float = 1.0, use_mlp: float = 1.0):
    """The output of a block, and the results of its two halves. Shapes: (T, C) -> (T, C)."""
    attended = attention_forward(x, block, n_head)
    x = keep * x + use_attention * attended.output  # here the input is added, or not
    mlp = mlp_forward(x, block)
    return keep * x + use_mlp * mlp.output, attended, mlp


def first_to_last_gradient(
    names: list[str], part: str = "", *, n_layer: int = 8, steps: int = 0
) -> float:
    """Lesson 7: the length of the first block's gradient, divided by that of the last block's,
    after so many training steps."""
    gpt = MicroGPT(names, MicroConfig(n_layer=n_layer), seed=42)
    weights, keep = flatten_weights(weights_of(gpt)), float(part != "residual")
    optimizer = NumpyAdam(weights.flat)
    for s in range(steps + 1):
        document = gpt.documents[s % len(gpt.documents)]
        ids = np.array([gpt.BOS, *gpt.encode(document), gpt.BOS][: gpt.config.block_size + 1])
        _, grad = loss_and_grad(ids, weights, gpt.config.n_head, keep)
        if s < steps:
            optimizer.step(grad, LEARNING_RATE * (1 - s / 1000))
    blocks = Weights.from_flat(grad, weights.sizes).blocks
    first, last = (
        sum((matrix**2).sum() for matrix in (block.qkv, block.wo, block.fc1, block.fc2))
        for block in (blocks[0], blocks[-1])
    )
    return float(np.sqrt(first / last))


def similarity_of_letters(names: list[str], part: str = "", *, n_layer: int = 1) -> float:
    """Lesson 7: how similar the vectors of two first letters are after an untrained model.

    The mean cosine similarity over all pairs of letters; 1 if all have the same direction.
    """
    gpt = MicroGPT(names, MicroConfig(n_layer=n_layer), seed=42)
    weights, keep = flatten_weights(weights_of(gpt)), float(part != "residual")
    ends = []
    for letter in range(gpt.BOS):
        x, _ = rmsnorm(weights.wte[[gpt.BOS, letter]] + weights.wpe[:2])
        for block in weights.blocks:
            x, *_ = through(x, block, gpt.config.n_head, keep)
        ends.append(x[-1] / np.linalg.norm(x[-1]))
    alike = np.array(ends) @ np.array(ends).T  # (letters, letters), 1 on the diagonal
    pairs = len(ends) * (len(ends) - 1)
    return float(alike.sum() - len(ends)) / pairs
