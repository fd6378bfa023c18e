"""Cutting a text into pieces: OpenAI's patterns by name, and patterns of one's own."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.tokenizers import PATTERNS, BPETokenizer, pretokenize
from gptcore.tokenizers.pretokenization import has_huge_whitespace_run

pytestmark = pytest.mark.slow

# As published in openai/gpt-2, src/encoder.py.
AS_PUBLISHED = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

awkward = st.text(" '\n\r\tsStTlLréÉ1٣½!?/\u0301你\u00a0ſ", max_size=30)


@pytest.mark.parametrize(
    ("pattern", "pieces"),
    [
        ("gpt2", ["Don", "'t", " DON", "'", "T", " 12345", "!?", "\n\n  ", " x", " "]),
        ("gpt4", ["Don", "'t", " DON", "'T", " ", "123", "45", "!?\n\n", "  ", " x", " "]),
        ("gpt4o", ["Don't", " DON'T", " ", "123", "45", "!?\n\n", "  ", " x", " "]),
        ("none", ["Don't DON'T 12345!?\n\n   x "]),
    ],
)
def test_each_pattern_cuts_words_numbers_and_blanks_in_its_own_way(pattern, pieces):
    assert pretokenize("Don't DON'T 12345!?\n\n   x ", pattern) == pieces


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text() | awkward)
def test_joined_the_pieces_are_the_text(text):
    for pattern in PATTERNS:
        assert "".join(pretokenize(text, pattern)) == text


@settings(max_examples=500, deadline=None, derandomize=True)
@given(awkward)
@pytest.mark.slow
def test_our_way_to_write_gpt2s_pattern_cuts_as_the_published_one_does(text):
    assert pretokenize(text, "gpt2") == pretokenize(text, AS_PUBLISHED)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(
    "unit", ["a", " ", "\n", "1", "!", "é", " \n", "aB"], ids=lambda unit: ascii(unit)
)
def test_a_long_run_is_cut_in_time_that_grows_with_its_length(pattern, unit):
    text = unit * 200_000
    start = time.process_time()
    assert "".join(pretokenize(text + "x", pattern)) == text + "x"
    assert time.process_time() - start < 3


def test_a_misspelt_name_gets_the_nearest_one_and_all_of_them():
    with pytest.raises(ValueError) as caught:
        pretokenize("a b", "GPT-2")
    assert str(caught.value) == (
        "There is no pattern 'GPT-2'. Did you mean 'gpt2'? The names are: gpt2, gpt4, gpt4o, "
        "none; or give a regular expression, such as PATTERNS['gpt2']."
    )
    assert pretokenize("a b", "gpt2") == pretokenize("a b", PATTERNS["gpt2"]) == ["a", " b"]


@pytest.mark.parametrize("use", [pretokenize, lambda text, p: BPETokenizer([], pattern=p)])
def test_what_is_no_regular_expression_is_quoted_with_the_reason(use):
    with pytest.raises(ValueError, match=r"'\(a' is not a regular expression: missing \)"):
        use("a", "(a")
    with pytest.raises(ValueError, match=r"Write \(\?:\.\.\.\) in place of \(\.\.\.\)"):
        use("a", "(a|b)|c")
    assert use("abc", "(?:a|b)|c")


@pytest.mark.parametrize(
    "cut",
    [
        pretokenize,
        lambda text, p: BPETokenizer.train(text, vocab_size=257, pattern=p).pretokens(text),
    ],
    ids=["pretokenize", "train"],
)
def test_a_pattern_that_leaves_out_something_is_refused_and_its_advice_works(cut):
    with pytest.raises(ValueError) as caught:
        cut("low, lower", r"\w+")
    assert str(caught.value) == (
        r"The pattern '\\w+' leaves out 2 of 10 characters, which decoding could not restore. End "
        "it with |(?s:.), which makes each of them a piece."
    )
    assert cut("low, lower", r"\w+|(?s:.)") == ["low", ",", " ", "lower"]
    assert "".join(cut("low,\nlower", r"\w*|(?s:.)")) == "low,\nlower"


@pytest.mark.slow
def test_only_a_run_of_blanks_that_is_too_much_for_tiktoken_is_noticed():
    assert has_huge_whitespace_run("a" + " \n" * 450_000 + "b")
    assert not has_huge_whitespace_run(" " * 899_999 + "b") and not has_huge_whitespace_run(
        "a " * 500_000
    )
