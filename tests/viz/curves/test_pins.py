"""Samples pinned to the curve, and reference curves beside it."""

import math
import xml.etree.ElementTree as ET
from operator import mul

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from viz.canvas.palette import CATEGORIES, MUTED, WHITE
from viz.curves.live_loss import LossPlot
from viz.curves.loss import draw_loss
from viz.curves.pins import MAX_LINES, MAX_PINS
from viz.curves.thresholds import Thresholds

NS = "{http://www.w3.org/2000/svg}"
quick = settings(max_examples=40, deadline=None, derandomize=True)
FALLING = ([0, 100, 200, 400], [4.0, 3.0, 2.5, 2.0])
LONG = "It was a long day for the cat, and " * 20


def sheet_of(picture) -> ET.Element:
    return ET.fromstring(picture.to_svg())


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in sheet_of(picture).iter(f"{NS}text")]


def cards_of(picture) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each card."""
    boxes = [b for b in sheet_of(picture).iter(f"{NS}rect") if b.get("fill") == WHITE]
    corners = [[float(b.get(k)) for k in ("x", "y", "width", "height")] for b in boxes]
    return [(x, y, x + width, y + height) for x, y, width, height in corners]


def dots_of(picture) -> list[tuple[float, float]]:
    found = sheet_of(picture).iter(f"{NS}circle")
    return [(float(c.get("cx")), float(c.get("cy"))) for c in found if c.get("r") == "4"]


def corners_of(picture, colour: str) -> list[tuple[float, float]]:
    """Every corner of every line of this colour."""
    paths = [p.get("d") for p in sheet_of(picture).iter(f"{NS}path") if p.get("stroke") == colour]
    points = [point.split() for path in paths for point in path[1:].split("L")]
    return [(float(x), float(y)) for x, y in points]


def test_a_pin_is_on_the_curve_at_its_step():
    picture = draw_loss({"train": FALLING}, pins={100: "one", 300: "two"})
    corners = dict(zip(FALLING[0], corners_of(picture, CATEGORIES[0])))
    between = [(a + b) / 2 for a, b in zip(corners[200], corners[400])]
    first, second = dots_of(picture)
    assert first == pytest.approx(corners[100], abs=0.11)
    assert second == pytest.approx(between, abs=0.11)
    assert {"one", "two", "step 100: 3", "step 300: 2.25"} <= set(texts_of(picture))
    assert picture.data["pins"] == {100: "one", 300: "two"}


def test_a_pin_is_on_val_if_val_has_that_step_else_on_the_mean_of_train():
    train = [4.0 - i / 100 for i in range(100)]
    history = {"train": train, "val": ([50, 100], [3.6, 3.2])}
    texts = texts_of(draw_loss(history, pins={20: "early", 75: "late"}))
    weights = [0.96 ** abs(k - 19) for k in range(100)]
    mean = sum(map(mul, weights, train)) / sum(weights)
    assert f"step 20: {mean:.3g}" in texts
    assert "step 75: 3.4" in texts


@quick
@given(
    st.dictionaries(st.integers(0, 1000), st.text(max_size=400), min_size=1, max_size=9),
    st.integers(0, 3),
)
@pytest.mark.slow
def test_cards_overlap_neither_each_other_nor_curves_nor_names(pins, others):
    reference = {f"published {i}": ([0, 1000], [4.0, 3.0]) for i in range(others)}
    losses = (list(range(0, 1001, 10)), [4.0 - i / 50 for i in range(101)])
    picture = draw_loss({"train": losses}, pins=pins, reference=reference)
    cards = sorted(cards_of(picture))
    assert len(cards) == min(len(pins), MAX_PINS)
    assert all(left >= 0 and right <= 720 for left, _, right, _ in cards)
    assert all(a[2] <= b[0] for a, b in zip(cards, cards[1:]))
    lowest = max(bottom for *_, bottom in cards)
    assert lowest + 12 < min(y for _, y in corners_of(picture, CATEGORIES[0]))
    names = [t for t in sheet_of(picture).iter(f"{NS}text") if t.get("font-size") == "12.5"]
    assert min(top for _, top, *_ in cards) > max(float(t.get("y")) for t in names)


def test_threads_connect_the_cards_with_their_points():
    picture = draw_loss({"train": FALLING}, pins={0: "a", 200: "b", 400: "c"})
    ends = corners_of(picture, "#c3c8d0")
    for (left, _, right, _), place in zip(cards_of(picture), dots_of(picture)):
        thread = ends.index(place)
        x, y = ends[thread - 1]
        assert left <= x <= right
        assert y == pytest.approx(max(bottom for *_, bottom in cards_of(picture)))


def test_long_samples_are_truncated_in_the_picture_but_not_in_the_data():
    picture = draw_loss({"train": FALLING}, pins={100: LONG})
    lines = [t for t in texts_of(picture) if t and t.rstrip("…") in LONG and len(t) > 8]
    assert len(lines) == MAX_LINES
    assert lines[-1].endswith("…")
    assert picture.data["pins"] == {100: LONG}


def test_samples_are_escaped():
    evil = 'one\ntwo <script>alert("x")</script> \u202eabc \x00 ]]> &amp;'
    picture = draw_loss({"train": FALLING}, pins={100: evil, 200: "שלום"})
    for text in (picture.to_svg(), picture.to_html()):
        assert "<script>" not in text
        assert "\u202e" not in text
    shown = texts_of(picture)
    assert "one↵" in shown
    assert "שלום" in shown
    assert any("U+202E" in t for t in shown)


def test_too_many_samples_are_left_out_with_a_note():
    pins = {step: f"text {step}" for step in range(0, 400, 50)}
    texts = texts_of(draw_loss({"train": FALLING}, pins=pins))
    assert "3 more samples are not shown" in texts
    assert {"text 0", "text 350"} <= set(texts)


def test_an_empty_sample_is_shown_as_nothing():
    assert "(nothing)" in texts_of(draw_loss({"train": FALLING}, pins={100: ""}))


@pytest.mark.parametrize(
    ("pins", "match"),
    [
        ({500: "x"}, "pin at step 500 is not on a curve: the curves have the steps 0 to 400"),
        ({-1: "x"}, "pin at step -1 is not on a curve"),
        ({math.nan: "x"}, "pin at step nan is not on a curve"),
        ({100: ["a", "b"]}, r"pin at step 100 is \['a', 'b'\]; give text"),
    ],
)
def test_invalid_pins_are_refused(pins, match):
    with pytest.raises(ValueError, match=match):
        draw_loss({"train": FALLING}, pins=pins)


def test_reference_curves_are_dashed_grey_and_named():
    other = {"published": ([0, 1000], [10.9, 4.2]), "also": np.array([9.0, 5.0])}
    picture = draw_loss({"train": FALLING}, reference=other)
    paths = list(sheet_of(picture).iter(f"{NS}path"))
    dashed = [p.get("stroke-dasharray") for p in paths if p.get("stroke") == MUTED]
    assert all(dashed)
    assert len(set(dashed)) == 2, "two of them are told apart"
    assert {"published 4.2", "also 5"} <= set(texts_of(picture))
    assert list(picture.data) == ["train", "reference"]
    assert picture.alt == (
        "Loss: train from 4 to 2 in 400 steps; to compare with: published from 11 to 4.2 in 1,000 "
        "steps, also from 9 to 5 in 2 steps."
    )


def test_with_last_step_reference_curves_are_truncated():
    picture = draw_loss(
        {"train": FALLING}, reference={"published": ([0, 1000], [10.0, 5.0])}, last_step=500
    )
    assert picture.data["reference"] == {"published": [10.0, 7.5]}
    assert "published 7.5" in texts_of(picture)


def test_matplotlib_draws_pins_and_reference_curves():
    figure = Figure()
    ax = figure.add_subplot()
    options = {"pins": {100: "a $x$\n<b>"}, "reference": {"published": ([0, 400], [5.0, 3.0])}}
    assert draw_loss({"train": FALLING}, ax=ax, **options) is ax
    train, published = ax.lines
    assert (train.get_label(), published.get_label()) == ("train", "published")
    assert published.get_linestyle() == "--"
    (note,) = ax.texts
    assert note.get_text() == "step 100: 3\na \\$x\\$↵\n<b>"
    assert note.xy == (100, 3.0)
    figure.canvas.draw()
    title = ax.title.get_window_extent()
    assert note.get_bbox_patch().get_window_extent().y1 < title.y1


# Live


def runs_of(pairs, **options) -> tuple[LossPlot, list[float]]:
    """A plot fed with pairs (train, val), and the steps at which a sample was asked for."""
    sampled_at: list[float] = []
    steps = iter(range(1, 10**6))
    now = [0]

    def sample() -> str:
        sampled_at.append(now[0])
        return f"sample {len(sampled_at)}"

    plot = LossPlot(sample=sample, **options)
    for train, val in pairs:
        now[0] = next(steps)
        plot.add(now[0], train=train, val=val)
    return plot, sampled_at


def test_each_threshold_pins_one_sample_when_it_is_passed():
    losses = [6.5, 6.0, 5.8, 6.1, 5.7, 5.1, 4.9, 4.4, 4.3]
    plot, sampled_at = runs_of([(9.0, val) for val in losses], pin_at=(5.9, 5.0, 4.5, 4.2))
    assert sampled_at == [3, 7, 8]
    assert plot.pins == {3: "sample 1", 7: "sample 2", 8: "sample 3"}
    assert plot.picture.data["pins"] == plot.pins
    assert "not reached yet: 4.2" in texts_of(plot.picture)


def test_passing_two_thresholds_at_once_pins_one_sample():
    plot, sampled_at = runs_of([(9.0, 6.0), (9.0, 4.6)], pin_at=(5.0, 5.9))
    assert sampled_at == [2]
    assert plot.pins == {2: "sample 1"}


def test_without_val_the_running_mean_of_train_is_compared():
    noisy = [(5.95, None), (5.0, None), (7.0, None)] + [(5.8, None)] * 60
    plot, sampled_at = runs_of([(6.5, None)] * 20 + noisy, pin_at=(5.9, 5.0))
    (step,) = sampled_at
    assert step > 24, "one lucky batch is not a passed level"
    (head,) = [t for t in texts_of(plot.picture) if t.startswith(f"step {step}: ")]
    assert float(head.split(": ")[1]) == pytest.approx(5.9, abs=0.1)


def test_as_soon_as_there_is_val_only_val_is_compared():
    _, sampled_at = runs_of([(6.5, 6.6), (5.0, None), (4.0, None), (4.0, 5.5)], pin_at=(5.9,))
    assert sampled_at == [4]


@pytest.mark.parametrize("bad", [math.nan, -math.inf])
def test_a_loss_that_is_not_finite_passes_no_threshold(bad):
    assert not Thresholds([5.9]).passed({"train": bad})
    thresholds = Thresholds([5.9])
    thresholds.passed({"val": 7.0})
    assert not thresholds.passed({"val": bad})
    assert thresholds.passed({"val": 5.0})


def test_a_loss_of_none_is_skipped():
    plot, _ = runs_of([(3.0, None), (2.0, 2.5)], pin_at=(1.0,))
    assert plot.history == {"train": ([1, 2], [3, 2]), "val": ([2], [2.5])}
    plot = LossPlot()
    plot.add(1, train=None)
    assert plot.history == {}


def test_space_for_the_cards_is_reserved_from_the_first_picture_on():
    plot = LossPlot(pin_at=(5.9, 5.0), sample=lambda: LONG)
    heights = set()
    for step, loss in enumerate((7.0, 6.0, 5.5, 4.0), 1):
        plot.add(step, val=loss)
        heights.add(plot.picture.scene.height)
    assert len(heights) == 1


def test_a_live_picture_with_all_pins_equals_draw_loss():
    plot = LossPlot("Run", pin_at=(3.0,), sample=lambda: LONG, reference={"other": FALLING})
    for step, loss in zip(*FALLING):
        plot.add(step, val=loss)
    twin = draw_loss({"val": FALLING}, title="Run", pins=plot.pins, reference={"other": FALLING})
    assert plot.picture.to_svg() == twin.to_svg()
    assert plot.alt == twin.alt


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"pin_at": (5.9,)}, r"pin_at=\(5.9,\) and sample=None belong together"),
        ({"sample": lambda: "x"}, r"pin_at=\(\) and sample=.* belong together"),
        ({"pin_at": (6, 5, 4, 3, 2, 1), "sample": lambda: "x"}, "at most 5 samples can be read"),
        ({"pin_at": ("low",), "sample": lambda: "x"}, "pin_at must be numbers"),
        ({"reference": {"other": ([1, 2], [3.0])}}, "'other' has 2 steps and 1 losses"),
    ],
)
def test_invalid_options_are_refused_at_once(options, match):
    with pytest.raises(ValueError, match=match):
        LossPlot(**options)


def test_a_sample_that_is_not_text_is_refused():
    plot = LossPlot(pin_at=(5.0,), sample=lambda: ["a", "b"])
    with pytest.raises(ValueError, match=r"returned \['a', 'b'\]; it must return text"):
        plot.add(1, val=4.0)
