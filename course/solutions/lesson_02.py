"""Lesson 2: which way is down?"""

from collections.abc import Callable
from math import exp, log

untrained_loss = {"27 tokens": log(27), "65 characters": log(65), "50,304 tokens": log(50_304)}


def slope_at(f: Callable[[list[float]], float], numbers: list[float], i: int) -> float:
    """The difference between one small step above and one below; then the number is put back."""
    here, step = numbers[i], 1e-5
    numbers[i] = here + step
    above = f(numbers)
    numbers[i] = here - step
    below = f(numbers)
    numbers[i] = here
    return (above - below) / (2 * step)


def logits_gradient(logits: list[float], target: int) -> list[float]:
    """Probabilities minus the one-hot target."""
    exps = [exp(logit) for logit in logits]
    return [e / sum(exps) - (i == target) for i, e in enumerate(exps)]


def one_step(parameters: list[float], gradient_at: Callable, rate: float) -> list[float]:
    """The whole gradient first, at one place; then all parameters move against it."""
    gradient = gradient_at(parameters)
    return [parameter - rate * slope for parameter, slope in zip(parameters, gradient)]
