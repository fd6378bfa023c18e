"""Attention: a query is compared with all keys up to its own, and mixes their values.

There is no mask: tokens come one at a time, so later keys do not exist yet.
Source: Vaswani et al. 2017, "Attention Is All You Need", arXiv 1706.03762.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Protocol

from gptcore.scalar.value import Value

Vector = Sequence[Value]


class Ops(Protocol):
    """The functions of `ops_reference.py` and `ops_fused.py`."""

    def dot(self, a: Vector, b: Vector) -> Value: ...
    def linear(self, x: Vector, rows: Sequence[Vector]) -> list[Value]: ...
    def softmax(self, logits: Vector) -> list[Value]: ...
    def cross_entropy(self, logits: Vector, target: int) -> Value: ...
    def rmsnorm(self, x: Vector) -> list[Value]: ...


def attend(
    q: Vector, keys: Sequence[Vector], values: Sequence[Vector], n_head: int, ops: Ops
) -> list[Value]:
    """Multi-head attention of the newest token over all tokens up to itself.

    Args:
        q: Query of the newest token, shape (C,).
        keys: One for each token so far, shape (t, C).
        values: The same, shape (t, C).
        n_head: Heads; each uses its own C / n_head of the numbers.
        ops: `ops_fused` or `ops_reference`.

    Returns:
        The weighted sums of values, all heads side by side, shape (C,).
    """
    D = len(q) // n_head
    context: list[Value] = []
    for start in range(0, len(q), D):
        head = slice(start, start + D)
        scores = [ops.dot(q[head], k[head]) / sqrt(D) for k in keys]  # (t,)
        weights = ops.softmax(scores)  # (t,), they sum to 1
        context += [ops.dot(weights, column) for column in zip(*(v[head] for v in values))]  # (D,)
    return context
