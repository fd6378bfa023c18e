"""Lesson 13: modern blocks."""

from math import cos, sin


def rotate(pairs, position, frequencies):
    """RoPE by hand: each pair (a, b) turns by position * its own frequency."""
    angles = [position * frequency for frequency in frequencies]
    return [
        (a * cos(angle) - b * sin(angle), a * sin(angle) + b * cos(angle))
        for (a, b), angle in zip(pairs, angles)
    ]


def repeat_kv(k, n_head):
    """Keys for each query head; neighbours share. Shapes: (B, K, T, D) -> (B, H, T, D)."""
    return k.repeat_interleave(n_head // k.shape[1], dim=1)


def swiglu(x, w_gate, w_up, w_down):
    """The gated MLP. Shapes: (N, C), two of (M, C), (C, M) -> (N, C)."""
    gate = x @ w_gate.T  # (N, M)
    return (gate * gate.sigmoid() * (x @ w_up.T)) @ w_down.T


def route(logits, k):
    """Weights of the k chosen experts of each token, 0 for the others. Shapes: (N, E) -> (N, E)."""
    probs = logits.softmax(dim=1)
    best = probs.topk(k, dim=1)
    chosen = probs.new_zeros(probs.shape).scatter(1, best.indices, best.values)
    return chosen / chosen.sum(dim=1, keepdim=True)


def megabytes(heads):
    """Of the KV cache of 8,192 tokens: L = 30, D = 64, keys and values, 2 bytes a number."""
    return 2 * 30 * heads * 64 * 8192 * 2 / 1e6


kv_megabytes = {
    "MHA, 9 heads": megabytes(9),
    "GQA, 3 heads": megabytes(3),
    "MQA, 1 head": megabytes(1),
}
