"""Curves of loss: gaps, spikes, very many points, horizontal lines."""

import math
import re
import xml.etree.ElementTree as ET
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from viz.canvas.palette import CATEGORIES
from viz.canvas.picture import html_page
from viz.canvas.ticks import linear_ticks
from viz.curves.loss import draw_loss
from viz.curves.series import DECAY, MAX_POINTS, RunningMean, decimate, running_mean

NS = "{http://www.w3.org/2000/svg}"
quick = settings(max_examples=60, deadline=None, derandomize=True)


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text")]


def curves_of(picture, colour: str = CATEGORIES[0]) -> list[list[list[tuple[float, float]]]]:
    """Each path of this colour as its pieces, each piece as its points."""
    paths = [
        p.get("d")
        for p in ET.fromstring(picture.to_svg()).iter(f"{NS}path")
        if p.get("stroke") == colour
    ]
    return [
        [
            [tuple(map(float, point.split())) for point in piece.split("L")]
            for piece in path.split("M")[1:]
        ]
        for path in paths
    ]


def points_of(picture, colour: str = CATEGORIES[0]) -> list[tuple[float, float]]:
    """All corners of the bold curve."""
    return [point for piece in curves_of(picture, colour)[-1] for point in piece]


def test_the_curve_goes_through_its_points():
    points = points_of(draw_loss({"train": [4.0, 2.0, 3.0, 0.0]}))
    xs, ys = zip(*points)
    assert [x - xs[0] for x in xs] == pytest.approx(
        [0, (xs[1] - xs[0]), 2 * (xs[1] - xs[0]), 3 * (xs[1] - xs[0])], abs=0.2
    )
    scale = (ys[3] - ys[0]) / 4  # y downwards: pixels for 1 nat
    assert [ys[3] - y for y in ys] == pytest.approx([4 * scale, 2 * scale, 3 * scale, 0], abs=0.2)


@pytest.mark.parametrize(
    "given",
    [
        [3.0, 2.0, 1.0],
        (3.0, 2.0, 1.0),
        ([1, 2, 3], [3.0, 2.0, 1.0]),
        (np.array([1, 2, 3]), np.array([3.0, 2.0, 1.0])),
        np.array([3.0, 2.0, 1.0], dtype=np.float16),
    ],
    ids=["list", "tuple", "pair", "pair of arrays", "array"],
)
def test_every_form_of_the_same_losses_is_the_same_picture(given):
    picture = draw_loss({"train": given})
    assert picture.data == {"train": [3.0, 2.0, 1.0]}
    assert picture.to_svg() == draw_loss({"train": [3, 2, 1]}).to_svg()


def test_two_losses_in_a_tuple_are_two_losses():
    assert draw_loss({"train": (3.3, 2.9)}).data == {"train": [3.3, 2.9]}


def test_tensors_that_require_grad_can_be_drawn():
    torch = pytest.importorskip("torch")
    loss = torch.tensor([3.0, 2.0], dtype=torch.bfloat16, requires_grad=True)
    assert draw_loss({"train": loss}).data == {"train": [3.0, 2.0]}
    assert draw_loss({"train": [loss[0].detach(), loss[1].detach()]}).data == {"train": [3.0, 2.0]}
    pair = (loss[0].detach(), loss[1].detach())  # has __len__, but no length
    assert draw_loss({"train": pair}).data == {"train": [3.0, 2.0]}


def test_steps_are_the_x_values():
    points = points_of(draw_loss({"val": ([0, 100, 400], [3.0, 2.0, 1.0])}))
    (x0, _), (x1, _), (x2, _) = points
    assert (x2 - x0) / (x1 - x0) == pytest.approx(4, abs=0.01)


def test_last_step_extends_the_x_axis():
    losses = [3.0, 2.0]
    far = points_of(draw_loss({"t": ([0, 100], losses)}, last_step=1000))[-1][0]
    near = points_of(draw_loss({"t": ([0, 100], losses)}))[-1][0]
    left = points_of(draw_loss({"t": ([0, 100], losses)}))[0][0]
    assert (near - left) / (far - left) == pytest.approx(10, abs=0.1)
    assert draw_loss({"t": ([0, 100], losses)}, last_step=5).to_svg()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("count", [6, 100])
