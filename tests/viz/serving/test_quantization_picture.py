"""Bars and curves of number formats are as long and as high as the numbers given."""

import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from viz import draw_quantization
from viz.canvas.palette import BLUE, GREEN, NEGATIVE, ORANGE, PAPER, blend
from viz.canvas.scene import Circle, Rect, Text

ROWS = {
    "fp32": {"loss_added": 0, "bytes": 494e6, "speedup": {1: 1, 4: 1, 16: 1, 64: 1}},
    "int8": {"loss_added": 0.0004, "bytes": 124e6, "speedup": {1: 1.7, 4: 2.7, 16: 1.0, 64: 0.5}},
    "int4": {"loss_added": 0.0325, "bytes": 77e6, "speedup": {64: 0.7, 16: 1.4, 4: 4.7, 1: 4.2}},
}


def texts_of(scene) -> list[str]:
    return [shape.text for shape in scene.shapes if isinstance(shape, Text)]


def bars(scene, colour: str) -> list[float]:
    return [s.width for s in scene.shapes if isinstance(s, Rect) and s.fill == colour]


def without(key: str) -> dict:
    return {name: {k: v for k, v in row.items() if k != key} for name, row in ROWS.items()}


def test_bars_are_as_long_as_their_numbers():
    scene = draw_quantization(ROWS).scene
    (loss8, bytes8), (loss4, bytes4) = bars(scene, ORANGE), bars(scene, GREEN)
    bytes32 = bars(scene, BLUE)[1]
    assert bytes8 / bytes32 == pytest.approx(124 / 494)
    assert bytes4 / bytes32 == pytest.approx(77 / 494)
    assert loss8 / loss4 == pytest.approx(0.0004 / 0.0325, rel=0.01)
    assert {"+0.0004", "+0.033", "0", "471 MiB", "118 MiB", "73.4 MiB"} <= set(texts_of(scene))


def test_what_is_slower_than_the_first_format_is_shaded():
    scene = draw_quantization(ROWS).scene
    [shade] = [
        s for s in scene.shapes if isinstance(s, Rect) and s.fill == blend(PAPER, NEGATIVE, 0.13)
    ]
    dots = [s for s in scene.shapes if isinstance(s, Circle)]
    below = [dot.fill for dot in dots if dot.y > shade.y + 0.01]
    assert below == [ORANGE, GREEN] and len(dots) == 12
    assert {"slower than fp32", "times as fast as fp32"} <= set(texts_of(scene))


def test_the_title_says_how_fast_the_fastest_is_for_few_and_for_many_rows():
    picture = draw_quantization(ROWS)
    assert picture.alt.startswith(
        "4.2 times as fast in int4 for 1 row, but 0.7 times for 64. fp32: loss 0 more; 471 MiB; "
    )
    assert picture.data["speedup"]["int4"] == ([1, 4, 16, 64], [4.2, 4.7, 1.4, 0.7])
    one = {"a": {"speedup": {2: 1}}, "b": {"speedup": {2: 3}}}
    assert draw_quantization(one).alt.startswith("3 times as fast in b for 2 rows. a:")


@pytest.mark.parametrize("key", ["loss_added", "bytes", "speedup"])
def test_a_kind_of_number_that_no_format_has_is_left_out(key):
    picture = draw_quantization(without(key))
    assert key not in picture.data and len(picture.data) == 2
    assert picture.scene.width == 760


def test_a_loss_that_falls_has_its_sign():
    better = draw_quantization({"a": {"loss_added": 0.1}, "b": {"loss_added": -0.02}})
    assert {"+0.1", "−0.02"} <= set(texts_of(better.scene))
    assert all(s.width > 0 for s in better.scene.shapes if isinstance(s, Rect))


def test_both_forms_are_documents_and_fit():
    rows = {f"<script> {i} " * 9: row for i, row in enumerate(ROWS.values())}
    picture = draw_quantization(rows)
    assert picture.narrow.width == 358
    for scene in (picture.scene, picture.narrow):
        assert ET.fromstring(scene.to_svg("x")) is not None
        assert all(s.x + s.width <= scene.width for s in scene.shapes if isinstance(s, Rect))
    assert "<script" not in picture.to_svg()


def test_matplotlib_axes_show_the_formats():
    ax = Figure().add_subplot()
    assert draw_quantization(ROWS, ax=ax) is ax
    assert "118 MiB" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (None, "rows must be a mapping"),
        ({}, "1 to 8 formats"),
        ({str(i): {"bytes": 1} for i in range(9)}, "1 to 8 formats"),
        ({"a": None}, r"rows\['a'\] must be a mapping"),
        ({"a": {}}, "There is nothing to draw"),
        ({"a": {"bytes": 1}, "b": {"loss_added": 1}}, "'a' has no 'loss_added', but others have"),
        ({"a": {"bytes": 0}}, "bytes of 'a' is 0; it must be above 0"),
        ({"a": {"bytes": "many"}}, "bytes of 'a' must be one number"),
        ({"a": {"loss_added": float("nan")}}, "nan at position 0"),
        ({"a": {"speedup": [1, 2]}}, "speedup of 'a' must be a mapping"),
        ({"a": {"speedup": {}}}, "speedup of 'a' is empty"),
        ({"a": {"speedup": {0: 1}}}, "has 0 rows"),
        ({"a": {"speedup": {1.5: 1}}}, "has 1.5 rows"),
        ({"a": {"speedup": {1: 0}}}, "at 1 rows is 0; it must be above 0"),
    ],
    ids=range(14),
)
def test_formats_that_cannot_be_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        draw_quantization(rows)
