"""The dial shows what was recorded for a draft and a length, and one call of the model."""

import pytest

from viz import DraftDial
from viz.canvas.palette import GREEN, INK, WHITE, blend
from viz.canvas.scene import Rect, Text

ROWS = {
    ("2 letters", 2): {"tokens_per_call": 1.5, "speedup": 0.93},
    ("2 letters", 4): {"tokens_per_call": 1.7, "speedup": 0.9},
    ("6 letters", 2): {"tokens_per_call": 2.41, "speedup": 1.3},
    ("6 letters", 4): {"tokens_per_call": 3.24, "speedup": 1.37},
    ("6 letters", 8): {"tokens_per_call": 4.44, "speedup": 1.25},
}


def rectangles(picture, **wanted) -> list[Rect]:
    shapes = [shape for shape in picture.scene.shapes if isinstance(shape, Rect)]
    return [s for s in shapes if all(getattr(s, key) == value for key, value in wanted.items())]


def test_the_numbers_are_those_of_the_knobs():
    dial = DraftDial(ROWS, draft="6 letters", k=4)
    assert dial.still.alt == (
        "6 letters, k = 4: 1.37 times as fast. The draft proposes 4 tokens. The call computes 5 "
        "places and gives 3.24 tokens; the hatched part is computed for nothing. The fastest is "
        "6 letters, k = 4: 1.37 times."
    )
    dial.draft.value = "2 letters"
    assert dial.picture().data == {"draft": "2 letters", "k": 4} | ROWS["2 letters", 4]
    assert "0.90 times as fast, so it is slower" in dial.screen.value


def test_a_call_is_filled_as_far_as_it_gives_tokens():
    dial = DraftDial(ROWS, draft="6 letters", k=4)
    filled = [s.width for s in rectangles(dial.still, fill=blend(GREEN, WHITE, 0.45))]
    assert len(filled) == 5
    assert sum(filled) / filled[0] == pytest.approx(3.24)


def test_the_frame_is_around_the_chosen_cell():
    dial = DraftDial(ROWS, draft="6 letters", k=8)
    for draft, k, number in (("6 letters", 8, "1.25"), ("2 letters", 2, "0.93")):
        dial.draft.value, dial.k.value = draft, k
        picture = dial.picture()
        [frame] = rectangles(picture, stroke=INK)
        [text] = [s for s in picture.scene.shapes if isinstance(s, Text) and s.text == number]
        assert frame.x < text.x < frame.x + frame.width
        assert frame.y < text.y < frame.y + frame.height


def test_faster_is_bluer_and_slower_is_more_orange():
    cells = rectangles(DraftDial(ROWS).still, radius=3)
    red_minus_blue = [int(c.fill[1:3], 16) - int(c.fill[5:7], 16) for c in cells]
    speeds = [row["speedup"] for row in ROWS.values()]
    by_speed = [difference for _, difference in sorted(zip(speeds, red_minus_blue))]
    assert by_speed == sorted(by_speed, reverse=True)


def test_a_pair_that_was_not_recorded_says_so_and_keeps_the_last_picture():
    dial = DraftDial(ROWS)
    dial.k.value = 8
    assert dial.picture().alt == (
        "The draft '2 letters' was not recorded with k = 8; there are k = 2, 4."
    )
    dial.k.value = 4
    assert dial.picture().data["k"] == 4


def test_a_long_draft_and_many_drafts_fit():
    rows = {
        (f"<script> a draft with a long name {i}", k): {"tokens_per_call": 1.0, "speedup": 9.99}
        for i in range(10)
        for k in (1, 2, 3, 4, 8, 16, 24, 32)
    }
    dial = DraftDial(rows, k=32)
    for scene in (dial.still.scene, dial.still.narrow):
        assert all(s.x + s.width <= scene.width for s in scene.shapes if isinstance(s, Rect))
        assert "<script" not in scene.to_svg("x") and scene.height < 700


GOOD = {"tokens_per_call": 1.5, "speedup": 1.0}


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (None, {}, "rows must be a mapping"),
        ({}, {}, "0 drafts and 0 lengths"),
        ({"a": GOOD}, {}, r"must be \(draft, k\), not 'a'"),
        ({("a", 0): GOOD}, {}, "k of .*=0 must be a whole number"),
        ({("a", None): GOOD}, {}, "k of .*=None"),
        ({("a", 2): None}, {}, "must be a mapping"),
        ({("a", 2): {"speedup": 1}}, {}, "has no 'tokens_per_call'; it has speedup"),
        ({("a", 2): {**GOOD, "speedup": 0}}, {}, "it must be above 0"),
        ({("a", 2): {**GOOD, "speedup": float("nan")}}, {}, "nan at position 0"),
        ({("a", 2): {**GOOD, "tokens_per_call": 3.1}}, {}, r"1 to k \+ 1 = 3 tokens"),
        ({("a", 2): {**GOOD, "tokens_per_call": 0.9}}, {}, r"1 to k \+ 1 = 3 tokens"),
        ({(f"{i}", 2): GOOD for i in range(11)}, {}, "11 drafts and 1 lengths"),
        ({("a", 2): GOOD}, {"k": 4}, r"\('a', 4\) was not recorded"),
    ],
    ids=range(13),
)
def test_what_was_not_recorded_is_refused(rows, options, message):
    with pytest.raises(ValueError, match=message):
        DraftDial(rows, **options)
