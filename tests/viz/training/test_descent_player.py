"""The descent player: paths, every knob to both ends, and what a saved page shows."""

import base64
import re
import time
import xml.etree.ElementTree as ET

import pytest

from viz.canvas.control import STATIC_NOTE
from viz.training.descent_player import DescentPlayer, run_optimizer
from viz.training.surface import draw_surface

NS = "{http://www.w3.org/2000/svg}"
START = (-9.0, 2.0)
RANGES = {"x_range": (-10, 6), "y_range": (-3, 3)}


def valley(x, y):
    return x * x / 2 + 10 * y * y


def grad(x, y):
    return x, 20 * y


def still_for(rate, steps):
    return [(-9 * (1 - rate) ** n, 2 * (1 - 20 * rate) ** n) for n in range(steps + 1)]


@pytest.fixture
def player() -> DescentPlayer:
    return DescentPlayer(valley, grad, START, **RANGES)


def shown_by(player) -> str:
    found = re.search(r"svg\+xml;base64,([^\"]+)", player.screen.value)
    root = ET.fromstring(base64.b64decode(found[1]).decode())
    return " | ".join(t.text or "" for t in root.iter(f"{NS}text"))


@pytest.mark.parametrize(
    ("rate", "fate"),
    [(0.001, "crawls"), (0.05, "arrives"), (0.09, "zigzags"), (0.11, "flies off")],
)
@pytest.mark.slow
def test_the_path_agrees_with_the_closed_form(player, rate, fate):
    """x and y each shrink by a factor of their own: 1 - rate, and 1 - 20 rate."""
    player.rate.value, player.steps.value = rate, 40
    (places,) = player.picture().data["paths"].values()
    for place, wanted in zip(places, still_for(rate, 40), strict=True):
        assert place == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert ("off the map" in shown_by(player)) == (fate == "flies off")


@pytest.mark.slow
def test_every_step_of_every_slider_changes_the_picture(player):
    seen = set()
    for steps in range(player.steps.min, player.steps.max + 1):
        player.steps.value = steps
        assert f"step {steps}, loss" in shown_by(player)
        seen.add(player.screen.value)
    assert len(seen) == 61
    seen, player.steps.value = set(), 20
    for _, rate in player.rate.options:
        player.rate.value = rate
        assert f"learning rate {rate:g} " in shown_by(player)
        seen.add(player.screen.value)
    assert len(seen) == len(player.rate.options) == 271


@pytest.mark.slow
def test_an_overflow_is_reported_and_the_player_still_works():
    def steep(x, y):
        return x**4, y**3  # raises OverflowError once x is large

    player = DescentPlayer(lambda x, y: x**4, steep, START, **RANGES)
    player.rate.value, player.steps.value = 1.0, 60
    assert "flew off; after step" in shown_by(player)
    player.rate.value, player.steps.value = 0.001, 3
    assert "descent: step 3, loss" in shown_by(player)
    infinite = DescentPlayer(valley, lambda x, y: (1e300 * x, 1e300 * y), START, **RANGES)
    assert "larger than any float" in shown_by(infinite)


def test_all_optimizers_have_the_same_learning_rate():
    optimizers = {
        "slow": lambda rate, steps: [(-9 + rate * n, 0) for n in range(steps + 1)],
        "fast": lambda rate, steps: [(-9 + 2 * rate * n, 0) for n in range(steps + 1)],
    }
    player = DescentPlayer(valley, optimizers=optimizers, **RANGES)
    player.rate.value, player.steps.value = 0.1, 10
    assert {name: way[-1] for name, way in player.picture().data["paths"].items()} == {
        "slow": (pytest.approx(-8), 0),
        "fast": (pytest.approx(-7), 0),
    }
    assert "slow: step 10" in shown_by(player)
    assert "fast: step 10" in shown_by(player)


def test_with_choice_label_a_knob_chooses_one_optimizer():
    optimizers = {str(n): (lambda rate, steps, n=n: [(n, 0)] * (steps + 1)) for n in (1, 2, 3)}
    player = DescentPlayer(valley, optimizers=optimizers, choice_label="names per step", **RANGES)
    assert player.choice in player.live.children
    for n in (1, 2, 3):
        player.choice.value = str(n)
        assert player.picture().data["paths"][f"names per step {n}"][-1] == (n, 0)
        assert f"names per step {n}: step" in shown_by(player)
    assert list(player.still.data["paths"]) == [f"names per step {n}" for n in (1, 2, 3)]


def test_the_still_picture_is_the_map_for_the_initial_knobs(player):
    twin = draw_surface(valley, {"descent": still_for(0.03, 20)}, **RANGES)
    (ours,), (theirs,) = player.still.data["paths"].values(), twin.data["paths"].values()
    for place, wanted in zip(ours, theirs, strict=True):
        assert place == pytest.approx(wanted, rel=1e-9)
    before = player._repr_mimebundle_()
    player.steps.value = 50
    after = player._repr_mimebundle_()
    assert before["text/html"] == after["text/html"] == player.still.to_html() + STATIC_NOTE
    assert before["text/plain"] == after["text/plain"]
    for_pages = {"application/vnd.viz.dial+json", "text/html", "text/plain"}
    assert set(after) == {"application/vnd.jupyter.widget-view+json", *for_pages}


def test_it_answers_within_200_milliseconds(player):
    times = []
    for n in range(9):
        start = time.process_time()
        player.rate.value = (n + 1) / 100
        times.append(time.process_time() - start)
    assert sorted(times)[4] < 0.2


def test_a_path_ends_at_the_first_point_that_is_not_finite():
    def optimizer(rate, steps):
        yield 0.0, 0.0
        yield float("inf"), 0.0
        raise AssertionError("walked on")

    assert run_optimizer(optimizer, 1.0, 5) == [(0.0, 0.0), (float("inf"), 0.0)]


def test_missing_optimizers_and_knobs_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"There is no optimizer: give grad_at"):
        DescentPlayer(valley, **RANGES)
    with pytest.raises(ValueError, match="learning_rate=3 must be between the two numbers"):
        DescentPlayer(valley, grad, START, learning_rate=3, **RANGES)
    with pytest.raises(ValueError, match="has no number of two digits"):
        DescentPlayer(valley, grad, START, learning_rate=1e-20, rate_range=(1e-21, 1e-19), **RANGES)
    with pytest.raises(ValueError, match="steps=99 must be from 0 to max_steps=60"):
        DescentPlayer(valley, grad, START, steps=99, **RANGES)
    with pytest.raises(ValueError, match="each a pair of numbers"):
        DescentPlayer(valley, grad, 3.0, **RANGES)
