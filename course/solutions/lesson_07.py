"""Lesson 7: microgpt."""

from math import sqrt


def rms_norm(x: list[float]) -> list[float]:
    """The numbers, divided by the root of the mean of their squares."""
    mean_square = sum(number * number for number in x) / len(x)
    return [number / sqrt(mean_square + 1e-5) for number in x]


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
