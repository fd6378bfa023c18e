"""The five building blocks of microgpt with one node for each number that comes out.

A dot product of 16 pairs is 32 nodes in `ops_reference.py` and one here. The node has all 32
parents and
one exact slope for each, worked out on paper instead of by the engine. Same losses, same
gradients, fewer nodes. Left out on purpose: lists of numbers as nodes. One node is still one
number, so it draws like any other.
"""

from math import exp
from operator import mul

from gptcore.scalar.ops_reference import EPSILON
from gptcore.scalar.value import Value, natural_log


def dot(a, b):
    """Multiply pairwise and add up. d/da = b, d/db = a. Shapes: a, b (n,) -> one Value."""
    a_data, b_data = [v.data for v in a], [v.data for v in b]
    return Value(sum(map(mul, a_data, b_data)), "dot", (*a, *b), (*b_data, *a_data))


def linear(x, rows):
    """One dot product for each row of weights. Shapes: x (n,), rows (m, n) -> (m,)."""
    x, out = tuple(x), []
    x_data = tuple([v.data for v in x])  # read once, used by every row
    for row in rows:
        row_data = [w.data for w in row]
        out.append(Value(sum(map(mul, row_data, x_data)), "dot", (*row, *x), (*x_data, *row_data)))
    return out


def softmax_of_floats(logits):
    """Softmax of plain numbers. Shapes: (n,) -> (n,)."""
    largest = max(logits)  # exp(800) overflows; moving all together changes nothing
    exps = [exp(logit - largest) for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]


def softmax(logits):
    """Positive numbers that sum to 1.

    d p[i] / d logit[j] = p[i] * ((i == j) - p[j]). Shapes: (n,) -> (n,).
    """
    parents = tuple(logits)
    probs = softmax_of_floats([logit.data for logit in logits])
    out = []
    for i, p in enumerate(probs):
        local_grads = [-p * q for q in probs]
        local_grads[i] += p
        out.append(Value(p, "softmax", parents, local_grads))
    return out


def cross_entropy(logits, target: int):
    """How surprising `target` is: -log of the probability that softmax gives to it.

    d/d logit[j] = p[j] - (j == target), what was said minus what was. Units: nats.
    """
    local_grads = softmax_of_floats([logit.data for logit in logits])
    nats = -natural_log(local_grads[target])
    local_grads[target] -= 1.0
    return Value(nats, "cross_entropy", tuple(logits), local_grads)


def rmsnorm(x):
    """Scale a vector so that the mean of its squares is 1. Shapes: (n,) -> (n,).

    The scale s is the one node: ds/dx[j] = -s**3 * x[j] / n.
    """
    x_data = [v.data for v in x]
    s = (sum(map(mul, x_data, x_data)) / len(x_data) + EPSILON) ** -0.5
    bend = -(s**3) / len(x_data)
    scale = Value(s, "1/rms", tuple(x), [bend * xj for xj in x_data])
    return [xi * scale for xi in x]
