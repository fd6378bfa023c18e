"""Softmax, cross-entropy, its gradient against PyTorch; a table by descent against counts."""

from collections import Counter
from random import Random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gptcore.corpus import load_documents
from gptcore.scalar import cross_entropy, cross_entropy_grad, fit_logits, softmax

rows = st.lists(st.floats(-30, 30), min_size=2, max_size=9)


@given(rows)
def test_softmax_cross_entropy_and_gradients_are_those_of_torch(row):
    target = len(row) // 2
    logits = torch.tensor(row, dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(logits[None], torch.tensor([target]))
    loss.backward()
    assert softmax(row) == pytest.approx(torch.softmax(logits, 0).tolist(), rel=1e-10)
    assert cross_entropy(row, target) == pytest.approx(loss.item(), rel=1e-9, abs=1e-12)
    assert cross_entropy_grad(row, target) == pytest.approx(logits.grad.tolist(), abs=1e-12)


def test_the_gradients_sum_to_nothing_and_only_what_came_is_pushed_up():
    grad = cross_entropy_grad([0.0] * 27, 4)
    assert sum(grad) == pytest.approx(0)
    assert grad[4] == pytest.approx(1 / 27 - 1)
    assert grad[:4] + grad[5:] == pytest.approx([1 / 27] * 26)


def test_descent_from_noise_finds_the_table_that_counting_knows():
    names = load_documents("names")
    counts = Counter(pair for name in names for pair in zip("." + name, name + "."))
    letters = [*sorted(set("".join(names))), "."]
    table = [[counts[a, b] for b in letters] for a in letters]
    first, *_, learned = fit_logits(table, learning_rate=4, steps=400, rng=Random(1))
    differ = []
    for row, p in zip(table, learned):
        assert sum(p) == pytest.approx(1)
        differ += [abs(n / sum(row) - q) for n, q in zip(row, p)]
    assert max(differ) < 0.01
    assert max(abs(p - q) for p, q in zip(first[0], learned[0])) > 0.05, "it began there"


def test_a_row_that_was_never_counted_stays_as_it_was():
    first, *_, last = fit_logits([[0, 0], [1, 3]], 1.0, 200, Random(1))
    assert first[0] == last[0]
    assert last[1] == pytest.approx([0.25, 0.75], abs=1e-6)
