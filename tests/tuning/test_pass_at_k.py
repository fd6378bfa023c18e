"""pass@k against all subsets, and against what it estimates."""

from itertools import combinations

import numpy as np
import pytest

from gptcore.tuning import pass_at_k


@pytest.mark.parametrize("n", range(1, 8))
def test_pass_at_k_is_the_share_of_all_subsets_with_a_right_answer(n):
    for c in range(n + 1):
        for k in range(1, n + 1):
            subsets = list(combinations([1] * c + [0] * (n - c), k))
            share = sum(any(subset) for subset in subsets) / len(subsets)
            assert pass_at_k(n, c, k) == pytest.approx(share, abs=1e-12)


def test_pass_at_k_is_right_on_average_and_the_plug_in_estimate_is_too_low():
    p, n, k = 0.3, 8, 4
    weights = [np.prod([(n - i) / (i + 1) for i in range(c)]) for c in range(n + 1)]  # binomial
    chances = [w * p**c * (1 - p) ** (n - c) for c, w in enumerate(weights)]
    truth = 1 - (1 - p) ** k
    unbiased = sum(chance * pass_at_k(n, c, k) for c, chance in enumerate(chances))
    plug_in = sum(chance * (1 - (1 - c / n) ** k) for c, chance in enumerate(chances))
    assert unbiased == pytest.approx(truth, abs=1e-12)
    assert plug_in < truth - 0.02


@pytest.mark.parametrize(
    ("n", "c", "k", "words"),
    [(4, 5, 1, "more than the n=4"), (4, 1, 8, "at least 8"), (0, 0, 1, "n=0"), (4, 1, 0, "k=0")],
)
def test_impossible_counts_are_refused(n, c, k, words):
    with pytest.raises(ValueError, match=words):
        pass_at_k(n, c, k)
