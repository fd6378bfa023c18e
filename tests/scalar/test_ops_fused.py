"""One node for each result, held against one node for each operation and against PyTorch."""

import math
from itertools import islice

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.scalar import MicroConfig, MicroGPT, Value, ops_fused, ops_reference

NAMES = ["emma", "olivia", "ava", "bob", "isabella", "o", "maximilianalexander"]
KINDS = pytest.mark.parametrize("ops", [ops_fused, ops_reference], ids=["fused", "reference"])
number = st.floats(-5, 5, allow_subnormal=False)
row = st.lists(number, min_size=1, max_size=6)


def values(numbers):
    return [Value(x) for x in numbers]


def tensor(numbers):
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def jacobian(outputs: list[Value], inputs: list[Value]) -> list[list[float]]:
    """Shapes: m outputs, n inputs -> (m, n)."""
    rows = []
    for output in outputs:
        for leaf in inputs:
            leaf.grad = 0.0
        output.backward()
        rows.append([leaf.grad for leaf in inputs])
    return rows


def assert_same_table(ours, theirs, within):
    assert torch.allclose(torch.tensor(ours, dtype=torch.float64), theirs, rtol=within, atol=within)


@KINDS
@settings(deadline=None, max_examples=60)
@given(row)
@pytest.mark.slow
def test_softmax_and_its_jacobian_are_those_of_torch(ops, numbers):
    logits = values(numbers)
    probs = ops.softmax(logits)
    wanted = torch.softmax(tensor(numbers), 0)
    expected = torch.autograd.functional.jacobian(lambda x: torch.softmax(x, 0), tensor(numbers))
    assert [p.data for p in probs] == pytest.approx(wanted.tolist(), rel=1e-12)
    assert_same_table(jacobian(probs, logits), expected, within=1e-12)


@KINDS
@settings(deadline=None, max_examples=60)
@given(row, st.integers(0, 5))
@pytest.mark.slow
def test_cross_entropy_is_the_cross_entropy_of_torch_with_its_gradient(ops, numbers, target):
    target %= len(numbers)
    logits, theirs = values(numbers), tensor(numbers)
    nats = ops.cross_entropy(logits, target)
    wanted = torch.nn.functional.cross_entropy(theirs[None], torch.tensor([target]))
    wanted.backward()
    nats.backward()
    assert nats.data == pytest.approx(wanted.item(), rel=1e-12, abs=1e-14)
    assert [v.grad for v in logits] == pytest.approx(theirs.grad.tolist(), rel=1e-11, abs=1e-13)


@KINDS
@settings(deadline=None, max_examples=60)
@given(row)
@pytest.mark.slow
def test_rmsnorm_and_its_jacobian_are_those_of_torch(ops, numbers):
    def norm(x):
        return torch.nn.functional.rms_norm(x, x.shape, eps=1e-5)

    x = values(numbers)
    out = ops.rmsnorm(x)
    wanted = norm(tensor(numbers))
    assert [v.data for v in out] == pytest.approx(wanted.tolist(), rel=1e-11, abs=1e-14)
    expected = torch.autograd.functional.jacobian(norm, tensor(numbers))
    largest = max(1.0, expected.abs().max().item())
    assert_same_table(jacobian(out, x), expected, within=1e-11 * largest)


@KINDS
def test_rmsnorm_of_zeros_is_zeros_with_the_gradient_that_the_small_number_allows(ops):
    x = values([0.0, 0.0])
    out = ops.rmsnorm(x)
    assert [v.data for v in out] == [0.0, 0.0]
    steep = 1 / math.sqrt(1e-5)
    assert jacobian(out, x) == [pytest.approx([steep, 0.0]), pytest.approx([0.0, steep])]


@KINDS
@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(number, number), min_size=1, max_size=6))
def test_a_dot_product_and_its_gradients_are_those_of_torch(ops, pairs):
    a, b = values(x for x, _ in pairs), values(y for _, y in pairs)
    their_a, their_b = tensor([x for x, _ in pairs]), tensor([y for _, y in pairs])
    wanted = their_a @ their_b
    wanted.backward()
    made = ops.dot(a, b)
    made.backward()
    assert made.data == pytest.approx(wanted.item(), rel=1e-12, abs=1e-12)
    assert [v.grad for v in a] == pytest.approx(their_a.grad.tolist())
    assert [v.grad for v in b] == pytest.approx(their_b.grad.tolist())


