"""Lesson 2: which way is down?"""

from collections.abc import Callable
from math import exp, log

knows_nothing = {"27 letters": log(27), "65 letters": log(65), "50,304 tokens": log(50_304)}


def slope_at(f: Callable[[list[float]], float], numbers: list[float], i: int) -> float:
    """Rise over run from one tiny step below to one above; then the number is put back."""
    here, step = numbers[i], 1e-5
    numbers[i] = here + step
    above = f(numbers)
    numbers[i] = here - step
    below = f(numbers)
    numbers[i] = here
    return (above - below) / (2 * step)


def slopes_of_logits(logits: list[float], came: int) -> list[float]:
    """What was said minus what was."""
    exps = [exp(logit) for logit in logits]
    return [e / sum(exps) - (i == came) for i, e in enumerate(exps)]


def one_step(weights: list[float], slopes_at: Callable, rate: float) -> list[float]:
    """All slopes first, at one place; then all weights move against them."""
    slopes = slopes_at(weights)
    return [weight - rate * slope for weight, slope in zip(weights, slopes)]
