"""Bars of memory: widths compared with bytes, and what does not fit."""

import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from viz import draw_memory
from viz.canvas.palette import BLUE, CATEGORIES, INK, ORANGE, PAPER
from viz.canvas.scene import Line, Rect
from viz.hardware.memory import BAR_HEIGHT, MARGIN, format_bytes

GIB = 2**30
NS = "{http://www.w3.org/2000/svg}"
# The run of 40.95 million parameters, batch 16 x 1024, in 32 bits; its logits by pen and paper.
N, LOGITS = 40_953_216, 16 * 1024 * 50_304 * 4
MODEL = {"weights": 4 * N, "gradients": 4 * N, "Adam": 8 * N, "logits": LOGITS}


def parts_of(picture) -> list[Rect]:
    return [s for s in picture.scene.shapes if isinstance(s, Rect) and s.height == BAR_HEIGHT]


def widths_of(picture) -> dict[str, float]:
    """The width of each part that has a colour of its own, all bars together."""
    widths = {}
    for box in parts_of(picture):
        if box.fill != PAPER:
            widths[box.fill] = widths.get(box.fill, 0) + box.width
    return widths


def edge_of(picture) -> float:
    (edge, *more) = {s.x for s in picture.scene.shapes if isinstance(s, Rect) and s.fill == INK}
    assert not more
    return edge + 1


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text")]


def test_widths_are_to_scale_and_sizes_are_written():
    picture = draw_memory({"batch of 16": MODEL})
    widths = list(widths_of(picture).values())
    assert np.array(widths) / sum(widths) == pytest.approx(
        np.array(list(MODEL.values())) / sum(MODEL.values())
    )
    assert "logits 3.07 GiB" in texts_of(picture)  # as a GPU that is out of memory reports it
    assert "weights 0.153 GiB" in texts_of(picture)
    assert picture.data["totals"] == {"batch of 16": 16 * N + LOGITS}


def test_several_bars_have_one_scale_and_a_part_has_one_colour():
    picture = draw_memory({"a": {"x": 6, "y": 2}, "b": {"y": 4}, "c": {"z": 1}})
    boxes = [b for b in parts_of(picture) if b.fill != PAPER]
    assert [b.fill for b in boxes] == [CATEGORIES[i] for i in (0, 1, 1, 2)]
    assert [b.width / boxes[0].width for b in boxes] == pytest.approx([1, 2 / 6, 4 / 6, 1 / 6])


def test_the_capacity_is_drawn_to_scale():
    picture = draw_memory({"run": {"x": 3 * GIB}}, capacity=12 * GIB)
    assert widths_of(picture)[BLUE] == pytest.approx((edge_of(picture) - MARGIN) / 4)
    assert not any(isinstance(s, Line) for s in picture.scene.shapes), "nothing is over the edge"
    assert "3 GiB of 12 GiB" in texts_of(picture)


@pytest.mark.parametrize("times", [1.01, 1.5, 4, 50])
def test_what_does_not_fit_is_hatched_and_described(times):
    size = times * 12 * GIB
    picture = draw_memory({"run": {"x": size / 2, "y": size / 2}}, capacity=12 * GIB)
    edge, end = edge_of(picture), max(b.x + b.width for b in parts_of(picture))
    assert (end - MARGIN) / (edge - MARGIN) == pytest.approx(times)
    assert end <= picture.scene.width - MARGIN + 1e-6
    hatched = [x for s in picture.scene.shapes if isinstance(s, Line) for x, _ in s.points]
    assert min(hatched) >= edge - 1e-6 and max(hatched) <= end + 1e-6
    message = f"{format_bytes(size)}: {format_bytes(size - 12 * GIB)} over the 12 GiB"
    (words,) = [s for s in picture.scene.shapes if getattr(s, "text", "") == message]
    assert words.fill == ORANGE
    assert f"run: {message}, so it does not fit (x " in picture.alt


def test_the_capacity_keeps_its_place_while_a_bar_grows():
    edges = {
        edge_of(draw_memory({"run": {"x": share * GIB}}, capacity=GIB))
        for share in (0, 0.1, 0.9, 1, 1.1, 1.6)
    }
    assert len(edges) == 1


