"""Lesson 1: how far does counting get?"""

from math import exp, log


def token_loss(p: float) -> float:
    """In nats: 0 for p = 1, and more for smaller p."""
    return -log(p)


def row_probabilities(table: dict[str, dict[str, int]], letter: str) -> dict[str, float]:
    """Only this row: what followed this letter, and no other."""
    row = table[letter]
    total = sum(row.values())
    return {then: count / total for then, count in row.items()}


def smoothed(row: dict[str, int]) -> dict[str, float]:
    """Add a little to every count before the division; then the probabilities sum to 1."""
    total = sum(row.values()) + 0.1 * len(row)
    return {then: (count + 0.1) / total for then, count in row.items()}


# The loss is ln of the number of equal choices, so the number is its exponential.
choices = exp(2.56)
