"""Lesson 3: who is to blame for the loss?"""

import math

from gptcore.scalar import Value


def tanh(x: Value) -> Value:
    """One node: the output, and the slope told from the output."""
    y = math.tanh(x.data)
    return Value(y, "tanh", (x,), (1 - y * y,))


# x stands in L = v * x, in v = u + x, and in u = three * x: 8 + 2 + 2 * 3 = 16
gradients = {"L": 1, "v": 2, "u": 2, "three": 4, "x": 16}

# A and C ask d or c too early; between a and b, who hand on nothing, any order will do.
right_orders = {"B", "D"}
