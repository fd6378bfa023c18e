"""Lesson 2: a program that is wrong without an error, for the reader to find out from evidence.

Read this after you have guessed.
"""

from collections.abc import Iterator
from random import Random

from gptcore.scalar import softmax


def second_fit(
    counts: list[list[float]], learning_rate: float, steps: int, rng: Random
) -> Iterator[list[list[float]]]:
    """Learn a table as `fit_logits` does, with one thing changed."""
    shares = [[n / (sum(row) or 1) for n in row] for row in counts]
    logits = [[rng.gauss(0, 1) for _ in row] for row in counts]
    for _ in range(steps):
        # Softmax of a softmax: its inputs are between 0 and 1, so none gets above e / (e + 26).
        yield [softmax(softmax(row)) for row in logits]
        for row, share in zip(logits, shares):
            inner = softmax(row)
            outer = [p - s for p, s in zip(softmax(inner), share)]
            mean = sum(p * g for p, g in zip(inner, outer))
            for j, (p, g) in enumerate(zip(inner, outer)):
                row[j] -= learning_rate * p * (g - mean)
    yield [softmax(softmax(row)) for row in logits]
