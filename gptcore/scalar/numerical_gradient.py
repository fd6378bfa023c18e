"""Numerical gradients: move one number by a small step to both sides and measure the result.

Slow and a little inexact, and independent of any graph: that is why they can check `backward`.
"""

from collections.abc import Callable
from typing import NamedTuple

from gptcore.scalar.value import Value


class GradCheck(NamedTuple):
    """One derivative, computed in two ways."""

    analytical: float  # by `backward`
    numerical: float  # by small steps


def central_difference(f: Callable[[float], float], x: float, step: float = 1e-5) -> float:
    """The derivative of `f` at `x`, from one step below to one step above.

    Args:
        f: A function of one number.
        x: Where.
        step: Length of the step. Trap: 1e-15 is lost in the sixteen digits of a float; about 1e-5
            is best for numbers near 1.

    Returns:
        An approximation.

    Example:
        >>> round(central_difference(lambda x: x * x, 3.0), 6)
        6.0
    """
    return (f(x + step) - f(x - step)) / (2 * step)


def gradient_check(f: Callable[..., Value], *numbers: float, step: float = 1e-5) -> list[GradCheck]:
    """Compare the gradients of `backward` with numerical ones.

    Args:
        f: Takes as many Values as there are numbers and returns one Value.
        *numbers: Where the gradients are computed.
        step: Length of the small step.

    Returns:
        One pair (analytical, numerical) for each number.

    Raises:
        ValueError: If `f` does not return a Value.

    Example:
        >>> pair = gradient_check(lambda a, b: a * b + a, 2.0, 3.0)[0]
        >>> pair.analytical, round(pair.numerical, 6)
        (4.0, 4.0)
    """
    inputs = [Value(number) for number in numbers]
    result = f(*inputs)
    if not isinstance(result, Value):
        raise ValueError(f"f returned {result!r:.40}; it must return a Value made of its inputs.")
    result.backward()

    def along(i: int) -> Callable[[float], float]:
        return lambda x: f(*(Value(x if j == i else n) for j, n in enumerate(numbers))).data

    return [
        GradCheck(v.grad, central_difference(along(i), v.data, step)) for i, v in enumerate(inputs)
    ]
