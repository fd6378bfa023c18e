"""The player: every knob turned to both ends, and what a page without a kernel gets."""

import base64
import re
import xml.etree.ElementTree as ET

import pytest
from graph_numbers import Number, plus, times

from gptcore.scalar import Value
from viz.canvas.control import STATIC_NOTE
from viz.graphs.backward import draw_backward
from viz.graphs.backward_player import BackwardPlayer

NS = "{http://www.w3.org/2000/svg}"


def build(a, b):
    """L = a * b + a: 6 arrows and steps 0 to 7."""
    a, b = Number(a), Number(b)
    c = times(a, b)
    return {"a": a, "b": b, "c": c, "L": plus(c, a)}


def logarithm(x):
    x = Value(x)
    return {"x": x, "L": x.log()}


@pytest.fixture
def player() -> BackwardPlayer:
    return BackwardPlayer(build, a=2.0, b=3.0)


def shown_by(player) -> list[str]:
    found = re.search(r" src=\"[^,]+,([^\"]+)", player.screen.value)
    root = ET.fromstring(base64.b64decode(found[1]).decode())
    return [t.text or "" for t in root.iter(f"{NS}text")]


def test_it_begins_with_the_inputs_and_its_still_is_the_last_frame(player):
    assert player.step.value == 0
    assert "These numbers were typed in" in shown_by(player)
    nodes = build(2.0, 3.0)
    twin = draw_backward(nodes["L"], {node: name for name, node in nodes.items()})
    assert player.still.to_svg() == twin.to_svg()


def test_every_step_of_the_slider_shows_its_frame(player):
    seen = set()
    for step in range(player.step.min, player.step.max + 1):
        player.step.value = step
        assert f"{step}/{player.step.max}" in shown_by(player)
        seen.add(player.screen.value)
    assert len(seen) == 8


def test_the_buttons_step_and_stop_at_both_ends(player):
    player.back.click()
    assert player.step.value == 0
    for step in range(1, player.step.max + 1):
        before = player.screen.value
        player.forward.click()
        assert player.step.value == step
        assert player.screen.value != before
    player.forward.click()
    assert player.step.value == player.step.max
    for _ in range(player.step.max + 3):
        player.back.click()
    assert player.step.value == 0
    assert "0/7" in shown_by(player)


def test_dragging_an_input_moves_the_gradient_of_the_other(player):
    player.step.value = player.step.max
    assert player.picture().data["grads"] == [4.0, 2.0, 1.0, 1.0]
    player.inputs["a"].value = -1.5
    assert player.picture().data["grads"] == [4.0, -1.5, 1.0, 1.0]  # dL/db = a
    assert "grad −1.5" in shown_by(player)
    player.inputs["b"].value = 0.0
    assert player.picture().data["grads"] == [1.0, -1.5, 1.0, 1.0]  # dL/da = b + 1


@pytest.mark.parametrize("name", ["a", "b"])
def test_both_ends_of_every_input_work_at_every_step(player, name):
    knob = player.inputs[name]
    assert (knob.min, knob.max) == (-5, 5)
    for step in (0, 3, player.step.max):
        player.step.value = step
        screens = set()
        for end in (knob.min, 0.0, knob.max):
            knob.value = end
            screens.add(player.screen.value)
        assert len(screens) == 3


def test_an_input_beyond_the_range_makes_the_range_larger():
    player = BackwardPlayer(build, a=20.0, b=-7.0, lowest=0, highest=1)
    assert (player.inputs["a"].min, player.inputs["a"].max) == (0, 20)
    assert (player.inputs["b"].min, player.inputs["b"].max) == (-7, 1)


def test_where_the_function_raises_the_player_says_why_and_goes_on():
    player = BackwardPlayer(logarithm, x=2.0)
    player.step.value = player.step.max
    for bad in (player.inputs["x"].min, 0.0):
        player.inputs["x"].value = bad
        assert f"log({bad}): a logarithm needs a number above 0" in player.screen.value
        player.back.click()
        player.forward.click()
    player.inputs["x"].value = player.inputs["x"].max
    assert player.picture().data["grads"] == [pytest.approx(0.2), 1.0]
    assert "<img" in player.screen.value


def test_the_message_of_an_error_is_not_markup():
    def build(x):
        if x < 0:
            raise ValueError("<script>alert(1)</script>")
        return {"x": Number(x)}

    player = BackwardPlayer(build, x=1.0)
    player.inputs["x"].value = -1.0
    assert "<script" not in player.screen.value
    assert "&lt;script&gt;" in player.screen.value


def test_division_by_zero_and_overflow_are_shown_too():
    player = BackwardPlayer(lambda x: {"x": (x := Value(x)), "L": (1 / x) * 1e200 * 1e200}, x=1.0)
    player.inputs["x"].value = 0.0
    assert "cannot be divided by 0" in player.screen.value


def test_a_graph_that_grows_with_its_input_can_be_played_to_its_end():
    def build(x):
        node = x = Value(x)
        for _ in range(1 if x.data < 0 else 4):
            node = node * x
        return {"x": x, "L": node}

    player = BackwardPlayer(build, x=-1.0)
    player.inputs["x"].value = 2.0
    for _ in range(50):
        player.forward.click()
    assert player.picture().data["step"] == player.picture().data["steps"]
    player.inputs["x"].value = -1.0
    assert player.picture().data["step"] <= player.picture().data["steps"]


@pytest.mark.parametrize("answer", [None, {}, 3.0, [Number(1.0)], "L"])
def test_the_error_for_a_wrong_return_value_says_what_to_return(answer):
    with pytest.raises(ValueError, match=r'must return the named numbers, the result last: \{"a'):
        BackwardPlayer(lambda a: answer, a=1.0)


def test_objects_that_are_not_nodes_and_graphs_too_large_are_refused():
    with pytest.raises(ValueError, match="float cannot be drawn as a graph"):
        BackwardPlayer(lambda a: {"a": a}, a=1.0)

    def build(a):
        a = node = Value(a)
        for _ in range(100):
            node = node + a
        return {"a": a, "L": node}

    with pytest.raises(ValueError, match="at most 60 can be followed"):
        BackwardPlayer(build, a=1.0)


def test_a_page_without_a_kernel_gets_the_still_and_a_constant_text(player, tmp_path):
    before = player._repr_mimebundle_()
    player.step.value, player.inputs["a"].value = 3, -2.0
    after = player._repr_mimebundle_()
    assert set(after) == {
        "application/vnd.jupyter.widget-view+json",
        "application/vnd.viz.dial+json",
        "text/html",
        "text/plain",
    }
    view = after["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == player.live.model_id
    assert before["text/plain"] == after["text/plain"] == repr(player)
    assert "0x" not in repr(player)
    assert "2 × 1 added to b.grad: 0 + 2 = 2" in repr(player)
    assert before["text/html"] == after["text/html"] == player.still.to_html() + STATIC_NOTE
    saved = player.save(tmp_path / "now.svg").read_text(encoding="utf-8")
    assert "3/7" in saved


def test_every_knob_and_the_screen_are_among_what_is_shown(player):
    def inside(widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from inside(child)

    shown = set(inside(player.live))
    knobs = {*player.inputs.values(), player.step, player.back, player.forward, player.screen}
    assert knobs <= shown
