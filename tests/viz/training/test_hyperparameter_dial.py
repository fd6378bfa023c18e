"""The knobs for hyperparameters: each choice is trained once, each loss is shown."""

import pytest

from viz import HyperparameterDial

KNOBS = {"n_embd": [1, 2, 4], "n_hidden": [4, 16]}


def test_the_button_trains_the_choice_of_the_sliders_once():
    runs = []

    def run(n_embd, n_hidden):
        runs.append((n_embd, n_hidden))
        return 3 - n_embd / 10 - n_hidden / 100

    dial = HyperparameterDial(run, KNOBS, [{"n_embd": 2, "n_hidden": 4}], lines={"table": 2.7})
    dial.sliders[0].value = 4
    assert "n_embd 4, n_hidden 4: press train" in dial.picture().to_svg()
    dial.button.click()
    dial.button.click()
    assert "press train" not in dial.picture().to_svg()
    assert "trained before" in dial.picture().to_svg()  # it was pressed twice
    assert runs == [(2, 4), (4, 4)]
    assert dial.picture().data == pytest.approx({(2, 4): 2.76, (4, 4): 2.56})
    assert "n_embd 4, n_hidden 4: 2.56" in dial.picture().alt
    assert "table: 2.70" in dial.picture().to_svg()
    assert not dial.button.disabled


def test_an_error_of_the_run_leaves_the_button_usable():
    dial = HyperparameterDial(
        lambda n_embd, n_hidden: 1 / (4 - n_embd), KNOBS, [{"n_embd": 1, "n_hidden": 4}]
    )
    dial.sliders[0].value = 4
    with pytest.raises(ZeroDivisionError):
        dial.press()
    assert not dial.button.disabled


def test_a_choice_that_the_knobs_do_not_have_is_refused():
    with pytest.raises(ValueError, match="not a choice"):
        HyperparameterDial(lambda **_: 1.0, KNOBS, [{"n_embd": 3, "n_hidden": 4}])
    with pytest.raises(ValueError, match="empty"):
        HyperparameterDial(lambda **_: 1.0, KNOBS, [])
