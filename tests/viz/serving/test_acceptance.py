"""Tokens a call and speeds are where the numbers say; the formula is that of Leviathan et al."""

import random
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from viz import draw_acceptance
from viz.canvas.palette import NEGATIVE, PAPER, blend
from viz.canvas.scene import Circle, Rect, Text

ROWS = {
    "2 letters": {2: (1.5, 0.93), 4: (1.7, 0.9)},
    "6 letters": {4: (3.24, 1.37), 2: (2.41, 1.3)},
}


def texts_of(scene) -> list[str]:
    return [shape.text for shape in scene.shapes if isinstance(shape, Text)]


def dots(scene) -> list[Circle]:
    return [s for s in scene.shapes if isinstance(s, Circle) and s.radius == 3.6]


def test_the_formula_is_what_a_simulation_of_the_method_counts():
    rng, a, k, calls = random.Random(1), 0.78, 4, 20_000
    tokens = 0
    for _ in range(calls):
        accepted = 0
        while accepted < k and rng.random() < a:
            accepted += 1
        tokens += accepted + 1  # the model gives one more, or the one that it has instead
    ks, values = draw_acceptance(ROWS, accept={"a": a}).data["predicted"]["a"]
    assert ks == [1, 2, 3, 4]
    assert values[3] == pytest.approx(tokens / calls, rel=0.01)
    assert values[3] == pytest.approx((1 - a**5) / (1 - a))
    certain = draw_acceptance(ROWS, accept={"never": 0, "always": 1}).data["predicted"]
    assert certain["always"][1] == [2, 3, 4, 5] and certain["never"][1] == [1, 1, 1, 1]


def test_the_order_of_draft_lengths_does_not_matter_and_both_charts_have_all_points():
    picture = draw_acceptance(ROWS)
    assert picture.data["tokens_per_call"]["6 letters"] == ([2, 4], [2.41, 3.24])
    assert picture.data["speedup"]["6 letters"] == ([2, 4], [1.3, 1.37])
    assert len(dots(picture.scene)) == 8
    only = draw_acceptance({"6 letters": {2: 2.41, 4: 3.24}})
    assert only.data["speedup"] == {} and len(dots(only.scene)) == 2


def test_what_is_slower_is_inside_the_shaded_part_and_nothing_else():
    scene = draw_acceptance(ROWS).scene
    [shade] = [
        s for s in scene.shapes if isinstance(s, Rect) and s.fill == blend(PAPER, NEGATIVE, 0.13)
    ]
    inside = [shade.y < dot.y < shade.y + shade.height for dot in dots(scene)[4:]]
    assert inside == [True, True, False, False] and "slower" in texts_of(scene)
    ticks = [s for s in scene.shapes if isinstance(s, Text) and s.text == "1" and s.x > 380]
    assert shade.y + 4 in [pytest.approx(tick.y) for tick in ticks]
    assert all(dot.x < 380 for dot in dots(scene)[:4])


def test_the_title_names_the_fastest_or_the_one_with_most_tokens():
    assert draw_acceptance(ROWS).alt.startswith(
        "6 letters, k = 4: 3.24 tokens a call, 1.37 times as fast. 2 letters: 1.5 at k = 2, 1.7 at "
        "k = 4 (tokens a call);"
    )
    only = draw_acceptance({"model": {2: 2.41, 4: 3.24}})
    assert only.alt.startswith("Model, k = 4: 3.24 tokens a call.")
    slow = {"a": {2: (1.9, 1.2), 8: (4.0, 0.7)}}
    assert draw_acceptance(slow).alt.startswith("A, k = 2: 1.9 tokens a call, 1.2 times as fast")


def test_mappings_and_keys_of_json_are_read():
    row = {"4": {"tokens_per_call": 3.2, "speedup": 1.4}}
    assert draw_acceptance({"a": row}).data["speedup"]["a"] == ([4], [1.4])
    row = {"4": {"tokens_per_call": 3.2, "speedup": None}}
    assert draw_acceptance({"a": row}).data["speedup"] == {}


def test_both_forms_are_documents_and_fit():
    picture = draw_acceptance({f"<script> {i} " * 9: {1: (1, 2), 9: (2, 1)} for i in range(6)})
    for scene, width in ((picture.scene, 760), (picture.narrow, 358)):
        assert scene.width <= max(width, 32 + 9.2 * 99)
        assert ET.fromstring(scene.to_svg("x")) is not None
    assert picture.narrow.width == 358 and "<script" not in picture.to_svg()


def test_matplotlib_axes_show_the_curves():
    ax = Figure().add_subplot()
    assert draw_acceptance(ROWS, ax=ax) is ax
    assert "draft length k" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (None, "rows must be a mapping"),
        ({}, "1 to 6 drafts"),
        ({str(i): {1: 1} for i in range(7)}, "1 to 6 drafts"),
        ({"a": None}, r"rows\['a'\] must be a mapping"),
        ({"a": [1, 2]}, r"rows\['a'\] must be a mapping"),
        ({"a": {}}, "'a' has no draft length"),
        ({"a": {0: 1.0}}, "'a' has k=0"),
        ({"a": {1.5: 1.0}}, "'a' has k=1.5"),
        ({"a": {"four": 1.0}}, "k of 'a' must be one number"),
        ({"a": {4: None}}, "k=4 of 'a' must be one number"),
        ({"a": {4: float("nan")}}, "nan at position 0"),
        ({"a": {4: 0}}, "each above 0"),
        ({"a": {4: (1, 2, 3)}}, "each above 0"),
        ({"a": {4: ()}}, "each above 0"),
        ({"a": {4: {"speedup": 2}}}, "must have 'tokens_per_call'; it has speedup"),
        ({"a": {4: (1, 2)}, "b": {4: 1}}, "'b' has no speed, but others have"),
    ],
    ids=range(16),
)
def test_rows_that_cannot_be_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        draw_acceptance(rows)


@pytest.mark.parametrize("chance", [1.1, -0.1, None, float("nan")], ids=str)
def test_a_chance_is_from_0_to_1(chance):
    with pytest.raises(ValueError, match=r"accept\['a'\]"):
        draw_acceptance(ROWS, accept={"a": chance})
