"""The character tokenizer, held against microgpt's numbering of letters."""

import pytest

from gptcore.corpus import load_documents
from gptcore.scalar import MicroGPT
from gptcore.tokenizers import CharTokenizer, UnknownCharacterError


def test_letters_and_bos_have_the_numbers_that_microgpt_gives_them():
    names = load_documents("names")[:200]
    tokenizer, gpt = CharTokenizer.train(names), MicroGPT(names)
    assert (tokenizer.vocab_size, tokenizer.BOS) == (gpt.vocab_size, gpt.BOS)
    assert all(tokenizer.encode(name) == gpt.encode(name) for name in names)


@pytest.mark.slow
def test_shakespeare_has_65_characters_and_bos(shakespeare):
    tokenizer = CharTokenizer.train(shakespeare)
    assert tokenizer.vocab_size == 66 and tokenizer.BOS == tokenizer.end_of_text == 65
    assert tokenizer.decode(tokenizer.encode(shakespeare)) == shakespeare


def test_unknown_characters_are_counted_shown_and_placed():
    tokenizer = CharTokenizer.train(["abc", "d"])
    with pytest.raises(UnknownCharacterError) as caught:
        tokenizer.encode("abc!é")
    assert str(caught.value) == (
        "2 character(s) of the text are not in the vocabulary: '!é'. "
        "The first is at position 3.\n"
        "Train the tokenizer on a text that has them, or drop them from this one."
    )
    assert CharTokenizer.train("abc!é").encode("abc!é") and tokenizer.encode("abc")


def test_the_position_counts_special_tokens_as_the_letters_of_their_spelling():
    tokenizer = CharTokenizer("abc")
    with pytest.raises(UnknownCharacterError, match=r"'!'\. The first is at position 9"):
        tokenizer.encode("a<|bos|>b!", allowed_special="all")


def test_of_many_unknown_characters_twenty_are_shown():
    with pytest.raises(
        UnknownCharacterError, match=r"^26 char.*: 'abcdefghijklmnopqrst' and others\. The"
    ):
        CharTokenizer("X").encode("abcdefghijklmnopqrstuvwxyz")


@pytest.mark.parametrize("nothing", ["", [], ["", ""]], ids=["str", "list", "empty-ones"])
def test_no_text_is_refused(nothing):
    with pytest.raises(ValueError, match="The vocabulary is empty"):
        CharTokenizer.train(nothing)


def test_a_lone_surrogate_is_no_character_to_know():
    with pytest.raises(ValueError, match="Text 1 has a lone surrogate, U\\+D83D, at position 2"):
        CharTokenizer.train(["fine", "ab\ud83d"])


def test_more_special_tokens_come_after_bos_and_are_kept(tmp_path):
    tokenizer = CharTokenizer("ab", special_tokens=["<|user|>", "<|end|>"])
    assert tokenizer.special_tokens == {"<|bos|>": 2, "<|user|>": 3, "<|end|>": 4}
    assert tokenizer.vocab_size == 5
    assert tokenizer.encode("a<|user|>b", allowed_special="all") == [0, 3, 1]
    assert tokenizer.decode([3, 0, 4]) == "<|user|>a<|end|>"
    tokenizer.save(tmp_path / "saved.json")
    loaded = CharTokenizer.load(tmp_path / "saved.json")
    assert loaded.special_tokens == tokenizer.special_tokens
    assert loaded.sha256 == tokenizer.sha256 != CharTokenizer("ab").sha256
    assert CharTokenizer.train("ba", ["<|user|>", "<|end|>"]).sha256 == tokenizer.sha256


@pytest.mark.parametrize("special", ["<|end|>", ["<|bos|>"], [""], ["<|a|>", "<|a|>"]])
def test_special_tokens_of_letters_are_named_once_in_a_list(special):
    with pytest.raises(ValueError, match="special"):
        CharTokenizer("ab", special_tokens=special)