def test_exactly_full_fits():
    picture = draw_memory({"run": {"x": GIB}}, capacity=GIB)
    assert "1 GiB of 1 GiB" in texts_of(picture) and "not fit" not in picture.alt


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 bytes"),
        (1, "1 bytes"),
        (1536, "1.5 KiB"),
        (LOGITS, "3.07 GiB"),
        (4 * N, "0.153 GiB"),
        (139 * GIB, "139 GiB"),
        (999.6 * 2**20, "0.976 GiB"),
        (90 * 2**20, "90 MiB"),
        (5e15, "4,656,613 GiB"),
    ],
)
def test_sizes_have_three_digits_and_a_unit(size, expected):
    assert format_bytes(size) == expected


def test_the_title_describes_the_picture():
    assert texts_of(draw_memory({"run": MODEL}))[0] == "Most of it: logits, 3.07 GiB of 3.68 GiB"
    both = {"batch of 16": MODEL, "batch of 4": MODEL | {"logits": LOGITS / 4}}
    assert texts_of(draw_memory(both))[0] == "batch of 16 needs the most: 3.68 GiB"
    assert texts_of(draw_memory(both, capacity=2 * GIB))[0] == "1 of 2 fit into 2 GiB"
    assert texts_of(draw_memory(both, title="Not the model"))[0] == "Not the model"


def test_a_label_is_drawn_only_where_it_has_space():
    picture = draw_memory({"run": {"large": 90, "a name that is too long": 5, "small": 1}})
    inside = [t for t in texts_of(picture) if t.startswith(("large", "a name", "small"))]
    assert inside.count("large 90 bytes") == 2, "in the bar and below it"
    assert inside.count("a name that is too long 5 bytes") == 1, "below only"


def test_strange_names_are_escaped_and_stay_inside_the_picture():
    name = "<script>alert(1)</script>" + "x" * 300
    picture = draw_memory({name: {name: 3, "\x00": np.float32(2), "ω": np.int64(1)}}, title="<b>")
    assert "<script" not in picture.to_svg()
    many = draw_memory({"run": {f"a part with number {i}": i + 1 for i in range(40)}})
    for shape in many.scene.shapes:
        assert 0 <= shape.x <= many.scene.width and 0 <= shape.y <= many.scene.height


def test_an_empty_bar_can_be_drawn():
    picture = draw_memory({"nothing yet": {"weights": 0}}, capacity=GIB)
    assert "0 bytes of 1 GiB" in texts_of(picture)


@pytest.mark.parametrize(
    ("bars", "capacity", "expected"),
    [
        ({}, None, "bars must be a mapping bar -> .part -> bytes., at least one"),
        ([1], None, "bars must be a mapping"),
        ({"a": {}}, None, "The bar 'a' must be a mapping part -> bytes, not {}"),
        ({"a": 3}, None, "The bar 'a' must be a mapping part -> bytes, not 3"),
        ({"a": {"x": -1}}, None, "'x' of the bar 'a' has -1 bytes; it must be 0 or more"),
        ({"a": {"x": "1"}}, None, "'x' of the bar 'a' has '1' bytes"),
        ({"a": {"x": float("nan")}}, None, "has nan bytes"),
        ({"a": {"x": True}}, None, "has True bytes"),
        ({"a": {"x": 0}}, None, "nothing to draw: all parts together have 0 bytes"),
        ({"a": {"x": 1}}, 0, "capacity=0 must be a number of bytes above 0, or None"),
        ({"a": {"x": 1}}, float("inf"), "capacity=inf must be"),
    ],
)
def test_invalid_sizes_are_refused(bars, capacity, expected):
    with pytest.raises(ValueError, match=expected):
        draw_memory(bars, capacity=capacity)


def test_it_is_drawn_quickly():
    start = time.process_time()
    for _ in range(20):
        draw_memory({"run": MODEL, "other": MODEL}, capacity=3 * GIB).to_html()
    assert (time.process_time() - start) / 20 < 0.05


def test_matplotlib_draws_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_memory({"run": MODEL}, ax=ax) is ax
    assert "logits 3.07 GiB" in {text.get_text() for text in ax.texts}
