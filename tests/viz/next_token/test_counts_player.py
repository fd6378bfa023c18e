"""A table that is trained, beside one that was counted."""

import base64
import re
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from viz.next_token.counts import draw_counts
from viz.next_token.counts_player import CountsPlayer

NS = "{http://www.w3.org/2000/svg}"
REFERENCE = [[1.0, 0.0, 0.0]]
FRAMES = {0: [[0.5, 0.3, 0.2]], 10: [[0.8, 0.1, 0.1]], 1000: [[1.0, 0.0, 0.0]]}


@pytest.fixture
def player() -> CountsPlayer:
    return CountsPlayer(FRAMES, ["q"], ["u", "e", "end"], REFERENCE)


def svg_of(player) -> str:
    found = re.search(r" src=\"[^,]+,([^\"]+)", player.screen.value)
    return base64.b64decode(found[1]).decode()


def texts_of(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{NS}text")]


def test_every_step_shows_its_table_beside_the_reference(player):
    for step, off in zip(FRAMES, ("0.5", "0.2", "0")):
        player.step.value = step
        title = f"learned, step {step:,}: {off} off"
        assert {"counted", title} <= set(texts_of(svg_of(player)))
        twin = draw_counts(
            [REFERENCE, FRAMES[step]], ["q"], ["u", "e", "end"], titles=["counted", title]
        )
        assert svg_of(player) == twin.to_svg()


def test_the_still_shows_the_first_and_the_last_and_never_changes(player):
    before = player._repr_mimebundle_()
    player.step.value = 10
    after = player._repr_mimebundle_()
    assert before["text/html"] == after["text/html"] and before["text/plain"] == repr(player)
    assert player.still.data == [REFERENCE, FRAMES[0], FRAMES[1000]]


def test_without_a_reference_one_table_is_shown():
    player = CountsPlayer(FRAMES, ["q"], ["u", "e", "end"], titles=("", "now"))
    player.step.value = 10
    assert "now, step 10" in texts_of(svg_of(player))
    assert player.picture().data == [FRAMES[10]]


def test_arrays_are_accepted_and_one_frame_is_enough():
    player = CountsPlayer({5: np.eye(2)}, ["a", "b"], reference=np.eye(2), titles=("left", "right"))
    assert "right, step 5: 0 off" in texts_of(svg_of(player))


def test_a_table_of_729_numbers_answers_at_once():
    rng = np.random.default_rng(0)
    frames = {step: rng.random((27, 27)) for step in range(3)}
    labels = [chr(97 + i) for i in range(27)]
    player = CountsPlayer(frames, labels, reference=frames[2])
    began = time.process_time()
    player.step.value = 1
    assert time.process_time() - began < 0.2


def test_no_frames_and_frames_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="There are no frames: give them as"):
        CountsPlayer({}, ["q"])
    with pytest.raises(ValueError, match="1 rows of 2 numbers"):
        CountsPlayer({0: [[1, 2]]}, ["q"], ["u", "e", "end"], REFERENCE)
    with pytest.raises(ValueError, match="2 rows of 1 numbers"):
        CountsPlayer(FRAMES, ["q"], ["u", "e", "end"], [[1], [2]])
