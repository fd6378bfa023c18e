"""Walk downhill: three rules that turn grad into steps, on plain numbers.

All three know of the landscape only its grad where they stand. They differ in what they remember:
descent nothing, momentum one number for each weight (its velocity), Adam two.
Left out on purpose: knowing when to stop. A learning rate that is too large ends in inf or nan, and
    whoever walks sees it in the places.
Source: momentum as Polyak 1964 has it; Adam as Kingma and Ba 2015, arXiv 1412.6980.
"""

from collections.abc import Callable, Iterator, Sequence
from math import sqrt

from gptcore.checks import as_int, as_number

Point = tuple[float, ...]
GradAt = Callable[..., Sequence[float]]  # grad_at(x, y) -> one g for each weight


def valley(x: float, y: float) -> float:
    """A long narrow valley, twenty times as steep across (y) as along (x); bottom at (0, 0).

    Example: valley(-2.0, 1.0) -> 12.0
    """
    return x * x / 2 + 10 * y * y


def valley_grad(x: float, y: float) -> Point:
    """How fast `valley` rises along x and along y.

    Example: valley_grad(-2.0, 1.0) -> (-2.0, 20.0)
    """
    return x, 20 * y


def descend(
    grad_at: GradAt, start: Sequence[float], learning_rate: float, steps: int
) -> Iterator[Point]:
    """Gradient descent: yield the start, and the point after each step against the grad.

    Example: list(descend(lambda x: (2 * x,), (1.0,), 0.25, 2)) -> [(1.0,), (0.5,), (0.25,)]
    """
    point, steps = check(start, steps)
    yield point
    for _ in range(steps):
        grad = grad_at(*point)  # all of them measured here, before anything moves
        point = tuple(w - learning_rate * g for w, g in zip(point, grad))
        yield point


def descend_with_momentum(
    grad_at: GradAt,
    start: Sequence[float],
    learning_rate: float,
    steps: int,
    momentum: float = 0.9,
) -> Iterator[Point]:
    """The same, as a ball rolls: each step keeps nine tenths of the one before.

    Example: [*descend_with_momentum(lambda x: (2 * x,), (1.0,), 0.25, 2)][-1] -> about (-0.2,)
    """
    point, steps = check(start, steps)
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
    """Adam: each weight has a step of its own size, so a steep side is no longer than a flat one.

    The rule is that of `gptcore.scalar.Adam`, which moves Values.
    Example: [*descend_with_adam(valley_grad, (-9.0, 2.0), 0.1, 1)][-1] -> about (-8.9, 1.9)
    """
    point, steps = check(start, steps)
    mean = mean_square = (0.0,) * len(point)
    yield point
    for t in range(1, steps + 1):
        grad = grad_at(*point)
        mean = tuple(beta1 * m + (1 - beta1) * g for m, g in zip(mean, grad))
        mean_square = tuple(beta2 * v + (1 - beta2) * g * g for v, g in zip(mean_square, grad))
        rate, correction = learning_rate / (1 - beta1**t), 1 - beta2**t  # both begin at 0: made up
        point = tuple(
            w - rate * m / (sqrt(v / correction) + eps) for w, m, v in zip(point, mean, mean_square)
        )
        yield point


def check(start: Sequence[float], steps: int) -> tuple[Point, int]:
    """Start and steps as Python's numbers. Raises: ValueError for some that cannot be walked."""
    if isinstance(start, (str, bytes)) or not hasattr(start, "__iter__"):
        raise ValueError(
            f"start={start!r} must be a point, one number for each weight, such as (-9.0, 2.0)."
        )
    return tuple(as_number(w, "start") for w in start), as_int(steps, "steps", 0)
