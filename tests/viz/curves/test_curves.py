"""Numbers prepared for drawing: ticks, truncated curves, interpolation."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viz.canvas.ticks import format_compact, log_ticks
from viz.curves.series import interpolate, running_mean, smoothed, truncate_series

quick = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (1500, "1,500"),
        (614_400, "614,400"),
        (2_500_000, "2.5M"),
        (3_145_728_000, "3.146B"),
        (1e12, "1T"),
        (9.4e17, "9.4·10¹⁷"),
        (1e15, "10¹⁵"),
        (1e-5, "10⁻⁵"),
    ],
)
def test_numbers_on_an_axis_are_short(number, text):
    assert format_compact(number) == text


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.01, 100, [0.01, 0.1, 1, 10, 100]),
        (3, 90, [5, 10, 20, 50]),
        (2.1, 3.3, [2.25, 2.5, 2.75, 3, 3.25]),
        (1e14, 1e20, [10.0**e for e in range(14, 21)]),
    ],
)
def test_ticks_on_a_logarithmic_axis_are_round(low, high, ticks):
    assert log_ticks(low, high) == pytest.approx(ticks)


@quick
@given(st.floats(1e-30, 1e30), st.floats(1, 1e25))
def test_there_are_few_ticks_and_all_are_between_the_ends(low, factor):
    ticks = log_ticks(low, low * factor)
    assert len(ticks) <= 8
    assert all(low * 0.999 <= tick <= low * factor * 1.001 for tick in ticks)


def test_a_curve_is_interpolated_between_its_points():
    curve = ([0.0, 10.0, 20.0], [4.0, 3.0, math.nan])
    assert [interpolate("val", curve, step) for step in (-5, 0, 5, 10, 99)] == [4, 4, 3.5, 3, 3]


def test_a_truncated_curve_ends_at_the_last_step():
    curve = ([0.0, 10.0, 20.0], [4.0, 3.0, 1.0])
    assert truncate_series(curve, 15) == ([0, 10, 15], [4, 3, 2])
    assert truncate_series(curve, 20) == truncate_series(curve, 99) == curve
    assert truncate_series(curve, -1) == ([], [])


def test_val_is_never_smoothed():
    values = [3.0, 2.0] * 50
    assert smoothed("val", values) == values
    assert smoothed("train", values) == running_mean(values)
