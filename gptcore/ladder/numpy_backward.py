"""The forward and backward pass in NumPy: all letters of a name at once, every gradient by hand.

Each forward function is followed by its backward function. The gradient of the loss for `x` is
called `dx` and has the shape of `x`. Two rules give nearly all of them: for y = x @ W.T, dW is
dy.T @ x and dx is dy @ W; and where a number is used twice, its gradients add up. There is no batch
dimension: one name at a time, as published.
Source: Andrej Karpathy, microgpt, 12 February 2026.
"""

from collections.abc import Callable, Collection
from functools import lru_cache, partial
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gptcore.ladder.weights import Array, Block, Weights
from gptcore.scalar.ops_reference import EPSILON

Ids = NDArray[np.integer]
SMALLEST = np.finfo(float).tiny


class AttentionCache(NamedTuple):
    """What attention computed in one block, for the backward pass."""

    normed: Array  # (T, C), the input after RMSNorm
    scale: Array  # (T, 1), the factor of RMSNorm
    qkv: Array  # (3, H, T, D)
    scores: Array  # (H, T, T), before any hook and any mask
    probs: Array  # (H, T, T), the attention weights: query (row) to key (column)
    context: Array  # (H, T, D), the weighted sums of values
    merged_heads: Array  # (T, C), the heads side by side
    output: Array  # (T, C), what is added to the residual stream


class MLPCache(NamedTuple):
    """What the MLP computed in one block, for the backward pass."""

    normed: Array  # (T, C)
    scale: Array  # (T, 1)
    hidden: Array  # (T, 4C)
    output: Array  # (T, C)


class ForwardCache(NamedTuple):
    """What the whole forward pass computed."""

    embedding: Array  # (T, C), after the first RMSNorm
    scale: Array  # (T, 1), the factor of that RMSNorm
    blocks: list[tuple[AttentionCache, MLPCache]]
    x: Array  # (T, C), the residual stream after the last block


def rmsnorm(x: Array) -> tuple[Array, Array]:
    """Scale each row so that the mean of its squares is 1.

    Args:
        x: Shape (T, C).

    Returns:
        The scaled rows, shape (T, C), and their factors, shape (T, 1).
    """
    mean_square = np.vecdot(x, x) / x.shape[1]  # (T,)
    scale = (1 / np.sqrt(mean_square + EPSILON))[:, None]  # (T, 1)
    return x * scale, scale


def rmsnorm_backward(dout: Array, normed: Array, scale: Array) -> Array:
    """The gradient for the input of RMSNorm.

    A larger number makes the scale of its whole row smaller: hence the second term.

    Args:
        dout: Gradient for the output, shape (T, C).
        normed: The output, shape (T, C).
        scale: The factors, shape (T, 1).

    Returns:
        Shape (T, C).
    """
    along = np.vecdot(dout, normed)[:, None] / normed.shape[1]  # (T, 1)
    dx: Array = (dout - normed * along) * scale
    return dx


def softmax(scores: Array) -> Array:
    """Softmax along the last axis.

    Args:
        scores: Any shape.

    Returns:
        Positive numbers of the same shape; each row sums to 1.
    """
    # exp(800) overflows; subtracting one number from a row changes nothing.
    exps: Array = np.exp(scores - scores.max(-1, keepdims=True))
    exps /= exps.sum(-1, keepdims=True)
    return exps


@lru_cache
def causal_mask(length: int) -> Array:
    """0 where a position (row) may attend, minus infinity for later ones: (T, T)."""
    return np.triu(np.full((length, length), -np.inf), 1)


