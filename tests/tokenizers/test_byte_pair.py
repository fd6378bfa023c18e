"""The byte-pair tokenizer: encoding against tiktoken, training, and what is refused."""

import sys
import time
import tracemalloc
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.tokenizers import BPETokenizer, merge
from gptcore.tokenizers.bpe_encode import PretokenCache, bpe_encode

pytestmark = pytest.mark.slow

many = settings(max_examples=200, deadline=None, derandomize=True)
few_letters = st.text("abé ", max_size=60)


def test_an_example_by_hand():
    tokenizer = BPETokenizer([(108, 111), (256, 119), (101, 114)])  # lo, low, er
    assert tokenizer.encode("lower slow") == [257, 258, 32, 115, 257]
    assert tokenizer.pretokens("lower slow") == ["lower", " slow"]
    assert tokenizer.token_bytes(257) == b"low"
    assert (tokenizer.vocab_size, tokenizer.end_of_text) == (259, None)


def redo_the_merges(merges, piece):
    """The definition: join the pairs in the order in which they were learned."""
    ids = list(piece.encode())
    for i, pair in enumerate(merges):
        ids = merge(ids, pair, 256 + i)
    return ids


@many
@given(st.lists(few_letters, min_size=1, max_size=6), few_letters)
@pytest.mark.slow
def test_encoding_is_to_redo_the_merges_in_their_order(corpus, text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = BPETokenizer.train([*corpus, "a"], vocab_size=290, pattern="none")
    assert tokenizer.encode(text) == redo_the_merges(tokenizer.merges, text)


@many
@given(st.text() | few_letters)
@pytest.mark.slow
def test_encoding_is_what_tiktoken_does_with_the_same_tokens(trained, text):
    assert trained.encode(text) == trained.to_tiktoken().encode(text)


@pytest.mark.parametrize("unit", ["0", "a", "ab", " ", "ha", "\n", "é", "\U0001f600"], ids=ascii)
@pytest.mark.slow
def test_runs_of_every_length_are_joined_as_tiktoken_joins_them(pure_gpt2, gpt2, unit):
    for n in (*range(1, 18), 255, 256, 257, 1000, 10_000):
        assert pure_gpt2.encode(unit * n) == gpt2.encoding.encode(unit * n)


@pytest.mark.slow
def test_documents_get_the_ids_of_tiktoken_and_fast_enough(pure_gpt2, gpt2, web_documents):
    """All 1,400 of them, and the 5 MB/s that are promised: `make bench`. Here a third of each."""
    texts = web_documents[::3]
    start = time.process_time()
    ids = [pure_gpt2.encode(text) for text in texts]
    seconds = time.process_time() - start
    assert ids == [gpt2.encoding.encode_ordinary(text) for text in texts]
    assert sum(len(text.encode()) for text in texts) / seconds > 5e6 / 3


@pytest.mark.slow
def test_a_hundred_thousand_letters_without_a_blank_take_less_than_a_second(pure_gpt2, gpt2):
    start = time.process_time()
    ids = pure_gpt2.encode("a" * 100_000)
    assert time.process_time() - start < 1
    assert ids == gpt2.encoding.encode("a" * 100_000)


@pytest.mark.slow
def test_a_run_of_blanks_that_ends_tiktoken_is_encoded_all_the_same(pure_gpt2, gpt2):
    text = "a" + " " * 1_000_001 + "b"
    ids = pure_gpt2.encode_array(text)
    assert (ids == gpt2.encode_array(text)).all() and gpt2.decode(ids) == text


def test_what_is_remembered_of_pieces_is_bounded(monkeypatch):
    monkeypatch.setattr(PretokenCache, "MAX_PRETOKENS", 10)
    tokenizer = BPETokenizer([(97, 97)])
    for n in range(100):
        assert tokenizer.decode(tokenizer.encode(f"piece{n} {'b' * n} {'c' * 200}")).endswith("c")
        assert len(tokenizer.cache) <= 10
        assert all(len(piece) <= PretokenCache.MAX_LENGTH for piece in tokenizer.cache)


def test_one_byte_and_no_byte_are_pieces_too():
    id_of = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256}
    assert bpe_encode(b"", id_of) == [] and bpe_encode(b"a", id_of) == [97]
    assert bpe_encode(b"aabb", id_of) == [97, 256, 98]


def test_a_stream_of_texts_is_learned_from_text_by_text():
    texts = ["low lower", "", "lowest newest"]
    streamed = BPETokenizer.train((text for text in texts), vocab_size=262)
    assert streamed.merges == BPETokenizer.train(texts, vocab_size=262).merges
    # No pair crosses from text to text, so this is not the same as the joined text.
    assert BPETokenizer.train(["ab"] * 3, vocab_size=257, pattern="none").merges == [(97, 98)]


