"""The tree of merges of a token: from single bytes upwards, each with its number."""

import time
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from gptcore.tokenizers import BPETokenizer
from viz import draw_merges

NS = "{http://www.w3.org/2000/svg}"
PARENTS = {256: (116, 104), 257: (256, 101), 258: (32, 257)}  # th, the, " the"
BYTES = {i: bytes([i]) for i in range(256)} | {256: b"th", 257: b"the", 258: b" the"}


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text") if t.text]


def test_a_tree_starts_at_the_bytes_and_shows_the_number_of_every_merge():
    picture = draw_merges(258, PARENTS, BYTES, title="Three merges")
    texts = texts_of(picture)
    assert texts[0] == "Three merges"
    assert sorted(t for t in texts if t.startswith("merge")) == ["merge 1", "merge 2", "merge 3"]
    assert {"·the", "the", "th"} <= set(texts)
    assert sorted(t for t in texts if len(t) == 1) == sorted("·the")
    assert picture.data == [
        {
            "token": 258,
            "piece": b" the",
            "merges": [(256, 116, 104), (257, 256, 101), (258, 32, 257)],
        }
    ]
    assert picture.alt == (
        "Three merges: ·the was made by t + h (merge 1), th + e (merge 2), · + the (merge 3)."
    )


def test_leaves_are_in_the_order_of_the_text_and_each_box_above_its_children():
    root = ET.fromstring(draw_merges(258, PARENTS, BYTES).to_svg())
    xy = {t.text: (float(t.get("x")), float(t.get("y"))) for t in root.iter(f"{NS}text")}
    xs = [xy[letter][0] for letter in "·the"]
    assert xs == sorted(xs) and len({xy[letter][1] for letter in "·the"}) == 1
    assert xy["th"][0] == pytest.approx((xy["t"][0] + xy["h"][0]) / 2, abs=0.1)
    assert xy["·the"][1] < xy["the"][1] < xy["th"][1] < xy["t"][1]


def test_functions_and_a_real_tokenizer_are_accepted():
    tokenizer = BPETokenizer.train("low lower lowest newer newest widest " * 3, vocab_size=275)
    made_of = {256 + i: pair for i, pair in enumerate(tokenizer.merges)}
    for token in range(256, 275):
        (tree,) = draw_merges(token, made_of.get, tokenizer.token_bytes).data
        joined = {token: tokenizer.token_bytes(token) for token in range(256)}
        for made, left, right in tree["merges"]:
            joined[made] = joined[left] + joined[right]
        assert joined[token] == tree["piece"] == tokenizer.token_bytes(token)


def test_several_tokens_are_side_by_side_and_a_byte_has_no_merge():
    picture = draw_merges([257, 65, 195], PARENTS, BYTES)
    assert [tree["token"] for tree in picture.data] == [257, 65, 195]
    assert picture.data[1]["merges"] == []
    assert "A was made by no merge; C3 was made by no merge." in picture.alt
    assert {"A", "C3"} <= set(texts_of(picture))


def test_many_trees_take_several_rows():
    root = ET.fromstring(draw_merges([258] * 12, PARENTS, BYTES).to_svg())
    assert float(root.get("width")) <= 1000 < 12 * 150
    tops = {t.get("y") for t in root.iter(f"{NS}text") if t.text == "·the"}
    assert len(tops) > 1


def test_in_a_long_token_small_pieces_are_not_divided_and_the_picture_says_so():
    parents = {256 + i: (255 + i, 255 + i) for i in range(1, 10)} | {256: (45, 45)}
    spelled = {45: b"-"} | {256 + i: b"-" * 2 ** (i + 1) for i in range(10)}
    start = time.process_time()
    picture = draw_merges(265, parents, spelled)
    assert time.process_time() - start < 3  # a second, alone
    assert "Grey pieces of several bytes were merged, too." in texts_of(picture)
    assert float(ET.fromstring(picture.to_svg()).get("width")) < 6000
    assert len(picture.data[0]["merges"]) == 10


def test_parents_that_are_not_their_token_are_refused():
    with pytest.raises(ValueError, match="Token 256 is b'th', but its parents 116 and 101 are b't"):
        draw_merges(256, {256: (116, 101)}, BYTES)
    with pytest.raises(ValueError, match="together they must be its bytes"):
        draw_merges(256, {256: (256, 256)}, BYTES)  # else it would grow for ever
    with pytest.raises(ValueError, match="There is no token to draw"):
        draw_merges([], PARENTS, BYTES)


def test_markup_stays_text():
    parents, spelled = {256: (60, 98)}, {60: b"<", 98: b"b", 256: b"<b"}
    picture = draw_merges(256, parents, spelled, title="<script>")
    assert "<script" not in picture.to_svg() and "<b" in texts_of(picture)


def test_matplotlib_axes_show_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_merges(256, PARENTS, BYTES, ax=ax) is ax
    assert "merge 1" in {text.get_text() for text in ax.texts}
