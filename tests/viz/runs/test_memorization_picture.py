"""What the picture of memorization says of its runs, and what its dial shows."""

import pytest

from viz import MemorizationDial, draw_memorization

STEPS = [25, 50, 100]


def a_run(held_out, copied, **more):
    return {"step": STEPS, "train": [3.0, 2.0, 1.0], "held_out": held_out, "copied": copied, **more}


def test_it_marks_the_lowest_mean_of_the_seeds():
    seeds = [a_run([3.0, 2.0, 4.0], [0, 0.1, 0.8]), a_run([2.0, 2.5, 4.0], [0, 0.3, 0.6])]
    picture = draw_memorization(seeds)
    assert picture.data == {"step": 50, "train": 2.0, "held_out": 2.25, "copied": 0.2}
    assert "Step 50: held-out loss 2.25, 20 % of the samples are training lines" in picture.alt
    assert draw_memorization(seeds, step=100).data["copied"] == pytest.approx(0.7)


def test_samples_and_coincidence_are_shown_where_they_are_given():
    run = a_run([3.0, 2.0, 4.0], [0, 0.1, 0.8], written=[["x"], ["kamon"], ["ann"]])
    svg = draw_memorization(run, step=100).to_svg()
    assert "writes: ann" in svg and "coincidence" not in svg
    svg = draw_memorization({**run, "coincidence": [0, 0.1, 0.1]}, step=50).to_svg()
    assert "writes: kamon" in svg and "expected by coincidence" in svg


def test_the_dial_shows_the_chosen_run_on_common_axes():
    runs = {200: a_run([3.0, 2.0, 9.0], [0, 0.1, 0.8]), 2000: a_run([3.0, 2.5, 2.4], [0, 0, 0.1])}
    dial = MemorizationDial(runs, step=25)
    assert dial.still.data["step"] == 25
    dial.lines.value, dial.step.value = 2000, 100
    assert dial.picture().data["held_out"] == 2.4 and "2,000 lines" in dial.screen.value
    assert dial.limits == (1.0, 9.0)


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ({}, "no run"),
        ({200: {"step": [1], "train": [1.0]}}, "lacks copied, held_out"),
        ({200: a_run([1.0], [0.0])}, "1 values for 3 steps"),
        ({200: "abc"}, "a run must be"),
        (
            {1: a_run([1, 2, 3], [0, 0, 0]), 2: {**a_run([1, 2, 3], [0, 0, 0]), "step": [1, 2, 3]}},
            "different steps",
        ),
    ],
    ids=["none", "keys", "values", "no mapping", "steps"],
)
def test_bad_runs_are_told(runs, words):
    with pytest.raises((ValueError, TypeError), match=words):
        MemorizationDial(runs)


def test_an_unknown_step_is_told():
    with pytest.raises(ValueError, match="step 7 was not measured"):
        draw_memorization(a_run([3.0, 2.0, 4.0], [0, 0.1, 0.8]), step=7)
    with pytest.raises(ValueError, match="lines=5"):
        MemorizationDial({200: a_run([3.0, 2.0, 4.0], [0, 0.1, 0.8])}, lines=5)