def test_special_tokens_are_counted_in_vocab_size_and_come_after_the_merges():
    tokenizer = BPETokenizer.train(
        "low low lower", vocab_size=260, special_tokens=["<|endoftext|>", "<|user|>"]
    )
    assert len(tokenizer.merges) == 2 and tokenizer.vocab_size == 260
    assert tokenizer.special_tokens == {"<|endoftext|>": 258, "<|user|>": 259}
    assert tokenizer.end_of_text == 258


def test_a_text_that_supports_fewer_merges_says_how_many_and_gives_those():
    with pytest.warns(UserWarning) as caught:
        tokenizer = BPETokenizer.train("hello hello", vocab_size=300)
    assert [str(warning.message) for warning in caught] == [
        "vocab_size=300 is more than this text supports: after 5 merges no pair was left to join. "
        "The tokenizer has vocab_size=261; ask for that, or give more text."
    ]
    assert caught[0].filename == __file__
    assert tokenizer.vocab_size == 261 and len(tokenizer.merges) == 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert BPETokenizer.train("hello hello", vocab_size=261).merges == tokenizer.merges


@pytest.mark.parametrize(
    ("vocab_size", "special", "least"), [(255, [], 256), (0, [], 256), (256, ["<|x|>"], 257)]
)
def test_a_vocabulary_without_room_for_the_bytes_is_refused(vocab_size, special, least):
    with pytest.raises(ValueError) as caught:
        BPETokenizer.train("abc", vocab_size=vocab_size, special_tokens=special)
    assert str(caught.value) == (
        f"vocab_size={vocab_size} is too small for 256 bytes and {len(special)} special tokens. "
        f"Set it to {least} or more."
    )
    assert BPETokenizer.train("abc", vocab_size=least, special_tokens=special).merges == []


@pytest.mark.parametrize("nothing", ["", [], ["", ""], iter(())], ids=["str", "list", "2", "iter"])
def test_no_text_is_refused(nothing):
    with pytest.raises(ValueError, match=r"nothing to learn from: no text, or only empty ones"):
        BPETokenizer.train(nothing, vocab_size=300)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("a\udc80", "Text 1 has a lone surrogate, U\\+DC80, at position 1: half of a character"),
        (None, "Text 1 is of type NoneType, and must be str. Leave out what is None"),
        (b"low", r"Text 1 is of type bytes, .* turn bytes into text with .decode\(\)"),
    ],
    ids=["surrogate", "None", "bytes"],
)
def test_a_text_of_the_stream_that_is_none_is_named_by_its_number(wrong, message):
    with pytest.raises(ValueError, match=message):
        BPETokenizer.train(["fine", wrong], vocab_size=256)


@pytest.mark.parametrize(
    ("merges", "message"),
    [
        ([(97, 98), (300, 97)], "Merge 1 joins 300 and 97, and before it there are only the tok"),
        ([(256, 97)], "Merge 0 joins 256 and 97, .* the tokens 0 to 255. Give the merges in the"),
        ([(-1, 97)], "Merge 0 joins -1 and 97"),
        ([(97, 98), (97, 98)], "Merge 1 makes b'ab', which token 256 is already. Leave it out"),
        ([(97, 97), (256, 97), (97, 256)], "Merge 2 makes b'aaa', which token 257 is already"),
    ],
    ids=["too-late", "itself", "negative", "twice", "same-bytes"],
)
def test_merges_that_make_no_tokenizer_are_refused(merges, message):
    with pytest.raises(ValueError, match=message):
        BPETokenizer(merges)


def test_an_order_of_the_bytes_that_lacks_one_is_refused():
    with pytest.raises(ValueError, match="each of the 256 bytes once"):
        BPETokenizer([], byte_order=[0] * 256)


def test_what_a_pattern_leaves_out_is_not_dropped_on_any_way_to_encode():
    tokenizer = BPETokenizer.train("low lower", vocab_size=258, pattern=r"\w+|\s+")
    for ask in (tokenizer.encode, tokenizer.encode_ordinary, tokenizer.encode_array):
        assert list(ask("lower low")) == tokenizer.encode("lower low")
        with pytest.raises(ValueError, match="leaves out 1 of 4 characters"):
            ask("low!")


def peak_bytes(texts):
    tracemalloc.start()
    BPETokenizer.train(texts, vocab_size=300)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.slow
def test_memory_follows_the_different_pieces_and_not_the_length_of_the_stream():
    def texts(n):
        return (" ".join(f"word{i}" for i in range(1000)) for _ in range(n))

    peak_bytes(texts(1))  # the first use of a pattern and of a file costs memory once
    assert peak_bytes(texts(20)) < 1.1 * peak_bytes(texts(1))


def test_without_tiktoken_arrays_come_from_plain_python(trained, monkeypatch):
    again = BPETokenizer(trained.merges, pattern=trained.pattern)
    monkeypatch.setitem(sys.modules, "tiktoken", None)  # as if not installed
    assert again.tiktoken_encoding is None
    assert again.encode_array("low lower").tolist() == trained.encode("low lower")
