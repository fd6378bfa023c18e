"""Lesson 5: its answer keys and its planted failure, held against other programs."""

from collections import Counter
from itertools import pairwise
from math import log

import pytest

from course.catalogue import QUESTIONS
from course.experiments.text.tokenizing import (
    DECLARATION,
    as_letters,
    loss_of_pairs,
    merge_game,
    tokens_of,
    tokens_with,
)
from course.failures.lesson_05 import VOCAB_SIZE, hand_over, the_other_tokenizer
from course.solutions import lesson_05 as solution
from gptcore.corpus import is_downloaded, load_documents
from gptcore.tokenizers import BPETokenizer
from viz.text.merging import initial_state

TEXT = "the rat ate the other oat there; naïve 🍓 रात, a rate a rat hates, aaaaaaa"


def test_the_strawberries_are_counted_as_tiktoken_counts_them():
    if not is_downloaded("gpt2-vocabulary"):
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
    tokenizer = BPETokenizer.train(TEXT, vocab_size=290, pattern="none")
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
    assert f"{first:.2f} bits per byte against {second:.2f}" in str(question.yes)


@pytest.mark.slow
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
    assert (
        "a loss of 2.67 on the same stories"
        in QUESTIONS["what is wrong with the model handed over"].wrong[0].hint
    )
    assert note == pytest.approx(2.67, abs=0.005)


@pytest.mark.slow
def test_without_pretokenization_eleven_tokens_have_the_word_said():
    stories = load_documents("stories")[:400]
    found = {pattern: len(tokens_with("said", stories, pattern)) for pattern in ("gpt2", "none")}
    assert found == {"gpt2": 1, "none": QUESTIONS["tokens with said"].right}


@pytest.mark.slow
def test_longer_tokens_cost_more_nats_for_a_token_and_fewer_bits_for_a_byte():
    stories = load_documents("stories")
    (few_nats, few_bits), (many_nats, many_bits) = (
        loss_of_pairs(stories[:-200], stories[-200:], vocab_size) for vocab_size in (256, 1000)
    )
    assert few_nats < many_nats
    assert few_bits > many_bits
    t = BPETokenizer.train(stories[:50], vocab_size=300)
    (text,) = as_letters(t, ["the rat"])
    assert [ord(character) for character in text] == t.encode("the rat")
    assert b"".join(tokens_of(t, DECLARATION["Hindi"])).decode() == DECLARATION["Hindi"]


def test_the_game_has_the_merges_of_the_algorithm():
    game = merge_game(["the rat ate the other oat"], vocab_size=258)
    assert game.picture().alt


@pytest.mark.slow
def test_the_two_vocabularies_are_nearly_one_list_in_another_order():
    stories = load_documents("stories")
    lists = []
    for tokenizer in (hand_over(stories)[1], the_other_tokenizer(stories)):
        lists.append([tokenizer.token_bytes(id) for id in range(VOCAB_SIZE)])
    alike = [one == two for one, two in zip(*lists)]
    assert len(set(lists[0])) == len(set(lists[1])) == VOCAB_SIZE
    assert len(set(lists[0]) & set(lists[1])) == 990
    assert sum(alike) == 398
    assert alike.index(False) == 256 + 38


def game_after(words, chosen):
    """The game played by the commonest pair, but for the rounds chosen: saved, and counts."""
    state, ranked = initial_state(words), []
    n_bytes = state.tokens()
    for round in range(1, 21):
        ranked.append(state.ranked_pairs())
        state = state.merge(chosen.get(round, ranked[-1][0][0]))
    return n_bytes - state.tokens(), ranked


def test_the_game_can_be_won_by_twelve_as_the_lesson_says():
    """Played on the boards of the game itself, which knows nothing of gptcore."""
    stories = load_documents("stories")[:12]
    few = BPETokenizer.train(stories, vocab_size=276)
    words = [word for story in stories for word in few.pretokens(story)]
    algorithm = [(few.token_bytes(left), few.token_bytes(right)) for left, right in few.merges]
    saved, _ = game_after(words, dict(enumerate(algorithm, start=1)))
    _, ranked = game_after(words, {})
    better, _ = game_after(words, {7: (b"i", b"n")})
    assert (saved, better) == (1580, 1592)
    assert algorithm[6] == (b" ", b"i")
    seventh = dict(ranked[6])
    assert (seventh[b" ", b"i"], seventh[b"i", b"n"]) == (76, 73)
    assert dict(ranked[7])[b"i", b"n"] == 53
    in_the_text = Counter(pair for story in stories for pair in pairwise(story))
    assert [pair for pair, _ in in_the_text.most_common(2)] == [("h", "e"), ("e", " ")]


def test_an_answer_that_nobody_foresaw_is_shown_with_what_should_have_come_out():
    join, encode, decode = (QUESTIONS[name] for name in ("join", "encode", "decode"))
    assert join.reply(lambda ids, pair, new_id: [9]).splitlines()[1:4] == [
        "    input:    join([1, 2, 1, 2, 3], (1, 2), 300)",
        "    expected: [300, 300, 3]",
        "    received: [9]",
    ]
    popped = join.reply(
        lambda ids, pair, new_id: solution.join([ids.pop(0) for _ in [*ids]], pair, 300)
    )
    assert popped.splitlines()[3] == "    received: {'gives a': 'list', 'ids afterwards': []}"
    assert "is there a `return`" in join.reply(lambda ids, pair, new_id: None)
    assert "encode('anana', [(97, 110), " in encode.reply(lambda text, merges: [1])
    assert "If you call your `join`: is it right?" in encode.reply(lambda text, merges: [1])
    assert "    expected: 'Banana'\n    received: 'x'" in decode.reply(lambda ids, token_bytes: "x")
    quoted = {" strawberry": "1", "strawberry": "3", "Strawberry": "3"}
    assert QUESTIONS["tokens of strawberry"].reply(quoted) == (
        "not yet. Write the numbers without quotes and without commas, such as 1.5."
    )
