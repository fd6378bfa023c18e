"""`Value` held against pen and paper: what it remembers, what flows back, and what it refuses.

PyTorch judges the same class in `test_value_against_torch.py`.
"""

import math
from fractions import Fraction
from operator import add, mul, pow, sub, truediv

import numpy as np
import pytest
import torch

from gptcore.scalar import Value


def test_both_paths_count_in_the_worked_example():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    L = c + a
    L.backward()
    assert (L.data, L.grad, c.grad) == (8.0, 1.0, 1.0)
    assert (a.grad, b.grad) == (4.0, 2.0)  # b + 1 over two paths; a over one


@pytest.mark.parametrize(
    "compute, op, result, local_grads",
    [
        (lambda a, b: a + b, "+", 6.0, (1.0, 1.0)),
        (lambda a, b: a - b, "-", 2.0, (1.0, -1.0)),
        (lambda a, b: a * b, "*", 8.0, (2.0, 4.0)),
        (lambda a, b: a / b, "/", 2.0, (0.5, -1.0)),
        (lambda a, b: a**3, "**3", 64.0, (48.0,)),
        (lambda a, b: a**-0.5, "**-0.5", 0.5, (-0.0625,)),
        (lambda a, b: -a, "neg", -4.0, (-1.0,)),
        (lambda a, b: (b - 2).exp(), "exp", 1.0, (1.0,)),
        (lambda a, b: a.log(), "log", math.log(4), (0.25,)),
        (lambda a, b: a.relu(), "relu", 4.0, (1.0,)),
        (lambda a, b: (-a).relu(), "relu", 0.0, (0.0,)),
        (lambda a, b: (b - 2).tanh(), "tanh", 0.0, (1.0,)),
    ],
)
def test_a_result_keeps_its_operation_its_parents_and_the_gradient_for_each(
    compute, op, result, local_grads
):
    a, b = Value(4.0), Value(2.0)
    made = compute(a, b)
    assert (made.op, made.data, tuple(made.local_grads)) == (op, result, local_grads)
    assert len(made.parents) == len(local_grads)
    assert all(isinstance(parent, Value) for parent in made.parents)


def test_a_number_that_was_typed_in_has_no_parents_and_no_operation():
    typed = Value(3)
    assert (typed.data, typed.grad, typed.op) == (3.0, 0.0, "")
    assert not typed.parents and not typed.local_grads
    assert repr(typed) == "Value(data=3, grad=0)"


def test_parents_are_the_very_numbers_that_were_used():
    a, b = Value(1.0), Value(2.0)
    assert (a - b).parents[0] is a and (a - b).parents[1] is b
    assert all(parent is a for parent in (a * a).parents)


@pytest.mark.parametrize(
    "operation, number, result, local_grad",  # number operation x, with x = 4
    [
        (add, 3, 7.0, 1.0),
        (sub, 3, -1.0, -1.0),
        (mul, 3, 12.0, 3.0),
        (truediv, 3, 0.75, -3 / 16),
        (pow, 3, 81.0, 81 * math.log(3)),
    ],
)
def test_a_plain_number_may_stand_on_the_left(operation, number, result, local_grad):
    x = Value(4.0)
    made = operation(number, x)
    made.backward()
    assert made.data == pytest.approx(result, rel=1e-14)
    assert x.grad == pytest.approx(local_grad, rel=1e-14)


@pytest.mark.parametrize(
    "operation, number, result, local_grad",  # x operation number, with x = 4
    [
        (add, 3, 7.0, 1.0),
        (sub, 3, 1.0, 1.0),
        (mul, 3, 12.0, 3.0),
        (truediv, 8, 0.5, 0.125),
        (pow, 3, 64.0, 48.0),
    ],
)
def test_a_plain_number_may_stand_on_the_right(operation, number, result, local_grad):
    x = Value(4.0)
    made = operation(x, number)
    made.backward()
    assert (made.data, x.grad) == (result, local_grad)


def test_sum_of_a_list_begins_with_a_plain_zero_and_works():
    numbers = [Value(1.0), Value(2.0), Value(4.0)]
    total = sum(numbers)
    total.backward()
    assert total.data == 7.0 and [number.grad for number in numbers] == [1.0, 1.0, 1.0]


def test_leaf_gradients_add_up_over_two_calls_and_inner_ones_start_anew():
    a = Value(2.0)
    square = a * a
    L = square * 3
    L.backward()
    assert (a.grad, square.grad, L.grad) == (12.0, 3.0, 1.0)
    L.backward()
    assert (a.grad, square.grad, L.grad) == (24.0, 3.0, 1.0)


