"""A program coloured by lesson: every line is there, and nothing that an untrusted page removes."""

import re
from html.parser import HTMLParser

import pytest

from course.program import draw_program
from viz.canvas.palette import TINTS
from viz.canvas.picture import html_page

LINES = [
    "import math",
    "",
    "def f(x):",
    "    return x < 1 & x",
    'print("<script>alert(1)</script>")',
]
LESSONS = [0, 0, 3, 3, 9]
TITLES = {0: "numbers", 3: "slopes & paths", 9: '<script>"all"</script>', 11: "not used"}


class Reader(HTMLParser):
    """Collects the tags with their attributes, and the text."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.open = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open += 1

    def handle_endtag(self, tag):
        self.open -= 1

    def handle_data(self, data):
        self.texts.append(data)


def rows_of(html: str) -> list[dict]:
    return [attrs for tag, attrs in Reader(html).tags if tag == "div" and "title" in attrs]


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 8])
def test_every_line_stands_there_once_in_order_whatever_the_columns(columns):
    html = draw_program(LINES, LESSONS, TITLES, columns=columns).to_html()
    reader = Reader(html)
    assert len(rows_of(html)) == len(LINES)
    written = [text for text in reader.texts if text in LINES]
    assert written == [line for line in LINES if line]
    assert reader.open == 0  # every tag that was opened is closed


def test_each_line_tells_its_lesson_and_bears_its_colour():
    rows = rows_of(draw_program(LINES, LESSONS, TITLES).to_html())
    assert [row["title"] for row in rows] == [f"lesson {n}: {TITLES[n]}" for n in LESSONS]
    for row, lesson in zip(rows, LESSONS):
        assert f"background-color: {TINTS[lesson % len(TINTS)]}" in row["style"]
        assert re.search(r"(^|; )color: #", row["style"])  # background and ink, always both


def test_the_key_has_each_lesson_that_is_used_and_no_other():
    texts = Reader(draw_program(LINES, LESSONS, TITLES).to_html()).texts
    assert [text for text in texts if text.isdigit()] == ["0", "3", "9"]
    assert not any("not used" in text for text in texts)


def test_nothing_that_an_untrusted_page_removes_and_no_way_out_of_the_text():
    picture = draw_program(LINES, LESSONS, TITLES, title="<script>alert(2)</script>")
    tags = {tag for tag, _ in Reader(picture.to_html()).tags}
    assert tags <= {"div", "span", "b", "style"}, "without the style it is as on a light page"
    assert "<script" not in html_page(picture)
    assert "var(" not in picture.to_html()


def test_the_sentence_counts_and_the_data_is_what_was_given():
    picture = draw_program(LINES, LESSONS, TITLES)
    assert picture.alt == (
        "A program of 5 lines on one page; lesson 0 explains 2, lesson 3 explains 2, "
        "lesson 9 explains 1."
    )
    assert picture.data == {"lines": LINES, "lessons": LESSONS}


@pytest.mark.parametrize(
    ("lines", "lessons", "match"),
    [
        (["a"], [0, 0], "1 lines and 2 lessons: give one lesson for each line"),
        ([], [], "at least one line"),
        (["a"], [7], r"Lesson 7 has no title; titles has \[0, 3, 9, 11\]"),
    ],
)
def test_what_does_not_fit_together_is_refused(lines, lessons, match):
    with pytest.raises(ValueError, match=match):
        draw_program(lines, lessons, TITLES)


def test_no_columns_at_all_are_refused():
    with pytest.raises(ValueError, match="columns"):
        draw_program(["a"], [0], TITLES, columns=0)
