"""Attention: one token asks, the earlier ones answer, and each head mixes what it heard.

Left out on purpose: a mask. Tokens come one at a time, so later ones are not there yet to be
    looked at.
Source: Vaswani et al. 2017, "Attention Is All You Need", arXiv 1706.03762.
"""

from math import sqrt


def attend(q, keys, values, n_head: int, ops):
    """What the newest token gathers from all tokens up to itself.

    Shapes: q (C,), keys and values (t, C) for the t tokens so far -> mixed (C,).
    """
    D = len(q) // n_head
    mixed = []
    for start in range(0, len(q), D):  # each head works on its own D of the C numbers
        head = slice(start, start + D)
        scores = [ops.dot(q[head], k[head]) / sqrt(D) for k in keys]  # (t,)
        weights = ops.softmax(scores)  # (t,), they sum to 1
        mixed += [ops.dot(weights, column) for column in zip(*(v[head] for v in values))]  # (D,)
    return mixed
