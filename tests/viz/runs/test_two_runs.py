"""Two runs chosen from lists: what can be chosen, and what is drawn."""

import base64
import re
import xml.etree.ElementTree as ET

import pytest

from viz.canvas.control import STATIC_NOTE
from viz.runs.runs import draw_runs
from viz.runs.two_runs import TwoRuns

NS = "{http://www.w3.org/2000/svg}"


def run(first: float, val: bool = True, speed: float = 10.0) -> list[dict]:
    return [
        {
            "step": i,
            "tokens": 10 * i,
            "train_loss": first / i,
            "val_loss": first / i if val else None,
            "grad_norm": 1.0,
            "learning_rate": 1e-3,
            "tokens_per_second": speed,
        }
        for i in (1, 2, 3)
    ]


RUNS = {"a": run(3.0), "b": run(6.0), "blind": run(4.0, val=False), "clockless": run(5.0, speed=0)}


def shown_by(two: TwoRuns) -> list[str]:
    found = re.search(r" src=\"[^\"]+base64,([^\"]+)", two.screen.value)
    assert found, two.screen.value
    svg = base64.b64decode(found[1]).decode()
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{NS}text")]


def test_every_knob_changes_the_picture():
    two = TwoRuns(RUNS, flops_per_token=100)
    assert {"a 1", "b 2", "tokens learned from"} <= set(shown_by(two))
    two.x.value = "flops"
    assert "operations (multiplications and additions)" in shown_by(two)
    two.x.value = "step"
    two.y.value = "train_loss"
    two.second.value = "blind"
    assert {"a 1", "blind 1.33", "training loss (nats per token)"} <= set(shown_by(two))
    two.first.value = "b"
    assert "b 2" in shown_by(two)


def test_it_draws_what_draw_runs_draws_and_starts_with_the_first_two():
    two = TwoRuns(RUNS)
    first = draw_runs({"a": RUNS["a"], "b": RUNS["b"]})
    assert two.still.to_svg() == first.to_svg()
    two.second.value = "a"
    assert two.picture().to_svg() == draw_runs({"a": RUNS["a"]}).to_svg()
    assert two._repr_mimebundle_()["text/html"] == first.to_html() + STATIC_NOTE


def test_the_lists_have_only_what_can_be_drawn():
    two = TwoRuns({"a": run(3.0, val=False), "b": run(2.0, val=False)})
    assert list(two.y.options) == ["train_loss", "grad_norm", "learning_rate"]
    assert list(two.x.options) == ["tokens", "hours", "step"]
    assert "flops" in TwoRuns(RUNS, flops_per_token={"a": 1, "b": 2}).x.options
    assert TwoRuns({"a": RUNS["a"], "b": RUNS["blind"]}).y.value == "train_loss"


def test_a_missing_value_is_reported_and_the_lists_still_work():
    two = TwoRuns(RUNS)
    two.second.value = "blind"
    assert "blind&#x27; has no val_loss" in two.screen.value
    two.second.value = "clockless"
    two.x.value = "hours"
    assert "needs tokens_per_second" in two.screen.value
    two.second.value = "b"
    assert "b 2" in shown_by(two)


def test_the_last_sample_of_each_run_is_below_in_its_colour():
    two = TwoRuns(RUNS, samples={"a": "anna", "b": {1: "qx", 1200: "lia <b>"}})
    assert {"a wrote", "anna", "b wrote at step 1,200", "lia <b>"} <= set(shown_by(two))
    assert "qx" not in shown_by(two)
    assert "b wrote 'lia <b>'" in two.still.alt
    two.first.value = "blind"
    two.y.value = "train_loss"
    assert "anna" not in shown_by(two)


@pytest.mark.parametrize(
    ("runs", "options", "match"),
    [
        ({"a": run(3.0)}, {}, "Two runs are compared, and there are 1"),
        ({"a": [], "b": run(2.0)}, {}, "logs of 'a' and 'b' have nothing to compare"),
        (RUNS, {"samples": {"a": ["x"]}}, r"samples of 'a' are \['x'\]; give a text"),
        (RUNS, {"samples": {"a": {}}}, "samples of 'a' are {}"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(runs, options, match):
    with pytest.raises(ValueError, match=match):
        TwoRuns(runs, **options)
