"""The map of a classifier: what is right, what is refused, and the colours of both sides."""

import math

import pytest

from viz.training.decision_boundary import SHADES, draw_decision_boundary, shade

POINTS = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.5), (0.5, -1.0)]


def test_a_point_is_right_if_the_score_has_the_sign_of_its_label():
    picture = draw_decision_boundary(lambda x, y: x - y, POINTS, [1, -1, -1, -1], title="Two sides")
    assert picture.data["correct"] == 3  # (0.5, -1) scores 1.5, its label is -1
    assert picture.data["scores"] == [1.0, -1.0, -1.5, 1.5]
    assert picture.alt == "Two sides: a score over a plane; 3 of 4 points are on the right side."


def test_both_sides_have_their_colour_and_zero_is_white():
    assert SHADES[shade(0.0)] == "#ffffff"
    above, below = SHADES[shade(9.0)], SHADES[shade(-9.0)]  # blue, orange
    assert int(above[5:7], 16) > int(above[1:3], 16)
    assert int(below[1:3], 16) > int(below[5:7], 16)
    assert len(set(SHADES)) == 21


def test_it_is_small_and_the_same_twice():
    labels = [1, 1, -1, -1]
    one, other = (draw_decision_boundary(lambda x, y: x * y, POINTS, labels) for _ in range(2))
    assert one.to_html() == other.to_html()
    assert len(one.to_html()) < 20_000


@pytest.mark.parametrize(
    ("score", "points", "labels", "words"),
    [
        (lambda x, y: x, [], [], "0 points and 0 labels"),
        (lambda x, y: x, POINTS, [1, -1], "4 points and 2 labels"),
        (lambda x, y: x, POINTS, [1, -1, 0, 1], "A label is 0; a label is 1 or -1"),
        (lambda x, y: math.nan, POINTS, [1, 1, 1, 1], "it must be finite"),
    ],
)
def test_what_cannot_be_drawn_is_refused(score, points, labels, words):
    with pytest.raises(ValueError, match=words):
        draw_decision_boundary(score, points, labels)
