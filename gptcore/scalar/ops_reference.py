"""The five building blocks of microgpt, one node for each arithmetic operation, as published.

`ops_fused.py` has the same five functions with fewer, larger nodes; microgpt takes either.
Left out on purpose: speed. Every product and every sum stays visible in the graph.
Source: Andrej Karpathy, microgpt, 2026.
"""

EPSILON = 1e-5  # under RMSNorm's root, so that a vector of zeros can be normalised


def dot(a, b):
    """Multiply pairwise and add up. Shapes: a, b (n,) -> one Value."""
    return sum(x * y for x, y in zip(a, b))


def linear(x, rows):
    """One dot product for each row of weights. Shapes: x (n,), rows (m, n) -> (m,)."""
    return [dot(row, x) for row in rows]


def softmax(logits):
    """Positive numbers that sum to 1, in the proportions of e^logit. Shapes: (n,) -> (n,)."""
    # exp(800) overflows; moving all together changes nothing
    largest = max(logit.data for logit in logits)
    exps = [(logit - largest).exp() for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]


def cross_entropy(logits, target: int):
    """-log of the probability that softmax gives to `target`.

    Units: nats. Shapes: (n,) -> one Value.
    """
    return -softmax(logits)[target].log()


def rmsnorm(x):
    """Scale a vector so that the mean of its squares is 1. Shapes: (n,) -> (n,)."""
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + EPSILON) ** -0.5
    return [xi * scale for xi in x]
