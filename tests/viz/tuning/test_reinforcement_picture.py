"""Reward, KL and entropy of runs: records, rows, columns and logs; seeds; samples; the dial."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from matplotlib.figure import Figure

from gptcore.tuning import ReinforceStep
from viz import ReinforcementDial, draw_reinforcement
from viz.canvas.scene import Line, Text
from viz.tuning.seed_chart import moving_mean

STEPS = [
    ReinforceStep(
        step=step,
        reward=reward,
        pass_rate=0.5,
        agreement=0.5,
        kl=0.1 * step,
        entropy=1 / step,
        length=3.0,
        ended=1.0,
        grad_norm=None if step == 3 else 1.0,
        learning_rate=5e-4,
        message="Nothing to learn" if step == 3 else "",
    )
    for step, reward in [(1, 0.25), (2, 0.5), (3, 0.5), (4, 0.75)]
]
ROWS = [asdict(step) for step in STEPS]
COLUMNS = {key: [row[key] for row in ROWS] for key in ("step", "reward", "kl", "entropy")}


def texts_of(picture) -> list[str]:
    return [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]


def lines_of(picture, width: float) -> list[Line]:
    return [s for s in picture.scene.shapes if isinstance(s, Line) and s.width == width]


def test_records_rows_columns_and_logs_give_the_same_picture(tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n", encoding="utf-8")
    runs = [STEPS, iter(STEPS), ROWS, log, str(log)]
    pictures = [draw_reinforcement(run) for run in runs]
    assert {picture.to_svg() for picture in pictures} == {pictures[0].to_svg()}
    arrays = {key: np.array(values) for key, values in COLUMNS.items()}
    assert draw_reinforcement(COLUMNS).data == draw_reinforcement(arrays).data == pictures[0].data
    assert pictures[0].data[""]["reward"] == ([1, 2, 3, 4], [0.25, 0.5, 0.5, 0.75])


def test_the_large_chart_and_the_panels_below_it():
    picture = draw_reinforcement(STEPS)
    bold = lines_of(picture, 2.2)
    assert len(bold) == 3
    reward, kl, entropy = bold
    assert reward.points[0][1] > reward.points[-1][1]  # it climbs
    assert max(y for _, y in reward.points) < min(y for _, y in kl.points)
    assert kl.points[-1][0] < entropy.points[0][0]
    assert entropy.points[0][1] < entropy.points[-1][1]
    assert "KL (nats per token)" in texts_of(picture)
    assert picture.alt.startswith("Reward from 0.25 to 0.75 in 4 steps. reward from 0.25 to 0.75;")
    assert "1 of 4 steps taught nothing" in texts_of(picture)
    assert len(lines_of(draw_reinforcement(STEPS, panels=[]), 2.2)) == 1
    assert draw_reinforcement(STEPS, panels=["length"]).data[""].keys() == {"reward", "length"}
    assert draw_reinforcement({"reward": [0.1, 0.2]}).data[""].keys() == {"reward"}


def test_several_runs_are_on_one_picture_under_their_names():
    picture = draw_reinforcement({"small rate": ROWS, "large rate": COLUMNS}, curves=["reward"])
    assert list(picture.data) == ["small rate", "large rate"]
    assert picture.alt.startswith("Reward of small rate, large rate.")
    assert "small rate 0.75" in texts_of(picture)
    both = draw_reinforcement({"a": ROWS, "b": ROWS}, curves=["reward", "ended"])
    assert {"a: reward 0.75", "b: ended 1 (same line as a: ended)"} <= set(texts_of(both))


def test_the_mean_of_seeds_is_bold():
    other = {**COLUMNS, "reward": [0.75, 0.5, 0.7, 0.25]}
    for runs in ([COLUMNS, other], {"run": [COLUMNS, other]}, [ROWS, other]):
        picture = draw_reinforcement(runs)
        run = next(iter(picture.data.values()))
        assert run["reward"][1] == pytest.approx([0.5, 0.5, 0.6, 0.5])
        assert picture.alt.startswith("Reward") and "reward from 0.5 to 0.5" in picture.alt
        assert len(lines_of(picture, 1)) == 6 and len(lines_of(picture, 2.2)) == 3
        assert any(text.startswith("2 seeds, mean bold") for text in texts_of(picture))


def test_a_seed_that_has_a_gap_or_leaves_the_mean_is_inside_the_chart():
    seeds = [{"reward": [0.0, 0.1, -5.0]}, {"reward": [0.0, float("nan"), 5.0]}]
    picture = draw_reinforcement(seeds)
    assert picture.data[""]["reward"][1] == pytest.approx([0, 0.1, 0])
    points = [point for line in lines_of(picture, 1) for point in line.points]
    assert len(points) == 7 and all(50 < y < 260 for _, y in points)


def test_the_axis_of_shares_goes_from_0_to_1_and_another_one_does_not():
    shares = draw_reinforcement({"reward": [0.5, 0.6]})
    assert {"0", "0.2", "1"} <= set(texts_of(shares))
    assert "0" not in texts_of(draw_reinforcement({"reward": [10.5, 10.6]}))


def test_a_panel_needs_its_key_in_every_run_unless_it_is_requested():
    runs = {"a": COLUMNS, "b": {"reward": [0.1, 0.2], "entropy": [1.0, 0.9]}}
    assert draw_reinforcement(runs).data["a"].keys() == {"reward", "entropy"}
    with pytest.raises(ValueError, match="'kl' is not among the values of the run 'b'"):
        draw_reinforcement(runs, panels=["kl"])


def test_a_key_that_only_later_rows_have_is_found():
    rows = [{"step": 1, "reward": 0.1}, {"step": 2, "reward": 0.2, "truth": 0.3}]
    assert draw_reinforcement(rows, curves=["truth"]).data[""]["truth"] == ([2], [0.3])


def test_a_long_curve_is_the_mean_of_nine_steps():
    values = [float(i % 7) for i in range(70)]
    smooth = moving_mean(values)
    kernel = np.ones(9)
    weights = np.convolve(np.ones(70), kernel, "same")
    assert smooth == pytest.approx(np.convolve(values, kernel, "same") / weights)
    picture = draw_reinforcement({"reward": values})
    assert picture.data[""]["reward"][1] == smooth and len(lines_of(picture, 1)) == 1
    assert "mean of 9 steps bold" in texts_of(picture)
    assert moving_mean(values[:60]) == values[:60]


def test_samples_are_pinned_to_the_reward():
    samples = {0: "before", 1: "17+5=12", 2: [None], 4: ["22", None, "12"]}
    picture = draw_reinforcement(STEPS, samples=samples)
    cards = {"step 0", "before", "step 1: 0.25", "17+5=12", "(did not end)", "step 4: 0.75"}
    assert {*cards, "22, (did not end), 12"} <= set(texts_of(picture))
    assert "at step 1 '17+5=12'; at step 2 '(did not end)'; at step 4 '22, (did" in picture.alt
    long = draw_reinforcement(STEPS, samples={1: ["what is 17+5? 22", "ann"]})
    assert {"what is 17+5? 22↵", "ann"} <= set(texts_of(long))
    with pytest.raises(ValueError, match="pin at step 9 is not on a curve"):
        draw_reinforcement(STEPS, samples={9: "late"})


def test_a_value_that_is_measured_rarely_is_a_line_through_its_points():
    rows = [{"step": i, "reward": 0.5, "truth": 0.1 * i if i % 2 else None} for i in range(1, 6)]
    picture = draw_reinforcement(rows, curves=["reward", "truth"])
    assert picture.data[""]["truth"] == ([1, 3, 5], pytest.approx([0.1, 0.3, 0.5]))
    gap = draw_reinforcement({"reward": [0.1, 0.2, float("nan"), 0.4, 0.5]})
    assert len(lines_of(gap, 2.2)) == 2 and "nan" not in gap.to_svg()


def test_matplotlib_axes_show_the_panels():
    ax = Figure().add_subplot()
    assert draw_reinforcement(STEPS, ax=ax) is ax
    assert "entropy (nats per token)" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize(
    ("runs", "options", "message"),
    [
        ([], {}, "the run has no steps"),
        ({}, {}, "There is no run to draw"),
        (None, {}, "the run has no steps"),
        ({"a": []}, {}, "the run 'a' has no steps"),
        ({"a": None}, {}, "the run 'a' has no steps"),
        ([1, 2], {}, "A step of the run is 1; give rows such as"),
        ({"reward": [0.1, 0.2], "kl": [0.1]}, {}, "2 values of 'reward' and 1 of 'kl'"),
        ({"step": [1, 1], "reward": [0.1, 0.2]}, {}, "steps of the run must rise"),
        ({"step": [1, float("nan")], "reward": [0.1, 0.2]}, {}, "steps of the run must rise"),
        ([{"step": 1, "reward": "much"}], {}, "reward of the run must be one number, not 'much'"),
        ([{"step": 1, "reward": None}], {}, "'reward' is not among the values of the run: step"),
        (ROWS, {"curves": ["rewards"]}, "'rewards' is not among the values.*: step, reward"),
        (ROWS, {"curves": []}, "curves must be a list of at most 4 keys"),
        (ROWS, {"panels": "kl"}, "panels must be a list of at most 3 keys, not 'kl'"),
        (ROWS, {"samples": {1: None}}, "pin at step 1 is None; give text"),
        ([ROWS, ROWS[:2]], {}, "seeds of 'reward' have other steps"),
        ("no_such.jsonl", {}, "log no_such.jsonl cannot be read: No such file"),
    ],
)
def test_what_is_no_run_is_refused(runs, options, message):
    with pytest.raises(ValueError, match=message):
        draw_reinforcement(runs, **options)


def test_a_broken_line_of_a_log_is_named(tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_text('{"step": 1, "reward": 0.5}\n{"step": 2, "rew\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r'log.jsonl, line 2 is no JSON object: {"step": 2, "rew'):
        draw_reinforcement(log)


RUNS = {
    ("contains", 0.0): {"reward": [0.4, 0.9], "truth": [0.3, 0.1], "kl": [0.0, 0.5]},
    ("contains", 0.1): [{"reward": [0.4, 0.8], "truth": [0.3, 0.5], "kl": [0.0, 0.1]}] * 2,
    ("exact", 0.0): {"reward": [0.3, 0.8], "kl": [0.0, 0.2]},
}


def test_the_dial_shows_the_recorded_run_on_axes_that_stay():
    dial = ReinforcementDial(RUNS)
    assert dial.still.data["truth"][1] == [0.3, 0.1]
    low = lines_of(dial.picture(), 2.2)[2].points
    dial.weight.value = 0.1
    picture = dial.picture()
    assert picture.data["truth"][1] == [0.3, 0.5]
    assert picture.alt.startswith("Reward 'contains', KL weight 0.1.")
    kl = lines_of(picture, 2.2)[2].points
    assert low[0] == kl[0]
    assert (kl[0][1] - kl[1][1]) * 5 == pytest.approx(low[0][1] - low[1][1])
    dial.weight.value, dial.reward.value = 0.0, "exact"
    assert dial.picture().data.keys() == {"reward", "kl"}


def test_a_run_that_was_not_recorded_is_said_above_the_last_one():
    dial = ReinforcementDial(RUNS, reward="exact", kl_weight=0.0)
    dial.weight.value = 0.1
    expected = "No run of the reward 'exact' was recorded with the KL weight 0.1; there are runs"
    assert dial.picture().alt.startswith(expected)
    assert 'role="alert"' in dial.screen.value and "with 0." in dial.picture().alt
    dial.reward.value = "contains"
    assert dial.picture().data["reward"][1] == [0.4, 0.8]


@pytest.mark.parametrize(
    ("runs", "options", "message"),
    [
        ({}, {}, "There is no run"),
        (None, {}, "runs must be a mapping"),
        ({"exact": {"reward": [0.1]}}, {}, r"must be \(reward, KL weight\), not 'exact'"),
        ({("exact", None): {"reward": [0.1]}}, {}, "KL weight of 'exact' must be one number"),
        ({("exact", 0.1): {}}, {}, "the run 'exact, 0.1' has no steps"),
        ({("exact", 0.1): {"kl": [0.1]}}, {}, "has none of reward, truth"),
        (RUNS, {"reward": "length"}, r"There is no run of \('length', 0.0\)"),
    ],
)
def test_a_dial_without_runs_is_refused(runs, options, message):
    with pytest.raises(ValueError, match=message):
        ReinforcementDial(runs, **options)
