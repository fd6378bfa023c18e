"""Lesson 11: will it fit, how long, how good?"""

from math import sqrt

GIB = 2**30
PARAMETERS = 124_373_760  # 12 blocks, 768 numbers, 50,304 tokens, 1,024 positions

memory = {
    "weights": 4 * PARAMETERS / GIB,
    "slopes": 4 * PARAMETERS / GIB,
    "adam": 8 * PARAMETERS / GIB,
    "logits": 4 * 8 * 1024 * 50_304 / GIB,
}


def update(master, slope, rate: float):
    """The weights with all their digits, and the copy in bf16 that the next step multiplies."""
    moved = master - rate * slope
    return moved, moved.bfloat16()


# operations = 6 x parameters x tokens, and tokens = 20 x parameters
OPERATIONS = 9.4e17
well_spent = {
    "parameters in millions": sqrt(OPERATIONS / 120) / 1e6,
    "tokens in billions": 20 * sqrt(OPERATIONS / 120) / 1e9,
}
