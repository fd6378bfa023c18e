"""Adam held against torch.optim.Adam, in float64, and against one step on paper."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.scalar import Adam, Value

grad = st.floats(-10, 10, allow_subnormal=False)
STEP = st.tuples(st.lists(grad, min_size=3, max_size=3), st.floats(1e-4, 0.1))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(STEP, min_size=1, max_size=20),
    st.sampled_from([(0.85, 0.99, 1e-8), (0.9, 0.999, 1e-8), (0.0, 0.5, 1e-3), (0.9, 0.95, 0.1)]),
)
def test_weights_go_where_torch_moves_them_while_the_rate_changes(taken, sizes):
    beta1, beta2, eps = sizes
    first = [0.5, -1.0, 0.0]
    ours = [Value(x) for x in first]
    theirs = torch.tensor(first, dtype=torch.float64, requires_grad=True)
    adam = Adam(ours, beta1, beta2, eps)
    judge = torch.optim.Adam([theirs], lr=1.0, betas=(beta1, beta2), eps=eps)
    for grads, learning_rate in taken:
        for weight, g in zip(ours, grads):
            weight.grad = g
        adam.step(learning_rate)
        theirs.grad = torch.tensor(grads, dtype=torch.float64)
        judge.param_groups[0]["lr"] = learning_rate
        judge.step()
        assert [w.data for w in ours] == pytest.approx(theirs.tolist(), rel=1e-11, abs=1e-13)


def test_unless_told_otherwise_it_has_the_published_betas():
    ours, theirs = Value(1.0), torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    adam = Adam([ours])
    judge = torch.optim.Adam([theirs], lr=0.01, betas=(0.85, 0.99), eps=1e-8)
    for g in (0.3, -2.0, 0.01):
        ours.grad, theirs.grad = g, torch.tensor(g, dtype=torch.float64)
        adam.step(0.01)
        judge.step()
    assert ours.data == pytest.approx(theirs.item(), rel=1e-14)


@pytest.mark.parametrize("grad", [1e-3, 1.0, -500.0])
def test_the_first_step_is_one_learning_rate_long_however_steep_it_is(grad):
    """m / (1 - beta1) = g and sqrt(v / (1 - beta2)) = |g|: what is left of g is its sign."""
    weight = Value(0.0)
    weight.grad = grad
    Adam([weight]).step(0.25)
    assert weight.data == pytest.approx(-0.25 if grad > 0 else 0.25, rel=1e-4)


def test_gradients_are_back_at_zero_after_zero_grad():
    weights = [Value(1.0), Value(2.0)]
    adam = Adam(weights)
    (weights[0] * weights[1]).backward()
    adam.zero_grad()
    assert [weight.grad for weight in weights] == [0.0, 0.0]


def test_a_weight_that_never_had_a_gradient_stays_where_it_is():
    weight = Value(7.0)
    adam = Adam([weight])
    for _ in range(3):
        adam.step(0.1)
    assert weight.data == 7.0


def test_the_weights_may_come_from_a_generator():
    weights = [Value(1.0), Value(2.0)]
    adam = Adam(weight for weight in weights)
    (weights[0] + weights[1]).backward()
    adam.step(0.5)
    assert [weight.data for weight in weights] == pytest.approx([0.5, 1.5], abs=1e-6)


def test_it_finds_the_bottom_of_a_bowl():
    x = Value(3.0)
    adam = Adam([x])
    for step in range(300):
        adam.zero_grad()
        ((x - 1) ** 2).backward()
        adam.step(0.1 * (1 - step / 300))
    assert x.data == pytest.approx(1.0, abs=1e-3)
