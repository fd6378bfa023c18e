"""Tokens as coloured pieces: nothing invisible, no byte lost, and who pays for a sentence."""

import re
import unicodedata
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from viz import draw_token_prices, draw_tokens
from viz.canvas.palette import WHITE
from viz.canvas.picture import html_page
from viz.canvas.visible_text import count_bytes, count_characters, split_characters, to_runs

NS = "{http://www.w3.org/2000/svg}"
MARKS = str.maketrans("", "", "\u2068\u2069")  # isolates around what reads from right to left


def texts_of(picture) -> list[str]:
    found = ET.fromstring(picture.to_svg()).iter(f"{NS}text")
    return [(element.text or "").translate(MARKS) for element in found]


def boxes_of(picture) -> list[dict]:
    return [dict(box.attrib) for box in ET.fromstring(picture.to_svg()).iter(f"{NS}rect")][1:]


def cut(text: str, *offsets: int) -> list[bytes]:
    """The bytes of a text, cut at these places."""
    encoded = text.encode()
    return [encoded[i:j] for i, j in zip((0, *offsets), (*offsets, len(encoded)))]


def test_pieces_are_in_order_with_their_ids_and_are_counted():
    picture = draw_tokens(["so", " it", " goes"], [561, 340, 2925], title="Three tokens")
    texts = texts_of(picture)
    assert texts == [
        "Three tokens",
        "3 tokens, 3.3 bytes per token",
        *["so", "561", "·it", "340", "·goes", "2925"],
    ]
    assert picture.data == {
        "pieces": ["so", " it", " goes"],
        "ids": [561, 340, 2925],
        "tokens": 3,
        "bytes": 10,
        "bytes_per_token": pytest.approx(10 / 3),
    }
    assert picture.alt == ("Three tokens: 3 tokens, 3.3 bytes per token; it begins so|·it|·goes.")


def test_neighbours_differ_in_colour():
    fills = [box["fill"] for box in boxes_of(draw_tokens(list("abcdefghij")))]
    assert all(one != other for one, other in zip(fills, fills[1:]))


@pytest.mark.parametrize(
    ("piece", "shown"),
    [
        (" a", "·a"),
        ("a\n", "a↵"),
        ("\t", "→"),
        ("\r\n", "␍↵"),
        ("\x00", r"\x00"),
        ("\x1b[0m", r"\x1b[0m"),
        ("\x7f", "␡"),
        ("\u00a0", "␣"),
        ("\u202e", "U+202E"),
        ("a\u202eb", "aU+202Eb"),
        ("\u200d", "U+200D"),
        ("\ufeffThe", "U+FEFFThe"),
        ("\ue000", "U+E000"),
        ("\ufe0f", "U+FE0F"),
        ("\u0301", "◌\u0301"),
        ("e\u0301", "e\u0301"),
        ("\u0941\u0937", "◌\u0941\u0937"),
        ("क्\u200dष", "क्\u200dष"),
        ("", "∅"),
        ("\ud800", "\ufffd"),
        ("<b>&", "<b>&"),
    ],
    ids=ascii,
)
def test_nothing_is_invisible(piece, shown):
    assert shown in texts_of(draw_tokens([piece]))


def test_what_reads_from_right_to_left_is_isolated_from_its_neighbours():
    assert to_runs(" ولد") == [("·\u2068ولد\u2069", False)]  # its space at the side of its piece
    assert to_runs(" child") == [("·child", False)]


def test_bytes_of_an_incomplete_character_are_shown_as_bytes():
    picture = draw_tokens([b" \xe0\xa4", b"\xb8", b"\xff ok"])
    texts = texts_of(picture)
    assert texts[1:] == ["·", "E0 A4", "B8", "FF", "·ok", "स"]
    assert sum(box["fill"] == WHITE for box in boxes_of(picture)) == 3


def test_a_split_character_is_shown_above_its_pieces():
    assert split_characters(cut("aéb", 2)) == [(0, 1, "é")]
    assert split_characters(cut("🍓!", 1, 2, 3)) == [(0, 3, "🍓")]
    assert split_characters(cut("aéb", 1, 3)) == []
    assert split_characters([b"\xff", b"\xc3"]) == []
    assert split_characters(["a", "é"]) == []


