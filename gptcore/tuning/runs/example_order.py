"""The examples of a step: questions, or pairs of answers."""

from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import TypeVar

Example = TypeVar("Example")


def examples_of_step(
    examples: Sequence[Example], step: int, count: int, seed: int
) -> list[Example]:
    """The examples of a step; each is used once before any is used again.

    Args:
        examples: All of them.
        step: Number of the step, from 1.
        count: Examples in a step.
        seed: Seed of the order, which depends on it and on the step alone.

    Returns:
        `count` examples.
    """
    N = len(examples)
    places = range((step - 1) * count, step * count)
    return [examples[epoch_order(N, seed, place // N)[place % N]] for place in places]


@lru_cache(maxsize=2)
def epoch_order(count: int, seed: int, epoch: int) -> list[int]:
    """The order of the examples in one round through all of them."""
    return Random(f"{seed} epoch {epoch}").sample(range(count), count)
