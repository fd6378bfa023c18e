"""A row of logits: any numbers at all, made into probabilities, and which way to push each.

Layer 1 of the onion, first half: the table of pair counts of layer 0, found without counting. Left
out on purpose: tables for more than one letter back; there are too many rows (see `mlp.py`).
"""

from collections.abc import Iterator, Sequence
from math import log
from random import Random

from gptcore.checks import as_int
from gptcore.next_token import next_probabilities

FIRST_STD = 1.0  # spread of the first logits: noise that one can see in a picture


def softmax(logits: Sequence[float]) -> list[float]:
    """Positive numbers that sum to 1, in the proportions of e^logit. Shapes: (V,) -> (V,).

    Example: softmax([0.0, 0.0]) -> [0.5, 0.5]
    """
    return next_probabilities(logits)


def cross_entropy(logits: Sequence[float], target: int) -> float:
    """-log of the probability that softmax gives to `target`. Units: nats.

    Example: cross_entropy([0.0, 0.0], target=1) -> about 0.693
    """
    return -log(softmax(logits)[check_target(target, logits)])


def cross_entropy_grad(logits: Sequence[float], target: int) -> list[float]:
    """How fast the cross_entropy grows with each logit: what was said minus what was. Shapes: (V,).

    Example: cross_entropy_grad([0.0, 0.0], target=1) -> [0.5, -0.5]
    """
    grad = softmax(logits)
    grad[check_target(target, logits)] -= 1.0
    return grad


def check_target(target: int, logits: Sequence[float]) -> int:
    """The target as an int. Raises: ValueError for one that has no logit; -1 is not the last."""
    if as_int(target, "target", 0) >= len(logits):
        raise ValueError(f"target={target}: there are logits 0 to {len(logits) - 1}.")
    return as_int(target, "target")


def fit_logits(
    counts: Sequence[Sequence[float]], learning_rate: float, steps: int, rng: Random
) -> Iterator[list[list[float]]]:
    """Learn every row of a table by descent from noise; yield its probabilities, step by step.

    Each row goes down its own mean cross_entropy. The mean of "said minus was" over all that
    followed a
    letter is its row of probabilities minus its row of target_probs, so one row is one subtraction.
    Shapes: counts (rows, V) -> steps + 1 times (rows, V); a row without counts learns nothing.
    Example: [*fit_logits([[3, 1]], 0.5, 100, Random(1))][-1][0] -> about [0.75, 0.25]
    """
    sums = [sum(row) for row in counts]
    target_probs = [[n / (total or 1) for n in row] for row, total in zip(counts, sums)]
    logits = [[rng.gauss(0, FIRST_STD) for _ in row] for row in counts]
    for _ in range(as_int(steps, "steps", 0)):
        said = [softmax(row) for row in logits]
        yield said
        for row, p, was, total in zip(logits, said, target_probs, sums):
            for j in range(len(row) if total else 0):
                row[j] -= learning_rate * (p[j] - was[j])
    yield [softmax(row) for row in logits]
