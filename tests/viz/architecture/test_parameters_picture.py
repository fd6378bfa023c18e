"""Rectangles as large as counts: areas from the drawing, counts from GPT-2's published sizes."""

import numpy as np
import pytest

from viz import draw_parameters
from viz.architecture.parameters import squarify
from viz.canvas.scene import Rect

GPT2 = {
    "attention": 28_348_416,
    "MLPs": 56_669_184,
    "embeddings": {"tokens": 38_597_376, "positions": 786_432},
    "norms": 38_400,
}


def rectangles(picture) -> list[Rect]:
    return [s for s in picture.scene.shapes if isinstance(s, Rect) and s.stroke_width == 2]


def test_every_area_is_to_scale_and_together_they_fill_the_sheet():
    picture = draw_parameters(GPT2)
    areas = sorted(box.width * box.height for box in rectangles(picture))
    counts = sorted(picture.data.values())
    assert sum(counts) == 124_439_808  # GPT-2, as transformers counts it
    total_area = sum(areas)
    assert total_area == pytest.approx(800 * 340)
    assert np.array(areas) / total_area == pytest.approx(np.array(counts) / sum(counts))


def test_no_two_rectangles_overlap():
    boxes = rectangles(draw_parameters({f"p{k}": 3 * k + 1 for k in range(20)}))
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
            down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
            assert min(across, down) < 1e-6


def test_the_first_rectangles_are_those_of_the_paper():
    """Bruls, Huizing and van Wijk, figure 4: 6, 6, 4, 3, 2, 2, 1 in a sheet of 6 x 4."""
    layout = squarify(dict(zip("abcdefg", (6, 6, 4, 3, 2, 2, 1))), (0, 0, 6, 4))
    assert layout["a"] == pytest.approx((0, 0, 3, 2))
    assert layout["b"] == pytest.approx((0, 2, 3, 2))
    assert layout["c"][2:] == pytest.approx((12 / 7, 7 / 3))


def test_every_count_is_written_also_of_parts_too_small_for_it():
    svg = draw_parameters(GPT2).to_svg()
    for count in ("28,348,416", "56,669,184", "38,597,376", "786,432", "38,400"):
        assert count in svg
    assert "Where the 124,439,808 parameters are" in svg
    assert "below 0.1%" in svg


def test_groups_lie_together_and_the_alt_text_has_their_totals():
    picture = draw_parameters(GPT2)
    assert "embeddings 39,383,808 (31.6%)" in picture.alt
    assert set(picture.data) >= {"embeddings / tokens", "embeddings / positions"}


def test_numpy_counts_and_zeros_are_accepted():
    assert draw_parameters({"a": np.int64(3), "b": 0}).data == {"a": 3, "b": 0}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "must be a mapping"),
        ([1, 2], "must be a mapping"),
        ({"a": {}}, "must be a mapping"),
        ({"a": -1}, "a has -1, but a count is 0, 1, 2"),
        ({"a": {"b": 1.5}}, "a / b has 1.5"),
        ({"a": True}, "a has True"),
        ({"a": 0}, "all counts together are 0"),
    ],
)
def test_invalid_counts_are_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        draw_parameters(parts)


def test_markup_in_names_stays_text():
    assert "<b>" not in draw_parameters({"<b>": 1, "<b>x": 2}, title="<b>").to_svg()
