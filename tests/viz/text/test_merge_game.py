"""The merge game: what each merge saves is counted right, and a game is played to its end."""

import base64
import re
import time
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from gptcore.tokenizers import BPETokenizer
from viz import MergeGame
from viz.text.merging import draw_merging, initial_state, merge_tokens

NS = "{http://www.w3.org/2000/svg}"
TEXT = "low lower lowest newer newest widest slow slower " * 4
WORDS = re.findall(r" ?\w+| ", TEXT)
THREE = [(b"l", b"o"), (b"lo", b"w"), (b"e", b"r")]


@pytest.fixture
def game() -> MergeGame:
    return MergeGame(WORDS, THREE)


def svg_of(game) -> str:
    return base64.b64decode(re.search(' src="[^"]+base64,([^"]+)', game.screen.value)[1]).decode()


def texts_of(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{NS}text")]


def press(game, label: str) -> None:
    (button,) = [b for b in game.buttons if b.description == label]
    button.click()


def test_merging_goes_from_left_to_right_and_never_overlaps():
    assert merge_tokens((b"a", b"a", b"a"), (b"a", b"a")) == (b"aa", b"a")
    assert merge_tokens((b"a", b"a", b"a", b"a"), (b"a", b"a")) == (b"aa", b"aa")
    assert merge_tokens((b"b", b"a", b"b"), (b"a", b"b")) == (b"b", b"ab")
    assert merge_tokens((b"b", b"c"), (b"a", b"b")) == (b"b", b"c")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([b"a", b"b", b"ab"]), max_size=12))
def test_merging_keeps_every_byte_and_agrees_with_a_count_by_hand(tokens):
    pair, expected, i = (b"a", b"b"), 0, 0
    while i + 1 < len(tokens):
        found = (tokens[i], tokens[i + 1]) == pair
        expected, i = expected + found, i + (2 if found else 1)
    merged = merge_tokens(tuple(tokens), pair)
    assert b"".join(merged) == b"".join(tokens)
    assert len(tokens) - len(merged) == expected


def test_the_algorithms_merges_leave_as_many_tokens_as_its_tokenizer_does():
    tokenizer = BPETokenizer.train(TEXT, vocab_size=256 + 15)
    named = [tuple(map(tokenizer.token_bytes, pair)) for pair in tokenizer.merges]
    words = tokenizer.pretokens(TEXT)
    data = draw_merging(words, named, named).data
    assert data["bytes"] - data["algorithm"][-1] == len(tokenizer.encode(TEXT))
    assert data["yours"] == data["algorithm"]
    (best, _), *_ = initial_state(words).ranked_pairs()
    assert best == named[0]


def test_a_button_merges_its_pair_and_then_shows_its_count(game):
    assert "l + o" in [button.description for button in game.buttons]
    assert "times" not in game.screen.value
    press(game, "l + o")
    # "lo" is in low, lower, lowest, slow, slower: five words, four times each.
    assert "l + o occurred 20 times: no pair was more frequent." in game.screen.value
    texts = texts_of(svg_of(game))
    assert f"1 of 3 merges: you saved 20 of {len(TEXT)} tokens, the algorithm 20" in texts
    assert "lo" in texts  # the text now
    assert game.picture().data["yours"] == [0, 20]


def test_after_a_rarer_pair_the_most_frequent_one_is_named(game):
    press(game, "e + s")
    assert "e + s occurred 12 times; the most frequent on offer" in game.screen.value
    assert game.picture().data == {
        "yours": [0, 12],
        "algorithm": [0, 20, 40, 52],
        "merges": [(b"e", b"s")],
        "bytes": len(TEXT),
    }


def test_undo_takes_the_last_merge_back(game):
    first, labels = svg_of(game), [button.description for button in game.buttons]
    assert game.undo_button.disabled
    press(game, "l + o")
    game.undo_button.click()
    assert svg_of(game) == first and game.undo_button.disabled
    assert [button.description for button in game.buttons] == labels
    assert "l + o is split again." in game.screen.value
    game.undo()
    assert svg_of(game) == first


def test_the_game_is_over_after_as_many_merges_as_the_algorithm_made(game):
    for _ in THREE:
        game.buttons[0].click()
    assert "The game is over." in game.screen.value
    assert all(button.disabled for button in game.buttons) and not game.undo_button.disabled
    game.undo_button.click()
    assert not game.buttons[0].disabled


def test_the_algorithms_pairs_are_shown_no_further_than_yours(game):
    assert "lo + w" not in texts_of(svg_of(game))
    press(game, "l + o")
    assert "lo + w" not in texts_of(svg_of(game))
    press(game, "lo + w")
    assert texts_of(svg_of(game)).count("lo + w") == 2


def test_offers_are_in_alphabetical_order_and_include_the_most_frequent_pair(game):
    pairs = [pair for pair, _ in game.offers]
    assert pairs == sorted(pairs)
    assert initial_state(WORDS).ranked_pairs()[0] in game.offers
    labels = [button.description for button in game.buttons if not button.disabled]
    assert len(labels) == len(pairs) and not any(re.search(r"\d", label) for label in labels)


def test_without_pairs_left_the_game_is_over():
    game = MergeGame(["ab"], [(b"a", b"b")] * 5)
    game.buttons[0].click()
    assert "The game is over." in game.screen.value
    assert "a + b occurred once: no pair was more frequent." in game.screen.value


def test_the_still_is_a_finished_game_and_never_changes(game):
    before = game._repr_mimebundle_()
    press(game, "l + o")
    after = game._repr_mimebundle_()
    assert before["text/html"] == after["text/html"]
    assert before["text/plain"] == after["text/plain"]
    assert before["text/plain"].startswith("MergeGame: 3 of 3 merges: always the third saved ")
    assert len(game.still.data["merges"]) == 3


def test_a_choice_in_a_text_of_20_000_letters_is_answered_fast():
    words = re.findall(r" ?[a-z]+", " ".join(f"word{i:b} some other" for i in range(1500)))
    game = MergeGame(words, [(b"a", b"b")] * 20)
    start_time = time.process_time()
    game.buttons[0].click()
    assert time.process_time() - start_time < 0.6


def test_by_default_twenty_merges_are_played():
    assert len(MergeGame(WORDS, [(b"l", b"o")] * 99).merges) == 20
    assert len(MergeGame(WORDS, [(b"l", b"o")] * 99, max_merges=5).merges) == 5


def test_markup_stays_text():
    game = MergeGame(["<b>"] * 3, [(b"<", b"b"), (b"<b", b">")])
    press(game, "< + b")
    assert "<b>" not in game.screen.value and "&lt; + b" in game.screen.value


def test_invalid_texts_and_merges_are_refused():
    for words in ("low", [], [""]):
        with pytest.raises(ValueError, match="words must be a list of pieces, not all empty"):
            MergeGame(words, THREE)
    with pytest.raises(ValueError, match=r"each bytes: \(b't', b'h'\); got \('l', 'o'\)"):
        MergeGame(WORDS, [("l", "o")])
    with pytest.raises(ValueError, match="give it at least as many, and at least one"):
        MergeGame(WORDS, [])
    with pytest.raises(ValueError, match="3 merges of yours for 1 of the algorithm's"):
        draw_merging(WORDS, THREE, THREE[:1])


def test_matplotlib_axes_show_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_merging(WORDS, THREE, THREE, ax=ax) is ax
    assert "lo + w" in {text.get_text() for text in ax.texts}
