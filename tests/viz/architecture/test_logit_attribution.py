"""Logit attribution: what each part adds to each logit, and the sums."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from viz.architecture.logit_attribution import MAX_COLUMNS, TOTAL, draw_logit_attribution
from viz.canvas.palette import WHITE, diverging_colour

ENTRIES = {"embedding": [0.5, -1.0, 0.0], "+ mlp": [0.25, 2.0, 0.0]}
LABELS = ["a", "b", "c"]
NS = "{http://www.w3.org/2000/svg}"


def texts_of(picture) -> list[str]:
    return [e.text for e in ET.fromstring(picture.to_svg()).iter(f"{NS}text")]


def cells_of(picture) -> list[str]:
    """The colours of the cells, row by row."""
    boxes = [e for e in ET.fromstring(picture.to_svg()).iter(f"{NS}rect")]
    return [e.get("fill") for e in boxes if e.get("stroke-width") == "0.5"]


def test_the_last_row_is_the_sum_of_the_others():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4, 27))
    picture = draw_logit_attribution({f"part {i}": row for i, row in enumerate(rows)})
    assert picture.data["sum"] == pytest.approx(rows.sum(axis=0))
    assert texts_of(picture).count(TOTAL) == 1


def test_rows_keep_their_order_and_the_sum_is_last():
    texts = texts_of(draw_logit_attribution(ENTRIES, labels=LABELS, title="An account"))
    names = [text for text in texts if text in {*ENTRIES, TOTAL}]
    assert names == ["embedding", "+ mlp", TOTAL]
    assert texts[0] == "An account"


def test_zero_is_white_and_signs_have_their_own_colours():
    colours = cells_of(draw_logit_attribution(ENTRIES, labels=LABELS))
    assert colours[2] == colours[5] == colours[8] == WHITE
    assert colours[0] == diverging_colour(
        0.5 / 2.0
    )  # one scale for all rows: the largest number is 2
    assert colours[1] == diverging_colour(-1.0 / 2.0)
    red = [int(colour[1:3], 16) for colour in colours]
    blue = [int(colour[5:7], 16) for colour in colours]
    assert blue[0] > red[0], "above 0 is blue"
    assert red[1] > blue[1], "below 0 is orange"


def test_the_alt_text_names_the_largest_sum_and_its_parts():
    alt = draw_logit_attribution(ENTRIES, labels=LABELS).alt
    assert "The largest sum is that of b, 1.0: embedding -1.0, + mlp 2.0." in alt
    assert "What 2 entries add to 3 numbers" in alt


def test_one_number_and_nothing_but_zeros_can_be_drawn():
    picture = draw_logit_attribution({"nothing": [0.0]})
    assert picture.data["sum"] == [0.0]
    assert set(cells_of(picture)) == {WHITE}


def test_markup_in_names_and_labels_stays_text():
    picture = draw_logit_attribution({"<script>a": [1.0]}, labels=["<b>"], title="<script>t")
    assert "<script" not in picture.to_svg() + picture.to_html()


def test_invalid_entries_are_refused_with_the_reason():
    with pytest.raises(ValueError, match="entries has no numbers"):
        draw_logit_attribution({})
    with pytest.raises(ValueError, match="entries has no numbers"):
        draw_logit_attribution({"a": []})
    with pytest.raises(ValueError, match="Entry 'b' has 1 numbers, the first entry has 2"):
        draw_logit_attribution({"a": [1.0, 2.0], "b": [1.0]})
    with pytest.raises(ValueError, match="1 labels for 2 columns"):
        draw_logit_attribution({"a": [1.0, 2.0]}, labels=["x"])
    with pytest.raises(ValueError, match="entry 'a' has nan at position 0"):
        draw_logit_attribution({"a": [float("nan")]})
    with pytest.raises(ValueError, match=f"draw at most {MAX_COLUMNS}"):
        draw_logit_attribution({"a": [0.0] * (MAX_COLUMNS + 1)})
    draw_logit_attribution({"a": [0.0] * MAX_COLUMNS})


def test_matplotlib_axes_show_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_logit_attribution(ENTRIES, labels=LABELS, ax=ax) is ax
    assert {*ENTRIES, TOTAL} <= {text.get_text() for text in ax.texts}


def test_thirty_blocks_and_words_fit_on_a_screen():
    rng = np.random.default_rng(0)
    rows = {f"block {k}": rng.normal(size=12) for k in range(30)}
    words = ["␣capital", *(f"␣word{k}" for k in range(11))]
    picture = draw_logit_attribution(rows, labels=words)
    assert picture.scene.height < 700
    assert picture.scene.width < 900
    assert "␣word3" in texts_of(picture)
    assert "the other 18 add less" in picture.alt
    assert len(picture.alt) < 500