def test_values_that_are_not_finite_leave_a_gap(bad, count):
    losses = [3.0 - i / count for i in range(count)]
    losses[count // 2] = bad
    picture = draw_loss({"train": losses})
    whole = points_of(draw_loss({"train": [3.0 - i / count for i in range(count)]}))
    middle = (whole[0][0] + whole[-1][0]) / 2 + (whole[-1][0] - whole[0][0]) / (2 * count - 2)
    for pieces in curves_of(picture):
        for piece in pieces:
            assert not piece[0][0] < middle < piece[-1][0], "a line leads through the gap"
    assert "nan" not in picture.to_svg().split(">", 1)[1]
    assert math.isnan(picture.data["train"][count // 2]) or math.isinf(
        picture.data["train"][count // 2]
    )


@pytest.mark.parametrize("losses", [[math.nan] * 3, [math.inf], [math.nan] * 100])
def test_a_curve_without_finite_values_can_be_drawn(losses):
    picture = draw_loss({"train": losses}, lines={"knows nothing": 3.3})
    assert "knows nothing 3.3" in texts_of(picture)
    assert draw_loss({"train": losses}).to_svg()
    assert draw_loss({"train": losses}, log_y=True).to_svg()


def test_with_log_y_equal_factors_have_equal_heights_and_zeros_are_gaps():
    points = points_of(draw_loss({"t": [1.0, 10.0, 100.0]}, log_y=True))
    (_, y0), (_, y1), (_, y2) = points
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
    gaps = draw_loss({"t": [1.0, 10.0, 0.0, -1.0, 100.0]}, log_y=True)
    xs = {x for pieces in curves_of(gaps) for piece in pieces for x, _ in piece}
    assert len(xs) == 3
    picture = draw_loss({"t": [0.0, 0.0]}, log_y=True, lines={"zero": 0.0, "one": 1.0})
    assert "one 1" in texts_of(picture)
    assert not any(text.startswith("zero") for text in texts_of(picture))
    ticks = texts_of(draw_loss({"t": [0.01, 100.0]}, log_y=True))
    assert {"0.01", "1", "100"} <= set(ticks)


@pytest.mark.parametrize("history", [{}, {"train": []}, {"train": [], "val": ([], [])}])
def test_nothing_to_draw_is_refused_with_an_example_that_works(history):
    with pytest.raises(ValueError, match=r"no losses to draw: give it as \{'train': \[3\.3, 2\.9,"):
        draw_loss(history)
    draw_loss({"train": [3.3, 2.9]})


def test_one_empty_curve_among_others_is_left_out():
    picture = draw_loss({"train": [3.0, 2.0], "val": []})
    assert len(curves_of(picture)) == 1
    assert not curves_of(picture, CATEGORIES[1])
    assert "val" not in picture.alt


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (([1, 2], [3.0]), "'train' has 2 steps and 1 losses; there must be one for each"),
        (([1, math.nan], [3.0, 2.0]), "the steps of 'train' has nan at position 1"),
        ("abc", "train|convert"),
        (np.ones((2, 3)), "train"),
        ([[1, 2, 3], [3.0, 2.0, 1.0]], "train"),
        (3.0, "train"),
    ],
    ids=["numbers differ", "nan step", "text", "table", "list of lists", "number"],
)
def test_invalid_losses_are_refused(given, match):
    with pytest.raises(ValueError, match=match):
        draw_loss({"train": given})


def test_a_single_point_can_be_seen():
    picture = draw_loss({"train": ([5], [2.0])})
    root = ET.fromstring(picture.to_svg())
    dots = [c for c in root.iter(f"{NS}circle") if c.get("fill") == CATEGORIES[0]]
    strokes = [piece for pieces in curves_of(picture) for piece in pieces if len(piece) > 1]
    assert dots or strokes  # "M 10 10" alone paints nothing
    assert "train 2" in texts_of(picture)


@pytest.mark.parametrize("level", [0.0, 2.5, -2.5, 1e-9, 1e9])
@pytest.mark.parametrize("log_y", [False, True])
def test_constant_losses_are_a_horizontal_line(level, log_y):
    picture = draw_loss({"train": [level] * 50}, log_y=log_y)
    for pieces in curves_of(picture):
        assert len({y for piece in pieces for _, y in piece}) == 1
        assert all(44 <= y <= 256 for piece in pieces for _, y in piece)


@quick
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.booleans())
def test_every_curve_stays_inside_the_chart(losses, log_y):
    picture = draw_loss({"train": losses}, log_y=log_y)
    for pieces in curves_of(picture):
        for x, y in (point for piece in pieces for point in piece):
            assert 58 <= x <= 694.1
            assert 43.9 <= y <= 256.1


