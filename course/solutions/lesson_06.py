"""Lesson 6: which earlier letters matter?"""

from math import exp, sqrt


def softmax(scores: list[float]) -> list[float]:
    """Positive numbers that sum to 1, in the proportions of e^score."""
    powers = [exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def weights_of(q: list[float], keys: list[list[float]]) -> list[float]:
    """The attention weights of one query: dot products, scaled, softmax."""
    scores = [sum(a * b for a, b in zip(q, k)) / sqrt(len(q)) for k in keys]
    return softmax(scores)


def masked(scores: list[list[float]]) -> list[list[float]]:
    """Attention weights from a square of scores, with the causal mask."""
    T = len(scores)
    return [softmax(row[: i + 1]) + [0.0] * (T - i - 1) for i, row in enumerate(scores)]


# [BOS] k f q w 2 are six tokens. A head projects all 16 numbers of each to 16 / 4 numbers.
shapes = {
    "rows": 6,
    "columns": 6,
    "tokens seen": 6,
    "computed from": 16,
    "numbers in a query": 4,
}
