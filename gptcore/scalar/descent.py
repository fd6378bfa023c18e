"""Gradient descent, momentum and Adam on plain numbers.

Each rule knows only the gradient at the current point. They differ in what they remember: gradient
descent nothing, momentum one number for each weight (its velocity), Adam two. None of them notices
a learning rate that is too large; the points end in inf or nan.
Source: momentum as in Polyak 1964; Adam as in Kingma and Ba 2015, arXiv 1412.6980.
"""

from collections.abc import Callable, Iterator, Sequence
from math import sqrt

from gptcore.checks import as_int, as_number

Point = tuple[float, ...]
GradAt = Callable[..., Sequence[float]]  # grad_at(x, y) -> one number for each weight


def valley(x: float, y: float) -> float:
    """A long narrow valley, twenty times as steep along y as along x; its minimum is at (0, 0).

    Args:
        x: First weight.
        y: Second weight.

    Returns:
        The height, in the place of a loss.

    Example:
        >>> valley(-2.0, 1.0)
        12.0
    """
    return x * x / 2 + 10 * y * y


def valley_grad(x: float, y: float) -> Point:
    """The gradient of `valley`.

    Args:
        x: First weight.
        y: Second weight.

    Returns:
        The derivatives for x and for y.

    Example:
        >>> valley_grad(-2.0, 1.0)
        (-2.0, 20.0)
    """
    return x, 20 * y


def descend(
    grad_at: GradAt, start: Sequence[float], learning_rate: float, steps: int
) -> Iterator[Point]:
    """Gradient descent.

    Args:
        grad_at: `grad_at(x, y, ...)` returns the gradient at a point.
        start: One number for each weight.
        learning_rate: Multiplies the gradient.
        steps: Updates.

    Yields:
        The start, and the point after each update.

    Raises:
        ValueError: If `start` or `steps` is not usable.

    Example:
        >>> list(descend(lambda x: (2 * x,), (1.0,), 0.25, 2))
        [(1.0,), (0.5,), (0.25,)]
    """
    point, steps = check_start(start, steps)
    yield point
    for _ in range(steps):
        grad = grad_at(*point)  # all derivatives at the same point, before any weight moves
        point = tuple(w - learning_rate * g for w, g in zip(point, grad))
        yield point


def descend_with_momentum(
    grad_at: GradAt,
    start: Sequence[float],
    learning_rate: float,
    steps: int,
    momentum: float = 0.9,
) -> Iterator[Point]:
    """Gradient descent with momentum, as a ball rolls.

    Args:
        grad_at: `grad_at(x, y, ...)` returns the gradient at a point.
        start: One number for each weight.
        learning_rate: Multiplies the velocity.
        steps: Updates.
        momentum: How much of the velocity is kept at each step.

    Yields:
        The start, and the point after each update.

    Raises:
        ValueError: If `start` or `steps` is not usable.

    Example:
        >>> [round(x, 2) for (x,) in descend_with_momentum(lambda x: (2 * x,), (1.0,), 0.25, 2)]
        [1.0, 0.5, -0.2]
    """
    point, steps = check_start(start, steps)
    velocity = (0.0,) * len(point)
    yield point
    for _ in range(steps):
        grad = grad_at(*point)
        velocity = tuple(momentum * v + g for v, g in zip(velocity, grad))
        point = tuple(w - learning_rate * v for w, v in zip(point, velocity))
        yield point


def descend_with_adam(
    grad_at: GradAt,
    start: Sequence[float],
    learning_rate: float,
    steps: int,
    beta1: float = 0.85,
    beta2: float = 0.99,
    eps: float = 1e-8,
) -> Iterator[Point]:
    """Adam, the rule of `gptcore.scalar.Adam`: a steep direction moves no further than a flat one.

    Args:
        grad_at: `grad_at(x, y, ...)` returns the gradient at a point.
        start: One number for each weight.
        learning_rate: About how far a weight moves in one step.
        steps: Updates.
        beta1: Decay of the running mean of gradients.
        beta2: Decay of the running mean of squared gradients.
        eps: Keeps the division finite.

    Yields:
        The start, and the point after each update.

    Raises:
        ValueError: If `start` or `steps` is not usable.

    Example:
        >>> *_, (x, y) = descend_with_adam(valley_grad, (-9.0, 2.0), 0.1, 1)
        >>> round(x, 2), round(y, 2)
        (-8.9, 1.9)
    """
    point, steps = check_start(start, steps)
    mean = mean_square = (0.0,) * len(point)
    yield point
    for t in range(1, steps + 1):
        grad = grad_at(*point)
        mean = tuple(beta1 * m + (1 - beta1) * g for m, g in zip(mean, grad))
        mean_square = tuple(beta2 * v + (1 - beta2) * g * g for v, g in zip(mean_square, grad))
        rate, correction = learning_rate / (1 - beta1**t), 1 - beta2**t  # both start at 0
        point = tuple(
            w - rate * m / (sqrt(v / correction) + eps) for w, m, v in zip(point, mean, mean_square)
        )
        yield point


def check_start(start: Sequence[float], steps: int) -> tuple[Point, int]:
    """Start and steps as Python's numbers; ValueError for anything else."""
    if isinstance(start, (str, bytes)) or not hasattr(start, "__iter__"):
        raise ValueError(
            f"start={start!r} must be a point, one number for each weight, such as (-9.0, 2.0)."
        )
    return tuple(as_number(w, "start") for w in start), as_int(steps, "steps", 0)
