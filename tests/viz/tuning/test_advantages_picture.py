"""Arrows of answers are their advantages; a group that agrees is grey; and the control."""

import xml.etree.ElementTree as ET
from math import fsum

import pytest
from matplotlib.figure import Figure

from gptcore import tuning
from viz import AdvantageDial, draw_advantages
from viz.canvas.palette import FAINT, NEGATIVE, POSITIVE
from viz.canvas.scene import Line, Rect, Text
from viz.tuning.groups import advantages_of

GROUP = {"question": "17+5?", "answers": ["22", "12", "12", "23"], "rewards": [1, 0, 0, 0]}
REWARDS = [[1, 0, 0, 1], [0.1] * 8, [0, 0], [10, 11, 11.5, -3], [2.5, 2.5, 0]]


def texts_of(picture) -> list[str]:
    return [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]


def arrows(picture) -> list[Line]:
    """The shafts, from left to right."""
    shafts = [s for s in picture.scene.shapes if isinstance(s, Line) and s.width == 4]
    return sorted(shafts, key=lambda line: line.points[0][0])


@pytest.mark.parametrize("baseline", ["none", "group_mean", "normalized"])
@pytest.mark.parametrize("rewards", REWARDS, ids=str)
def test_advantages_are_those_that_the_library_learns_with(rewards, baseline):
    torch = pytest.importorskip("torch")
    learned = tuning.group_advantages(torch.tensor([rewards], dtype=torch.float64), baseline)[0]
    assert advantages_of(rewards, baseline) == pytest.approx(learned.tolist(), abs=1e-6)


def test_equal_rewards_get_exactly_0_where_their_mean_is_rounded():
    rewards = [2.49] * 14
    assert fsum(rewards) / 14 != 2.49
    assert advantages_of(rewards, "group_mean") == advantages_of(rewards, "normalized") == [0] * 14


def test_an_arrow_goes_up_or_down_as_far_as_its_advantage():
    picture = draw_advantages([GROUP])
    up, *down = arrows(picture)
    assert up.stroke == POSITIVE and {line.stroke for line in down} == {NEGATIVE}
    assert up.points[0][1] > up.points[1][1]
    assert all(line.points[0][1] < line.points[1][1] for line in down)
    lengths = [abs(line.points[0][1] - line.points[1][1]) + 1.5 for line in (up, down[0])]
    assert lengths[0] / lengths[1] == pytest.approx(3)
    assert {"+0.75", "−0.25", "mean reward 0.25", "reward 1"} <= set(texts_of(picture))
    assert picture.alt.endswith("17+5? mean reward 0.25, 1 up and 3 down.")


def test_a_group_that_agrees_is_grey_has_no_arrow_and_says_so():
    same = {"question": "3+4?", "answers": ["7"] * 8, "rewards": [1] * 8}
    picture = draw_advantages([same])
    assert not arrows(picture)
    boxes = [shape for shape in picture.scene.shapes if isinstance(shape, Rect)]
    assert [box.fill for box in boxes] == [FAINT] * 8
    assert "all 8 got reward 1: no push" in texts_of(picture)
    assert not picture.data[0]["is_pushed"]
    both = draw_advantages([GROUP, same])
    assert both.alt.startswith("1 of 2 groups pushes their answers; the grey ones agree.")
    assert len(draw_advantages([same], baseline="none").data[0]["advantages"]) == 8
    assert len(arrows(draw_advantages([same], baseline="none"))) == 8


def test_advantages_that_are_given_are_drawn_unchanged():
    picture = draw_advantages([{**GROUP, "advantages": [3, 0, -1, 0]}])
    assert picture.data[0]["advantages"] == [3, 0, -1, 0]
    assert len(arrows(picture)) == 2
    assert "An arrow is the advantage of an answer" in texts_of(picture)


def test_many_answers_take_rows_and_many_groups_are_cut():
    many = {"question": "?", "answers": list("abcdefghijklmnop"), "rewards": list(range(16))}
    picture = draw_advantages([many])
    boxes = [shape for shape in picture.scene.shapes if isinstance(shape, Rect)]
    assert len(boxes) == 16 and len({box.y for box in boxes}) == 2
    assert max(box.x + box.width for box in boxes) <= 720
    assert "... and 12 more groups" in texts_of(draw_advantages([GROUP] * 20))


def test_long_texts_stay_inside_their_boxes_and_markup_stays_text():
    long = {"question": "why " * 60, "answers": ["word " * 50, "<script>"], "rewards": [0, 1]}
    picture = draw_advantages([long])
    assert any(text.endswith("…") for text in texts_of(picture))
    assert ET.fromstring(picture.to_svg()) is not None
    assert "<script" not in picture.to_html() + picture.to_svg()
    assert "None" in texts_of(draw_advantages([("?", ["None", "a"], [0, 1])]))
    unended = draw_advantages([("?", [None, "a"], [0, 1])])
    assert unended.data[0]["answers"][0] == "(did not end)"
    assert "(nothing)" in texts_of(draw_advantages([("?", ["", "a"], [0, 1])]))


