"""Lesson 1: how far does counting get?"""

from math import exp, log


def surprise(p: float) -> float:
    """In nats: 0 for what was certain, the more the rarer."""
    return -log(p)


def row_of_shares(table: dict[str, dict[str, int]], letter: str) -> dict[str, float]:
    """Only the row counts: what came after this letter, and after no other."""
    row = table[letter]
    total = sum(row.values())
    return {then: count / total for then, count in row.items()}


def repaired(row: dict[str, int]) -> dict[str, float]:
    """A little to every count, before anything is divided; then the shares sum to 1."""
    total = sum(row.values()) + 0.1 * len(row)
    return {then: (count + 0.1) / total for then, count in row.items()}


# ln of so many even choices is the loss, so the choices are its exponential
choices = exp(2.56)
