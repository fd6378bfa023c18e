"""Learning merges: three algorithms, one result, held against another trainer and pen and paper."""

import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.tokenizers import (
    PATTERNS,
    BPETokenizer,
    count_pairs,
    merge,
    pretokenize,
    train_counted,
    train_incremental,
    train_naive,
)

WAYS = [train_naive, train_counted, train_incremental]
BY_NAME = {"ids": lambda way: way.__name__}

few_letters = st.sampled_from(["a", "ab", "abc", "aé", "ab ,1'"])
corpora = few_letters.flatmap(lambda letters: st.lists(st.text(letters, max_size=14), max_size=8))


def test_pairs_overlap_when_they_are_counted_and_not_when_they_are_joined():
    assert count_pairs([7, 7, 7]) == {(7, 7): 2}
    assert merge([7, 7, 7], (7, 7), 256) == [256, 7]
    assert merge([1, 2, 3, 1, 2], (1, 2), 256) == [256, 3, 256]
    assert count_pairs([]) == count_pairs([5]) == {} and merge([], (1, 2), 256) == []


@pytest.mark.parametrize("learn", WAYS, **BY_NAME)
def test_the_example_of_wikipedia_gives_its_merges(learn):
    # aaabdaaabac -> ZabdZabac -> ZYdZYac -> XdXac
    merges = learn(["aaabdaaabac"], 3)
    assert merges == [(97, 97), (97, 98), (256, 257)]
    ids = list(b"aaabdaaabac")
    for i, pair in enumerate(merges):
        ids = merge(ids, pair, 256 + i)
    assert ids == [258, ord("d"), 258, ord("a"), ord("c")]


@pytest.mark.parametrize("learn", WAYS, **BY_NAME)
def test_of_equally_common_pairs_the_one_with_the_smallest_ids_is_first_in_any_order(learn):
    assert learn(["ba", "ab", "aa"], 3) == [(97, 97), (97, 98), (98, 97)]
    assert learn(["aa", "ab", "ba"], 3) == [(97, 97), (97, 98), (98, 97)]


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(corpora, st.integers(0, 40))
@pytest.mark.slow
def test_the_three_ways_learn_the_same_from_a_thousand_small_corpora(pieces, n_merges):
    merges = train_naive(pieces, n_merges)
    assert train_counted(pieces, n_merges) == merges
    assert train_incremental(pieces, n_merges) == merges


@settings(max_examples=200, deadline=None, derandomize=True)
@given(corpora.filter(lambda pieces: any(len(piece) > 1 for piece in pieces)))
@pytest.mark.slow
def test_small_corpora_give_the_merges_of_rustbpe(pieces):
    rustbpe = pytest.importorskip("rustbpe")
    other = rustbpe.Tokenizer()
    other.train_from_iterator(pieces, 256 + 40, pattern=PATTERNS["none"])
    theirs = [bytes(token) for token, _ in sorted(other.get_mergeable_ranks(), key=lambda r: r[1])]
    assert list(BPETokenizer(train_naive(pieces, 40)).id_of) == theirs


def tokens_of_rustbpe(texts, vocab_size, pattern):
    other = pytest.importorskip("rustbpe").Tokenizer()
    other.train_from_iterator(texts, vocab_size, pattern=PATTERNS[pattern])
    return [bytes(token) for token, _ in sorted(other.get_mergeable_ranks(), key=lambda r: r[1])]


@pytest.mark.parametrize(("pattern", "vocab_size"), [("gpt2", 1024), ("gpt4", 4096)])
@pytest.mark.slow
def test_shakespeare_gives_the_merges_of_rustbpe(shakespeare, pattern, vocab_size):
    ours = BPETokenizer.train(shakespeare, vocab_size=vocab_size, pattern=pattern)
    assert list(ours.id_of) == tokens_of_rustbpe([shakespeare], vocab_size, pattern)


@pytest.mark.slow
def test_documents_of_the_web_give_the_merges_of_rustbpe(web_documents):
    ours = BPETokenizer.train(web_documents[:100], vocab_size=8192)
    assert list(ours.id_of) == tokens_of_rustbpe(web_documents[:100], 8192, "gpt2")


@pytest.mark.slow
def test_shakespeare_gives_the_tokens_of_hugging_face_if_not_in_the_same_order(shakespeare):
    """Its ids follow another order of the bytes, so ties fall otherwise."""
    hf = pytest.importorskip("tokenizers")
    other = hf.Tokenizer(hf.models.BPE())
    other.pre_tokenizer = hf.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    alphabet = hf.pre_tokenizers.ByteLevel.alphabet()
    trainer = hf.trainers.BpeTrainer(
        vocab_size=1024, initial_alphabet=alphabet, show_progress=False
    )
    other.train_from_iterator([shakespeare], trainer)
    decoder = hf.decoders.ByteLevel()
    theirs = {decoder.decode([token]) for token in other.get_vocab() if len(token) > 1}
    ours = BPETokenizer.train(shakespeare, vocab_size=1024)
    assert {token.decode() for token in list(ours.id_of)[256:]} == theirs


@pytest.mark.parametrize("learn", [train_counted, train_incremental], **BY_NAME)
def test_a_pair_that_occurs_more_often_than_32_bits_can_count_is_still_the_first(learn):
    counts = {"the": 2**31 + 10, "and": 2**31 - 1, "th": 2**63}
    assert learn(counts, 2) == [(ord("t"), ord("h")), (256, ord("e"))]


@pytest.mark.parametrize("learn", [train_counted, train_incremental], **BY_NAME)
def test_pieces_that_are_counted_already_give_the_same_and_none_is_no_piece(learn):
    pieces = pretokenize("low low lower lowest newest newest")
    assert learn(Counter(pieces) | {"zz": 0}, 9) == train_naive(pieces, 9)


@pytest.mark.parametrize("learn", WAYS, **BY_NAME)
def test_learning_stops_where_no_pair_is_left(learn):
    assert learn(["ab", "c", ""], 100) == [(97, 98)]
    assert learn([], 100) == learn(["a"], 100) == []
    assert learn(["abab"], 0) == []


@pytest.mark.parametrize("learn", WAYS, **BY_NAME)
def test_a_text_that_was_not_cut_is_refused_with_two_ways_to_go_on(learn):
    with pytest.raises(ValueError) as caught:
        learn("low lower lowest", 5)
    assert str(caught.value) == (
        "pieces='low lower lowest' is one text, but merges are learned from a list of pieces. "
        "Split it with pretokenize(text), or give [text] to let pairs form across words."
    )
    assert learn(pretokenize("low lower lowest"), 1) == learn(["low lower lowest"], 1)


def test_more_merges_than_unicode_has_letters_are_refused():
    with pytest.raises(ValueError, match="n_merges=1,113,857 is too many: at most 1,113,856"):
        train_incremental(["ab"], 1_113_857)
    assert train_incremental(["ab"], 1_113_856) == [(97, 98)]


@pytest.mark.slow
def test_one_piece_as_long_as_a_book_is_learned_from_in_seconds(shakespeare):
    start = time.process_time()
    merges = train_incremental([shakespeare[:100_000]], 300)
    assert time.process_time() - start < 3
    assert merges[:10] == train_naive([shakespeare[:100_000]], 10)
