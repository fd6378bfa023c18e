"""The map of a course: every stop is there, tracks lead from what it needs, nothing gets out."""

import re

import pytest

from course.course_map import Stop, draw_course_map, lanes_of, rail_of, track, without_detours
from viz.canvas.picture import html_page

# Two ways that part at 0 and meet at 4; 5 leaves the first one at 1.
STOPS = [
    Stop(0, "begin", note="where it all begins", minutes=30, link="a.ipynb", done=5, of=5),
    Stop(1, "left", needs=(0,), done=1, of=4),
    Stop(2, "right", needs=(0,), of=7),
    Stop(3, "left again", needs=(0, 1), of=7),
    Stop(4, "<b>both</b> & all", needs=(0, 1, 2, 3), of=2),
    Stop(5, "aside", needs=(1,), of=0),
]


def test_a_stop_that_is_needed_by_way_of_another_gets_no_track_of_its_own():
    assert without_detours(STOPS) == {0: [], 1: [0], 2: [0], 3: [1], 4: [2, 3], 5: [1]}


def test_a_lane_is_continued_by_one_stop_and_no_other():
    assert lanes_of(STOPS, without_detours(STOPS)) == {0: 0, 1: 0, 2: 1, 3: 0, 4: 0, 5: 2}


def test_no_track_runs_through_a_stop_that_it_does_not_lead_to():
    """Pencil and paper, by geometry: between its ends a track keeps away from every disc."""
    rail = rail_of(STOPS)
    discs = [(shape.x, shape.y) for shape in rail.shapes if type(shape).__name__ == "Circle"]
    tracks = [shape.points for shape in rail.shapes if type(shape).__name__ == "Line"]
    assert len(discs) == len(STOPS) and len(tracks) == 6
    for points in tracks:
        ends = points[0], points[-1]
        for x, y in discs:
            if (x, y) not in ends:
                xs = [x0 + (x1 - x0) * s for (x0, y0), (x1, y1, s) in pieces(points, y)]
                assert all(abs(x - crossing) > 14 for crossing in xs)


def pieces(points, y):
    """The pieces of a track that cross this height, and where on the piece."""
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if min(y0, y1) <= y <= max(y0, y1) and y0 != y1:
            yield (x0, y0), (x1, y1, (y - y0) / (y1 - y0))


@pytest.mark.parametrize("branches_off", [True, False])
def test_a_track_begins_and_ends_at_its_stops_and_never_goes_up(branches_off):
    points = track((10, 20), (40, 220), branches_off)
    assert (points[0], points[-1]) == ((10, 20), (40, 220))
    heights = [y for _, y in points]
    assert heights == sorted(heights)


def test_each_row_tells_title_minutes_and_what_is_done():
    html = draw_course_map(STOPS, title="The way").to_html()
    for expected in ("30 min", "5 of 5", "1 of 4", "0 of 7", "width: 25%", "width: 100%"):
        assert expected in html
    assert '<a href="a.ipynb"' in html and html.count("<a ") == 1
    assert 'title="where it all begins"' in html
    assert "0 of 0" not in html


def test_nothing_that_an_untrusted_page_removes_and_no_way_out_of_a_title():
    whole = html_page(draw_course_map(STOPS))
    tags = set(re.findall(r"<([a-z]+)", draw_course_map(STOPS).to_html()))
    assert tags <= {"div", "img", "a", "style"}, "without the style it is as on a light page"
    assert "<b>both" not in whole and "&lt;b&gt;both&lt;/b&gt; &amp; all" in whole


def test_the_sentence_says_it_all_without_the_picture():
    picture = draw_course_map(STOPS[:3], title="The way")
    assert picture.alt == (
        "The way: 3 stops. 0 begin, 5 of 5 questions answered; 1 left, 1 of 4 questions answered, "
        "needs 0; 2 right, 0 of 7 questions answered, needs 0."
    )
    assert [row["done"] for row in picture.data] == [5, 1, 0]


@pytest.mark.parametrize(
    ("stops", "match"),
    [
        ([], "at least one stop"),
        ([Stop(1, "a", needs=(0,))], "Stop 1 needs 0, which is not a stop above it; above it are"),
        ([Stop(0, "a"), Stop(1, "b", needs=(1,))], r"needs 1, .* above it are \[0\]"),
        ([Stop(0, "a", done=3, of=2)], "Stop 0 has 3 of 2 questions done"),
    ],
)
def test_what_cannot_be_is_refused(stops, match):
    with pytest.raises(ValueError, match=match):
        draw_course_map(stops)
