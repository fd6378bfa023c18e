"""The grid of head ablation: numbers, colours and lists are those of the array."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from viz import draw_head_ablation
from viz.canvas.palette import NEGATIVE, POSITIVE, WHITE

CHANGES = np.array([[0.5, 0.0, -0.125], [0.001, 2.0, 0.0]])
NS = "{http://www.w3.org/2000/svg}"


def shapes_of(picture, kind: str) -> list:
    return list(ET.fromstring(picture.to_svg()).iter(f"{NS}{kind}"))


def test_the_largest_changes_are_listed_and_told():
    picture = draw_head_ablation(CHANGES, loss=2.5)
    assert picture.data["ranked"][0] == (1, 1, 2.0)
    assert picture.data["ranked"][-1] == (0, 2, -0.125)
    assert "with all heads 2.500 nats" in picture.alt
    assert "the largest are layer 1, head 1 +2.000; layer 0, head 0 +0.500" in picture.alt
    assert "the lowest is layer 0, head 2 -0.125 nats." in picture.alt
    texts = [text.text for text in shapes_of(picture, "text")]
    assert {"layer 1, head 1", "+2.000", "−0.125", "2.0", ".50", "−.12", "0"} <= set(texts)
    assert "3 of 6 heads: less than 0.01 nats" in texts


def test_more_loss_is_blue_less_is_orange_and_no_change_is_white():
    cells = [r.get("fill") for r in shapes_of(draw_head_ablation(CHANGES), "rect")]
    cells = [fill for fill in cells if fill][1:7]  # after the paper
    assert cells[4] == POSITIVE
    assert cells[1] == cells[5] == WHITE
    assert cells[2] not in (WHITE, POSITIVE)
    assert draw_head_ablation([[-1.0]]).to_svg().count(NEGATIVE) >= 2


@pytest.mark.parametrize("shape", [(1, 1), (12, 12), (30, 9), (32, 32), (48, 25), (80, 64)])
def test_a_model_of_any_size_fits_on_a_screen(shape):
    scene = draw_head_ablation(np.random.default_rng(0).normal(size=shape)).scene
    assert scene.height < 700
    assert scene.width < 1000


def test_no_change_at_all_is_drawn():
    picture = draw_head_ablation(np.zeros((2, 2)))
    assert "4 of 4 heads" in picture.to_svg()
    assert "the lowest" not in picture.alt


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([1.0, 2.0], r"changes must be an array \(L, H\); this one has shape \(2,\)"),
        ([[np.nan]], r"changes\[0\]\[0\] is nan"),
        ("heads", "must be an array"),
        (np.zeros((0, 3)), "this one has shape"),
    ],
)
def test_what_is_no_grid_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        draw_head_ablation(changes)


def test_markup_stays_text():
    svg = draw_head_ablation(CHANGES, title="<b>", unit="<i>", loss=1).to_svg()
    assert "<b>" not in svg
    assert "<i>" not in svg
