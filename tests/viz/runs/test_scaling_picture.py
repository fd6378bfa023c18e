"""Loss over FLOPs: power laws are straight, the envelope is the lowest of all."""

import math
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from viz.canvas.palette import CATEGORIES, GOLD, MUTED
from viz.runs.scaling import EXTRAPOLATE, draw_scaling

NS = "{http://www.w3.org/2000/svg}"
SMALL = ([1e10, 1e11, 1e12], [4.0, 3.0, 2.9])
LARGE = ([1e11, 1e12, 1e13], [5.0, 2.8, 2.0])


def law(ops: float) -> float:
    return 40 * ops**-0.1


def paths_of(picture, colour: str) -> list[list[tuple[float, float]]]:
    paths = ET.fromstring(picture.to_svg()).iter(f"{NS}path")
    found = [p.get("d") for p in paths if p.get("stroke") == colour]
    return [[tuple(map(float, point.split())) for point in d[1:].split("L")] for d in found]


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text")]


def test_a_power_law_is_a_straight_line():
    ops = [10.0**e for e in range(10, 15)]
    picture = draw_scaling({"law": (ops, [law(x) for x in ops])}, fit=law)
    for points in (paths_of(picture, CATEGORIES[0])[0], paths_of(picture, MUTED)[0]):
        (x0, y0), *_, (x1, y1) = points
        straight = [y0 + (y1 - y0) * (x - x0) / (x1 - x0) for x, _ in points]
        assert [y for _, y in points] == pytest.approx(straight, abs=0.15)


def test_the_envelope_is_the_lowest_loss_for_each_number_of_flops():
    picture = draw_scaling({"small": SMALL, "large": LARGE})
    assert picture.data["envelope"] == [(1e10, 4.0), (1e11, 3.0), (1e12, 2.8), (1e13, 2.0)]
    band, _ = paths_of(picture, GOLD)
    assert len(band) == 4
    assert "From 10¹² operations on large is lowest" in texts_of(picture)


def test_if_one_run_is_lowest_everywhere_the_title_says_so():
    picture = draw_scaling({"small": SMALL, "bad": ([1e11], [9.0])})
    assert "small is lowest for every number of operations" in texts_of(picture)


def test_the_fitted_line_extrapolates_the_function():
    picture = draw_scaling({"small": SMALL, "large": LARGE}, fit=law)
    ops, losses = picture.data["fit"]
    assert ops[-1] == pytest.approx(EXTRAPOLATE * 1e13)
    assert losses == pytest.approx([law(x) for x in ops])
    assert picture.alt == (
        "Loss against operations: small 2.90 for 10¹² operations; large 2.00 for 10¹³ operations. "
        f"The fitted line reaches {law(3e13):#.3g} at 3·10¹³."
    )


def test_points_are_the_lowest_of_each_run_by_default():
    picture = draw_scaling({"small": SMALL})
    assert picture.data["points"] == {"small": (1e12, 2.9)}
    given = {"small": (1e11, 3.0), "elsewhere": (5e11, 2.5)}
    picture = draw_scaling({"small": SMALL}, points=given)
    assert picture.data["points"] == given
    circles = list(ET.fromstring(picture.to_svg()).iter(f"{NS}circle"))
    first, second = circles
    assert first.get("stroke") == CATEGORIES[0] != second.get("stroke")


def test_points_and_line_are_inside_the_chart():
    given = {"far": (1e15, 0.5)}
    picture = draw_scaling({"small": SMALL}, points=given, fit=law)
    (circle,) = ET.fromstring(picture.to_svg()).iter(f"{NS}circle")
    assert 58 <= float(circle.get("cx")) <= 694
    assert 44 <= float(circle.get("cy")) <= 336


VALLEYS = {"400 operations": ([4, 8, 16], [3.0, 2.0, 2.5]), "1,600": ([4, 8, 16], [2.9, 1.9, 1.8])}


