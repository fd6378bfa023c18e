"""pass@k: how often at least one of k answers is right, estimated without bias from n answers.

Trap: 1 - (1 - c/n)**k is too low on average, because c/n is only an estimate.
Source: Chen et al. 2021, Evaluating Large Language Models Trained on Code, arXiv 2107.03374.
"""

from math import comb

from gptcore.checks import as_int


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that k of n answers, taken without replacement, include a right one.

    Args:
        n: Answers that were sampled for a question.
        c: How many of them are right.
        k: How many answers a user would take.

    Returns:
        A probability; its mean over questions is pass@k.

    Raises:
        ValueError: If c or k is larger than n.

    Example:
        >>> pass_at_k(n=4, c=1, k=2)
        0.5
    """
    n, c, k = as_int(n, "n", 1), as_int(c, "c", 0), as_int(k, "k", 1)
    if c > n:
        raise ValueError(f"c={c} right answers are more than the n={n} answers. Count again.")
    if k > n:
        raise ValueError(
            f"k={k} is larger than n={n}: sample at least {k} answers for each question, or take "
            f"k={n}."
        )
    return 1 - comb(n - c, k) / comb(n, k)