def test_a_line_does_not_end_in_the_middle_of_a_character():
    for before in range(1, 60):
        pieces = [b"ab"] * before + cut("🍓", 1, 2, 3)
        picture = draw_tokens(pieces)
        assert "🍓" in texts_of(picture), before
    assert draw_tokens(cut("🍓", 1, 2, 3), width=60).data["tokens"] == 4  # no line has room for it


def test_one_text_in_several_tokenizers_is_drawn_one_below_another():
    picture = draw_tokens({"words": ["so", " it"], "letters": list("so it")}, {"words": [7, 9]})
    texts = texts_of(picture)
    assert texts[:2] == ["words", "2 tokens, 2.5 bytes per token"]
    assert texts.index("letters") > texts.index("·it")
    assert "5 tokens, 1.0 bytes per token" in texts
    assert {"7", "9"} <= set(texts)
    assert picture.data["letters"]["tokens"] == 5
    assert picture.alt.startswith("words: 2 tokens, 2.5 bytes per token; letters: 5 tokens")


def test_a_long_text_takes_several_lines_and_a_line_end_begins_one():
    boxes = boxes_of(draw_tokens(["word "] * 60))
    assert len({box["y"] for box in boxes}) > 3
    assert max(float(box["x"]) + float(box["width"]) for box in boxes) <= 760
    assert len({box["y"] for box in boxes_of(draw_tokens(["a", "\n", "b", "\n\n", "c"]))}) == 3


def test_a_very_long_text_is_truncated_and_the_picture_says_so():
    picture = draw_tokens(["x"] * 10_000, range(10_000))
    assert "... and 9,700 more tokens" in texts_of(picture)
    assert picture.data["tokens"] == 10_000
    assert len(picture.to_svg()) < 200_000
    assert any(text.endswith("…") for text in texts_of(draw_tokens([" " * 500])))
    assert len(boxes_of(draw_tokens(["x"] * 50, max_tokens=20))) == 20


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=9), st.text(max_size=6)), max_size=12))
@pytest.mark.slow
def test_any_pieces_give_a_valid_picture_with_all_texts_inside(pieces):
    picture = draw_tokens(pieces)
    root = ET.fromstring(picture.to_svg().encode())
    assert html_page(picture).encode()
    for box in boxes_of(picture):
        assert float(box["x"]) + float(box["width"]) <= float(root.get("width"))
        assert float(box["y"]) + float(box["height"]) <= float(root.get("height"))
    encoded = b"".join(p if isinstance(p, bytes) else p.encode("utf-8", "replace") for p in pieces)
    assert count_bytes(pieces) == len(encoded)
    assert count_characters(pieces) == len(encoded.decode("utf-8", "replace"))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=8), st.data())
def test_exactly_the_split_characters_are_found(text, data):
    encoded = text.encode("utf-8", "replace")
    offsets = sorted(data.draw(st.sets(st.integers(0, len(encoded)), max_size=5)))
    starts = {len(text[:i].encode("utf-8", "replace")) for i in range(len(text) + 1)}
    inside = [offset for offset in offsets if offset not in starts]
    split = split_characters(
        [encoded[i:j] for i, j in zip([0, *offsets], [*offsets, len(encoded)])]
    )
    # A character cut twice is one split character.
    ends = sorted(starts)
    assert len(split) == len({max(start for start in ends if start < offset) for offset in inside})


def test_invalid_tokens_are_refused_with_advice_that_works():
    with pytest.raises(ValueError, match="Put it through a tokenizer first; one piece alone is a "):
        draw_tokens("so")
    draw_tokens(["so"])
    with pytest.raises(ValueError, match=r"not 561. If these are ids, look up the bytes of each"):
        draw_tokens([561, 340])
    with pytest.raises(ValueError, match="2 ids for 1 pieces: give one id for each piece"):
        draw_tokens(["so"], [1, 2])
    with pytest.raises(ValueError, match="1 ids for 0 pieces of 'other'"):
        draw_tokens({"words": ["so"]}, {"other": [1]})
    with pytest.raises(ValueError, match="at least one name"):
        draw_tokens({})
    assert draw_tokens([]).data["tokens"] == 0


