"""Chinchilla's rule and formula against published figures; fits against lines that are known."""

import random

import pytest

from gptcore.training import chinchilla_loss, compute_optimal, fit_power_law, nearest_config
from gptcore.training.cost.scaling import parameter_count


def test_the_flops_of_the_40m_run_are_optimal_for_89m_parameters_and_1_8_billion_tokens():
    best = compute_optimal(9.4e17)
    assert best.parameters == pytest.approx(89e6, rel=0.01)
    assert best.tokens == pytest.approx(1.8e9, rel=0.02)
    left_for_124m = 9.4e17 / (6 * 124.4e6)
    assert left_for_124m == pytest.approx(1.26e9, rel=0.005)


def test_chinchilla_itself_comes_out():
    # 70B parameters and 1.4T tokens, for Gopher's 5.76e23 flops.
    best = compute_optimal(5.76e23)
    assert best.parameters == pytest.approx(70e9, rel=0.02)
    assert best.tokens == pytest.approx(1.4e12, rel=0.02)


def test_the_formula_has_its_least_loss_near_20_tokens_a_parameter():
    flops = 5.76e23
    sizes = [10e9 * 1.05**step for step in range(80)]
    best = min(sizes, key=lambda size: chinchilla_loss(size, flops / 6 / size))
    assert 15 < flops / 6 / best / best < 30


def test_sizes_of_gpt2_give_its_config():
    for size, layers, width in ((124e6, 12, 768), (41e6, 12, 384)):
        shape = nearest_config(size)
        assert (shape.n_layer, shape.n_embd, shape.head_dim) == (layers, width, 64)
    assert parameter_count(nearest_config(1e9)) == pytest.approx(1e9, rel=0.1)


def test_a_power_law_is_fitted_also_through_noise():
    xs = [1e14, 1e15, 1e16, 1e17]
    line = [2 + 300 * x**-0.15 for x in xs]
    fit = fit_power_law(xs, line, floor=2)
    assert (fit.coefficient, fit.exponent) == pytest.approx((300, 0.15))
    assert fit(1e18) == pytest.approx(2 + 300 * 1e18**-0.15)
    rng = random.Random(0)
    noisy = fit_power_law(xs, [loss + rng.gauss(0, 0.01) for loss in line], floor=2)
    assert noisy.exponent == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize(
    "xs, losses, floor, message",
    [
        ([1, 2], [3], 0, "There are 2 sizes and 1 losses"),
        ([1, 1], [3, 3], 0, "points at two sizes or more"),
        ([0, 1], [3, 2], 0, "sizes must be above 0"),
        ([1, 2], [3, 2], 2, "loss 2 is not above floor=2"),
    ],
)
def test_points_without_a_line_are_refused(xs, losses, floor, message):
    with pytest.raises(ValueError, match=message):
        fit_power_law(xs, losses, floor)


@pytest.mark.parametrize("flops", [0, -1, float("inf"), float("nan")])
def test_invalid_flops_are_refused(flops):
    with pytest.raises(ValueError, match=r"flops=.* must be a number above 0"):
        compute_optimal(flops)
