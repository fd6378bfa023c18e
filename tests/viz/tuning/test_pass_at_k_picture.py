"""pass@k over k: where the points are, what seeds do, and what is no pass@k."""

import pytest
from matplotlib.figure import Figure

from gptcore.tuning import pass_at_k
from viz import draw_pass_at_k
from viz.canvas.scene import Circle, Line, Text

KS = [1, 2, 4, 8, 16, 32, 64]
BEFORE = {k: pass_at_k(64, 23, k) for k in KS}
AFTER = {k: pass_at_k(64, 52, k) for k in KS}


def texts_of(picture) -> list[str]:
    return [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]


def dots(picture) -> list[Circle]:
    return [shape for shape in picture.scene.shapes if isinstance(shape, Circle)]


def test_each_k_is_as_far_right_of_its_half_as_every_other():
    picture = draw_pass_at_k({"before": BEFORE, "after": AFTER})
    assert picture.data == {"before": BEFORE, "after": AFTER}
    xs = [dot.x for dot in dots(picture)[:7]]
    steps = [later - x for x, later in zip(xs, xs[1:])]
    assert steps == pytest.approx([steps[0]] * 6)
    ticks = [text for text in texts_of(picture) if text in map(str, KS)]
    assert [tick for tick in ticks if tick != "1"] == ["2", "4", "8", "16", "32", "64"]


def test_a_higher_value_is_higher_and_the_axis_goes_from_0_to_1():
    picture = draw_pass_at_k({"a": {1: 0.5, 2: 0.5}, "b": {1: 0.25, 2: 1.0}})
    half, _, quarter, one = [dot.y for dot in dots(picture)]
    assert quarter > half > one
    assert (quarter - half) * 2 == pytest.approx(half - one)
    assert {"0", "1", "0.2"} <= set(texts_of(picture))


def test_the_title_says_how_both_ends_change():
    picture = draw_pass_at_k(
        {"before": {1: 0.36, 8: 0.9, 64: 0.97}, "after": {64: 0.966, 8: 0.9, 1: 0.81}}
    )
    assert picture.alt.startswith("pass@1 from 36 % to 81 %, pass@64 from 97 % to 97 %.")
    assert "before: 36 % to 97 %" in texts_of(picture)
    assert draw_pass_at_k({"only": BEFORE}).alt.startswith("pass@k of only")
    assert draw_pass_at_k({"a": {1: 0.1}, "b": {2: 0.3}}, title="So").alt.startswith("So. a: 10 %")


def test_the_mean_of_seeds_is_bold_and_each_seed_is_thin():
    seeds = [{1: 0.3, 2: 0.5}, {1: 0.5, 2: 0.9}, ([1, 2], [0.1, 0.4])]
    picture = draw_pass_at_k({"runs": seeds})
    assert picture.data["runs"] == pytest.approx({1: 0.3, 2: 0.6})
    lines = [shape for shape in picture.scene.shapes if isinstance(shape, Line)]
    assert sorted(line.width for line in lines) == [1, 1, 1, 2.2]
    assert "runs: 30 % to 60 %, mean of 3 seeds" in texts_of(picture)


def test_keys_of_json_are_numbers_too():
    assert draw_pass_at_k({"run": {"1": 0.5, "16": 0.6}}).data["run"] == {1: 0.5, 16: 0.6}


def test_matplotlib_axes_show_the_curve():
    ax = Figure().add_subplot()
    assert draw_pass_at_k({"run": BEFORE}, ax=ax) is ax
    assert "64" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        ({}, "There is no curve"),
        (None, "curves must be a mapping"),
        ([BEFORE], "curves must be a mapping"),
        ({"run": []}, "'run' must be a mapping k -> pass@k"),
        ({"run": None}, "'run' must be a mapping k -> pass@k"),
        ({"run": [0.1, 0.2]}, "A seed of 'run' must be a mapping"),
        ({"run": {}}, "'run' has 0 ks and 0 values"),
        ({"run": ([1, 2], [0.5])}, "'run' has 2 ks and 1 values"),
        ({"run": ([1, 1], [0.5, 0.6])}, "each k once"),
        ({"run": {0: 0.1}}, "'run' has k=0: k must be a whole number"),
        ({"run": {1.5: 0.1}}, "'run' has k=1.5"),
        ({"run": {1: 36}}, r"'run' has pass@k=36: .* Divide percents by 100"),
        ({"run": {1: None}}, "one of them is None"),
        ({"run": {1: float("nan")}}, "nan at position 0"),
        ({"run": {"many": 0.5}}, "ks of 'run' must be numbers"),
        ({"run": [{1: 0.1}, {2: 0.1}]}, "seeds of 'run' have other steps"),
    ],
)
def test_what_is_no_pass_at_k_is_refused(curves, message):
    with pytest.raises(ValueError, match=message):
        draw_pass_at_k(curves)
