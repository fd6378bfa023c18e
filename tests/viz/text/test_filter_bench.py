"""Thresholds: which documents are kept, which good ones are removed, and why."""

import base64
import re
import time
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from viz import FilterBench, draw_funnel
from viz.text.filtering import draw_filtering

NS = "{http://www.w3.org/2000/svg}"
DOCUMENTS = [f"text number {i} " + "x" * i for i in range(100)]
LENGTHS = list(range(100))
SHARES = [i % 10 / 10 for i in range(100)]
FILTERS = {
    "letters": (LENGTHS, "at least", (0, 100, 20)),
    "signs": (SHARES, "at most", (0.0, 1.0, 0.5)),
}
GOOD = [5, 30, 38, 50]


@pytest.fixture
def bench() -> FilterBench:
    return FilterBench(DOCUMENTS, FILTERS, GOOD)


def texts_of(bench) -> list[str]:
    svg = base64.b64decode(re.search(' src="[^"]+base64,([^"]+)', bench.screen.value)[1])
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{NS}text")]


def counted_by_hand(least: float, most: float) -> tuple[int, list[int]]:
    kept = {i for i in range(100) if LENGTHS[i] >= least and SHARES[i] <= most}
    return len(kept), [i for i in GOOD if i not in kept]


@pytest.mark.parametrize(("least", "most"), [(20, 0.5), (0, 1.0), (100, 1.0), (0, 0.0), (32, 0.7)])
def test_kept_documents_and_false_positives_agree_with_a_count_by_hand(bench, least, most):
    bench.sliders["letters"].value = least
    bench.sliders["signs"].value = most
    kept, lost = counted_by_hand(least, most)
    title = f"{kept} of 100 documents kept; {len(lost)} of 4 good ones lost"
    assert title in texts_of(bench)
    data = bench.picture().data
    assert data["false_positives"] == lost and len(data["kept"]) == kept


@pytest.mark.slow
def test_every_step_of_a_slider_changes_the_screen(bench):
    seen = set()
    for step in range(0, 101, bench.sliders["letters"].step):
        bench.sliders["letters"].value = step
        seen.add(bench.screen.value)
    assert len(seen) == 51
    for step in range(51):
        bench.sliders["signs"].value = step * bench.sliders["signs"].step
        seen.add(bench.screen.value)
    assert len(seen) == 51 + 50  # at 0.5 it was before


def test_the_title_says_how_much_junk_is_kept():
    bench = FilterBench(DOCUMENTS, FILTERS, GOOD, bad=[1, 2, 31, 32, 39])
    assert "48 of 100 documents kept, 2 of them junk; 2 of 4 good ones lost" in texts_of(bench)
    bench.sliders["letters"].value = 34
    assert any(", 0 of them junk; " in text for text in texts_of(bench))


def test_the_text_of_a_removed_good_document_is_shown_with_the_reason(bench):
    shown = " ".join(texts_of(bench))
    assert "Lost though good (letters 5, below 20): text number 5 xxxxx" in shown
    bench.sliders["letters"].value = 0
    shown = " ".join(texts_of(bench))
    assert "Lost though good (signs 0.8, above 0.5): text number 38" in shown
    bench.sliders["signs"].value = 1.0
    assert "None of the good ones is lost." in texts_of(bench)


def test_the_reason_is_the_first_filter_that_removes_the_document():
    shown = " ".join(texts_of(FilterBench(DOCUMENTS, FILTERS, [8])))
    assert "(letters 8, below 20)" in shown  # its signs, 0.8, are above 0.5, too


def test_the_funnel_is_the_one_that_draw_funnel_draws(bench):
    removed = {
        "letters below 20": range(20),
        "signs above 0.5": [i for i in range(100) if SHARES[i] > 0.5],
    }
    assert bench.picture().data["removed"] == draw_funnel(DOCUMENTS, removed).data["removed"]


def test_without_good_documents_the_title_does_not_mention_them():
    bench = FilterBench(DOCUMENTS, FILTERS)
    assert "48 of 100 documents kept" in texts_of(bench)
    assert "good" not in " ".join(texts_of(bench))


def test_the_still_is_the_first_setting_and_never_changes(bench):
    before = bench._repr_mimebundle_()
    bench.sliders["letters"].value = 90
    after = bench._repr_mimebundle_()
    assert before["text/html"] == after["text/html"]
    assert before["text/plain"] == after["text/plain"]
    assert "48 of 100 documents kept; 2 of 4 good ones lost" in before["text/plain"]


def test_1400_documents_are_answered_in_time():
    documents = ["some words of a page " * 150] * 1400
    numbers = [i % 97 for i in range(1400)]
    filters = {f"filter {n}": (numbers, "at least", (0, 96, n)) for n in range(5)}
    bench = FilterBench(documents, filters, range(20))
    start = time.process_time()
    bench.sliders["filter 0"].value = 50
    assert time.process_time() - start < 0.6  # three times what is promised
    assert len(bench.screen.value) < 300_000


def test_markup_stays_text():
    bench = FilterBench(["<script>"] * 3, {"<i>": ([1, 2, 3], "at least", (0, 5, 2))}, [0])
    assert "<script" not in bench.screen.value and "<i>" not in bench.screen.value


def test_invalid_filters_are_refused_with_the_form_that_works():
    with pytest.raises(ValueError, match="There is no filter"):
        FilterBench(DOCUMENTS, {})
    form = r"'a' must be \(numbers, 'at least' or 'at most', \(lowest, highest, first\)\), such as"
    for bad in (
        (LENGTHS, "above", (0, 9, 3)),
        (LENGTHS, "at most", (0, 9, 10)),
        (LENGTHS, "at most", (3, 3, 3)),
        (LENGTHS, "at most", 3),
        (LENGTHS, "at most"),
        LENGTHS,
        (LENGTHS,),
        (LENGTHS, LENGTHS, (0, 9, 3)),
        (LENGTHS, "at most", ("low", "high", "first")),
    ):
        with pytest.raises(ValueError, match=form):
            FilterBench(DOCUMENTS, {"a": bad})
    with pytest.raises(ValueError, match="'a' has 2 numbers for 100 documents: give one for each"):
        FilterBench(DOCUMENTS, {"a": ([1, 2], "at most", (0, 9, 3))})
    with pytest.raises(ValueError, match="the filter 'a' has nan at position 0"):
        draw_filtering(["x"], {"a": ([float("nan")], "at most", 3)})
    with pytest.raises(ValueError, match="rule 'at least' or 'at most'; got"):
        draw_filtering(["x"], {"a": ([1], "below", 3)})
    with pytest.raises(ValueError, match="good has 100, but there are 100 documents"):
        FilterBench(DOCUMENTS, FILTERS, [100])


def test_matplotlib_axes_show_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_filtering(DOCUMENTS, {"a": (LENGTHS, "at least", 40)}, ax=ax) is ax
    assert "60 kept" in {text.get_text() for text in ax.texts}
