"""Rules of speculative decoding, and a test that sees whether they change the distribution."""

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from course.solutions.lesson_15 import rule as right_rule

P = (0.30, 0.20, 0.15, 0.12, 0.09, 0.07, 0.04, 0.03)  # the model, for 8 tokens
Q = (0.26, 0.23, 0.13, 0.14, 0.08, 0.09, 0.04, 0.03)  # the draft
SURE = 24.3  # with 7 degrees of freedom, chi-squared is larger by chance once in a thousand times

Rule = Callable[[Sequence[float], Sequence[float]], tuple[Sequence[float], Sequence[float]]]


def sampled_again_from_p(p: Sequence[float], q: Sequence[float]) -> tuple:
    """Wrong: after a rejection, sample from p itself."""
    return right_rule(p, q)[0], p


RULES: dict[str, Rule] = {
    "right rule": right_rule,
    "sampled again from p": sampled_again_from_p,
}


def chi_squared(rule: Rule, draws: int, seed: int = 1) -> float:
    """How far tokens that were drawn by a rule are from the distribution of the model.

    Args:
        rule: From p and q to the chances of acceptance and the distribution after a rejection.
        draws: How many tokens are drawn.
        seed: Of the random numbers.
    """
    rng, tokens = Random(seed), range(len(P))
    accept, instead = rule(P, Q)
    counts = Counter[int]()
    for token in rng.choices(tokens, Q, k=draws):
        if rng.random() >= accept[token]:
            (token,) = rng.choices(tokens, instead)
        counts[token] += 1
    return sum((counts[x] - draws * P[x]) ** 2 / (draws * P[x]) for x in tokens)
