"""Lesson 11: the budget."""

from math import sqrt

GIB = 2**30
PARAMETERS = 124_373_760  # 12 blocks, 768 numbers, 50,304 tokens, 1,024 positions

memory = {
    "weights": 4 * PARAMETERS / GIB,
    "gradients": 4 * PARAMETERS / GIB,
    "optimizer state": 8 * PARAMETERS / GIB,
    "logits": 4 * 8 * 1024 * 50_304 / GIB,
}


def update(master, grad, learning_rate: float):
    """The master weights in float32, and the bfloat16 copy for the next step."""
    moved = master - learning_rate * grad
    return moved, moved.bfloat16()


# FLOPs = 6 x parameters x tokens, and tokens = 20 x parameters
FLOPS = 9.4e17
well_spent = {
    "parameters in millions": sqrt(FLOPS / 120) / 1e6,
    "tokens in billions": 20 * sqrt(FLOPS / 120) / 1e9,
}
