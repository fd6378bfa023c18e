"""BudgetDial on a page: the memory, the capacity and the facts of the control, without Python."""

import pytest
from dials import PHONE, check_by_keys_and_on_a_phone, dial_page, opened, set_knobs, settings

from course.experiments.hardware.budgets import plan
from gptcore.training import GPUS
from viz import BudgetDial

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def control():
    return BudgetDial(plan, gpus=GPUS)


@pytest.fixture(scope="module")
def file(tmp_path_factory, control):
    return dial_page(tmp_path_factory.mktemp("budget"), control)


def expected_of(control, values):
    """The picture of the control, or the words of its error."""
    for name, value in values.items():
        getattr(control, name).value = value
    picture = control.picture()
    if picture.data is None:
        return {"error": picture.alt}
    ((name, memory),) = picture.data["bars"].items()
    return {
        "name": name,
        "memory": memory,
        "total": picture.data["totals"][name],
        "capacity": picture.data["capacity"],
        "facts": picture.data["facts"],
        "title": picture.alt.split(f". {name}")[0],
    }


def test_its_bytes_and_words_are_those_of_the_control_in_all_settings(chromium, file):
    page, control = opened(chromium, file), BudgetDial(plan, gpus=GPUS)
    knobs = control.page_dial()["knobs"]
    options = {knob["name"]: knob["options"] for knob in knobs}
    possible = {**options, "n_head": [1, 2, 4, 8, 16, 32]}  # these divide most widths
    chosen = [*settings(options, 40), *settings(possible, 170, seed=1)]
    errors = 0
    for values in chosen:
        result, expected = set_knobs(page, values), expected_of(control, values)
        errors += "error" in expected
        result.pop("text", None)
        assert result == expected, values
    assert len(chosen) - errors > 150 and errors > 20 and not page.complaints


@pytest.mark.parametrize("gpu", GPUS)
def test_every_gpu_has_its_own_hours_and_rows(control, gpu):
    """The data of the page, without a browser: each GPU of the list is in them."""
    card = control.page_dial()["gpus"][gpu]
    assert (card["memory"], card["usable"]) == (GPUS[gpu].memory_bytes, GPUS[gpu].usable_bytes)


def test_what_does_not_fit_is_said(chromium, file):
    page = opened(chromium, file, PHONE)
    status = page.get_by_role("status")
    assert status.text_content().endswith("0.475 GiB over the 12 GiB, so it does not fit.")
    set_knobs(page, {"batch_size": 8})
    assert status.text_content().endswith("of 12 GiB.")
    assert page.locator(".budget-name .over").count() == 0
    set_knobs(page, {"batch_size": 128, "gpu": "t4"})
    assert status.text_content().endswith("so it does not fit.")
    assert page.locator(".budget-name .over").is_visible()


def test_a_plan_of_the_readers_own_has_no_dial():
    own = BudgetDial(
        lambda **sizes: {"memory": {"all": 1}, "capacity": 2, "facts": {}}, gpus=["a"], gpu="a"
    )
    assert own.page_dial() is None


def test_keys_and_a_phone(chromium, file):
    check_by_keys_and_on_a_phone(chromium, file)
