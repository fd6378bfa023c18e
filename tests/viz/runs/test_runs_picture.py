"""Runs over tokens, time, FLOPs and steps."""

import json
import xml.etree.ElementTree as ET
from dataclasses import make_dataclass

import pytest
from matplotlib.figure import Figure

from viz.canvas.palette import CATEGORIES
from viz.runs.runs import draw_runs

NS = "{http://www.w3.org/2000/svg}"
KEYS = [
    "step",
    "tokens",
    "train_loss",
    "val_loss",
    "grad_norm",
    "learning_rate",
    "tokens_per_second",
    "mfu",
]
Row = make_dataclass("Row", KEYS)


def run(losses, tokens=100, speed=50.0, every=1) -> list[dict]:
    """A log with a val_loss at every so many steps."""
    return [
        dict(zip(KEYS, (i, i * tokens, loss, None if i % every else loss, 1.0, 1e-3, speed, None)))
        for i, loss in enumerate(losses, 1)
    ]


PLAIN = run([4.0, 3.5, 3.0, 2.8])
FAST = run([3.6, 2.8, 2.5], tokens=100, speed=25.0)


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text")]


def test_the_default_x_axis_has_tokens():
    data = draw_runs({"plain": PLAIN, "fast": FAST}).data
    assert data == {
        "plain": ([100, 200, 300, 400], [4.0, 3.5, 3.0, 2.8]),
        "fast": ([100, 200, 300], [3.6, 2.8, 2.5]),
    }


def test_hours_are_tokens_divided_by_tokens_per_second():
    long = run([4.0, 3.0], tokens=3600 * 50, speed=50.0)
    picture = draw_runs({"a": long}, x="hours")
    assert picture.data == {"a": ([1.0, 2.0], [4.0, 3.0])}
    assert "hours of training, evaluation left out" in texts_of(picture)
    seconds = draw_runs({"plain": PLAIN, "fast": FAST}, x="hours")
    assert seconds.data["plain"][0] == pytest.approx([2, 4, 6, 8])
    assert seconds.data["fast"][0] == pytest.approx([4, 8, 12])
    assert "seconds of training, evaluation left out" in texts_of(seconds)


def test_a_log_of_every_tenth_step_gives_the_same_hours():
    rows = run([4.0] * 100)
    whole = draw_runs({"a": rows}, x="hours").data["a"][0]
    some = draw_runs({"a": rows[9::10]}, x="hours").data["a"][0]
    assert some == pytest.approx(whole[9::10])


def test_flops_are_tokens_times_flops_per_token():
    each = {"plain": 6.0, "fast": 60.0}
    data = draw_runs({"plain": PLAIN, "fast": FAST}, x="flops", flops_per_token=each).data
    assert data["plain"][0] == [600, 1200, 1800, 2400]
    assert data["fast"][0] == [6000, 12000, 18000]
    same = draw_runs({"plain": PLAIN}, x="flops", flops_per_token=6).data
    assert same["plain"] == data["plain"]


def test_rows_may_be_records_or_lines_of_json():
    records = [Row(**row) for row in PLAIN]
    lines = [json.loads(json.dumps(row)) for row in PLAIN]
    assert draw_runs({"a": records}).data == draw_runs({"a": iter(lines)}).data


def test_rows_without_a_value_are_left_out():
    assert draw_runs({"a": run([4.0, 3.5, 3.0, 2.5], every=2)}, x="step").data == {
        "a": ([2, 4], [3.5, 2.5])
    }


def test_the_title_says_how_early_the_better_run_reaches_the_other():
    texts = texts_of(draw_runs({"plain": PLAIN, "fast": FAST}))
    assert "fast is where plain ends, 2.8, after 50% of its tokens" in texts
    texts = texts_of(draw_runs({"plain": PLAIN, "fast": FAST}, x="hours"))
    assert "fast ends lowest, at 2.5" in texts  # 8 seconds for both
    assert "mine" in texts_of(draw_runs({"plain": PLAIN, "fast": FAST}, title="mine"))
    assert "plain" in texts_of(draw_runs({"plain": PLAIN}))


def test_the_sentence_is_true():
    assert draw_runs({"plain": PLAIN}).alt == (
        "validation loss (nats per token) over tokens learned from: plain from 4 to 2.8 at 400."
    )


def test_noisy_values_get_a_running_mean_and_a_schedule_does_not():
    rows = run([3.0, 2.0] * 50)

    def lines(y):
        paths = ET.fromstring(draw_runs({"a": rows}, y=y).to_svg()).iter(f"{NS}path")
        return [p for p in paths if p.get("stroke") == CATEGORIES[0]]

    assert len(lines("train_loss")) == 2
    assert len(lines("val_loss")) == len(lines("learning_rate")) == 1


def test_a_long_title_and_a_long_unit_do_not_overlap():
    picture = draw_runs({"plain": PLAIN, "fast": FAST}, title="t" * 70)
    root = ET.fromstring(picture.to_svg())
    by_text = {t.text: float(t.get("y")) for t in root.iter(f"{NS}text")}
    rows = by_text["t" * 70], by_text["validation loss (nats per token)"], by_text["plain 2.8"]
    assert rows[0] + 14 < rows[1] < rows[2] - 14


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"x": "token"}, "x='token' must be one of tokens, hours, flops, step. Did you mean "),
        ({"y": "vall_loss"}, "run 'a' has no 'vall_loss'.*Did you mean 'val_loss'"),
        ({"y": "mfu"}, "run 'a' has no mfu in any of its 4 rows; it has val_loss, train_loss"),
        ({"x": "flops"}, "needs flops_per_token, .* for the run 'a', and it is None"),
        ({"x": "flops", "flops_per_token": {"b": 6}}, "for the run 'a', and it is None"),
        ({"x": "flops", "flops_per_token": 0}, "above 0, for the run 'a', and it is 0"),
    ],
)
def test_missing_values_are_named(options, match):
    with pytest.raises(ValueError, match=match):
        draw_runs({"a": PLAIN}, **options)


def test_invalid_runs_are_refused():
    with pytest.raises(ValueError, match="no run to draw"):
        draw_runs({})
    with pytest.raises(ValueError, match="run 'a' has no rows"):
        draw_runs({"a": []})
    with pytest.raises(ValueError, match="x='tokens', which does not need it"):
        draw_runs({"a": run([3.0, 2.0], speed=0.0)}, x="hours")
    with pytest.raises(ValueError, match="A row of the run 'a' has no 'val_loss': 3"):
        draw_runs({"a": [3.0, 2.0]})


def test_names_are_escaped():
    assert "<script>" not in draw_runs({"<script>": PLAIN}).to_svg()


def test_matplotlib_draws_the_same_curves():
    ax = Figure().add_subplot()
    assert draw_runs({"plain": PLAIN, "fast": FAST}, lines={"floor": 2.0}, ax=ax) is ax
    assert [list(line.get_ydata()) for line in ax.lines[:2]] == [
        [4.0, 3.5, 3.0, 2.8],
        [3.6, 2.8, 2.5],
    ]
    assert ax.get_xlabel() == "tokens learned from"