@KINDS
def test_a_vector_with_itself_is_blamed_on_both_sides(ops):
    x = values([1.0, 2.0, 3.0])
    ops.dot(x, x).backward()
    assert [v.grad for v in x] == [2.0, 4.0, 6.0]


@KINDS
def test_linear_is_a_matrix_times_a_vector_with_torchs_gradients(ops):
    numbers, table = [0.5, -2.0], [[1.0, 2.0], [3.0, -4.0], [0.0, 7.0]]
    x, rows = values(numbers), [values(line) for line in table]
    their_x, their_rows = tensor(numbers), tensor(table)
    out = ops.linear(x, rows)
    wanted = their_rows @ their_x
    assert [v.data for v in out] == pytest.approx(wanted.tolist())
    (out[0] * 2 + out[1] * 3 - out[2]).backward()
    wanted.backward(torch.tensor([2.0, 3.0, -1.0], dtype=torch.float64))
    assert [v.grad for v in x] == pytest.approx(their_x.grad.tolist())
    for line, their_line in zip(rows, their_rows.grad.tolist()):
        assert [w.grad for w in line] == pytest.approx(their_line)


@KINDS
def test_logits_of_800_do_not_overflow(ops):
    numbers = [800.0, 799.0, -800.0]
    wanted = torch.softmax(torch.tensor(numbers, dtype=torch.float64), 0).tolist()
    assert [p.data for p in ops.softmax(values(numbers))] == pytest.approx(wanted, rel=1e-12)
    assert ops.cross_entropy(values(numbers), 0).data == pytest.approx(-math.log(wanted[0]))


@KINDS
def test_a_probability_that_came_out_as_zero_is_told_with_what_it_usually_means(ops):
    """Training with far too large a learning rate ends here."""
    with pytest.raises(ValueError, match="usually means logits too far apart"):
        ops.cross_entropy(values([0.0, 800.0]), 0)


def test_what_fused_makes_is_one_node_with_all_numbers_as_parents():
    a, b = values([1.0, 2.0, 3.0]), values([4.0, 5.0, 6.0])
    assert ops_fused.dot(a, b).parents == (*a, *b)
    assert ops_fused.cross_entropy(a, 1).parents == tuple(a)
    assert all(p.parents == tuple(a) for p in ops_fused.softmax(a))
    for made in (
        ops_fused.dot(a, b),
        ops_fused.cross_entropy(a, 1),
        *ops_fused.softmax(a),
        *ops_fused.linear(a, [b]),
    ):
        assert len(made.local_grads) == len(made.parents)


def twins(config: MicroConfig, seed: int) -> tuple[MicroGPT, MicroGPT]:
    return tuple(MicroGPT(NAMES, config, seed=seed, ops=ops) for ops in (ops_fused, ops_reference))


@pytest.mark.parametrize(
    "config",
    [
        MicroConfig(n_embd=8, n_head=2, n_layer=1, block_size=6),
        MicroConfig(n_embd=8, n_head=1, n_layer=2, block_size=5),
        MicroConfig(n_embd=6, n_head=3, n_layer=2, block_size=20),
        MicroConfig(n_embd=4, n_head=4, n_layer=3, block_size=1),
    ],
    ids=str,
)
@pytest.mark.parametrize("document", ["emma", "o", "", "maximilianalexander"])
@pytest.mark.slow
def test_both_ways_give_the_same_loss_and_the_same_gradient_for_every_weight(config, document):
    quick, slow = twins(config, seed=7)
    loss, same_loss = quick.loss(document), slow.loss(document)
    loss.backward()
    same_loss.backward()
    assert loss.data == pytest.approx(same_loss.data, abs=1e-12, rel=0)
    grads = [weight.grad for weight in quick.parameters]
    assert grads == pytest.approx([weight.grad for weight in slow.parameters], abs=1e-12, rel=0)
    assert any(grads)


@pytest.mark.slow
def test_both_ways_take_the_same_steps_in_training():
    config = MicroConfig(n_embd=8, n_head=2, n_layer=2, block_size=8)
    quick, slow = twins(config, seed=3)
    losses = [step.loss for step in islice(quick.train(100), 10)]
    assert losses == pytest.approx([s.loss for s in islice(slow.train(100), 10)], abs=1e-11, rel=0)
    assert [w.data for w in quick.parameters] == pytest.approx(
        [w.data for w in slow.parameters], abs=1e-9, rel=0
    )
