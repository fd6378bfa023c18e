"""Lesson 4: which letters are alike?"""

from math import sqrt


def embed(ids: list[int], wte: list[list[float]]) -> list[float]:
    """The rows of the ids, concatenated."""
    return [number for token in ids for number in wte[token]]


def count_parameters(vocab_size: int, context_size: int, n_embd: int, n_hidden: int) -> int:
    """Embedding table, first linear layer, second linear layer."""
    table = vocab_size * n_embd
    first = n_hidden * context_size * n_embd + n_hidden
    second = vocab_size * n_hidden + vocab_size
    return table + first + second


def adam_step(
    weight: float, gradient: float, m: float, v: float, step: int
) -> tuple[float, float, float]:
    """Both moments, both corrected, then the move; steps count from 0."""
    m = 0.85 * m + 0.15 * gradient
    v = 0.99 * v + 0.01 * gradient**2
    corrected_m = m / (1 - 0.85 ** (step + 1))
    corrected_v = v / (1 - 0.99 ** (step + 1))
    return weight - 0.01 * corrected_m / (sqrt(corrected_v) + 1e-8), m, v