@quick
@given(st.lists(st.floats(0, 1e100, allow_subnormal=False), min_size=1, max_size=5), st.booleans())
def test_no_size_of_a_number_stops_the_drawing(losses, log_y):
    assert ET.fromstring(draw_loss({"train": losses}, log_y=log_y).to_svg()) is not None


@pytest.mark.slow
def test_a_hundred_thousand_points_stay_small_and_no_spike_is_lost():
    rng = Random(0)
    losses = [3 + rng.gauss(0, 0.1) for _ in range(100_000)]
    losses[54_321], losses[77_777] = 9.0, 0.5
    picture = draw_loss({"train": losses})
    assert len(picture.to_svg()) < 30_000
    faint = [point for piece in curves_of(picture)[0] for point in piece]
    heights = sorted(y for _, y in faint)
    scale = (heights[-1] - heights[0]) / 8.5
    assert heights[1] - heights[0] > 4 * scale  # the spike is isolated
    assert heights[-1] - heights[-2] > 1.5 * scale
    left, right = 58, 694
    spike = min(faint, key=lambda p: p[1])[0]
    assert (spike - left) / (right - left) == pytest.approx(54_321 / 100_000, abs=1e-3)
    assert len(picture.data["train"]) == 100_000


@quick
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=3000))
def test_decimated_points_are_few_in_order_and_keep_the_extremes(heights):
    points = [(float(i), height) for i, height in enumerate(heights)]
    kept = decimate(points)
    assert len(kept) <= MAX_POINTS
    assert set(kept) <= set(points)
    assert [step for step, _ in kept] == sorted({step for step, _ in kept})
    assert min(h for _, h in kept) == min(heights)
    assert max(h for _, h in kept) == max(heights)


@quick
@given(
    st.lists(
        st.one_of(st.floats(-100, 100), st.just(math.nan), st.just(math.inf)),
        min_size=1,
        max_size=60,
    )
)
def test_the_running_mean_has_exponentially_decaying_weights_on_both_sides(values):
    means = running_mean(values)
    assert len(means) == len(values)
    finite = [value for value in values if math.isfinite(value)]
    places = [k for k, value in enumerate(values) if math.isfinite(value)]
    for n, k in enumerate(places):
        weights = [DECAY ** abs(n - i) for i in range(len(finite))]
        plain = sum(w * v for w, v in zip(weights, finite)) / sum(weights)
        assert means[k] == pytest.approx(plain, rel=1e-7, abs=1e-7)


def test_the_running_mean_does_not_lag_and_ends_at_the_mean_that_training_shows():
    falling = [100.0 - step for step in range(100)]
    assert running_mean(falling)[50] == pytest.approx(falling[50], abs=1)
    mean = RunningMean()
    assert running_mean(falling)[-1] == pytest.approx([mean.add(x) for x in falling][-1])


def test_the_running_mean_has_bias_correction():
    assert running_mean([5.0]) == [5.0]
    assert running_mean([2.0] * 100) == pytest.approx([2.0] * 100)


def test_many_steps_get_a_running_mean_and_few_do_not():
    assert len(curves_of(draw_loss({"t": [3.0, 2.0] * 15}))) == 1
    many = [3.0, 2.0] * 100
    faint, smoothed = curves_of(draw_loss({"t": many}))
    spread_of = [
        max(y for _, y in piece) - min(y for _, y in piece) for piece in (faint[0], smoothed[0])
    ]
    assert spread_of[1] < spread_of[0]
    assert f"t {running_mean(many)[-1]:.3g}" in texts_of(draw_loss({"t": many}))


