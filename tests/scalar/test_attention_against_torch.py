"""Attention, letter by letter, against PyTorch's with a causal mask: numbers and gradients."""

import random

import pytest

from gptcore.scalar import Value, ops_fused, ops_reference
from gptcore.scalar.attention import attend

torch = pytest.importorskip("torch")
T, C = 6, 12


def numbers(seed: int) -> list[list[float]]:
    rng = random.Random(seed)
    return [[rng.gauss(0, 1) for _ in range(C)] for _ in range(T)]


def values(rows) -> list[list[Value]]:
    return [[Value(number) for number in row] for row in rows]


def by_torch(q, k, v, n_head: int):
    """All letters at once. Shapes: (T, C) -> (T, C)."""
    heads = [x.view(T, n_head, C // n_head).transpose(0, 1) for x in (q, k, v)]  # (H, T, D)
    mixed = torch.nn.functional.scaled_dot_product_attention(*heads, is_causal=True)
    return mixed.transpose(0, 1).reshape(T, C)


@pytest.fixture
def tensors():
    return [torch.tensor(numbers(s), dtype=torch.float64, requires_grad=True) for s in (1, 2, 3)]


@pytest.mark.parametrize("ops", [ops_reference, ops_fused], ids=["reference", "fused"])
@pytest.mark.parametrize("n_head", [1, 2, 3, 4, 12])
def test_each_letter_hears_what_torch_says_it_hears(tensors, n_head, ops):
    wanted = by_torch(*tensors, n_head)
    q, k, v = (values(numbers(seed)) for seed in (1, 2, 3))
    for t in range(T):
        mixed = attend(q[t], k[: t + 1], v[: t + 1], n_head, ops)
        assert [m.data for m in mixed] == pytest.approx(wanted[t].tolist(), abs=1e-12)


@pytest.mark.parametrize("ops", [ops_reference, ops_fused], ids=["reference", "fused"])
@pytest.mark.parametrize("n_head", [1, 3])
def test_blame_reaches_queries_keys_and_values_as_in_torch(tensors, n_head, ops):
    pull = torch.tensor(numbers(4), dtype=torch.float64)  # any loss: a weighted sum of all outputs
    (by_torch(*tensors, n_head) * pull).sum().backward()
    rows = [values(numbers(seed)) for seed in (1, 2, 3)]
    q, k, v = rows
    loss = Value(0.0)
    for t in range(T):
        mixed = attend(q[t], k[: t + 1], v[: t + 1], n_head, ops)
        loss = loss + sum(m * p for m, p in zip(mixed, pull[t].tolist()))
    loss.backward()
    for ours, theirs in zip(rows, tensors):
        grads = [[number.grad for number in row] for row in ours]
        assert torch.allclose(torch.tensor(grads), theirs.grad.float(), atol=1e-6)
        assert grads[-1] == pytest.approx(theirs.grad[-1].tolist(), abs=1e-10)


def test_a_letter_that_has_not_come_yet_gets_no_gradient_in_torch_either(tensors):
    by_torch(*tensors, 2)[2].sum().backward()
    for tensor in tensors:
        assert not tensor.grad[3:].any()
