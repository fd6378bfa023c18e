"""The model and its slopes in NumPy: all letters of a name at once, every slope written by hand.

Each way forward stands beside its way back: `rmsnorm` and `rmsnorm_back`, `talk` and `talk_back`,
`think` and `think_back`. A slope is called after its number, `dx` for `x`, and has the same shape.
Two rules make nearly all of them. For y = x @ W.T the slope for W is dy.T @ x, and the slope for x
is dy @ W. And where a number was used twice, its slopes add up.
Left out on purpose: batches (one name at a time, as published), and a cache for inventing names.
Source: Andrej Karpathy, microgpt, 12 February 2026.
"""

from functools import lru_cache, partial
from math import sqrt
from typing import NamedTuple

import numpy as np

from gptcore.ladder.weights import Block, Weights
from gptcore.scalar.ops_reference import EPSILON

Array = np.ndarray
SMALLEST = np.finfo(float).tiny


class Talk(NamedTuple):
    """What attention did in one block: all that the way back needs to know."""

    normed: Array  # (T, C), what it read
    scale: Array  # (T, 1), what RMSNorm had multiplied by
    qkv: Array  # (3, H, T, D)
    scores: Array  # (H, T, T), before any edit and any mask
    shares: Array  # (H, T, T), who (row) listens to whom (column)
    mixed: Array  # (H, T, D), what each head gathered
    joined: Array  # (T, C), the heads side by side
    added: Array  # (T, C), what was added to the letters


class Think(NamedTuple):
    """What the MLP did in one block."""

    normed: Array  # (T, C)
    scale: Array  # (T, 1)
    hidden: Array  # (T, 4C)
    added: Array  # (T, C)


def rmsnorm(x: Array) -> tuple[Array, Array]:
    """Each row scaled so that the mean of its squares is 1, and by how much it was scaled.

    Shapes: (T, C) -> (T, C), (T, 1).
    """
    mean_square = np.vecdot(x, x) / x.shape[1]  # (T,)
    scale = (1 / np.sqrt(mean_square + EPSILON))[:, None]  # (T, 1)
    return x * scale, scale


def rmsnorm_back(slope: Array, normed: Array, scale: Array) -> Array:
    """The slope for what went into RMSNorm, from the slope for what came out.

    Making one number larger makes the scale of its whole row smaller: hence the second part.
    Shapes: all (T, C), scale (T, 1).
    """
    along = np.vecdot(slope, normed) / normed.shape[1]  # (T,)
    return (slope - normed * along[:, None]) * scale


def shares_of(scores: Array) -> Array:
    """Softmax along the last axis: positive numbers, each row sums to 1."""
    # exp(800) overflows; moving a row together changes nothing.
    exps = np.exp(scores - scores.max(-1, keepdims=True))
    exps /= exps.sum(-1, keepdims=True)
    return exps


@lru_cache
def later(length: int) -> Array:
    """0 where a letter (row) may look, minus infinity where it may not. Shapes: (T, T)."""
    return np.triu(np.full((length, length), -np.inf), 1)


def talk(x: Array, block: Block, n_head: int, silenced=(), edit=None, causal=True) -> Talk:
    """Attention: the only place where letters meet. Shapes: x (T, C)."""
    T, C = x.shape
    D = C // n_head
    normed, scale = rmsnorm(x)
    qkv = (normed @ block.qkv.T).reshape(T, 3, n_head, D).transpose(1, 2, 0, 3)  # (3, H, T, D)
    q, k, v = qkv
    scores = q @ k.transpose(0, 2, 1) / sqrt(D)  # (H, T, D) @ (H, D, T) -> (H, T, T)
    edited = np.stack([edit(h, scores[h].copy()) for h in range(n_head)]) if edit else scores
    shares = shares_of(edited + later(T) if causal else edited)
    mixed = shares @ v  # (H, T, T) @ (H, T, D) -> (H, T, D)
    for head in silenced:
        mixed[head] = 0.0
    joined = mixed.transpose(1, 0, 2).reshape(T, C)
    return Talk(normed, scale, qkv, scores, shares, mixed, joined, joined @ block.wo.T)


