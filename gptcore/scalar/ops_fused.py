"""The five building blocks of microgpt with one node for each number that comes out.

A dot product of 16 pairs is 32 nodes in `ops_reference.py` and one here. That node has all 32
parents and an exact local gradient for each, derived by hand. Losses and gradients are the same. A
node is still one number, so it can be drawn like any other.
"""

from collections.abc import Sequence
from math import exp
from operator import mul

from gptcore.scalar.attention import Vector
from gptcore.scalar.ops_reference import EPSILON
from gptcore.scalar.value import Value, natural_log


def dot(a: Vector, b: Vector) -> Value:
    """Dot product: d/da = b, d/db = a.

    Args:
        a: Shape (n,).
        b: Shape (n,).
    """
    a_data, b_data = [v.data for v in a], [v.data for v in b]
    return Value(sum(map(mul, a_data, b_data)), "dot", (*a, *b), (*b_data, *a_data))


def linear(x: Vector, rows: Sequence[Vector]) -> list[Value]:
    """A linear layer without bias: one dot product for each row of weights.

    Args:
        x: Shape (n,).
        rows: Weights, shape (m, n).

    Returns:
        Shape (m,).
    """
    x, out = tuple(x), []
    x_data = tuple([v.data for v in x])  # read once, used by every row
    for row in rows:
        row_data = [w.data for w in row]
        out.append(Value(sum(map(mul, row_data, x_data)), "dot", (*row, *x), (*x_data, *row_data)))
    return out


def softmax_of_floats(logits: Sequence[float]) -> list[float]:
    """Softmax of plain numbers: (n,) -> (n,)."""
    largest = max(logits)  # exp(800) overflows; subtracting one number changes nothing
    exps = [exp(logit - largest) for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]


def softmax(logits: Vector) -> list[Value]:
    """Positive numbers that sum to 1: d p[i] / d logit[j] = p[i] * ((i == j) - p[j]).

    Args:
        logits: Shape (n,).

    Returns:
        Shape (n,).
    """
    parents = tuple(logits)
    probs = softmax_of_floats([logit.data for logit in logits])
    out = []
    for i, p in enumerate(probs):
        local_grads = [-p * q for q in probs]
        local_grads[i] += p
        out.append(Value(p, "softmax", parents, local_grads))
    return out


def cross_entropy(logits: Vector, target: int) -> Value:
    """-log of the softmax probability of `target`: d/d logit[j] = p[j] - (j == target).

    Args:
        logits: Shape (n,).
        target: Index of the right answer.

    Returns:
        Nats.
    """
    local_grads = softmax_of_floats([logit.data for logit in logits])
    nats = -natural_log(local_grads[target])
    local_grads[target] -= 1.0
    return Value(nats, "cross_entropy", tuple(logits), local_grads)


def rmsnorm(x: Vector) -> list[Value]:
    """Scale a vector so that the mean of its squares is 1.

    The scale s is the one fused node: ds/dx[j] = -s**3 * x[j] / n.

    Args:
        x: Shape (n,).

    Returns:
        Shape (n,).
    """
    x_data = [v.data for v in x]
    s = (sum(map(mul, x_data, x_data)) / len(x_data) + EPSILON) ** -0.5
    factor = -(s**3) / len(x_data)
    scale = Value(s, "1/rms", tuple(x), [factor * xj for xj in x_data])
    return [xi * scale for xi in x]
