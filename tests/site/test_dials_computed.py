"""Dials that compute: paths of descent, gradients of a graph, advantages of a group."""

import random

import pytest
from dials import check_by_keys_and_on_a_phone, dial_page, opened, set_knobs, settings

import viz
from gptcore.scalar import Value, descend, descend_with_adam, descend_with_momentum, valley_grad
from gptcore.scalar import valley as loss_of_valley

pytestmark = pytest.mark.browser
AREA = {"x_range": (-10, 5), "y_range": (-3, 3), "learning_rate": 0.03, "steps": 40}


def from_start(rule):
    return lambda rate, steps: rule(valley_grad, (-9.0, 2.0), rate, steps)


def one_path():
    return viz.DescentPlayer(loss_of_valley, valley_grad, (-9, 2), **AREA, title="A valley")


def three_paths(choice_label: str = ""):
    rules = {"descent": descend, "momentum": descend_with_momentum, "Adam": descend_with_adam}
    optimizers = {name: from_start(rule) for name, rule in rules.items()}
    return viz.DescentPlayer(
        loss_of_valley, optimizers=optimizers, choice_label=choice_label, **AREA
    )


@pytest.mark.parametrize("choice_label", [None, "", "rule"], ids=["computed", "stored", "chosen"])
def test_the_paths_of_descent_are_those_of_the_control(choice_label, chromium, tmp_path):
    control = one_path() if choice_label is None else three_paths(choice_label)
    page = opened(chromium, dial_page(tmp_path, control))
    knobs = {"rate": control.rate, "steps": control.steps}
    if choice_label:
        knobs["choice"] = control.choice
    options = {knob["name"]: knob["options"] for knob in control.page_dial()["knobs"]}
    if choice_label is None:
        assert options["rate"] == [rate for _, rate in control.rate.options]
    for values in settings(options, 40):
        for name, value in values.items():
            knobs[name].value = value
        result, expected = set_knobs(page, values), control.picture()
        assert result["text"] == expected.alt
        assert list(result["paths"]) == list(expected.data["paths"])
        # Stored numbers have five digits.
        tolerance = 1e-9 if choice_label is None else 5.1e-5
        for name, points in expected.data["paths"].items():
            shown = [point[:2] for point in result["paths"][name]]
            assert shown == [pytest.approx(list(point), rel=tolerance) for point in points]
    assert not page.complaints


def test_an_optimizer_whose_first_steps_depend_on_how_many_follow_has_no_dial():
    def shrinking(rate, steps):
        return [(n / (steps or 1), 0.0) for n in range(steps + 1)]

    control = viz.DescentPlayer(loss_of_valley, optimizers={"shrinking": shrinking}, **AREA)
    assert control.page_dial() is None


def small(a, b):
    a, b = Value(a), Value(b)
    c = a * b
    return {"a": a, "b": b, "c": c, "L": c + a}


def larger(a, b):
    a, b = Value(a), Value(b)
    return {"a": a, "b": b, "L": ((a * a - b) * 3).tanh() + (-b).relu()}


@pytest.mark.parametrize("build", [small, larger])
def test_the_numbers_of_a_graph_are_those_of_the_control(build, chromium, tmp_path):
    control = viz.BackwardPlayer(build, a=2.0, b=3.0)
    page = opened(chromium, dial_page(tmp_path, control))
    options = {knob["name"]: knob["options"] for knob in control.page_dial()["knobs"]}
    for values in settings(options, 40):
        for name, value in values.items():
            (control.step if name == "step" else control.inputs[name]).value = value
        result, expected = set_knobs(page, values), control.picture()
        assert result["text"] == expected.alt
        pairs = list(zip(result["grads"], expected.data["grads"], strict=True))
        assert all((shown is None) == (grad is None) for shown, grad in pairs)
        known = [(shown, grad) for shown, grad in pairs if grad is not None]
        assert all(shown == pytest.approx(grad, rel=1e-9, abs=1e-12) for shown, grad in known)
        assert result["edge"] == expected.data["edge"]
    assert not page.complaints


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda a: {"a": (one := Value(a)), "L": one.exp()}, id="an operation"),
        pytest.param(lambda a: {"x": (one := Value(a)), "L": one * 2}, id="no name"),
        pytest.param(
            lambda a: {"a": (one := Value(a)), "L": one * one if a > 2 else one + 1}, id="branches"
        ),
    ],
)
def test_a_graph_that_the_page_cannot_compute_has_no_dial(build):
    assert viz.BackwardPlayer(build, a=2.0).page_dial() is None


TYPED = ("1, 0, 0, 1", "1 1 1", "", "5", "a", "1 2 x'y", "1e3;2", "nan 1", "inf", "1_0 2")
TYPED += ("0.1 0.1 0.1 0.2", "1e7 3", "-1 -2.5e9", "1 " * 17, 'it\'s "x"', "1e30 2e15", "1e-9 2e-9")


def test_advantages_are_those_of_the_control(chromium, tmp_path):
    control = viz.AdvantageDial([1, 0, 0, 1], ["22", "12", "", "22"], question="what is 17+5?")
    page, chance = opened(chromium, dial_page(tmp_path, control)), random.Random(0)
    more = [
        ", ".join(f"{chance.uniform(-3, 3):g}" for _ in range(chance.randint(1, 16)))
        for _ in range(20)
    ]
    for typed in (*TYPED, *more):
        for baseline in control.baseline.options:
            values = {"rewards": typed, "baseline": baseline, "added": chance.choice((0, 0.5, 10))}
            for name, value in values.items():
                getattr(control, name).value = value
            result, expected = set_knobs(page, values), control.picture()
            if expected.data is None:
                assert result == {"error": expected.alt}
                continue
            assert result["text"] == expected.alt
            advantages = expected.data[0]["advantages"]
            assert result["advantages"] == pytest.approx(advantages, rel=1e-9, abs=0)
    assert not page.complaints


@pytest.mark.parametrize(
    "make", [one_path, lambda: viz.BackwardPlayer(larger, a=2.0, b=3.0), viz.AdvantageDial]
)
def test_keys_and_a_phone(make, chromium, tmp_path):
    check_by_keys_and_on_a_phone(chromium, dial_page(tmp_path, make()))