def talk_back(dx: Array, was: Talk, block: Block, slope: Block) -> Array:
    """Slopes of the four matrices into `slope`; answers with the slope for the `x` of `talk`."""
    (H, T, D), (q, k, v) = was.mixed.shape, was.qkv
    np.matmul(dx.T, was.joined, out=slope.wo)  # (C, T) @ (T, C) -> (C, C)
    dmixed = (dx @ block.wo).reshape(T, H, D).transpose(1, 0, 2)  # (H, T, D)
    dscores = dmixed @ v.transpose(0, 2, 1)  # (H, T, T), so far the slope for the shares
    # Softmax: raising one score takes from all other shares of its row.
    dscores -= np.vecdot(dscores, was.shares)[:, :, None]
    dscores *= was.shares / sqrt(D)
    dheads = np.empty((T, 3, H, D))
    dq, dk, dv = dheads.transpose(1, 2, 0, 3)  # views of it, (H, T, D) each
    np.matmul(dscores, k, out=dq)
    np.matmul(dscores.transpose(0, 2, 1), q, out=dk)
    np.matmul(was.shares.transpose(0, 2, 1), dmixed, out=dv)
    dqkv = dheads.reshape(T, 3 * H * D)  # (T, 3C)
    np.matmul(dqkv.T, was.normed, out=slope.qkv)  # (3C, T) @ (T, C) -> (3C, C)
    return rmsnorm_back(dqkv @ block.qkv, was.normed, was.scale)


def think(x: Array, block: Block) -> Think:
    """The MLP: each letter for itself. Shapes: x (T, C)."""
    normed, scale = rmsnorm(x)
    hidden = np.maximum(normed @ block.fc1.T, 0.0)  # (T, 4C)
    return Think(normed, scale, hidden, hidden @ block.fc2.T)


def think_back(dx: Array, was: Think, block: Block, slope: Block) -> Array:
    """Slopes of both matrices into `slope`; answers with the slope for the `x` of `think`."""
    np.matmul(dx.T, was.hidden, out=slope.fc2)  # (C, T) @ (T, 4C) -> (C, 4C)
    dhidden = dx @ block.fc2  # (T, 4C)
    dhidden *= was.hidden > 0  # ReLU let through what was above 0
    np.matmul(dhidden.T, was.normed, out=slope.fc1)  # (4C, C)
    return rmsnorm_back(dhidden @ block.fc1, was.normed, was.scale)


def run_through(
    ids, weights: Weights, n_head: int, silenced=(), use_positions=True, edit=None, causal=True
):
    """The whole way forward: what the stream begins with, its scale, the blocks, and its end.

    Shapes: ids (T,) -> (T, C), (T, 1), L pairs of (Talk, Think), (T, C).
    """
    x = weights.wte[ids]  # (T, C)
    if use_positions:
        x += weights.wpe[: len(ids)]
    begin, scale = rmsnorm(x)
    x, blocks = begin, []
    for layer, block in enumerate(weights.blocks):
        muted = [head for where, head in silenced if where == layer]
        talked = talk(x, block, n_head, muted, edit and partial(edit, layer), causal)
        x = x + talked.added
        thought = think(x, block)
        x = x + thought.added
        blocks.append((talked, thought))
    return begin, scale, blocks, x


def backward(ids: Array, weights: Weights, n_head: int, slopes: Weights, causal=True) -> float:
    """The loss of one name; its slopes are written into `slopes`, over what stood there.

    `causal=False` hides nothing from anybody: wrong, and made for lesson 5, which shows it.
    """
    begin, scale, blocks, x = run_through(ids[:-1], weights, n_head, causal=causal)
    T, targets = len(x), ids[1:]
    dlogits = shares_of(x @ weights.lm_head.T)  # (T, V), so far probabilities
    loss = mean_surprise(dlogits, targets)
    dlogits[np.arange(T), targets] -= 1.0  # what was said minus what was
    dlogits /= T
    np.matmul(dlogits.T, x, out=slopes.lm_head)  # (V, T) @ (T, C) -> (V, C)
    dx = dlogits @ weights.lm_head  # (T, C)
    for layer in reversed(range(len(blocks))):
        block, slope, (talked, thought) = weights.blocks[layer], slopes.blocks[layer], blocks[layer]
        dx += think_back(dx, thought, block, slope)  # x went on as it was, and through the MLP
        dx += talk_back(dx, talked, block, slope)
    dx = rmsnorm_back(dx, begin, scale)
    slopes.wpe[:T], slopes.wpe[T:] = dx, 0.0
    seen = rows_of_one(len(weights.wte))[ids[:-1]]  # (T, V), a 1 in each row: which letter it was
    np.matmul(seen.T, dx, out=slopes.wte)  # (V, T) @ (T, C): a letter seen twice adds up
    return loss


def mean_surprise(probs: Array, targets: Array) -> float:
    """Mean of -log of the probability that each target had. Shapes: (T, V), (T,).

    A probability too small for 64 bits is taken as SMALLEST: 708 nats, not infinity and a warning.
    """
    said = np.maximum(probs[np.arange(len(targets)), targets], SMALLEST)
    return float(-np.log(said).sum()) / len(targets)


@lru_cache
def rows_of_one(size: int) -> Array:
    """The identity matrix; it is the same every time."""
    return np.eye(size)
