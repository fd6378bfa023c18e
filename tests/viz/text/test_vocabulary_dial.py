"""A larger vocabulary: fewer tokens, a larger embedding; on any text that is typed."""

import base64
import re
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from gptcore.tokenizers import BPETokenizer
from viz import VocabularyDial
from viz.canvas.palette import BLUE, ORANGE
from viz.text.vocabulary import draw_vocabulary

NS = "{http://www.w3.org/2000/svg}"
TEXT = "low lower lowest newer newest widest"


def halves(text: str, vocab_size: int) -> list[str]:
    """The larger the vocabulary, the longer the pieces."""
    step = vocab_size // 100
    return [text[i : i + step] for i in range(0, len(text), step)]


@pytest.fixture
def dial() -> VocabularyDial:
    return VocabularyDial(halves, "so it goes", [100, 200, 500], n_embd=10, other_parameters=6000)


def svg_of(dial) -> str:
    return base64.b64decode(re.search(' src="[^"]+base64,([^"]+)', dial.screen.value)[1]).decode()


def texts_of(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{NS}text")]


def gauges_of(svg: str) -> dict[str, float]:
    boxes = ET.fromstring(svg).iter(f"{NS}rect")
    return {b.get("fill"): float(b.get("width")) for b in boxes if b.get("fill") in (BLUE, ORANGE)}


def test_the_two_bars_move_in_opposite_directions(dial):
    seen = []
    for size in (100, 200, 500):
        dial.size.value = size
        seen.append(gauges_of(svg_of(dial)))
    assert [gauge[BLUE] for gauge in seen] == pytest.approx([300, 150, 60])  # of 10 bytes
    assert [gauge[ORANGE] for gauge in seen] == pytest.approx([60, 120, 300])


def test_every_step_shows_its_pieces_and_numbers(dial):
    for size, tokens, table, fraction in ((100, 10, "1,000", 14.3), (500, 2, "5,000", 45.5)):
        dial.size.value = size
        texts = texts_of(svg_of(dial))
        each = f"{10 / tokens:.1f} bytes per token"
        assert f"A vocabulary of {size}: {tokens} tokens, {each}" in texts
        assert f"{tokens} for 10 bytes" in texts
        assert f"{table}, {fraction} % of the model" in texts
        assert "so·it" in texts or size == 100
        twin = draw_vocabulary(
            halves("so it goes", size), size, max_vocab_size=500, n_embd=10, other_parameters=6000
        )
        assert twin.to_svg() == svg_of(dial)


def test_a_typed_text_is_tokenized_again(dial):
    dial.text.value = "<script> é"
    assert "<script" not in dial.screen.value
    assert "<s" in texts_of(svg_of(dial))
    assert "5 for 11 bytes" in texts_of(svg_of(dial))
    dial.text.value = ""
    assert "0 for 0 bytes" in texts_of(svg_of(dial))


def test_the_still_is_the_first_text_and_never_changes(dial):
    before = dial._repr_mimebundle_()
    dial.size.value, dial.text.value = 500, "another"
    after = dial._repr_mimebundle_()
    assert before["text/html"] == after["text/html"]
    assert before["text/plain"] == after["text/plain"]
    assert "of 200: 5 tokens, 2.0 bytes per token; 2,000 numbers" in before["text/plain"]


def test_a_real_tokenizer_needs_fewer_tokens_the_larger_it_is():
    sizes = [256, 260, 264, 275]
    tokenizers = {n: BPETokenizer.train(TEXT * 3, vocab_size=n) for n in sizes[1:]}

    def tokenize(text: str, vocab_size: int) -> list[bytes]:
        if vocab_size == 256:
            return [bytes([byte]) for byte in text.encode()]
        tokenizer = tokenizers[vocab_size]
        return [tokenizer.token_bytes(token) for token in tokenizer.encode(text)]

    dial = VocabularyDial(tokenize, TEXT, sizes)
    tokens = []
    for size in sizes:
        dial.size.value = size
        tokens.append(dial.picture().data["tokens"])
        assert b"".join(dial.picture().data["pieces"]).decode() == TEXT
    assert tokens == sorted(tokens, reverse=True) and tokens[0] == len(TEXT) > tokens[-1]


def test_an_error_of_the_function_is_shown_and_the_dial_still_works(dial):
    def moody(text, vocab_size):
        if vocab_size == 200:
            raise ValueError("<200> is not my day")
        return [text]

    dial.tokenize = moody
    dial.size.value = 100
    dial.size.value = 200
    assert "&lt;200&gt; is not my day" in dial.screen.value
    dial.size.value = 500
    assert "so·it·goes" in texts_of(svg_of(dial))


def test_invalid_sizes_are_refused():
    for sizes, initial in (([], None), ([256], None), ([256, 512], 300)):
        with pytest.raises(
            ValueError, match="at least two sizes of a vocabulary, `initial` one of"
        ):
            VocabularyDial(halves, "so", sizes, initial=initial)
    for size, max_vocab_size in ((0, 10), (11, 10)):
        with pytest.raises(ValueError, match="at least 1 and at most `max_vocab_size`"):
            draw_vocabulary(["so"], size, max_vocab_size=max_vocab_size)


def test_matplotlib_axes_show_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_vocabulary(["so", " it"], 300, ax=ax) is ax
    assert "·it" in {text.get_text() for text in ax.texts}
