"""The learning rate drawn: heights compared with rates from pen and paper."""

import time
import xml.etree.ElementTree as ET
from math import pi

import numpy as np
import pytest
from matplotlib.figure import Figure

from viz import draw_schedule
from viz.canvas.palette import BLUE, ORANGE
from viz.canvas.scene import Line
from viz.curves.schedule import PLOT_HEIGHT, format_rate

NS = "{http://www.w3.org/2000/svg}"
WARM_UP = [0.001 * step for step in range(1, 101)]
CONSTANT = WARM_UP + 300 * [0.1]
TRIANGLE = [*WARM_UP, *(0.1 * (300 - k) / 300 for k in range(1, 301))]


def curve_of(picture, colour) -> list[tuple[float, float]]:
    (line,) = [s for s in picture.scene.shapes if isinstance(s, Line) and s.stroke == colour]
    return list(line.points)


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text")]


def test_heights_are_proportional_to_rates():
    points = np.array(curve_of(draw_schedule({"triangle": TRIANGLE}), BLUE))
    assert points[0][0] == points[:, 0].min() and points[-1][0] == points[:, 0].max()
    top = points[points[:, 1].argmin()]
    fraction = (top[0] - points[0][0]) / (points[-1][0] - points[0][0])
    assert fraction == pytest.approx(99 / 399, abs=1e-3), "the top is at step 100"
    bottom = points[-1][1]  # a rate of 0
    assert (bottom - points[0][1]) / (bottom - top[1]) == pytest.approx(0.01, abs=1e-6)
    assert (bottom - top[1]) * 1.04 == pytest.approx(PLOT_HEIGHT)


def test_curves_share_their_axes():
    picture = draw_schedule({"high": [0.4, 0.4], "low": [0.1, 0.1, 0.1]})
    (left, high), *_, (middle, _) = curve_of(picture, BLUE)
    (start, low), *_, (right, bottom) = curve_of(picture, ORANGE)
    assert left == start and (middle - left) * 2 == pytest.approx(right - start)
    assert low == bottom and (low - high) == pytest.approx(0.75 * PLOT_HEIGHT / 1.04)


def test_overlapping_curves_can_both_be_seen():
    lines = [
        s.width
        for s in draw_schedule({"a": CONSTANT, "b": TRIANGLE, "c": WARM_UP}).scene.shapes
        if isinstance(s, Line)
    ]
    assert lines == sorted(lines, reverse=True) and len(set(lines)) == 3


def test_the_table_has_the_rate_of_each_at_the_marked_steps():
    picture = draw_schedule(
        {"constant": CONSTANT, "triangle": TRIANGLE, "warm-up": WARM_UP},
        marks={400: "the end", 100: "warm-up is over", 250: "half"},
    )
    assert picture.data["table"] == {
        "constant": {100: 0.1, 250: 0.1, 400: 0.1},
        "triangle": {100: 0.1, 250: pytest.approx(0.05), 400: 0.0},
        "warm-up": {100: 0.1, 250: None, 400: None},
    }
    texts = texts_of(picture)
    assert texts.index("step 100") < texts.index("step 250") < texts.index("step 400")
    row = texts[texts.index("triangle") :]
    assert row[1:4] == ["0.1", "0.05", "0"]
    assert texts[texts.index("warm-up") :][1:4] == ["0.1", "–", "–"]
    assert "triangle: at most 0.1, 0 in the last step, 400 (0.1 at step 100, " in picture.alt


def test_a_mark_after_the_end_extends_the_x_axis():
    short = draw_schedule({"a": [0.1, 0.2]})
    long = draw_schedule({"a": [0.1, 0.2]}, marks={11: "later"})
    assert curve_of(short, BLUE)[-1][0] - 76 == pytest.approx(
        10 * (curve_of(long, BLUE)[-1][0] - 76)
    )