def attention_forward(
    x: Array,
    block: Block,
    n_head: int,
    ablated_heads: Collection[int] = (),
    score_hook: Callable[[int, Array], Array] | None = None,
    causal: bool = True,
) -> AttentionCache:
    """Attention of one block, the only part where positions exchange anything.

    Args:
        x: The residual stream, shape (T, C).
        block: Weights of the layer.
        n_head: Heads.
        ablated_heads: Heads whose output is set to 0.
        score_hook: `score_hook(head, scores)` returns other scores, shape (T, T).
        causal: Whether later positions are masked.

    Returns:
        All that the backward pass needs.
    """
    T, C = x.shape
    D = C // n_head
    normed, scale = rmsnorm(x)
    qkv = (normed @ block.qkv.T).reshape(T, 3, n_head, D).transpose(1, 2, 0, 3)  # (3, H, T, D)
    q, k, v = qkv
    scores = q @ k.transpose(0, 2, 1) / sqrt(D)  # (H, T, D) @ (H, D, T) -> (H, T, T)
    hooked = scores
    if score_hook:
        hooked = np.stack([score_hook(h, scores[h].copy()) for h in range(n_head)])
    probs = softmax(hooked + causal_mask(T) if causal else hooked)
    context = probs @ v  # (H, T, T) @ (H, T, D) -> (H, T, D)
    for head in ablated_heads:
        context[head] = 0.0
    merged_heads = context.transpose(1, 0, 2).reshape(T, C)
    output = merged_heads @ block.wo.T
    return AttentionCache(normed, scale, qkv, scores, probs, context, merged_heads, output)


def attention_backward(dx: Array, cache: AttentionCache, block: Block, grads: Block) -> Array:
    """Backward pass of `attention_forward`.

    Args:
        dx: Gradient for the attention's output, shape (T, C).
        cache: From the forward pass.
        block: Weights of the layer.
        grads: The gradients of the weights are written here.

    Returns:
        Gradient for the attention's input, shape (T, C).
    """
    (H, T, D), (q, k, v) = cache.context.shape, cache.qkv
    np.matmul(dx.T, cache.merged_heads, out=grads.wo)  # (C, T) @ (T, C) -> (C, C)
    dcontext = (dx @ block.wo).reshape(T, H, D).transpose(1, 0, 2)  # (H, T, D)
    dscores = dcontext @ v.transpose(0, 2, 1)  # (H, T, T), so far the gradient for probs
    # Softmax: a larger score makes all other probabilities of its row smaller.
    dscores -= np.vecdot(dscores, cache.probs)[:, :, None]
    dscores *= cache.probs / sqrt(D)
    dheads = np.empty((T, 3, H, D))
    dq, dk, dv = dheads.transpose(1, 2, 0, 3)  # views, (H, T, D) each
    np.matmul(dscores, k, out=dq)
    np.matmul(dscores.transpose(0, 2, 1), q, out=dk)
    np.matmul(cache.probs.transpose(0, 2, 1), dcontext, out=dv)
    dqkv = dheads.reshape(T, 3 * H * D)  # (T, 3C)
    np.matmul(dqkv.T, cache.normed, out=grads.qkv)  # (3C, T) @ (T, C) -> (3C, C)
    return rmsnorm_backward(dqkv @ block.qkv, cache.normed, cache.scale)


def mlp_forward(x: Array, block: Block) -> MLPCache:
    """The MLP of one block, for each position by itself.

    Args:
        x: The residual stream, shape (T, C).
        block: Weights of the layer.

    Returns:
        All that the backward pass needs.
    """
    normed, scale = rmsnorm(x)
    hidden = np.maximum(normed @ block.fc1.T, 0.0)  # (T, 4C)
    return MLPCache(normed, scale, hidden, hidden @ block.fc2.T)


def mlp_backward(dx: Array, cache: MLPCache, block: Block, grads: Block) -> Array:
    """Backward pass of `mlp_forward`.

    Args:
        dx: Gradient for the MLP's output, shape (T, C).
        cache: From the forward pass.
        block: Weights of the layer.
        grads: The gradients of the weights are written here.

    Returns:
        Gradient for the MLP's input, shape (T, C).
    """
    np.matmul(dx.T, cache.hidden, out=grads.fc2)  # (C, T) @ (T, 4C) -> (C, 4C)
    dhidden = dx @ block.fc2  # (T, 4C)
    dhidden *= cache.hidden > 0  # ReLU lets through what is above 0
    np.matmul(dhidden.T, cache.normed, out=grads.fc1)  # (4C, T) @ (T, C) -> (4C, C)
    return rmsnorm_backward(dhidden @ block.fc1, cache.normed, cache.scale)


