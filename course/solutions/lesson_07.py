"""Lesson 7: is that all?"""

from math import sqrt


def adam_step(weight, gradient, m, v, s):
    """Step s, counted from 0: both averages, both corrected, then the move."""
    m = 0.85 * m + 0.15 * gradient
    v = 0.99 * v + 0.01 * gradient**2
    up = m / (1 - 0.85 ** (s + 1))
    size = sqrt(v / (1 - 0.99 ** (s + 1)))
    return weight - 0.01 * up / (size + 1e-8), m, v


counts = {
    "wte": 27 * 16,
    "wpe": 16 * 16,
    "lm_head": 27 * 16,
    "wq, wk, wv, wo": 4 * 16 * 16,
    "fc1": 64 * 16,
    "fc2": 16 * 64,
}


def contest(table, documents):
    """Each name is predicted first and learned afterwards; the second half counts."""
    losses = []
    for document in documents:
        losses.append(table.loss(document))
        table.fit_document(document)
    half = len(losses) // 2
    return sum(losses[half:]) / len(losses[half:])
