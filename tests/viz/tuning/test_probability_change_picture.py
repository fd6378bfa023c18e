"""Two bars for each answer: as long as its probability, sorted, with the right one marked."""

import pytest
from matplotlib.figure import Figure

from viz import draw_probability_change
from viz.canvas.palette import BLUE, GREEN, SLATE
from viz.canvas.scene import Rect, Text

BEFORE = {"12": 0.473, "11": 0.148, "22": 0.107, "13": 0.119}
AFTER = {"22": 0.84, "12": 0.09, "11": 0.03}


def texts_of(picture) -> list[str]:
    return [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]


def bars(picture, colour: str) -> list[Rect]:
    """The bars of one side, from top to bottom, without the one of the legend."""
    found = [s for s in picture.scene.shapes if isinstance(s, Rect) and s.fill == colour]
    return sorted((bar for bar in found if bar.y > 60), key=lambda bar: bar.y)


def test_bars_are_as_long_as_the_probabilities_before_and_after():
    picture = draw_probability_change(BEFORE, AFTER)
    assert list(picture.data) == ["22", "12", "11", "13"]
    assert picture.data["13"] == (0.119, 0)
    old, new = bars(picture, SLATE), bars(picture, BLUE)
    lengths = [bar.width / new[0].width * 0.84 for bar in old]
    assert lengths == pytest.approx([0.107, 0.473, 0.148, 0.119])
    assert [bar.width / new[0].width * 0.84 for bar in new] == pytest.approx([0.84, 0.09, 0.03])
    assert 300 < new[0].width == max(s.width for s in picture.scene.shapes if isinstance(s, Rect))
    assert all(before.y < after.y for before, after in zip(old, new))


def test_the_right_answer_is_marked_and_leads_the_sentence():
    picture = draw_probability_change(BEFORE, AFTER, right="12")
    marked = [s.text for s in picture.scene.shapes if isinstance(s, Text) and s.fill == GREEN]
    assert marked == ["✓ right", "✓ 12", "47 % → 9.0 %"]
    assert picture.alt.startswith("12 goes from 47 % to 9.0 %. before to after: 22 11 % to 84 %;")
    assert "✓ right" not in texts_of(draw_probability_change(BEFORE, AFTER))
    several = draw_probability_change(BEFORE, AFTER, right=["12", "22"])
    assert several.alt.startswith("22 goes from 11 % to 84 %") and "12 (right)" in several.alt


def test_few_rows_keep_the_right_answer_and_add_up_the_others():
    picture = draw_probability_change(BEFORE, AFTER, right="13", max_rows=2)
    assert [text for text in texts_of(picture) if text in ("22", "✓ 13", "12", "11")] == [
        "22",
        "✓ 13",
    ]
    assert "2 others together: 62 % to 12 %" in texts_of(picture)
    assert len(picture.data) == 4


def test_small_probabilities_keep_a_bar_and_a_number():
    picture = draw_probability_change({"a": 0.99998, "b": 0.00002}, {"a": 1.0, "b": 0.0})
    assert "< 0.1 % → 0 %" in texts_of(picture)
    assert min(bar.width for bar in bars(picture, SLATE)) >= 1
    assert len(bars(picture, BLUE)) == 1


def test_tokens_are_visible_and_names_can_be_changed():
    picture = draw_probability_change({" a": 1}, {b"\n": 1}, names=("base", "tuned"))
    assert {"↵", "␣a", "base", "tuned"} <= set(texts_of(picture))
    assert "base to tuned" in picture.alt


def test_matplotlib_axes_show_the_answers():
    ax = Figure().add_subplot()
    assert draw_probability_change(BEFORE, AFTER, ax=ax) is ax
    assert "22" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize(
    ("before", "after", "options", "message"),
    [
        ({}, {}, {}, "There is no answer to draw"),
        (None, AFTER, {}, "before must be a mapping"),
        (BEFORE, [0.5, 0.5], {}, "after must be a mapping"),
        (BEFORE, {"a": None}, {}, "one of them is None"),
        (BEFORE, {"a": float("nan")}, {}, "nan at position 0"),
        (BEFORE, {"a": -0.1}, {}, "after must be probabilities: the smallest is -0.1"),
        ({"a": 30, "b": 70}, AFTER, {}, "sum to 100. Divide counts or percents by their sum"),
        (BEFORE, AFTER, {"right": "99"}, "right='99' is not among the answers: 22, 12, 11, 13"),
        (BEFORE, AFTER, {"names": ["one"]}, "names must be two"),
        (BEFORE, AFTER, {"max_rows": 0}, "max_rows=0 must be a whole number"),
    ],
)
def test_what_is_no_probability_is_refused(before, after, options, message):
    with pytest.raises(ValueError, match=message):
        draw_probability_change(before, after, **options)
