"""Lesson 4: its answer keys and its planted failure, held against other programs."""

from math import log

import pytest

from course.catalogue import QUESTIONS
from course.failures.lesson_04 import VOCAB_SIZE, hand_over, the_other_tokenizer
from course.solutions import lesson_04 as solution
from gptcore.corpus import available, load_documents
from gptcore.tokenizers import BPETokenizer

TEXT = "the rat ate the other oat there; naïve 🍓 रात, a rate a rat hates, aaaaaaa"


def test_the_strawberries_are_counted_as_tiktoken_counts_them():
    if not available("gpt2-vocabulary"):
        pytest.skip("GPT-2's vocabulary is not on this machine: gptcore fetch gpt2-vocabulary")
    from gptcore.tokenizers import GPT2Tokenizer  # noqa: PLC0415 - it needs tiktoken

    key = QUESTIONS["tokens of strawberry"].right
    gpt2 = GPT2Tokenizer()
    assert {text: len(gpt2.encode(text)) for text in key} == key


@pytest.mark.parametrize("ids", [[7, 7, 7], [1, 2, 1, 2, 3], [7] * 6, [2, 1], [], [1, 2, 1]])
@pytest.mark.parametrize("pair", [(7, 7), (1, 2), (2, 1)])
def test_the_solution_of_join_does_what_replacing_in_a_string_does(ids, pair):
    letters, two = "".join(map(chr, ids)), "".join(map(chr, pair))
    wanted = [ord(letter) for letter in letters.replace(two, chr(300))]
    assert solution.join(ids, pair, 300) == wanted


def test_the_solution_of_encode_agrees_with_tiktoken_and_decode_leads_back():
    tokenizer = BPETokenizer.train(TEXT, vocab_size=290, pattern="whole")
    token_bytes = [tokenizer.token_bytes(id) for id in range(290)]
    for text in (TEXT, TEXT[::-1], "there, there", "ë"):
        ids = solution.encode(text, tokenizer.merges)
        assert ids == tokenizer.to_tiktoken().encode(text)
        assert solution.decode(ids, token_bytes) == text


def test_the_smaller_loss_per_token_is_the_larger_one_per_byte():
    """The guess says: 3.0 nats for 4 bytes against 2.5 nats for 3."""
    first, second = 3.0 / log(2) / 4, 2.5 / log(2) / 3
    question = QUESTIONS["which of the two models is better"]
    assert question.right == "first"
    assert first < second
    assert f"{first:.2f} bits for each byte against {second:.2f}" in str(question.yes)


def test_the_model_handed_over_fails_without_an_error_and_the_evidence_tells():
    stories = load_documents("stories")
    table, given, note = hand_over(stories)
    other = the_other_tokenizer(stories)
    assert given.vocab_size == other.vocab_size == VOCAB_SIZE
    assert given.sha256 != other.sha256
    unseen = stories[1800:]
    losses = {
        which: table.mean_loss("".join(map(chr, t.encode(story))) for story in unseen)
        for which, t in {"given": given, "other": other}.items()
    }
    assert losses["other"] == pytest.approx(note)
    assert note < log(VOCAB_SIZE) < losses["given"]  # worse than knowing nothing


def test_the_best_merge_of_each_round_is_not_always_the_best_game():
    """The lesson says so of `rat ten nest ate`; every pair of merges is tried."""
    ids = list(b"rat ten nest ate")

    def after(ids, pairs):
        for new_id, pair in enumerate(pairs, start=256):
            ids = solution.join(ids, pair, new_id)
        return ids

    learned = BPETokenizer.train("rat ten nest ate", vocab_size=258, pattern="whole").merges
    firsts = set(zip(ids, ids[1:]))
    games = [
        (one, two) for one in firsts for two in set(zip(after(ids, [one]), after(ids, [one])[1:]))
    ]
    best = min(len(after(ids, game)) for game in games)
    assert len(after(ids, learned)) == 13
    assert best == len(after(ids, [(116, 32), (116, 101)])) == 12
