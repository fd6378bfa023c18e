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
