"""Slopes by tiny steps held against calculus and PyTorch, and `Value` held against them."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.scalar import Value, central_difference, gradient_check

CURVES = {
    "square": lambda x: x * x,
    "cube": lambda x: x**3 - 2 * x,
    "root": lambda x: x**0.5,
    "reciprocal": lambda x: 1 / x,
}


@pytest.mark.parametrize("name", sorted(CURVES))
@given(st.floats(0.1, 3))
@settings(deadline=None, max_examples=30)
def test_a_central_difference_is_the_gradient_that_torch_finds(name, x):
    curve = CURVES[name]
    tensor = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    curve(tensor).backward()
    wanted = tensor.grad.item()
    assert central_difference(curve, x) == pytest.approx(wanted, rel=1e-6, abs=1e-8)


def test_a_central_difference_of_a_sine_is_its_cosine():
    assert central_difference(math.sin, 1.0) == pytest.approx(math.cos(1.0), abs=1e-9)


def test_both_sides_are_stepped_to_so_a_parabola_has_its_exact_gradient_with_a_large_step():
    """((x + 1)**2 - (x - 1)**2) / 2 = 2x; a step to one side alone would give 2x + 1."""
    assert central_difference(lambda x: x * x, 3.0, step=1.0) == 6.0


def test_a_step_that_is_too_small_is_lost_in_the_digits_of_a_float():
    assert central_difference(lambda x: x * x, 3.0, step=1e-17) == 0.0


def everything(a, b, c):
    """Every operation, numbers used more than once, numbers on either side."""
    d = a * b + (1 - c) / (b * b + 1) - 2 * a
    e = d.tanh() + (a * a + 0.5).log() * (b * 0.3).exp() + 3 / (c * c + 1)
    return (e * e + 1) ** -0.5 + e.relu() * a + 2**c - (d + 4) ** 2


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
@settings(deadline=None, max_examples=60)
def test_backward_agrees_with_tiny_steps_and_with_torch(a, b, c):
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (a, b, c)]
    result = everything(*tensors)
    result.backward()
    checks = gradient_check(everything, a, b, c)
    by_torch = [tensor.grad.item() for tensor in tensors]
    assert [check.analytical for check in checks] == pytest.approx(by_torch, rel=1e-10, abs=1e-10)
    kink = abs(everything_before_relu(a, b, c)) < 1e-3  # astride a corner
    if not kink:
        assert [check.numerical for check in checks] == pytest.approx(by_torch, rel=1e-5, abs=1e-6)


def everything_before_relu(a, b, c):
    d = a * b + (1 - c) / (b * b + 1) - 2 * a
    return math.tanh(d) + math.log(a * a + 0.5) * math.exp(b * 0.3) + 3 / (c * c + 1)


def test_the_worked_example_has_gradients_4_and_2_in_both_ways():
    slope_a, slope_b = gradient_check(lambda a, b: a * b + a, 2.0, 3.0)
    assert slope_a == pytest.approx((4.0, 4.0))
    assert slope_b == pytest.approx((2.0, 2.0))


def test_a_number_that_is_not_used_has_gradient_zero_in_both_ways():
    assert gradient_check(lambda a, b: a * 2, 1.0, 5.0)[1] == (0.0, 0.0)


def test_a_wrong_gradient_is_caught():
    def square_with_half_its_gradient(x):
        return Value(x.data**2, "wrong", (x,), (x.data,))

    (check,) = gradient_check(square_with_half_its_gradient, 3.0)
    assert check.analytical == 3.0
    assert check.numerical == pytest.approx(6.0)


def test_a_root_is_checked_with_a_smaller_step_where_the_usual_one_would_leave_its_domain():
    x = 1e-6
    with pytest.raises(ValueError, match="not a real number"):
        gradient_check(lambda a: a**0.5, x)
    (check,) = gradient_check(lambda a: a**0.5, x, step=1e-9)
    assert check == pytest.approx((0.5 / x**0.5, 0.5 / x**0.5), rel=1e-6)
