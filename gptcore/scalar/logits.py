"""A row of logits: softmax, cross-entropy and its gradient; and a table learned by descent.

The table of pair counts of lesson 1, found without counting. For longer contexts there are too many
rows; see `mlp.py`.
"""

from collections.abc import Iterator, Sequence
from math import log
from random import Random

from gptcore.checks import as_int
from gptcore.next_token import next_probabilities

INIT_STD = 1.0  # of the first logits: noise that one can see in a picture


def softmax(logits: Sequence[float]) -> list[float]:
    """Positive numbers that sum to 1, in the proportions of e^logit.

    Args:
        logits: Shape (V,).

    Returns:
        Shape (V,).

    Example:
        >>> softmax([0.0, 0.0])
        [0.5, 0.5]
    """
    return next_probabilities(logits)


def cross_entropy(logits: Sequence[float], target: int) -> float:
    """-log of the softmax probability of `target`.

    Args:
        logits: Shape (V,).
        target: Index of the right answer, 0 to V - 1.

    Returns:
        Nats.

    Raises:
        ValueError: If `target` has no logit; -1 is not the last one.

    Example:
        >>> round(cross_entropy([0.0, 0.0], target=1), 3)
        0.693
    """
    return -log(softmax(logits)[check_target(target, logits)])


def cross_entropy_grad(logits: Sequence[float], target: int) -> list[float]:
    """The gradient of the cross-entropy: probabilities minus the one-hot target.

    Args:
        logits: Shape (V,).
        target: Index of the right answer, 0 to V - 1.

    Returns:
        One number for each logit, shape (V,).

    Raises:
        ValueError: If `target` has no logit.

    Example:
        >>> cross_entropy_grad([0.0, 0.0], target=1)
        [0.5, -0.5]
    """
    grad = softmax(logits)
    grad[check_target(target, logits)] -= 1.0
    return grad


def check_target(target: int, logits: Sequence[float]) -> int:
    """The target as an int; ValueError for one that has no logit."""
    if as_int(target, "target", 0) >= len(logits):
        raise ValueError(f"target={target}: there are logits 0 to {len(logits) - 1}.")
    return as_int(target, "target")


def fit_logits(
    counts: Sequence[Sequence[float]], learning_rate: float, steps: int, rng: Random
) -> Iterator[list[list[float]]]:
    """Learn a table of probabilities by gradient descent from random logits.

    Each row minimises its own mean cross-entropy, whose gradient is the row of probabilities minus
    the row of relative counts. A row without counts learns nothing.

    Args:
        counts: How often each outcome followed, shape (rows, V).
        learning_rate: Multiplies the gradients.
        steps: Updates.
        rng: Draws the first logits.

    Yields:
        The probabilities before each update and after the last, shape (rows, V).

    Example:
        >>> *_, (row,) = fit_logits([[3, 1]], 0.5, 100, Random(1))
        >>> [round(p, 2) for p in row]
        [0.75, 0.25]
    """
    sums = [sum(row) for row in counts]
    target_probs = [[n / (total or 1) for n in row] for row, total in zip(counts, sums)]
    logits = [[rng.gauss(0, INIT_STD) for _ in row] for row in counts]
    for _ in range(as_int(steps, "steps", 0)):
        probs = [softmax(row) for row in logits]
        yield probs
        for row, p, target, total in zip(logits, probs, target_probs, sums):
            for j in range(len(row) if total else 0):
                row[j] -= learning_rate * (p[j] - target[j])
    yield [softmax(row) for row in logits]