def test_two_results_that_share_an_inner_number_both_blame_the_leaf():
    a = Value(2.0)
    shared = a * a
    (shared * 3).backward()
    (shared * 5).backward()
    assert a.grad == 3 * 4 + 5 * 4
    assert shared.grad == 5.0


def test_a_leaf_set_back_to_zero_counts_from_there():
    a = Value(2.0)
    L = a * 5
    L.backward()
    a.grad = 0.0
    L.backward()
    assert a.grad == 5.0


def test_backward_on_a_typed_number_blames_that_number_and_adds_up_as_in_torch():
    ours, theirs = Value(2.0), torch.tensor(2.0, requires_grad=True)
    for _ in range(2):
        ours.backward()
        theirs.backward()
    assert ours.grad == theirs.grad.item() == 2.0


def test_each_number_is_visited_once_although_the_paths_are_two_to_the_thousandth():
    x = Value(1.0)
    doubled = x
    for _ in range(1000):
        doubled = doubled + doubled
    doubled.backward()
    assert doubled.data == x.grad == 2.0**1000


def test_a_late_path_is_waited_for():
    """`a` reaches L at once and over a long way: its blame is whole only when both have come."""
    a = Value(1.0)
    inner = a * 2
    long_way = inner
    for _ in range(50):
        long_way = long_way + 0
    L = inner * 10 + long_way
    L.backward()
    assert inner.grad == 11.0 and a.grad == 22.0


@pytest.mark.slow
def test_a_chain_of_100_000_additions_goes_backward():
    x = Value(0.0)
    total = x
    for _ in range(100_000):
        total = total + 1
    total.backward()
    assert (total.data, x.grad) == (100_000.0, 1.0)


def test_the_root_of_zero_rises_straight_up_and_higher_powers_lie_flat():
    local_grads = {}
    for exponent in (0, 0.5, 1, 1.5, 2):
        x = Value(0.0)
        (x**exponent).backward()
        local_grads[exponent] = x.grad
    assert local_grads == {0: 0.0, 0.5: math.inf, 1: 1.0, 1.5: 0.0, 2: 0.0}


def test_relu_is_flat_at_zero():
    x = Value(0.0)
    made = x.relu()
    made.backward()
    assert (made.data, x.grad) == (0.0, 0.0)


def test_relu_passes_a_nan_on_and_does_not_hide_it_as_zero():
    """A NaN says that training diverged; PyTorch's relu passes it on too."""
    assert math.isnan(torch.relu(torch.tensor(math.nan)).item())
    assert math.isnan(Value(math.nan).relu().data)


def test_a_power_that_a_float_can_hold_is_not_called_larger_than_any_float():
    """1e-200 ** -1 is 1e200, a float; only its derivative, -1e400, is not (PyTorch: -inf)."""
    x = torch.tensor(1e-200, dtype=torch.float64, requires_grad=True)
    power = x**-1
    power.backward()
    ours = Value(1e-200)
    made = ours**-1
    made.backward()
    assert made.data == pytest.approx(power.item(), rel=1e-14)
    assert ours.grad == x.grad.item() == -math.inf


@pytest.mark.parametrize(
    "number",
    [
        3,
        3.0,
        Fraction(3),
        np.float32(3),
        np.int64(3),
        np.array(3.0),
        torch.tensor(3.0, dtype=torch.bfloat16),
        torch.tensor([3]),
    ],
)
def test_every_kind_of_single_number_becomes_a_plain_float(number):
    made = Value(number)
    assert type(made.data) is float and made.data == 3.0


def test_a_numpy_number_on_the_left_leaves_the_arithmetic_to_value():
    x = Value(2.0)
    made = np.float64(3) * x
    made.backward()
    assert isinstance(made, Value) and (made.data, x.grad) == (6.0, 3.0)


@pytest.mark.parametrize(
    "given, message",
    [
        (
            "3",
            "A Value holds one number, not '3' (a str). "
            "Write the number without quotes, or turn it into one with float(...).",
        ),
        (
            [1, 2],
            "A Value holds one number, not [1, 2] (a list). "
            "Make a Value of each number in it, or pick one.",
        ),
        (
            Value(1),
            "A Value holds one number, not Value(data=1, grad=0) (a Value). "
            "It is a Value already; use it as it is, or take its .data.",
        ),
        (
            None,
            "A Value holds one number, not None (a NoneType). "
            "Make a Value of each number in it, or pick one.",
        ),
    ],
)
def test_what_is_not_one_number_is_refused_with_what_to_do(given, message):
    with pytest.raises(ValueError) as caught:
        Value(given)
    assert str(caught.value) == message


