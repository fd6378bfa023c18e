"""The five building blocks of microgpt with one node for each arithmetic operation, as published.

Slow, and every product and sum is visible in the graph. `ops_fused.py` has the same functions with
fewer and larger nodes; microgpt takes either.
Source: Andrej Karpathy, microgpt, 2026.
"""

from collections.abc import Sequence

from gptcore.scalar.attention import Vector
from gptcore.scalar.value import Value

EPSILON = 1e-5  # under RMSNorm's root, so that a vector of zeros can be normalised


def dot(a: Vector, b: Vector) -> Value:
    """Dot product.

    Args:
        a: Shape (n,).
        b: Shape (n,).
    """
    return sum((x * y for x, y in zip(a, b)), Value(0.0))


def linear(x: Vector, rows: Sequence[Vector]) -> list[Value]:
    """A linear layer without bias: one dot product for each row of weights.

    Args:
        x: Shape (n,).
        rows: Weights, shape (m, n).

    Returns:
        Shape (m,).
    """
    return [dot(row, x) for row in rows]


def softmax(logits: Vector) -> list[Value]:
    """Positive numbers that sum to 1, in the proportions of e^logit.

    Args:
        logits: Shape (n,).

    Returns:
        Shape (n,).
    """
    # exp(800) overflows; subtracting one number from all of them changes nothing
    largest = max(logit.data for logit in logits)
    exps = [(logit - largest).exp() for logit in logits]
    total = sum(exps, Value(0.0))
    return [e / total for e in exps]


def cross_entropy(logits: Vector, target: int) -> Value:
    """-log of the softmax probability of `target`.

    Args:
        logits: Shape (n,).
        target: Index of the right answer.

    Returns:
        Nats.
    """
    return -softmax(logits)[target].log()


def rmsnorm(x: Vector) -> list[Value]:
    """Scale a vector so that the mean of its squares is 1.

    Args:
        x: Shape (n,).

    Returns:
        Shape (n,).
    """
    mean_square = sum((xi * xi for xi in x), Value(0.0)) / len(x)
    scale = (mean_square + EPSILON) ** -0.5
    return [xi * scale for xi in x]
