"""Slopes without calculus: move one number by a tiny step to both sides and see what the result
does.

Slow, a little inexact, and it knows nothing of graphs: that is why it can judge `backward`.
"""

from typing import NamedTuple

from gptcore.scalar.value import Value


class GradCheck(NamedTuple):
    """One slope found in two ways."""

    analytical: float
    numerical: float


def central_difference(f, x: float, step: float = 1e-5) -> float:
    """The slope of `f` at `x`: rise over run, from one step below to one step above.


    Example: central_difference(lambda x: x * x, 3.0) -> about 6.0
    """
    # Trap: a step of 1e-15 is lost in the sixteen digits that a float has; 1e-5 is about best here.
    return (f(x + step) - f(x - step)) / (2 * step)


def gradient_check(f, *numbers: float, step: float = 1e-5) -> list[GradCheck]:
    """The slope of `f` for each of its numbers, by backward and by tiny steps.

    `f` takes as many Values and answers with one.
    Example: gradient_check(lambda a, b: a * b + a, 2.0, 3.0)[0] -> about (4.0, 4.0)
    """
    inputs = [Value(number) for number in numbers]
    result = f(*inputs)
    if not isinstance(result, Value):
        raise ValueError(f"f gave back {result!r:.40}; it must be a Value made of its inputs.")
    result.backward()

    def moved(i):
        return lambda x: f(*(Value(x if j == i else n) for j, n in enumerate(numbers))).data

    return [
        GradCheck(v.grad, central_difference(moved(i), v.data, step)) for i, v in enumerate(inputs)
    ]