def forward_pass(
    ids: Ids,
    weights: Weights,
    n_head: int,
    ablated_heads: Collection[tuple[int, int]] = (),
    use_positions: bool = True,
    score_hook: Callable[[int, int, Array], Array] | None = None,
    causal: bool = True,
) -> ForwardCache:
    """The whole model up to the logits.

    Args:
        ids: Token ids, shape (T,).
        weights: Of the model.
        n_head: Heads in each layer.
        ablated_heads: Heads, each as (layer, head), whose output is set to 0.
        use_positions: Whether position embeddings are added.
        score_hook: `score_hook(layer, head, scores)` returns other scores, shape (T, T).
        causal: Whether later positions are masked.

    Returns:
        All that the backward pass needs.
    """
    x = weights.wte[ids]  # (T, C)
    if use_positions:
        x += weights.wpe[: len(ids)]
    embedding, scale = rmsnorm(x)
    x, blocks = embedding, []
    for layer, block in enumerate(weights.blocks):
        heads = [head for of_layer, head in ablated_heads if of_layer == layer]
        hook = partial(score_hook, layer) if score_hook else None
        attention = attention_forward(x, block, n_head, heads, hook, causal)
        x = x + attention.output
        mlp = mlp_forward(x, block)
        x = x + mlp.output
        blocks.append((attention, mlp))
    return ForwardCache(embedding, scale, blocks, x)


def backward(ids: Ids, weights: Weights, n_head: int, grads: Weights, causal: bool = True) -> float:
    """The loss of one name and its gradients.

    Args:
        ids: Inputs and targets in one row, shape (T + 1,).
        weights: Of the model.
        n_head: Heads in each layer.
        grads: Overwritten.
        causal: Whether later positions are masked. False is a mistake that lesson 6 shows.

    Returns:
        Nats per token.
    """
    embedding, scale, blocks, x = forward_pass(ids[:-1], weights, n_head, causal=causal)
    T, targets = len(x), ids[1:]
    dlogits = softmax(x @ weights.lm_head.T)  # (T, V), so far probabilities
    loss = cross_entropy(dlogits, targets)
    dlogits[np.arange(T), targets] -= 1.0  # probabilities minus one-hot targets
    dlogits /= T
    np.matmul(dlogits.T, x, out=grads.lm_head)  # (V, T) @ (T, C) -> (V, C)
    dx = dlogits @ weights.lm_head  # (T, C)
    for layer in reversed(range(len(blocks))):
        block, into, (attention, mlp) = weights.blocks[layer], grads.blocks[layer], blocks[layer]
        dx += mlp_backward(dx, mlp, block, into)  # x is used twice: as it is, and by the MLP
        dx += attention_backward(dx, attention, block, into)
    dx = rmsnorm_backward(dx, embedding, scale)
    grads.wpe[:T], grads.wpe[T:] = dx, 0.0
    one_hot = identity(len(weights.wte))[ids[:-1]]  # (T, V)
    np.matmul(one_hot.T, dx, out=grads.wte)  # (V, T) @ (T, C): a letter used twice adds up
    return loss


def cross_entropy(probs: Array, targets: Ids) -> float:
    """Mean of -log of the probability of each target.

    A probability below the smallest float counts as SMALLEST: 708 nats, not infinity and a warning.

    Args:
        probs: Shape (T, V).
        targets: Token ids, shape (T,).

    Returns:
        Nats per token.
    """
    of_targets = np.maximum(probs[np.arange(len(targets)), targets], SMALLEST)
    return float(-np.log(of_targets).sum()) / len(targets)


@lru_cache
def identity(size: int) -> Array:
    """The identity matrix, kept for the next call."""
    return np.eye(size)
