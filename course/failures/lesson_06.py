"""A small GPT in which one thing can be left out. Read this after you have guessed.

The halves of a block are those of `gptcore.ladder.slopes`, forward and back; only how they are put
together has a switch that the real one has not.
"""

import numpy as np

from gptcore.ladder.arrays import ArrayAdam
from gptcore.ladder.slopes import (
    mean_surprise,
    rmsnorm,
    rmsnorm_back,
    shares_of,
    talk,
    talk_back,
    think,
    think_back,
)
from gptcore.ladder.weights import Weights, gathered, weights_of
from gptcore.scalar import MicroConfig, MicroGPT
from gptcore.scalar.microgpt import LEARNING_RATE


def train_without(
    names: list[str], part: str = "", *, n_layer: int = 1, steps: int = 1000
) -> list[float]:
    """Lesson 6: the losses of a run whose blocks lack a part: "residual", "attention" or nothing.

    Without "residual" each block answers with its own result alone, and what came in is lost.
    """
    gpt = MicroGPT(names, MicroConfig(n_layer=n_layer), seed=42)
    weights = gathered(weights_of(gpt))
    keep, talks = float(part != "residual"), float(part != "attention")
    optimizer, losses = ArrayAdam(weights.flat), []
    for s in range(steps):
        document = gpt.documents[s % len(gpt.documents)]
        ids = np.array([gpt.BOS, *gpt.encode(document), gpt.BOS][: gpt.config.block_size + 1])
        loss, slope = loss_and_slope(ids, weights, gpt.config.n_head, keep, talks)
        optimizer.step(slope, LEARNING_RATE * (1 - s / steps))
        losses.append(loss)
    return losses


def loss_and_slope(ids, weights: Weights, n_head: int, keep: float = 1.0, talks: float = 1.0):
    """The loss of one name, and its slopes as one row.

    `keep` is how much of what came in is added to each result, `talks` how much of attention.
    """
    T = len(ids) - 1
    slopes = Weights.cut(np.zeros_like(weights.flat), weights.sizes)
    begin, scale = rmsnorm(weights.wte[ids[:-1]] + weights.wpe[:T])
    x, done = begin, []
    for block in weights.blocks:
        x, *parts = through(x, block, n_head, keep, talks)
        done.append(parts)
    probs = shares_of(x @ weights.lm_head.T)
    loss = mean_surprise(probs, ids[1:])
    probs[np.arange(T), ids[1:]] -= 1.0
    probs /= T
    slopes.lm_head[:] = probs.T @ x
    dx = probs @ weights.lm_head
    for layer in reversed(range(len(done))):
        block, slope, (talked, thought) = weights.blocks[layer], slopes.blocks[layer], done[layer]
        dx = keep * dx + think_back(dx, thought, block, slope)
        dx = keep * dx + talk_back(talks * dx, talked, block, slope)
    dx = rmsnorm_back(dx, begin, scale)
    slopes.wpe[:T] = dx
    np.add.at(slopes.wte, ids[:-1], dx)
    return loss, slopes.flat


def through(x, block, n_head: int, keep: float, talks: float):
    """What a block answers, and what its two halves did. Shapes: (T, C) -> (T, C)."""
    talked = talk(x, block, n_head)
    x = keep * x + talks * talked.added  # here what came in is added, or lost
    thought = think(x, block)
    return keep * x + thought.added, talked, thought


def likeness_of_letters(names: list[str], part: str = "", *, n_layer: int = 1) -> float:
    """Lesson 6: how alike two names' first letters have become when they leave an untrained model.

    The mean over all pairs of letters; 1 if their vectors point the same way, 0 for no likeness.
    """
    gpt = MicroGPT(names, MicroConfig(n_layer=n_layer), seed=42)
    weights, keep = gathered(weights_of(gpt)), float(part != "residual")
    ends = []
    for letter in range(gpt.BOS):
        x, _ = rmsnorm(weights.wte[[gpt.BOS, letter]] + weights.wpe[:2])
        for block in weights.blocks:
            x, *_ = through(x, block, gpt.config.n_head, keep, 1.0)
        ends.append(x[-1] / np.linalg.norm(x[-1]))
    alike = np.array(ends) @ np.array(ends).T  # (letters, letters), 1 on the diagonal
    pairs = len(ends) * (len(ends) - 1)
    return float(alike.sum() - len(ends)) / pairs