def test_over_size_each_curve_is_a_valley_with_a_ring_at_its_bottom():
    picture = draw_scaling(VALLEYS, x="width", unit="loss (nats per letter)")
    assert picture.data["points"] == {"400 operations": (8, 2.0), "1,600": (16, 1.8)}
    assert {"2.00", "1.80"} <= set(texts_of(picture)) and "1,600" in texts_of(picture)
    assert picture.data["envelope"] == [] == paths_of(picture, GOLD)
    assert (
        picture.alt == "Loss against width: 400 operations 2.00 at width 8; 1,600 1.80 at width 16."
    )
    texts = texts_of(picture)
    assert {"4", "8", "16", "loss (nats per letter)", "1,600: lowest at width 16"} <= set(texts)
    circles = list(ET.fromstring(picture.to_svg()).iter(f"{NS}circle"))
    for circle, ((low, _), *_) in zip(
        circles, map(lowest_of, map(paths_of, 2 * [picture], CATEGORIES))
    ):
        assert float(circle.get("cx")) == pytest.approx(low, abs=0.15)


def lowest_of(paths) -> list[tuple[float, float]]:
    """The points of a path, the lowest on the sheet first: y goes down."""
    return sorted(paths[0], key=lambda place: -place[1])


def test_few_sparse_x_values_become_ticks():
    ops = [4e8, 1.6e9, 6.4e9]
    assert {"4·10⁸", "1.6·10⁹", "6.4·10⁹"} <= set(
        texts_of(draw_scaling({"a": (ops, [3.0, 2.0, 1.0])}))
    )
    crowded = draw_scaling({"a": ([1e8, 1.1e8, 1e10], [3.0, 2.0, 1.0])})
    assert "1.1·10⁸" not in texts_of(crowded) and "10⁹" in texts_of(crowded)


def test_a_loss_keeps_a_last_digit_of_0():
    assert "small 2.00" in texts_of(draw_scaling({"small": ([1e10, 1e11], [3.0, 2.0])}))


def test_the_lowest_point_of_a_noisy_run_is_that_of_its_mean():
    ops = [1e9 * i for i in range(1, 201)]
    losses = [3.0 + (-1) ** i for i in range(200)]
    ((_, low),) = draw_scaling({"noisy": (ops, losses)}).data["points"].values()
    assert 2.7 < low < 4.0


def test_values_without_a_logarithm_are_left_out():
    given = ([0, 1e10, 1e11], [10.8, math.nan, 3.0])
    assert draw_scaling({"a": given}).data["runs"] == {"a": ([1e11], [3.0])}


@pytest.mark.parametrize(
    ("runs", "options", "match"),
    [
        ({}, {}, "no run to draw"),
        ({"a": ([0, -1], [3.0, 2.0])}, {}, "run 'a' needs a pair .* above 0"),
        ({"a": [3.0, 2.0]}, {}, r"run 'a' needs a pair \(flops, losses\)"),
        ({"a": ([1, 2], [3.0])}, {}, "'a' has 2 steps and 1 losses"),
        ({"a": SMALL}, {"x": "tokens"}, "x='tokens' must be one of flops, parameters, width"),
        ({"a": SMALL}, {"points": {"p": (0, 1)}}, "point 'p' is .*; give .* both above 0"),
        ({"a": SMALL}, {"points": {"p": (1, 2, 3)}}, "point 'p'"),
        ({"a": SMALL}, {"fit": lambda ops: -1.0}, r"fit\(3.33e\+11\) returns -1.0; it must be "),
    ],
)
def test_invalid_runs_points_and_fits_are_refused(runs, options, match):
    with pytest.raises(ValueError, match=match):
        draw_scaling(runs, **options)


def test_matplotlib_draws_two_logarithmic_axes():
    ax = Figure().add_subplot()
    assert draw_scaling({"small": SMALL, "large": LARGE}, fit=law, ax=ax) is ax
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    labels = [line.get_label() for line in ax.lines]
    assert labels[:3] == ["lowest of all", "small", "large"]
    ticks = [t.get_text() for t in ax.get_yticklabels()]
    assert "3" in ticks


def test_matplotlib_draws_ticks_at_the_sizes_of_valleys():
    ax = draw_scaling(VALLEYS, x="width", ax=Figure().add_subplot())
    assert [t.get_text() for t in ax.get_xticklabels()] == ["4", "8", "16"]
    assert "lowest of all" not in [line.get_label() for line in ax.lines]
