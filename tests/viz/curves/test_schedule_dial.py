"""The schedule dial, compared with pen and paper and with gptcore."""

import base64
import re
import time
import xml.etree.ElementTree as ET
from math import cos, pi

import pytest

from gptcore.training import TrainConfig, learning_rate
from viz import ScheduleDial

NS = "{http://www.w3.org/2000/svg}"


def rate_at(step, **settings):
    return learning_rate(TrainConfig(**settings), step)


@pytest.fixture
def dial() -> ScheduleDial:
    return ScheduleDial(rate_at)


def svg_of(dial) -> str:
    return base64.b64decode(re.search(' src="[^"]+base64,([^"]+)', dial.screen.value)[1]).decode()


def texts_of(dial) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg_of(dial)).iter(f"{NS}text")]


def tables_of(dial) -> list[dict]:
    return list(dial.picture().data["table"].values())


def test_after_cosine_the_rate_stays_at_its_minimum_or_jumps(dial):
    planned, replanned, continued = tables_of(dial)
    assert list(planned) == [1, 700, 3000, 6000, 6001, 12_000]
    assert planned[6001] is None and continued[3000] is None
    assert continued[6001] == continued[12_000] == pytest.approx(5e-5)
    new = 5e-5 + 4.5e-4 * (1 + cos(pi * 5300 / 11_300)) / 2  # half-way down, by pen and paper
    assert replanned[6001] == pytest.approx(new, rel=1e-3)
    assert planned[6000] == pytest.approx(5e-5, rel=1e-3)
    sentence = "Just continue to 12,000: the rate stays 5·10⁻⁵, or jumps to 2.97·10⁻⁴"
    assert texts_of(dial)[0] == sentence and dial.still.alt.startswith(sentence)
    assert "part as soon as the warm-up is over: no later checkpoint" in dial.still.alt


def test_wsd_can_be_continued_from_before_its_decay(dial):
    dial.schedule.value = "wsd"
    assert "stays 5.04·10⁻⁵, or jumps to 5·10⁻⁴" in texts_of(dial)[0]
    # The first step of the fall, 6000 - 1200 + 1, still has the full rate.
    assert "The two plans part after step 4,801: the checkpoint of that step" in texts_of(dial)[-1]
    dial.decay.value = 3000
    assert "part after step 3,001" in texts_of(dial)[-1]


def test_a_constant_rate_can_always_be_continued(dial):
    dial.schedule.value = "constant"
    assert texts_of(dial)[0] == "Just continue to 12,000: the rate stays 5·10⁻⁴"
    assert "every checkpoint can be continued" in texts_of(dial)[-1]


@pytest.mark.parametrize("schedule", ["cosine", "wsd", "constant"])
@pytest.mark.slow
def test_every_point_of_every_curve_is_a_value_of_the_function(dial, schedule):
    dial.schedule.value, dial.warmup.value, dial.max_steps.value = schedule, 300, 4000
    planned, replanned, continued = dial.picture().data["rates"].values()
    same = {"schedule": schedule, "warmup_steps": 300, "decay_steps": 1200}
    same |= {"learning_rate": 5e-4, "min_learning_rate": 5e-5}
    for (steps, rates), length in ((planned, 4000), (replanned, 8000), (continued, 4000)):
        assert rates == [rate_at(int(step), max_steps=length, **same) for step in steps]
    assert (planned[0][0], planned[0][-1]) == (1, 4000)
    assert (replanned[0][0], replanned[0][-1]) == (1, 8000)
    assert (continued[0][0], continued[0][-1]) == (4000, 8000)
    assert {300, 301, 4000} <= set(planned[0]), "the corners are among the points"


def test_every_knob_to_both_ends_changes_the_picture(dial):
    dial.schedule.value, dial.max_steps.value = "wsd", 12_000
    for knob in (dial.warmup, dial.decay):
        first, seen = knob.value, set()
        for value in (knob.min, 6000):
            knob.value = value
            assert "role=" not in dial.screen.value
            seen.add(dial.screen.value)
        assert len(seen) == 2, knob.description
        knob.value = first
    dial.warmup.value = dial.decay.value = 100
    for value in (dial.max_steps.min, dial.max_steps.max):
        dial.max_steps.value = value
        assert f"as planned, for {value:,}" in texts_of(dial)


def test_impossible_settings_show_an_error_above_the_faded_last_picture(dial):
    dial.schedule.value = "wsd"
    before = svg_of(dial)
    dial.warmup.value = 5000
    advice = "warmup_steps=5000 and decay_steps=1200 do not fit into max_steps=6000"
    assert advice in dial.screen.value and 'role="alert"' in dial.screen.value
    assert "opacity: 0.35" in dial.screen.value and svg_of(dial) == before
    dial.schedule.value = "cosine"  # which needs no room for a fall
    assert "opacity" not in dial.screen.value
    assert "step 5,000" in texts_of(dial)


def test_the_decay_knob_is_enabled_only_for_wsd(dial):
    assert dial.decay.disabled
    dial.schedule.value = "wsd"
    assert not dial.decay.disabled


def test_runs_without_warm_up_and_short_runs_can_be_drawn():
    short = ScheduleDial(rate_at, max_steps=60, learning_rate=0.01)
    for schedule in ("cosine", "wsd", "constant"):
        short.schedule.value, short.warmup.value = schedule, 0
        assert "step 61" in texts_of(short) and "step 120" in texts_of(short)
    with pytest.raises(ValueError, match="max_steps=59 is too short for the knobs; give 60"):
        ScheduleDial(rate_at, max_steps=59)


def test_the_still_picture_never_changes(dial):
    before = dial._repr_mimebundle_()
    dial.schedule.value = "wsd"
    dial.warmup.value = 5900
    after = dial._repr_mimebundle_()
    assert before["text/html"] == after["text/html"]
    assert before["text/plain"] == after["text/plain"]


@pytest.mark.slow
def test_a_knob_is_answered_quickly_with_few_calls(dial):
    calls = []
    dial.rate_at = lambda step, **settings: calls.append(step) or rate_at(step, **settings)
    dial.schedule.value = "wsd"
    calls.clear()
    start = time.process_time()
    for warmup in range(0, 2000, 100):
        dial.warmup.value = warmup
    assert (time.process_time() - start) / 20 < 0.15  # three times what is promised
    assert len(calls) / 20 < 1000
