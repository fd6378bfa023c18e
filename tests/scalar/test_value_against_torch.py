"""`Value` compared with PyTorch, in float64, on random expressions.

An expression is a list of steps; each step takes one or two of the numbers before it, so numbers
are used again and again. A step that would leave what both sides can compute (a logarithm of -1,
say) is replaced by tanh, which is at home everywhere.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.scalar import Value

number = st.floats(-3, 3, allow_subnormal=False).map(lambda x: round(x, 3))
place = st.integers(0, 50)  # which of the numbers so far, counted modulo
LARGE = 100.0


def ready_for_power(x, n):
    return abs(x) < 4 and (x > 0.05 or (n >= 1 and float(n).is_integer()))


TWO = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
}
ONE = {
    "neg": lambda x: -x,
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "relu": lambda x: x.relu(),
    "tanh": lambda x: x.tanh(),
}
WITH = {
    "x+n": lambda x, n: x + n,
    "n+x": lambda x, n: n + x,
    "x-n": lambda x, n: x - n,
    "n-x": lambda x, n: n - x,
    "x*n": lambda x, n: x * n,
    "n*x": lambda x, n: n * x,
    "x/n": lambda x, n: x / n,
    "n/x": lambda x, n: n / x,
    "x**n": lambda x, n: x**n,
    "n**x": lambda x, n: n**x,
}

step = st.one_of(
    st.tuples(st.sampled_from(sorted(TWO)), place, place),
    st.tuples(st.sampled_from(sorted(ONE)), place, st.just(0)),
    st.tuples(st.sampled_from(sorted(WITH)), place, number),
    st.tuples(st.just("x**n"), place, st.sampled_from([-2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3])),
)
leaves = st.lists(number, min_size=1, max_size=4)
steps = st.lists(step, min_size=1, max_size=12)


def allowed(name: str, x: float, y: float) -> bool:
    """Whether both sides can compute this step, and with digits left to compare."""
    if max(abs(x), abs(y)) > LARGE:
        return False
    return {
        "/": abs(y) > 0.05,
        "x/n": abs(y) > 0.05,
        "n/x": abs(x) > 0.05,
        "log": x > 0.05,
        "exp": x < 4,
        "x**n": ready_for_power(x, y),
        "n**x": y > 0.05 and x < 4,
    }.get(name, True)


def compute(numbers: list, program: list) -> list:
    """All numbers of an expression, the typed ones first; the same for Value and for tensors."""
    numbers = list(numbers)
    data = [n.data if isinstance(n, Value) else n.item() for n in numbers]
    for name, i, other in program:
        x = numbers[i % len(numbers)]
        j = other % len(numbers) if name in TWO else 0
        y = data[j] if name in TWO else other
        if not allowed(name, data[i % len(numbers)], y):
            made = x.tanh()
        elif name in TWO:
            made = TWO[name](x, numbers[j])
        elif name in ONE:
            made = ONE[name](x)
        else:
            made = WITH[name](x, other)
        numbers.append(made)
        data.append(made.data if isinstance(made, Value) else made.item())
    return numbers


def both(typed: list[float], program: list) -> tuple[list[Value], list[torch.Tensor]]:
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in typed]
    theirs = compute(tensors, program)
    for tensor in theirs[len(typed) :]:
        tensor.retain_grad()
    return compute([Value(x) for x in typed], program), theirs


def assert_same_gradients(ours, theirs):
    """To ten digits of the largest: where blame cancels, the digits of the large parts are lost."""
    wanted = [0.0 if t.grad is None else t.grad.item() for t in theirs]
    largest = max(1.0, max(map(abs, wanted)))
    assert [v.grad for v in ours] == pytest.approx(wanted, rel=1e-9, abs=1e-10 * largest)


@settings(deadline=None, max_examples=300)
@given(leaves, steps)
@pytest.mark.slow
def test_numbers_and_all_gradients_of_any_expression_are_those_of_torch(typed, program):
    ours, theirs = both(typed, program)
    wanted = [t.item() for t in theirs]
    assert [v.data for v in ours] == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    ours[-1].backward()
    theirs[-1].backward()
    assert_same_gradients(ours, theirs)


@settings(deadline=None, max_examples=100)
@given(leaves, steps)
@pytest.mark.slow
def test_backward_twice_adds_to_the_leaves_as_in_torch(typed, program):
    ours, theirs = both(typed, program)
    for _ in range(2):
        ours[-1].backward()
        theirs[-1].backward(retain_graph=True)
    n = len(typed)
    assert_same_gradients(ours[:n], theirs[:n])


@settings(deadline=None, max_examples=100)
@given(leaves, steps, place)
@pytest.mark.slow
def test_two_results_that_share_numbers_add_to_the_leaves_as_in_torch(typed, program, other):
    """Left standing in an inner number, the first call's blame would be passed on twice."""
    ours, theirs = both(typed, program)
    n = len(typed)
    inner = n + other % len(program)
    for result in (-1, inner, -1):
        ours[result].backward()
        theirs[result].backward(retain_graph=True)
    assert_same_gradients(ours[:n], theirs[:n])


@pytest.mark.parametrize("exponent", [0, 0.5, 1, 1.5, 2, 3])
@pytest.mark.parametrize("base", [0.0, 0.25, 4.0])
def test_powers_and_their_gradients_are_those_of_torch_at_zero_too(base, exponent):
    theirs = torch.tensor(base, dtype=torch.float64, requires_grad=True)
    (theirs**exponent).backward()
    ours = Value(base)
    made = ours**exponent
    made.backward()
    assert made.data == pytest.approx((theirs**exponent).item(), rel=1e-14)
    assert ours.grad == pytest.approx(theirs.grad.item(), rel=1e-14)


@pytest.mark.parametrize("base, exponent", [(-2, 3), (-2, -1), (-2, -2), (-0.5, 2), (5, -1.5)])
def test_negative_bases_and_negative_exponents_are_those_of_torch(base, exponent):
    theirs = torch.tensor(float(base), dtype=torch.float64, requires_grad=True)
    power = theirs**exponent
    power.backward()
    ours = Value(base)
    made = ours**exponent
    made.backward()
    assert made.data == pytest.approx(power.item(), rel=1e-14)
    assert ours.grad == pytest.approx(theirs.grad.item(), rel=1e-14)


@pytest.mark.parametrize("x", [-800.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 800.0])
@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_what_squeezes_and_what_cuts_is_torch_at_both_ends_and_at_zero(name, x):
    theirs = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    result = getattr(torch, name)(theirs)
    result.backward()
    ours = Value(x)
    made = getattr(ours, name)()
    made.backward()
    assert made.data == pytest.approx(result.item(), rel=1e-14)
    assert ours.grad == pytest.approx(theirs.grad.item(), rel=1e-14)


def test_the_root_of_zero_blames_infinitely_as_in_torch():
    theirs = torch.tensor(0.0, requires_grad=True)
    torch.sqrt(theirs).backward()
    ours = Value(0.0)
    (ours**0.5).backward()
    assert ours.grad == theirs.grad.item() == math.inf
