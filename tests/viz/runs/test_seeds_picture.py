"""Dots of several seeds, their intervals and verdicts, and the control that shows fewer of them."""

from statistics import NormalDist

import pytest

from viz import SeedDial, draw_seeds
from viz.canvas.scene import Circle, Text
from viz.runs.seeds import T_QUANTILES

PLAIN = [2.00, 2.02, 2.04]


def words_of(picture):
    return [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]


def test_the_interval_is_that_of_two_samples_with_equal_variances():
    # Both samples: mean apart 0.1, variance 0.0004, n = 3; t(4) = 2.776.
    picture = draw_seeds({"plain": PLAIN, "new": [1.90, 1.92, 1.94]}, "plain")
    assert picture.data["differences"]["new"] == pytest.approx(-0.1)
    assert picture.data["intervals"]["new"] == pytest.approx(2.776 * (2 * 0.0004 / 3) ** 0.5)
    assert picture.data["verdicts"] == {"new": "lower"}


def test_quantiles_fall_towards_the_normal_distribution():
    assert list(T_QUANTILES) == sorted(T_QUANTILES, reverse=True)
    assert T_QUANTILES[-1] > NormalDist().inv_cdf(0.975)


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        ([1.5, 1.51, 1.52], "lower"),
        ([2.5, 2.51, 2.52], "higher"),
        ([1.9, 2.02, 2.1], "undecided"),
        ([1.5], "undecided"),  # one seed has no spread
    ],
)
def test_a_verdict_needs_an_interval_without_0(losses, verdict):
    picture = draw_seeds({"plain": PLAIN, "new": losses}, "plain")
    assert picture.data["verdicts"]["new"] == verdict
    assert f"{verdict}: new" in picture.alt


def test_every_run_is_a_dot_and_rows_go_from_the_lowest_mean_to_the_highest():
    runs = {"worse": [3.0, 3.1], "plain": PLAIN, "better": [1.0, 1.1]}
    picture = draw_seeds(runs, "plain")
    dots = [shape for shape in picture.scene.shapes if isinstance(shape, Circle)]
    assert len(dots) == 7
    names = [word for word in words_of(picture) if word in runs]
    assert names == ["better", "plain", "worse"]
    assert dots[0].x < dots[2].x < dots[-1].x


def test_a_row_beyond_the_limit_is_drawn_at_the_edge_and_keeps_its_number():
    picture = draw_seeds({"plain": PLAIN, "far": [9.0, 9.1, 9.2]}, "plain", limit=0.1)
    assert any(word.startswith("+7.080") and word.endswith("▸") for word in words_of(picture))
    assert all(
        shape.x < picture.scene.width for shape in picture.scene.shapes if hasattr(shape, "x")
    )


def test_equal_losses_are_drawn_too():
    assert draw_seeds({"plain": [1.0], "same": [1.0]}, "plain").data["differences"]["same"] == 0


@pytest.mark.parametrize(
    ("losses", "baseline", "message"),
    [
        ({"plain": PLAIN}, "rope", "'rope' is not among the names: plain"),
        ({"plain": PLAIN, "new": []}, "plain", "no losses of new"),
    ],
)
def test_what_cannot_be_compared_is_refused(losses, baseline, message):
    with pytest.raises(ValueError, match=message):
        draw_seeds(losses, baseline)


def test_the_control_shows_the_first_seeds_of_a_setting():
    tables = {"one": {"plain": PLAIN, "new": [1.9, 2.2, 2.0]}, "two": {"plain": PLAIN[:2]}}
    dial = SeedDial(tables, "plain")
    assert dial.picture().data["differences"]["new"] == pytest.approx(0.0133, abs=1e-3)
    dial.seeds.value = 1
    assert dial.picture().data["differences"]["new"] == pytest.approx(-0.1)
    dial.setting.value = "two"
    dial.seeds.value = 3
    assert "two: 2 seeds" in dial.picture().alt
    assert list(dial.picture().data["differences"]) == ["plain"]
    with pytest.raises(ValueError, match="no tables"):
        SeedDial({}, "plain")
