"""Arrows of pairs of numbers: directions, names, refusals."""

from math import pi

import pytest

from viz import draw_rotation
from viz.canvas.scene import Line


def test_the_directions_are_those_of_the_pairs():
    picture = draw_rotation([[[1, 0], [0, 2]], [[-1, 0], [0, -1]]])
    assert picture.data["angles"] == [[0, pytest.approx(pi / 2)], [pytest.approx(pi), -pi / 2]]


def test_up_is_up_and_the_longest_arrow_fills_its_circle():
    lines = [shape for shape in draw_rotation([[[0, 2], [0, 1]]]).scene.shapes]
    arrows = [line.points for line in lines if isinstance(line, Line) and line.width == 2.4]
    (x, y), tip = arrows[0]
    assert tip[0] == pytest.approx(x) and y - tip[1] == pytest.approx(27)
    (_, y), tip = arrows[3]
    assert y - tip[1] == pytest.approx(13.5)


@pytest.mark.parametrize("pairs", [[[[1, 2, 3]]], [[[1, 2]], [[1, 2], [3, 4]]], [[]], []])
def test_another_shape_is_refused(pairs):
    with pytest.raises(ValueError, match="shape"):
        draw_rotation(pairs)


def test_each_row_and_column_needs_a_name():
    with pytest.raises(ValueError, match="as many names"):
        draw_rotation([[[1, 0]]], names=["a", "b"])
