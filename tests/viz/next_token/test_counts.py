"""Tables as heat maps: every number in its own square, the larger, the darker."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from viz.canvas.palette import LINE, ORANGE
from viz.next_token.counts import draw_counts

NS = "{http://www.w3.org/2000/svg}"
ROWS, COLUMNS = ["a", "b"], ["c", "d", "end"]
TABLE = [[9, 1, 0], [4, 0, 120]]


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text")]


def boxes_of(picture) -> list[dict]:
    return [r.attrib for r in ET.fromstring(picture.to_svg()).iter(f"{NS}rect")]


def squares_of(picture) -> list[dict]:
    return [box for box in boxes_of(picture) if box.get("stroke") == LINE]


def darkness(square: dict) -> int:
    return 3 * 255 - sum(bytes.fromhex(square["fill"][1:]))


def test_each_cell_is_a_square_and_larger_is_darker():
    squares = squares_of(draw_counts(TABLE, ROWS, COLUMNS))
    assert len(squares) == 6
    numbers = [x for row in TABLE for x in row]
    by_number = [d for _, d in sorted(zip(numbers, map(darkness, squares)))]
    assert by_number == sorted(by_number)
    assert len({float(s["x"]) for s in squares}) == 3 and len({float(s["y"]) for s in squares}) == 2


def test_numbers_are_written_where_there_is_room_and_labels_always():
    texts = texts_of(draw_counts(TABLE, ROWS, COLUMNS, title="Pairs", axes=("first", "next")))
    assert {"9", "1", "4", "120", *ROWS, *COLUMNS, "Pairs"} <= set(texts)
    assert "rows: first · columns: next" in texts
    width = draw_counts(np.ones((2, 80)), ROWS, [str(i) for i in range(80)])
    assert texts_of(width).count("1") == 1  # the label; no numbers in such small squares


def test_fractions_are_written_with_two_digits():
    assert "0.25" in texts_of(draw_counts([[0.25, 0.75]], ["q"], ["a", "b"]))


def test_the_same_number_has_the_same_colour_in_tables_side_by_side():
    left, right = [[1.0, 4.0]], [[4.0, 16.0]]
    squares = squares_of(draw_counts([left, right], ["q"], ["a", "b"], titles=["one", "two"]))
    assert squares[1]["fill"] == squares[2]["fill"]
    assert darkness(squares[3]) > darkness(squares[2])


def test_numbers_below_zero_have_another_colour():
    below, above = squares_of(draw_counts([[-1.0, 1.0]], ["q"], ["a", "b"]))
    red, _, blue = bytes.fromhex(below["fill"][1:])
    assert red > blue
    red, _, blue = bytes.fromhex(above["fill"][1:])
    assert blue > red


@pytest.mark.parametrize(
    ("mark", "across", "down"), [(("b", "d"), 1, 1), (("b", None), 3, 1), ((None, "d"), 1, 2)]
)
def test_a_mark_frames_a_cell_a_row_or_a_column(mark, across, down):
    picture = draw_counts(TABLE, ROWS, COLUMNS, mark=[mark])
    (frame,) = [box for box in boxes_of(picture) if box.get("stroke") == ORANGE]
    side = float(squares_of(picture)[0]["width"])
    assert (float(frame["width"]), float(frame["height"])) == (across * side, down * side)
    assert frame["fill"] == "none"


def test_columns_default_to_the_rows_and_arrays_are_accepted():
    one = draw_counts(np.array([[1, 2], [3, 4]]), ["a", "b"])
    assert one.to_svg() == draw_counts([[1, 2], [3, 4]], ["a", "b"], ["a", "b"]).to_svg()
    assert one.data == [[1, 2], [3, 4]]
    assert draw_counts(np.ones((2, 1, 3)), ["a"], COLUMNS).data == [[[1, 1, 1]], [[1, 1, 1]]]


def test_the_alt_text_names_the_largest():
    alt = draw_counts(TABLE, ROWS, COLUMNS, title="Pairs").alt
    assert alt == "Pairs, 2 rows and 3 columns; the largest are b end 120, a c 9, b c 4."


def test_a_table_of_zeros_can_be_drawn():
    assert len(squares_of(draw_counts([[0, 0]], ["a"], ["b", "c"]))) == 2


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ([[1, 2]], "has 1 rows of 2 numbers, but there are 2 labels for rows and 3 for columns"),
        ([[1, 2, 3], [1, 2]], "has 2 rows of 2 or 3 numbers"),
        ([], "A table is a list of rows"),
        (5, "A table is a list of rows"),
        ([[1, 2, float("nan")], [1, 2, 3]], "row 0 has nan at position 2"),
    ],
)
def test_a_table_that_does_not_fit_its_labels_is_refused(table, match):
    with pytest.raises(ValueError, match=match):
        draw_counts(table, ROWS, COLUMNS)


def test_a_mark_without_a_cell_and_too_many_titles_are_refused():
    with pytest.raises(ValueError, match=r"mark has \('x', 'c'\).*Rows: a, b; columns: c, d, end"):
        draw_counts(TABLE, ROWS, COLUMNS, mark=[("x", "c")])
    with pytest.raises(ValueError, match="2 titles for 1 tables"):
        draw_counts(TABLE, ROWS, COLUMNS, titles=["one", "two"])


def test_markup_in_a_label_stays_text():
    svg = draw_counts([[1]], ["<b>"], ["&"], title="<script>").to_svg()
    assert "<script" not in svg and "<b>" not in svg


def test_every_text_lies_within_the_picture():
    labels = [*"abcdefghijklmnopqrstuvwxyz", "end"]
    picture = draw_counts([np.ones((27, 27))] * 3, labels, titles=["one", "two", "three"])
    root = ET.fromstring(picture.to_svg())
    width, height = float(root.get("width")), float(root.get("height"))
    assert width < 1000
    for text in root.iter(f"{NS}text"):
        assert 0 <= float(text.get("x")) <= width and 0 <= float(text.get("y")) <= height


def test_matplotlib_axes_show_the_same_squares():
    ax = Figure().add_subplot()
    assert draw_counts(TABLE, ROWS, COLUMNS, ax=ax) is ax
    assert len(ax.patches) == 6
