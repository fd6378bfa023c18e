"""ScheduleDial on a page: the numbers and words of the control, without Python."""

import pytest
from dials import check_by_keys_and_on_a_phone, dial_page, opened, set_knobs, settings

from course.experiments.training.story_runs import rate_at
from viz import ScheduleDial

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return dial_page(tmp_path_factory.mktemp("schedule"), ScheduleDial(rate_at))


def test_its_rates_and_words_are_those_of_the_control(chromium, file):
    page, control = opened(chromium, file), ScheduleDial(rate_at)
    knobs = {
        "schedule": control.schedule,
        "max_steps": control.max_steps,
        "warmup": control.warmup,
        "decay": control.decay,
    }
    options = {
        name: list(range(knob.min, knob.max + 1, knob.step)) if name != "schedule" else knob.options
        for name, knob in knobs.items()
    }
    impossible = 0
    for values in settings(options, 60):
        control.schedule.value = values["schedule"]
        for name, value in values.items():
            knobs[name].value = value
        result, expected = set_knobs(page, values), control.picture()
        if expected.data is None:
            assert result == {"error": expected.alt}
            impossible += 1
            continue
        for name, rates in expected.data["table"].items():
            shown = {int(step): rate for step, rate in result["table"][name].items()}
            assert {k: v for k, v in shown.items() if v is not None} == pytest.approx(
                {k: v for k, v in rates.items() if v is not None}, rel=1e-9
            )
            assert shown.keys() == rates.keys()
        title, notes = expected.alt.split(". ")[0], expected.alt.rsplit(". ", 1)[-1]
        assert result["title"] == title and result["text"] == notes
        for name, (steps, rates) in expected.data["rates"].items():
            curve = dict(map(tuple, result["curves"][name]))
            assert curve == pytest.approx(dict(zip(steps, rates)), rel=1e-9)
    assert impossible > 3 and not page.complaints


def test_impossible_settings_keep_the_last_picture_pale_below_the_words(chromium, file):
    page = opened(chromium, file)
    page.get_by_label("schedule", exact=True).select_option("wsd")
    assert page.get_by_label("decay", exact=True).is_enabled()
    set_knobs(page, {"warmup": 5000})
    advice = "warmup_steps=5000 and decay_steps=1200 do not fit into max_steps=6000."
    assert advice in page.locator(".dial-error").text_content()
    assert page.locator(".dial-picture.pale svg").is_visible()
    set_knobs(page, {"schedule": "cosine"})
    assert page.locator(".dial-error").text_content() == ""
    assert page.get_by_label("decay", exact=True).is_disabled()


def test_keys_and_a_phone(chromium, file):
    check_by_keys_and_on_a_phone(chromium, file)


def test_a_function_of_the_readers_own_has_no_dial():
    control = ScheduleDial(lambda step, *, learning_rate, **settings: learning_rate)
    assert set(control._repr_mimebundle_()) == {
        "application/vnd.jupyter.widget-view+json",
        "text/html",
        "text/plain",
    }