def test_labels_of_near_marks_are_in_different_rows():
    marks = {6000: "the planned end", 6001: "the step after it", 6002: "and one more", 10: "early"}
    svg = draw_schedule({"a": ([1, 12_000], [0.1, 0.1])}, marks=marks).to_svg()
    heights = {
        t.text: float(t.get("y"))
        for t in ET.fromstring(svg).iter(f"{NS}text")
        if t.text in marks.values()
    }
    assert len({heights[marks[step]] for step in (6000, 6001, 6002)}) == 3
    assert heights["early"] == heights["the planned end"]


def test_pairs_and_arrays_are_accepted():
    pairs = ([1, 100, 400], [0.001, 0.1, 0.1])
    assert draw_schedule({"a": pairs}).data["rates"]["a"] == pairs
    assert curve_of(draw_schedule({"a": np.array(CONSTANT)}), BLUE)


def test_many_steps_become_few_points_and_the_corner_is_one_of_them():
    steps = np.arange(1, 100_001)
    rates = np.where(steps < 700, steps / 700, 0.5 + 0.5 * np.cos(pi * (steps - 700) / 99_300))
    start = time.process_time()
    picture = draw_schedule({"cosine": rates})
    assert time.process_time() - start < 1.5
    points = curve_of(picture, BLUE)
    assert len(points) < 400
    top, (_, bottom) = min(y for _, y in points), points[-1]
    assert bottom - top == pytest.approx(PLOT_HEIGHT / 1.04, abs=0.1)
    assert len(picture.to_html()) < 30_000


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0, "0"),
        (0.00029, "2.9·10⁻⁴"),
        (5e-4, "5·10⁻⁴"),
        (5.0375e-5, "5.04·10⁻⁵"),
        (0.02, "0.02"),
        (9.999e-3, "1·10⁻²"),
        (1.5, "1.5"),
    ],
)
def test_rates_are_written_with_powers_of_ten(rate, text):
    assert format_rate(rate) == text


def test_the_default_title_has_the_last_rates():
    rates = {"constant": CONSTANT, "triangle": TRIANGLE}
    assert texts_of(draw_schedule(rates))[0].startswith("Learning rate: ends with constant at 0.1")
    assert texts_of(draw_schedule(rates, title="Mine"))[0] == "Mine"
    assert draw_schedule(rates, title="Mine").alt.startswith("Mine. constant: at most 0.1")


def test_names_and_marks_are_escaped():
    picture = draw_schedule({"<script>" * 9: [0, 0]}, marks={1: "<b>" * 40, 2: "\x00"}, title="<i>")
    assert "<script" not in picture.to_svg() and "<b>" not in picture.to_svg()
    assert curve_of(draw_schedule({"one": [0.1]}), BLUE)


def test_more_curves_than_colours_are_refused_and_six_are_drawn():
    draw_schedule({f"schedule {n}": [0.1, 0.2] for n in range(6)})
    with pytest.raises(ValueError, match="with 1 to 6 names"):
        draw_schedule({f"schedule {n}": [0.1, 0.2] for n in range(7)})


@pytest.mark.parametrize(
    ("rates", "marks", "text"),
    [
        ({}, {}, "rates must be a mapping name -> one rate for each step"),
        ([0.1], {}, "rates must be a mapping"),
        ({"a": []}, {}, "'a' has no rates; there must be at least one"),
        ({"a": ([1], [0.1, 0.2])}, {}, "'a' has 1 steps and 2 rates"),
        ({"a": [0.1, -0.1]}, {}, "'a' has the rate -0.1; a rate must be 0 or more"),
        ({"a": [0.1, float("nan")]}, {}, "the rates of 'a' has nan at position 1"),
        ({"a": ([2, 1], [0.1, 0.1])}, {}, "The steps of 'a' must rise"),
        ({"a": [0.1]}, dict.fromkeys(range(1, 10), "x"), "9 marks cannot be read; .* at most 8"),
    ],
)
def test_invalid_schedules_are_refused(rates, marks, text):
    with pytest.raises(ValueError, match=text):
        draw_schedule(rates, marks=marks)


def test_matplotlib_draws_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_schedule({"triangle": TRIANGLE, "b": CONSTANT, "c": WARM_UP}, ax=ax) is ax
    assert "triangle" in {text.get_text() for text in ax.texts}
