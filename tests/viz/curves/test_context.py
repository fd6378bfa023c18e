"""Loss over the context length: two curves, the lowest point, the size of the table."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from viz.canvas.palette import BLUE, GOLD, ORANGE
from viz.curves.context import draw_context, format_count

NS = "{http://www.w3.org/2000/svg}"
SEEN, UNSEEN = [2.9, 2.4, 2.0, 1.5], [2.9, 2.5, 2.3, 2.6]


def elements(picture, tag):
    return list(ET.fromstring(picture.to_svg()).iter(NS + tag))


def discs_of(picture, colour) -> list[tuple[float, float]]:
    discs = [d for d in elements(picture, "circle") if d.get("fill") == colour]
    return [(float(d.get("cx")), float(d.get("cy"))) for d in discs]


def test_points_are_in_order_and_higher_for_a_higher_loss():
    picture = draw_context(range(4), SEEN, UNSEEN)
    for curve, colour in ((SEEN, BLUE), (UNSEEN, ORANGE)):
        points = discs_of(picture, colour)
        assert [x for x, _ in points] == sorted(x for x, _ in points)
        heights = np.array([-y for _, y in points])
        assert np.corrcoef(heights, curve)[0, 1] == pytest.approx(1, abs=1e-3)
    assert discs_of(picture, BLUE)[0][1] == discs_of(picture, ORANGE)[0][1]


def test_the_lowest_validation_loss_is_marked():
    picture = draw_context(range(4), SEEN, UNSEEN)
    (ring,) = [d for d in elements(picture, "circle") if d.get("stroke") == GOLD]
    assert (float(ring.get("cx")), float(ring.get("cy"))) == discs_of(picture, ORANGE)[2]
    assert picture.data["turning point"] == 2
    assert picture.alt.endswith("validation is lowest at 2, 2.30.")


def test_every_loss_and_every_size_is_written():
    picture = draw_context(
        range(4), SEEN, UNSEEN, table_sizes=[27**n for n in range(1, 5)], title="Far"
    )
    texts = {t.text for t in elements(picture, "text")}
    assert {f"{x:.2f}" for x in SEEN + UNSEEN} <= texts
    assert {"27", "729", "19,683", "531,441", "Far", "training", "validation", "lowest"} <= texts


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (27, "27"),
        (531_441, "531,441"),
        (14_348_907, "14 million"),
        (387_420_489, "387 million"),
        (10_460_353_203, "10 billion"),
        (27**9, "8 trillion"),
    ],
)
def test_large_sizes_are_written_with_a_word(size, text):
    assert format_count(size) == text


def test_one_context_and_equal_losses_can_be_drawn():
    assert draw_context([2], [2.0], [2.0]).data["turning point"] == 2
    assert draw_context([0, 1], [2.0, 2.0], np.array([2.0, 2.0])).data["turning point"] == 0


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (([0, 1], [1.0], [1.0, 2.0]), "got 2 of context_lengths, 1 of training, 2 of validation"),
        (([], [], []), "at least one"),
        (([0], [float("inf")], [1.0]), "the curve 'training' has inf"),
    ],
)
def test_rows_of_different_lengths_are_refused(given, match):
    with pytest.raises(ValueError, match=match):
        draw_context(*given)


def test_table_sizes_of_another_length_are_refused():
    with pytest.raises(ValueError, match="1 of table_sizes"):
        draw_context([0, 1], [1, 2], [1, 2], table_sizes=[27])


def test_every_text_is_inside_the_picture():
    picture = draw_context(
        range(7), [3 - 0.3 * n for n in range(7)], [3 + 0.2 * n for n in range(7)]
    )
    root = ET.fromstring(picture.to_svg())
    for text in root.iter(f"{NS}text"):
        assert 0 <= float(text.get("x")) <= float(root.get("width"))
        assert 0 < float(text.get("y")) <= float(root.get("height"))


def test_markup_is_escaped_and_matplotlib_axes_can_be_drawn_on():
    assert (
        "<script" not in draw_context([0], [1], [1], title="<script>", x_label="<script>").to_svg()
    )
    ax = Figure().add_subplot()
    assert draw_context(range(4), SEEN, UNSEEN, ax=ax) is ax
