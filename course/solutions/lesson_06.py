"""Lesson 6: which letters should I listen to?"""

from math import exp, sqrt


def softmax(scores: list[float]) -> list[float]:
    """Positive numbers that sum to 1, in the proportions of e^score."""
    powers = [exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def weights_of(q: list[float], keys: list[list[float]]) -> list[float]:
    """How much one letter listens to each: query times key, scaled, as shares."""
    scores = [sum(a * b for a, b in zip(q, k)) / sqrt(len(q)) for k in keys]
    return softmax(scores)


def masked(scores: list[list[float]]) -> list[list[float]]:
    """Weights from a square of scores in which nobody listens to a later letter."""
    T = len(scores)
    return [softmax(row[: i + 1]) + [0.0] * (T - i - 1) for i, row in enumerate(scores)]


# [BOS] e m m a are five tokens; 16 numbers shared out among 4 heads are 4 of EVERY token.
shapes = {"rows": 5, "columns": 5, "tokens it listens to": 5, "numbers of each token": 4}
