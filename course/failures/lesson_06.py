"""A small GPT in which one thing can be left out, for the reader to find out from evidence. Read
this after you have guessed.

The way forward and back of `gptcore.ladder.slopes`, with a switch that the real one has not.
"""

import numpy as np

from gptcore.ladder.arrays import ArrayAdam
from gptcore.ladder.slopes import later, mean_surprise, rmsnorm, rmsnorm_back, shares_of
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
    keep, talk = float(part != "residual"), float(part != "attention")
    optimizer, losses = ArrayAdam(weights.flat), []
    for s in range(steps):
        document = gpt.documents[s % len(gpt.documents)]
        ids = np.array([gpt.BOS, *gpt.encode(document), gpt.BOS][: gpt.config.block_size + 1])
        loss, slope = loss_and_slope(ids, weights, gpt.config.n_head, keep, talk)
        optimizer.step(slope, LEARNING_RATE * (1 - s / steps))
        losses.append(loss)
    return losses


def loss_and_slope(ids, weights: Weights, n_head: int, keep: float = 1.0, talk: float = 1.0):
    """The loss of one name, and its slopes as one row.

    `keep` is how much of what came in is added to each result, `talk` how much of attention.
    """
    T = len(ids) - 1
    slopes = Weights.cut(np.zeros_like(weights.flat), weights.sizes)
    begin, scale = rmsnorm(weights.wte[ids[:-1]] + weights.wpe[:T])
    x, kept = begin, []
    for block in weights.blocks:
        x, parts = through(x, block, n_head, keep, talk)
        kept.append(parts)
    probs = shares_of(x @ weights.lm_head.T)
    loss = mean_surprise(probs, ids[1:])
    probs[np.arange(T), ids[1:]] -= 1.0
    probs /= T
    slopes.lm_head[:] = probs.T @ x
    dx = probs @ weights.lm_head
    for block, slope, (heard, normed, scale2, hidden) in zip(
        weights.blocks[::-1], slopes.blocks[::-1], kept[::-1]
    ):
        slope.fc2[:] = dx.T @ hidden
        dhidden = (dx @ block.fc2) * (hidden > 0)
        slope.fc1[:] = dhidden.T @ normed
        dx = keep * dx + rmsnorm_back(dhidden @ block.fc1, normed, scale2)
        dx = keep * dx + attend_back(talk * dx, block, slope, heard, n_head)
    dx = rmsnorm_back(dx, begin, scale)
    slopes.wpe[:T] = dx
    np.add.at(slopes.wte, ids[:-1], dx)
    return loss, slopes.flat


def through(x, block, n_head: int, keep: float, talk: float):
    """What a block answers, and what going back needs to know. Shapes: (T, C) -> (T, C)."""
    attention, heard = attend(x, block, n_head)
    x = keep * x + talk * attention  # here what came in is added, or lost
    normed, scale = rmsnorm(x)
    hidden = np.maximum(normed @ block.fc1.T, 0.0)
    return keep * x + hidden @ block.fc2.T, (heard, normed, scale, hidden)


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
            x, _ = through(x, block, gpt.config.n_head, keep, 1.0)
        ends.append(x[-1] / np.linalg.norm(x[-1]))
    alike = np.array(ends) @ np.array(ends).T  # (letters, letters), 1 on the diagonal
    pairs = len(ends) * (len(ends) - 1)
    return float(alike.sum() - len(ends)) / pairs


def attend(x, block, n_head: int):
    """What attention answers, and what going back needs to know. Shapes: (T, C) -> (T, C)."""
    T, C = x.shape
    normed, scale = rmsnorm(x)
    q, k, v = (normed @ block.qkv.T).reshape(T, 3, n_head, C // n_head).transpose(1, 2, 0, 3)
    shares = shares_of(q @ k.transpose(0, 2, 1) / np.sqrt(C // n_head) + later(T))  # (H, T, T)
    joined = (shares @ v).transpose(1, 0, 2).reshape(T, C)
    return joined @ block.wo.T, (normed, scale, q, k, v, shares, joined)


def attend_back(dx, block, slope, heard, n_head: int):
    """The slope for what came into attention; those of its weights go into `slope`."""
    normed, scale, q, k, v, shares, joined = heard
    T, C = joined.shape
    slope.wo[:] = dx.T @ joined
    dmixed = (dx @ block.wo).reshape(T, n_head, C // n_head).transpose(1, 0, 2)
    dshares = dmixed @ v.transpose(0, 2, 1)
    dscores = shares * (dshares - (dshares * shares).sum(-1, keepdims=True))
    dscores /= np.sqrt(C // n_head)
    dqkv = np.stack(
        (dscores @ k, dscores.transpose(0, 2, 1) @ q, shares.transpose(0, 2, 1) @ dmixed)
    )
    dqkv = dqkv.transpose(2, 0, 1, 3).reshape(T, 3 * C)
    slope.qkv[:] = dqkv.T @ normed
    return rmsnorm_back(dqkv @ block.qkv, normed, scale)
