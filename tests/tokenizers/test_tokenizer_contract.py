"""What every tokenizer promises, each promise one test with all tokenizers as parameters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.corpus import is_downloaded
from gptcore.tokenizers import (
    BPETokenizer,
    CharTokenizer,
    HFTokenizer,
    TiktokenTokenizer,
    load_tokenizer,
)

pytestmark = pytest.mark.slow

LETTERS = "abcdefghijklmnopqrstuvwxyz .,'\n|<>_éЖ你\U0001f600"
TEXT = "low lower, lowest: it's 2024 and the widest\n\n über 你好 " * 3


def from_files(name, vocabulary):
    missing = pytest.mark.skipif(
        not is_downloaded(vocabulary), reason=f"gptcore fetch {vocabulary}"
    )
    return pytest.param(lambda: TiktokenTokenizer(name), id=name, marks=missing)


def trained(pattern, vocab_size=275):
    return lambda: BPETokenizer.train(
        TEXT, vocab_size=vocab_size, pattern=pattern, special_tokens=["<|endoftext|>", "<|x|>"]
    )


def as_huggingface(pattern):
    return lambda: HFTokenizer(trained(pattern)().tokenizer_json())


MAKERS = [
    pytest.param(lambda: CharTokenizer(LETTERS), id="characters"),
    pytest.param(trained("gpt2"), id="bpe-gpt2"),
    pytest.param(trained("gpt4"), id="bpe-gpt4"),
    pytest.param(trained("gpt4o"), id="bpe-gpt4o"),
    pytest.param(trained("none"), id="bpe-none"),
    pytest.param(trained(r"\w{1,3}|(?s:.)"), id="bpe-own-pattern"),
    pytest.param(trained("gpt2", 258), id="bpe-no-merges"),
    pytest.param(
        lambda: BPETokenizer.from_gpt2(),
        id="bpe-from-gpt2",
        marks=pytest.mark.skipif(
            not is_downloaded("gpt2-vocabulary"), reason="gptcore fetch gpt2-vocabulary"
        ),
    ),
    pytest.param(as_huggingface("gpt2"), id="hf-gpt2"),
    pytest.param(as_huggingface("gpt4"), id="hf-gpt4"),
    from_files("gpt2", "gpt2-vocabulary"),
    from_files("cl100k_base", "cl100k-vocabulary"),
    from_files("o200k_base", "o200k-vocabulary"),
]


@pytest.fixture(scope="module", params=MAKERS)
def tokenizer(request):
    return request.param()


def texts_for(tokenizer):
    """Any text at all; for the character tokenizer of the characters that it knows."""
    if isinstance(tokenizer, CharTokenizer):
        return st.text(tokenizer.characters)
    return st.text() | st.text("a 's\n\r\t1é你\U0001f600\u0301")


many = settings(max_examples=60, deadline=None, derandomize=True)


@many
@given(data=st.data())
@pytest.mark.slow
def test_what_is_encoded_is_decoded_to_the_same_text(tokenizer, data):
    text = data.draw(texts_for(tokenizer))
    ids = tokenizer.encode(text, allowed_special="all")
    assert tokenizer.decode(ids) == text == "".join(tokenizer.decode_stream(ids))
    assert tokenizer.decode_bytes(ids) == text.encode() == b"".join(map(tokenizer.token_bytes, ids))
    assert all(type(id) is int and 0 <= id < tokenizer.vocab_size for id in ids)


@many
@given(data=st.data())
@pytest.mark.slow
def test_all_ways_to_encode_ordinary_text_give_the_same_ids(tokenizer, data):
    text = data.draw(texts_for(tokenizer))
    ids = tokenizer.encode_ordinary(text)
    array = tokenizer.encode_array(text)
    assert ids == array.tolist()
    if not any(spelling in text for spelling in tokenizer.special_tokens):
        assert ids == tokenizer.encode(text)
    assert array.dtype == np.uint32 and array.shape == (len(ids),)
    assert tokenizer.decode(array) == text


@many
@given(data=st.data())
@pytest.mark.slow
def test_any_ids_in_any_order_decode_to_some_text_however_they_come(tokenizer, data):
    known = st.integers(0, tokenizer.vocab_size - 1).filter(tokenizer.bytes_of.__contains__)
    ids = data.draw(st.lists(known, max_size=20))
    text = tokenizer.decode_bytes(ids).decode("utf-8", errors="replace")
    assert tokenizer.decode(ids) == tokenizer.decode(iter(ids)) == text
    assert "".join(tokenizer.decode_stream(iter(ids))) == text


@pytest.mark.slow
def test_no_text_has_no_ids_and_no_ids_have_no_text(tokenizer):
    assert tokenizer.encode("") == [] and tokenizer.decode([]) == ""
    assert tokenizer.encode_array("").shape == (0,) and list(tokenizer.decode_stream([])) == []


def test_every_token_says_its_bytes_and_the_largest_id_is_one_below_vocab_size(tokenizer):
    assert all(tokenizer.token_bytes(id) for id in tokenizer.bytes_of)
    assert max(tokenizer.bytes_of) == tokenizer.vocab_size - 1
    assert repr(tokenizer) == f"{type(tokenizer).__name__}({tokenizer.vocab_size:,} tokens)"


def test_an_id_that_is_no_token_is_named_with_its_place(tokenizer):
    for wrong in (tokenizer.vocab_size, -1):
        for ask in (
            tokenizer.decode,
            tokenizer.decode_bytes,
            lambda ids: tokenizer.token_bytes(*ids),
        ):
            with pytest.raises(ValueError) as caught:
                ask([wrong])
            assert str(caught.value) == (
                f"The id {wrong} at index 0 is not a token: this tokenizer has ids from 0 to "
                f"{tokenizer.vocab_size - 1}. Decode with the tokenizer that encoded."
            )
    with pytest.raises(ValueError, match="at index 2 is not a token"):
        tokenizer.decode([0, 1, tokenizer.vocab_size, 0])


@pytest.mark.parametrize("ask", ["encode", "encode_ordinary", "encode_array"])
def test_half_of_a_character_is_refused_with_its_position_and_the_advice_works(tokenizer, ask):
    text = "ab\ud83dc"
    with pytest.raises(ValueError) as caught:
        getattr(tokenizer, ask)(text)
    assert str(caught.value) == (
        "The text has a lone surrogate, U+D83D, at position 2: half of a character, which cannot "
        'be written as UTF-8. Drop such halves with text.encode(errors="ignore").decode()'
    )
    assert tokenizer.encode(text.encode(errors="ignore").decode()) == tokenizer.encode("abc")


@pytest.mark.parametrize("wrong", [None, b"bytes", 7, ["a"]], ids=["None", "bytes", "int", "list"])
def test_what_is_no_text_is_refused(tokenizer, wrong):
    for ask in (tokenizer.encode, tokenizer.encode_ordinary, tokenizer.encode_array):
        with pytest.raises(
            ValueError, match=f"The text is of type {type(wrong).__name__}, and must"
        ):
            ask(wrong)


def test_a_special_token_in_text_is_refused_and_both_ways_out_work(tokenizer):
    spelling, id = next(iter(tokenizer.special_tokens.items()))
    text = f"ab{spelling}c"
    with pytest.raises(ValueError) as caught:
        tokenizer.encode(text)
    assert str(caught.value) == (
        f"The text spells the special token {spelling!r} at position 2. If it is meant, allow it: "
        f"encode(text, allowed_special={{{spelling!r}}}); if it is text like any other: "
        "encode_ordinary(text)."
    )
    for allowed in ({spelling}, [spelling], spelling, "all"):
        ids = tokenizer.encode(text, allowed_special=allowed)
        assert ids == [*tokenizer.encode("ab"), id, *tokenizer.encode("c")]
        assert tokenizer.decode(ids) == text
    as_text = tokenizer.encode_ordinary(text)
    assert id not in as_text and tokenizer.decode(as_text) == text
    assert tokenizer.encode_array(text).tolist() == as_text


def test_a_spelling_that_is_no_special_token_cannot_be_allowed(tokenizer):
    with pytest.raises(ValueError, match=r"allowed_special has '<\|endoftxt\|>', which is no"):
        tokenizer.encode("ab", allowed_special={"<|endoftxt|>"})


def test_the_end_of_a_text_is_one_of_the_special_tokens(tokenizer):
    assert tokenizer.end_of_text in tokenizer.special_tokens.values()


@pytest.mark.slow
def test_a_file_restores_the_tokenizer_whoever_reads_it(tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["tokenizer.json"]
    text = "".join(letter for letter in TEXT if letter in LETTERS)
    for again in (
        type(tokenizer).load(str(path)),
        load_tokenizer(path),
    ):
        assert type(again) is type(tokenizer) and again.sha256 == tokenizer.sha256
        assert again.encode(text) == tokenizer.encode(text)
        assert again.special_tokens == tokenizer.special_tokens
        assert again.bytes_of == tokenizer.bytes_of