def test_matplotlib_axes_show_the_answers():
    ax = Figure().add_subplot()
    assert draw_advantages([GROUP], ax=ax) is ax
    assert "+0.75" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([], "groups must be a list of groups"),
        (None, "groups must be a list of groups"),
        (GROUP, "groups must be a list of groups"),
        ([None], r"groups\[0\] must be such as"),
        ([{"question": "?"}], r"groups\[0\] must be such as"),
        ([{**GROUP, "rewards": [1, 0]}], "4 answers and 2 rewards"),
        ([{**GROUP, "answers": [], "rewards": []}], "0 answers and 0 rewards"),
        ([{**GROUP, "answers": "2222"}], "must be a list of texts"),
        ([{**GROUP, "answers": None}], "must be a list of texts, not None"),
        ([{**GROUP, "rewards": [1, None, 0, 0]}], r"rewards of groups\[0\].*one of them is None"),
        ([{**GROUP, "rewards": [1, float("nan"), 0, 0]}], "nan at position 1"),
        ([{**GROUP, "advantages": [1.0]}], "4 rewards and 1 advantages"),
        ([("?", ["a"], [1])], "one answer with baseline='group_mean' learns nothing"),
    ],
)
def test_groups_that_cannot_be_drawn_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        draw_advantages(groups)


def test_a_baseline_that_is_misspelled_is_named():
    with pytest.raises(ValueError, match="Did you mean 'normalized'"):
        draw_advantages([GROUP], baseline="normalised")
    with pytest.raises(ValueError, match="must be one of none, group_mean, normalized"):
        AdvantageDial(baseline="")
    assert draw_advantages([("?", ["a"], [1])], baseline="none").data[0]["advantages"] == [1]


def test_equal_rewards_push_nothing_and_ten_more_change_nothing():
    dial = AdvantageDial([1, 0, 0, 1])
    first = dial.picture().data[0]["advantages"]
    assert first == [0.5, -0.5, -0.5, 0.5]
    dial.added.value = 10
    assert dial.picture().data[0]["rewards"] == [11, 10, 10, 11]
    assert dial.picture().data[0]["advantages"] == first
    dial.baseline.value = "none"
    dial.picture()
    assert dial.last.data[0]["advantages"] == [11, 10, 10, 11]
    dial.added.value, dial.baseline.value = 0, "group_mean"
    dial.rewards.value = "1,1, 1 1"
    assert "no push" in dial.screen.value and dial.picture().data[0]["advantages"] == [0.0] * 4


def test_the_page_below_the_dial_does_not_jump():
    dial = AdvantageDial([1, 0, 0, 1])
    height = dial.picture().scene.height
    for typed, baseline in [("1, 1, 1, 1", "group_mean"), ("3, 0, 1, 1", "none")]:
        dial.rewards.value, dial.baseline.value = typed, baseline
        assert dial.picture().scene.height == height
    assert draw_advantages([("?", ["a", "b"], [1, 1])]).scene.height < height


def test_answers_are_numbered_once_there_are_more_rewards():
    dial = AdvantageDial([1, 0], ["22", "12"], question="17+5?")
    assert dial.still.data[0]["answers"] == ["22", "12"]
    dial.rewards.value = "1, 0, 0.5"
    assert dial.picture().data[0]["answers"] == ["answer 1", "answer 2", "answer 3"]
    assert dial.picture().data[0]["question"] == "17+5?"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Type 1 to 16 rewards"),
        ("1, much", "must be finite numbers"),
        ("1, nan", "must be finite numbers"),
        ("1, inf", "must be finite numbers"),
        ("1", "learns nothing"),
        ("1 " * 17, "these are 17"),
    ],
)
def test_what_is_no_group_is_said_above_the_last_picture(typed, message):
    dial = AdvantageDial([1, 0])
    dial.rewards.value = typed
    assert message in dial.picture().alt and 'role="alert"' in dial.screen.value
    dial.rewards.value = "0, 1,"
    assert dial.picture().data[0]["advantages"] == [-0.5, 0.5]


def test_a_control_that_cannot_begin_is_refused():
    with pytest.raises(ValueError, match="3 answers and 2 rewards"):
        AdvantageDial([1, 0], ["a", "b", "c"])
    with pytest.raises(ValueError, match="one of them is None"):
        AdvantageDial([1, None])
    with pytest.raises(ValueError, match="Type 1 to 16 rewards"):
        AdvantageDial([])


def test_the_other_knobs_go_on_while_the_rewards_cannot_be_read():
    dial = AdvantageDial([1, 0, 0, 1])
    dial.rewards.value = "one"
    dial.baseline.value = "none"
    dial.added.value = 10
    dial.picture()
    assert dial.last.data[0]["advantages"] == [11, 10, 10, 11]
