"""Documents as squares that fall through filters: counts, colours, and texts on hover."""

import base64
import re
import time
import xml.etree.ElementTree as ET
from html import unescape

import numpy as np
import pytest
from matplotlib.figure import Figure

from viz import draw_funnel
from viz.canvas.palette import BLUE, GREEN, INK, LINE, ORANGE

NS = "{http://www.w3.org/2000/svg}"
DOCUMENTS = [f"document {i}" for i in range(100)]
FILTERS = {"short": range(10), "odd": range(1, 100, 2)}


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text") if t.text]


def area(picture, colour: str) -> float:
    boxes = [
        b for b in ET.fromstring(picture.to_svg()).iter(f"{NS}rect") if b.get("fill") == colour
    ]
    return sum(float(box.get("width")) * float(box.get("height")) for box in boxes)


def titles_of(picture) -> list[str]:
    return [unescape(title) for title in re.findall(r'<b title="([^"]*)"', picture.to_html())]


def test_each_filter_removes_from_what_the_ones_before_it_left():
    picture = draw_funnel(DOCUMENTS, FILTERS, title="Half is odd")
    assert picture.data == {
        "documents": 100,
        "removed": {"short": list(range(10)), "odd": list(range(11, 100, 2))},
        "kept": list(range(10, 100, 2)),
    }
    assert texts_of(picture) == [
        *["Half is odd", "100 in all", "−10 short", "90 left", "−45 odd", "45 kept"]
    ]
    assert picture.alt == (
        "Half is odd: 100 documents; short removes 10, odd removes 45; 45 are kept."
    )


def test_there_is_a_square_of_one_size_for_every_document_in_the_colour_of_its_filter():
    picture = draw_funnel(DOCUMENTS, FILTERS)
    square = area(picture, BLUE) / 10
    assert area(picture, ORANGE) == pytest.approx(45 * square)
    assert area(picture, GREEN) == pytest.approx(45 * square)
    assert area(picture, LINE) == pytest.approx((90 + 45) * square)


def test_functions_indices_and_arrays_give_the_same_funnel():
    by_function = {"even": lambda text: int(text.split()[1]) % 2 == 0}
    by_array = {"even": np.flatnonzero(np.arange(100) % 2 == 0)}
    one, two = draw_funnel(DOCUMENTS, by_function), draw_funnel(DOCUMENTS, by_array)
    assert one.to_html() == two.to_html() and one.data == two.data


def test_a_function_is_not_called_for_removed_documents():
    seen = []
    draw_funnel(DOCUMENTS, {"short": range(90), "odd": lambda text: seen.append(text)})
    assert seen == DOCUMENTS[90:]


def test_every_text_is_shown_once_on_hover_without_a_script():
    picture = draw_funnel(DOCUMENTS, FILTERS)
    assert sorted(titles_of(picture)) == sorted(DOCUMENTS)
    html = picture.to_html()
    assert "<script" not in html and "<svg" not in html and "http" not in html.split("base64,")[0]
    still = re.search(' src="[^"]+base64,([^"]+)', html)[1]
    assert base64.b64decode(still).decode() == picture.to_svg()


def test_the_texts_lie_over_their_squares():
    picture = draw_funnel(DOCUMENTS, {"short": range(10)})
    left, top, width, height, columns = map(
        float,
        re.search(
            r"left: ([\d.]+)px; top: ([\d.]+)px; width: ([\d.]+)px; height: ([\d.]+)px; "
            r"display: grid; grid-template-columns: repeat\((\d+)",
            picture.to_html(),
        ).groups(),
    )
    (box, *_) = [
        b
        for b in ET.fromstring(picture.to_svg()).iter(f"{NS}rect")
        if b.get("fill") == BLUE and float(b.get("width")) and float(b.get("height"))
    ]
    assert (left, top) == (float(box.get("x")), float(box.get("y")))
    assert width / columns == pytest.approx(height)  # ten squares are one row of squares


def test_texts_are_cut_escaped_and_printable():
    evil = '<script>alert(1)</script> "quoted" \x00 ' + "x" * 1000
    picture = draw_funnel([evil, "<b>"], {"<i>": [0]}, max_chars=40, title="<script>")
    assert "<script" not in picture.to_html() and "<b>" not in picture.to_html()
    first = titles_of(picture)[0]
    assert first.startswith('<script>alert(1)</script> "quoted" \ufffd') and len(first) == 40
    assert first.endswith("…")