def test_horizontal_lines_have_the_right_height():
    picture = draw_loss({"t": [4.0, 2.0]}, lines={"knows nothing": 3.0, "no": math.nan})
    (_, high), (_, low) = points_of(picture)
    root = ET.fromstring(picture.to_svg())
    (dashed,) = [p.get("d") for p in root.iter(f"{NS}path") if p.get("stroke-dasharray")]
    heights = [float(point.split()[1]) for point in dashed[1:].split("L")]
    assert heights == pytest.approx([(high + low) / 2] * 2, abs=0.2)
    assert "knows nothing 3" in texts_of(picture)


def test_every_curve_has_its_colour_and_its_name():
    history = {f"curve {i}": [3.0 + i, 2.0 + i] for i in range(6)}
    picture = draw_loss(history)
    root = ET.fromstring(picture.to_svg())
    for i, name in enumerate(history):
        assert curves_of(picture, CATEGORIES[i])
        (label,) = [t for t in root.iter(f"{NS}text") if (t.text or "").startswith(name)]
        assert label.get("fill") == CATEGORIES[i]
        assert float(label.get("x")) + 7 * len(label.text) <= float(root.get("width"))


def test_names_of_curves_do_not_overlap():
    history = {"trained on the names of emma": [3.0], "trained on the names of anna": [2.0]}
    root = ET.fromstring(draw_loss(history).to_svg())
    one, two = (t for t in root.iter(f"{NS}text") if (t.text or "").startswith("trained"))
    same_line = one.get("y") == two.get("y")
    assert not same_line or float(one.get("x")) + 6.2 * len(one.text) <= float(two.get("x"))


def test_the_axes_have_labels():
    texts = texts_of(draw_loss({"t": [3.0, 2.0]}, title="It learns", unit="loss (bits per byte)"))
    assert {"It learns", "loss (bits per byte)", "step"} <= set(texts)


def test_the_sentence_is_true():
    picture = draw_loss({"train": [3.3, 2.9], "val": ([10, 1000], [3.0, 2.5])}, title="Run")
    assert picture.alt == "Run: train from 3.3 to 2.9 in 2 steps, val from 3 to 2.5 in 1,000 steps."
    assert draw_loss({"train": [3.3, 2.9]}).alt.startswith("Loss: ")


def test_markup_is_escaped():
    evil = "<script>"
    picture = draw_loss({evil: [3.0, 2.0]}, title=evil, unit=evil, lines={evil: 2.0})
    for text in (picture.to_svg(), picture.to_html(), html_page(picture)):
        assert evil not in text
    assert texts_of(picture).count(evil) == 2


@quick
@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e6))
def test_ticks_are_round_few_and_between_the_ends(low, span):
    ticks = linear_ticks(low, low + span)
    assert 1 <= len(ticks) <= 7
    for tick in ticks:
        assert low - span * 1e-3 <= tick <= low + span * (1 + 1e-3)
    gaps = [b - a for a, b in zip(ticks, ticks[1:])]
    if gaps:
        digits = re.sub(r"e.*|\.0*$|0+$", "", f"{gaps[0]:.3e}").rstrip("0").rstrip(".")
        assert digits in {"1", "2", "2.5", "5"}
        assert gaps == pytest.approx([gaps[0]] * len(gaps), rel=1e-3)


def test_matplotlib_draws_the_same_curves():
    ax = Figure().add_subplot()
    history = {"train": [3.0, 2.0, 1.0], "val": ([1, 3], [3.5, 2.5])}
    assert draw_loss(history, lines={"floor": 0.5}, title="Run", log_y=True, ax=ax) is ax
    train, val, floor = ax.lines
    assert list(train.get_ydata()) == [3.0, 2.0, 1.0]
    assert list(val.get_xdata()) == [1.0, 3.0]
    assert set(floor.get_ydata()) == {0.5}
    assert (ax.get_xlabel(), ax.get_title(), ax.get_yscale()) == ("step", "Run", "log")
    assert ax.get_ylabel() == "loss (nats per token)"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["train", "val"]


def test_the_x_axis_may_have_another_label():
    picture = draw_loss({"pairs": [4.0, 2.0]}, x_label="merge")
    assert "merge" in texts_of(picture)
    assert "step" not in texts_of(picture)
    assert picture.alt == "Loss: pairs from 4 to 2 in 2 merges."
    assert (
        draw_loss({"pairs": [4.0]}, x_label="merge", ax=Figure().add_subplot()).get_xlabel()
        == "merge"
    )