def test_markup_stays_text():
    picture = draw_tokens({"<script>": ["<script>alert(1)</script>"]}, title="<script>")
    for text in (picture.to_svg(), picture.to_html(), html_page(picture)):
        assert "<script" not in text


def test_matplotlib_axes_show_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_tokens(["so", " it"], ax=ax) is ax
    assert {"so", "·it"} <= {text.get_text() for text in ax.texts}


def price_example() -> dict:
    return {
        "words": {"English": ["so ", "it ", "goes"], "Hindi": list("ऐसा ही")},
        "bytes": {"English": cut("so it", 1, 2, 3, 4), "Hindi": cut("ऐसा", 1, 2, 3, 4, 5, 6)},
    }


def test_a_price_is_the_number_of_tokens_compared_with_the_base():
    data = draw_token_prices(price_example()).data
    assert data["words"]["English"] == {
        "tokens": 3,
        "bytes": 10,
        "bytes_per_token": pytest.approx(10 / 3),
        "price": 1.0,
    }
    assert data["words"]["Hindi"]["price"] == pytest.approx(6 / 3)
    assert data["bytes"]["Hindi"]["price"] == pytest.approx(7 / 5)
    assert draw_token_prices(price_example(), base="Hindi").data["words"]["English"]["price"] == 0.5


def test_all_sentences_have_one_width_which_their_pieces_divide():
    picture = draw_token_prices(price_example(), title="Who pays")
    strips: dict[float, list[dict]] = {}
    for box in boxes_of(picture):
        if float(box["height"]) == 24 and float(box["width"]) > 0.5:
            strips.setdefault(float(box["y"]), []).append(box)
    assert [len(strip) for strip in strips.values()] == [3, 6, 5, 7]
    for strip in strips.values():
        assert sum(float(box["width"]) for box in strip) == pytest.approx(560, abs=0.5)
    english = [float(box["width"]) for box in next(iter(strips.values()))]
    assert english == pytest.approx([168, 168, 224], abs=0.1)  # of 3, 3 and 4 letters
    assert {"Who pays", "English", "Hindi", "words", "bytes", "2.0"} <= set(texts_of(picture))
    assert any(text.startswith("A piece is left blank where it is a") for text in texts_of(picture))
    assert "words: English 3 (1.0), Hindi 6 (2.0); bytes: English 5 (1.0)" in picture.alt


def test_a_byte_is_as_wide_as_its_part_of_the_character():
    split = {"bytes": {"French": [b"\xc3", b"\xa9a"]}}  # half of é; the other half, and a whole a
    widths = [float(b["width"]) for b in boxes_of(draw_token_prices(split)) if b["height"] == "24"]
    assert [w for w in widths if w > 0.5] == pytest.approx([140, 420], abs=0.1)


def test_prices_without_a_base_or_with_an_empty_sentence_are_refused():
    with pytest.raises(ValueError, match="at least one vocabulary"):
        draw_token_prices({})
    with pytest.raises(ValueError, match=r"'words' has sentences in French; .* 'English'"):
        draw_token_prices({"words": {"French": ["a"]}}, base="English")
    with pytest.raises(ValueError, match="none may be empty"):
        draw_token_prices({"words": {"French": []}})


def test_matplotlib_axes_show_the_prices():
    ax = Figure().add_subplot()
    assert draw_token_prices({"words": {"French": ["alors"]}}, ax=ax) is ax
    assert "French" in {text.get_text() for text in ax.texts}


def test_the_bytes_shown_are_those_of_the_piece():
    for value in range(128, 256):
        assert to_runs(bytes([value])) == [(f"{value:02X}", True)]
    hindi = "स्वतंत्र"
    shown = " ".join(written for byte in hindi.encode() for written, _ in to_runs(bytes([byte])))
    assert bytes.fromhex(shown).decode() == hindi
    assert re.fullmatch("[0-9A-F ]+", shown) and unicodedata.name(hindi[0])