def test_marked_documents_are_black_and_the_removed_ones_are_counted():
    picture = draw_funnel(DOCUMENTS, FILTERS, mark=[5, 7, 20, 22], mark_label="good ones")
    square = area(picture, BLUE) / 8  # of the ten that are short two are black
    assert area(picture, INK) == pytest.approx(4 * square)
    assert "■ good ones, 2 of 4 removed." in texts_of(picture)
    assert picture.alt.endswith("45 are kept. Marked: good ones, 2 of 4 removed.")
    assert set(titles_of(picture)[:2]) == {"document 5", "document 7"}, "the marked ones are first"


def test_black_squares_have_rows_of_their_own_and_so_have_the_texts_over_them():
    picture = draw_funnel(DOCUMENTS, {"short": range(60)}, mark=[5, 7])
    html = picture.to_html()
    per_row = int(re.search(r"repeat\((\d+)", html)[1])
    assert per_row > 2
    boxes = html.split('1fr)">')[1].split("</div>")[0]
    assert boxes.startswith(
        '<b title="document 5"></b><b title="document 7"></b>'
        + "<b></b>" * (per_row - 2)
        + '<b title="document 0">'
    )


def test_the_labels_keep_their_position_while_a_threshold_moves():
    heights = set()
    for n in range(0, 101, 7):
        svg = draw_funnel(
            DOCUMENTS, {"short": range(n), "odd": range(1, 100, 2)}, mark=[3]
        ).to_svg()
        heights |= {
            float(text.get("y"))
            for text in ET.fromstring(svg).iter(f"{NS}text")
            if "−" in (text.text or "")
        }
    assert len(heights) == 1


def test_six_filters_have_six_colours_and_fit_on_a_page():
    filters = {f"filter {n}": range(20 * n, 20 * n + 20) for n in range(6)}
    documents = ["some words"] * 1400
    picture = draw_funnel(documents, filters, mark=range(9), note="word " * 100)
    root = ET.fromstring(picture.to_svg())
    assert float(root.get("width")) <= 850
    colours = {text.get("fill") for text in root.iter(f"{NS}text") if "−" in (text.text or "")}
    assert len(colours) == 6


def test_1400_documents_are_drawn_fast_and_stay_small():
    documents = [f"{i} " + "some words of a page " * 150 for i in range(1400)]
    start = time.process_time()
    html = draw_funnel(documents, {"a": range(0, 1400, 7), "b": range(0, 1400, 3)}).to_html()
    assert time.process_time() - start < 0.9  # three times what is promised
    assert len(html) < 300_000


def test_with_very_many_documents_one_square_stands_for_several():
    documents = ["some words " * 20] * 50_000
    picture = draw_funnel(documents, {"a": range(20_000)})
    assert "One square stands for 17 documents." in texts_of(picture)
    assert {"50,000 in all", "−20,000 a", "30,000 kept"} <= set(texts_of(picture))
    assert len(picture.to_html()) < 500_000
    assert len(titles_of(picture)) == pytest.approx(50_000 / 17, abs=2)


def test_all_or_no_documents_may_be_removed_and_one_is_enough():
    assert "0 kept" in texts_of(draw_funnel(DOCUMENTS, {"all": range(100)}))
    assert area(draw_funnel(DOCUMENTS, {"all": range(100)}), GREEN) == 0
    assert {"−0 none", "1 kept"} <= set(texts_of(draw_funnel(["a"], {"none": []})))


def test_long_names_take_several_lines_and_a_note_follows():
    name = "repeated pieces of five words above 0.15"
    picture = draw_funnel(DOCUMENTS, {name: [0], **FILTERS, "x": []}, note="word " * 60)
    root = ET.fromstring(picture.to_svg())
    assert name in " ".join(texts_of(picture))
    assert " ".join(texts_of(picture)).count("word ") >= 58
    for text in root.iter(f"{NS}text"):
        assert float(text.get("y")) < float(root.get("height"))


def test_an_invalid_index_is_refused():
    with pytest.raises(ValueError, match="the filter 'a' has 100, but there are 100 documents: "):
        draw_funnel(DOCUMENTS, {"a": [100]})
    with pytest.raises(ValueError, match=r"the filter 'a' has True, but .* whole numbers from 0"):
        draw_funnel(DOCUMENTS, {"a": np.ones(100, dtype=bool)})
    with pytest.raises(ValueError, match="mark has -1"):
        draw_funnel(DOCUMENTS, FILTERS, mark=[-1])
    with pytest.raises(ValueError, match="at least one filter, each with a name"):
        draw_funnel(DOCUMENTS, {})
    for documents in ([], "one text"):
        with pytest.raises(ValueError, match="documents must be a list of texts, at least one"):
            draw_funnel(documents, FILTERS)


def test_matplotlib_axes_show_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_funnel(DOCUMENTS, FILTERS, ax=ax) is ax
    assert "45 kept" in {text.get_text() for text in ax.texts}
