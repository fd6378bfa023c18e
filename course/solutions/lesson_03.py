"""Lesson 3: scalar autograd."""

import math

from gptcore.scalar import Value


def tanh(x: Value) -> Value:
    """One node; the local gradient is computed from the output."""
    y = math.tanh(x.data)
    return Value(y, "tanh", (x,), (1 - y * y,))


# x occurs in L = v * x, in v = u + x, and in u = three * x: 8 + 2 + 2 * 3 = 16
gradients = {"L": 1, "v": 2, "u": 2, "three": 4, "x": 16}

# A and C visit c before d has added to it; a and b have no parents, so their order is free.
right_orders = {"B", "D"}