def test_the_advice_for_what_is_not_one_number_works_when_followed():
    assert Value(float("3")).data == 3.0
    assert [Value(number).data for number in [1, 2]] == [1.0, 2.0]
    assert Value([1, 2][0]).data == 1.0
    assert Value(Value(1).data).data == 1.0


@pytest.mark.parametrize("given", [b"3", 1j, np.array([1.0, 2.0]), 10**400, torch.ones(2, 2), {}])
def test_other_things_that_are_not_one_number_are_refused_alike(given):
    with pytest.raises(ValueError, match="A Value holds one number, not "):
        Value(given)


@pytest.mark.parametrize("operation", [add, sub, mul, truediv, pow])
def test_a_string_in_arithmetic_is_refused_on_either_side(operation):
    for left, right in ((Value(2.0), "3"), ("3", Value(2.0))):
        with pytest.raises(ValueError, match="Write the number without quotes"):
            operation(left, right)


@pytest.mark.parametrize("number", [0, -1])
def test_a_logarithm_of_nothing_or_less_is_refused(number):
    with pytest.raises(ValueError) as caught:
        Value(number).log()
    assert str(caught.value) == (
        f"log({float(number)}): a logarithm needs a number above 0. "
        "A probability that came out as 0 usually means logits too far apart."
    )


def test_exp_of_800_is_refused_and_the_advice_for_a_softmax_works():
    with pytest.raises(ValueError) as caught:
        Value(800).exp()
    assert str(caught.value) == (
        "exp(800.0) is larger than any float; exp(709) is about the largest. "
        "In a softmax, subtract the largest logit from all of them first."
    )
    assert Value(709).exp().data == math.exp(709)
    logits = [Value(800.0), Value(799.0)]
    exps = [(logit - 800.0).exp() for logit in logits]
    wanted = torch.softmax(torch.tensor([800.0, 799.0], dtype=torch.float64), 0)
    assert (exps[1] / sum(exps)).data == pytest.approx(wanted[1].item(), rel=1e-14)


@pytest.mark.parametrize("error", [ValueError, ZeroDivisionError])
@pytest.mark.parametrize("numerator, divisor", [(Value(1), 0), (Value(1), Value(0)), (1, Value(0))])
def test_a_division_by_zero_is_refused_as_both_kinds_of_error(numerator, divisor, error):
    with pytest.raises(error) as caught:
        numerator / divisor
    assert str(caught.value) == (
        "1.0 / 0.0: a number cannot be divided by 0. "
        "Add a small number below (RMSNorm adds 1e-5), or check what made it 0."
    )
    assert (Value(1) / (Value(0) + 1e-5)).data == pytest.approx(1e5)


@pytest.mark.parametrize("error", [ValueError, ZeroDivisionError])
def test_zero_to_a_negative_power_is_refused_as_a_division(error):
    with pytest.raises(error, match=r"divides by 0\. Add a small number to the base first\.$"):
        Value(0) ** -1
    assert ((Value(0) + 1e-5) ** -1).data == pytest.approx(1e5)


def test_a_root_of_a_negative_number_is_refused_with_two_ways_out():
    advice = (
        r"is not a real number: a negative base needs an integer exponent\. "
        r"Square the base first, or make sure that it cannot be negative\.$"
    )
    with pytest.raises(ValueError, match=advice):
        Value(-2) ** 0.5
    assert (Value(-2) ** 3).data == -8.0
    assert (Value(-2) ** -2.0).data == 0.25
    assert ((Value(-2) ** 2) ** 0.5).data == 2.0


def test_an_exponent_that_is_a_value_is_refused_with_the_form_that_has_a_gradient():
    x, exponent = Value(3.0), Value(2.0)
    with pytest.raises(ValueError) as caught:
        x**exponent
    assert str(caught.value) == (
        "x ** Value(data=2, grad=0): the exponent must be a plain number, such as 2 or -0.5. "
        "For an exponent with a gradient of its own write (x.log() * exponent).exp()."
    )
    made = (x.log() * exponent).exp()
    made.backward()
    assert made.data == pytest.approx(9.0, rel=1e-14)
    assert x.grad == pytest.approx(6.0, rel=1e-14)
    assert exponent.grad == pytest.approx(9 * math.log(3), rel=1e-14)


def test_a_power_beyond_all_floats_is_refused():
    with pytest.raises(ValueError, match=r"is larger than any float \(1\.8e308\)\. Use smaller"):
        Value(1e200) ** 2


@pytest.mark.parametrize("base", [0, -2])
def test_a_base_without_a_logarithm_is_refused_under_a_value_as_exponent(base):
    with pytest.raises(ValueError):
        base ** Value(3)
