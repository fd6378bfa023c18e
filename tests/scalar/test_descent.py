"""The three rules of descent, held against torch.optim, Adam on Values, and pencil and paper."""

import pytest
import torch

from gptcore.scalar import (
    Adam,
    Value,
    central_difference,
    descend,
    descend_with_adam,
    descend_with_momentum,
    valley,
    valley_grad,
)

START = (-9.0, 2.0)


def walk_of_torch(make, steps: int) -> list[tuple[float, ...]]:
    """The places of a torch optimizer on the same valley, in float64."""
    point = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = make([point])
    places = [tuple(point.tolist())]
    for _ in range(steps):
        optimizer.zero_grad()
        x, y = point
        (x * x / 2 + 10 * y * y).backward()
        optimizer.step()
        places.append(tuple(point.tolist()))
    return places


@pytest.mark.parametrize(
    ("rule", "make"),
    [
        (descend, lambda w: torch.optim.SGD(w, lr=0.07)),
        (descend_with_momentum, lambda w: torch.optim.SGD(w, lr=0.07, momentum=0.9)),
        (descend_with_adam, lambda w: torch.optim.Adam(w, lr=0.07, betas=(0.85, 0.99), eps=1e-8)),
    ],
    ids=["descent", "momentum", "adam"],
)
def test_each_rule_walks_where_torch_walks_for_50_steps(rule, make):
    ours = list(rule(valley_grad, START, 0.07, 50))
    assert len(ours) == 51
    for point, judge in zip(ours, walk_of_torch(make, 50)):
        assert point == pytest.approx(judge, rel=1e-11, abs=1e-13)


def test_adam_on_plain_numbers_is_adam_on_values():
    weights = [Value(number) for number in START]
    adam = Adam(weights)
    for point in list(descend_with_adam(valley_grad, START, 0.3, 50))[1:]:
        for weight, g in zip(weights, valley_grad(*(w.data for w in weights))):
            weight.grad = g
        adam.step(0.3)
        assert point == pytest.approx([w.data for w in weights], rel=1e-13)


@pytest.mark.parametrize("point", [(1.5, -0.7), (-9.0, 2.0), (0.0, 0.0)])
def test_the_gradients_of_the_valley_are_those_of_tiny_steps(point):
    x, y = point
    numerical = (
        central_difference(lambda moved: valley(moved, y), x),
        central_difference(lambda moved: valley(x, moved), y),
    )
    assert valley_grad(x, y) == pytest.approx(numerical, abs=1e-8)


@pytest.mark.parametrize(
    ("rate", "after_one", "fate"),
    [(0.05, 0.0, "arrives"), (0.1, -2.0, "for ever"), (0.11, -2.4, "flies off")],
)
def test_across_the_valley_one_step_multiplies_by_one_minus_20_rates(rate, after_one, fate):
    """y - rate * 20 y = y (1 - 20 rate): 0 at a rate of 0.05, -1 at 0.1, beyond it grows."""
    walk = list(descend(valley_grad, START, rate, 40))
    assert walk[1][1] == pytest.approx(after_one)
    assert walk[40][1] == pytest.approx(2.0 * (1 - 20 * rate) ** 40, rel=1e-9, abs=1e-12)
    assert (abs(walk[40][1]) > 2.1) == (fate == "flies off")


def test_all_gradients_are_measured_before_anything_moves():
    """d(x * y): at (1, 1) both grad are 1; moving x first would give y a g of 0.5."""
    *_, last = descend(lambda x, y: (y, x), (1.0, 1.0), 0.5, 1)
    assert last == (0.5, 0.5)


def test_a_rate_that_is_too_large_ends_beyond_all_floats_and_not_in_an_error():
    *_, last = descend(lambda x: (2 * x,), (1.0,), 1e9, 100)
    assert abs(last[0]) > 1e300 or last[0] != last[0]


def test_no_step_at_all_is_the_start():
    for rule in (descend, descend_with_momentum, descend_with_adam):
        assert list(rule(valley_grad, (1, 2), 0.1, 0)) == [(1.0, 2.0)]


@pytest.mark.parametrize("rule", [descend, descend_with_momentum, descend_with_adam])
def test_what_is_no_place_and_what_is_no_number_of_steps_is_refused(rule):
    with pytest.raises(ValueError, match=r"start=3.0 must be a point, .* such as \(-9.0, 2.0\)"):
        list(rule(valley_grad, 3.0, 0.1, 5))
    with pytest.raises(ValueError, match="steps=-1 must be an integer"):
        list(rule(valley_grad, (-9.0, 2.0), 0.1, -1))
