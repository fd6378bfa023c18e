"""The reader plays the model: typed bets, their surprisal, and a game to its end."""

import base64
import re
import xml.etree.ElementTree as ET
from math import inf, log

import pytest
from matplotlib.figure import Figure

from viz.next_token.shannon import draw_shannon, parse_bet, surprisal
from viz.next_token.shannon_game import ShannonGame

NS = "{http://www.w3.org/2000/svg}"
LETTERS = [*"abcde", "end"]


def half_on_a(seen):
    return {then: 0.5 if then == "a" else 0.1 for then in LETTERS}


@pytest.fixture
def game() -> ShannonGame:
    return ShannonGame(["abe", "bed"], LETTERS, {"table": half_on_a}, example="dab")


def texts_of(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{NS}text")]


def shown_by(game) -> list[str]:
    found = re.search(r"svg\+xml;base64,([^\"]+)", game.screen.value)
    return texts_of(base64.b64decode(found[1]).decode())


@pytest.mark.parametrize("text", ["a 40 b 20", "a40 b20", "a 40, b 20", "A: 40; b=20", " b20,a40 "])
def test_points_may_be_typed_in_many_ways(text):
    bet = parse_bet(text.replace(";", ","), LETTERS)
    assert bet == pytest.approx({"a": 0.4, "b": 0.2, "c": 0.1, "d": 0.1, "e": 0.1, "end": 0.1})


@pytest.mark.parametrize("text", ["", "a 100", "a 99.5", "a 1", "a 60 b 40", "end 30", "a 0.5"])
def test_a_bet_sums_to_one_and_leaves_something_for_everything(text):
    bet = parse_bet(text, LETTERS)
    assert sum(bet.values()) == pytest.approx(1)
    assert list(bet) == LETTERS
    assert min(bet.values()) > 0


def test_points_on_all_candidates_are_normalized():
    bet = parse_bet("a 50 b 10 c 10 d 10 e 10 end 10", LETTERS)
    assert bet["a"] == pytest.approx(0.5)
    assert sum(parse_bet("a 5 b 1 c 1 d 1 e 1 end 1", LETTERS).values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("a", "'a' cannot be read; write for example: e 40 a 30"),
        ("40 a", "cannot be read"),
        ("x 20", "'x' is not a candidate; choose from a b c d e end"),
        ("a 70 b 40", "These are 110 points together; at most 100"),
        ("a 20 a 30", "named twice"),
        ("a 0", "0 points make the loss of a letter infinite"),
        ("a -5", "cannot be read"),
        ("<script>alert(1)</script>", "cannot"),
    ],
)
def test_an_invalid_bet_is_refused_with_the_reason(text, match):
    with pytest.raises(ValueError, match=match):
        parse_bet(text, LETTERS)


def test_surprisal_is_minus_the_logarithm():
    assert surprisal({"a": 0.5}, "a") == pytest.approx(log(2))
    assert surprisal({"a": 1.0}, "a") == 0
    assert surprisal({"a": 1.0}, "b") == inf


def test_a_finished_game_shows_every_surprisal_and_the_means():
    players = {"even": [parse_bet("", LETTERS)] * 3, "table": [half_on_a("")] * 3}
    picture = draw_shannon("ab", players, title="Over")
    even, table = [log(6)] * 3, [log(2), log(10), log(10)]
    assert picture.data["nats"] == {"even": pytest.approx(even), "table": pytest.approx(table)}
    texts = texts_of(picture.to_svg())
    assert {"Over", "even", "table", "50%", "10%", f"{log(2):.2f}", f"{log(10):.2f}"} <= set(texts)
    assert f"mean {log(6):.2f}" in texts and f"mean {sum(table) / 3:.2f}" in texts
    assert picture.alt == ("Over: all of 'ab', mean loss in nats per token: even 1.79, table 1.77.")


def test_an_unfinished_game_hides_the_next_letter():
    picture = draw_shannon("zyx", {"even": [{"z": 0.5}]})
    shown = picture.to_svg() + picture.alt + repr(picture.data)
    assert "z" in texts_of(picture.to_svg())
    assert "?" in texts_of(picture.to_svg())
    assert "yx" not in shown and "zy" not in shown and picture.data["word"] == "z"
    assert "∞" in texts_of(draw_shannon("z", {"even": [{"a": 1.0}]}).to_svg())


def test_a_whole_game_is_played_with_the_box(game):
    assert "Name 1 of 2: what comes next?" in shown_by(game)
    for text in ("a 50", "a 50", "e 20", "end 90"):
        game.text.value = text  # what the Enter key does
        assert game.text.value == ""
    costs = [log(2), log(10), log(5), log(1 / 0.9)]
    assert game.scores()["you"] == pytest.approx(sum(costs) / 4)
    assert game.scores()["table"] == pytest.approx((log(2) + 3 * log(10)) / 4)
    assert "Name 1 of 2: over; take another name" in shown_by(game)
    assert "After 4 letters" in game.screen.value
    game.text.value = "a 50"
    assert game.scores()["you"] == pytest.approx(sum(costs) / 4), "it was over"


def test_the_running_score_says_who_leads_and_counts_the_names_won(game):
    game.text.value = "a 90"
    assert game.names_won() == {}, "no name is finished"
    assert "In front: you, 0.59 ahead of table." in game.screen.value  # ln 0.9 against ln 0.5
    for text in ("b 90", "e 90", "end 90"):
        game.text.value = text
    assert game.names_won() == {"you": 1, "table": 0}
    assert "Names won: you 1, table 0." in game.screen.value
    game.number.value = 2
    for text in ("e 99", "e 99", "e 99", "e 99"):
        game.text.value = text
    assert game.names_won() == {"you": 1, "table": 1}
    assert "In front: table" in game.screen.value


def test_another_name_is_another_game_and_both_are_kept(game):
    game.text.value = "a 50"
    game.number.value = 2
    assert "Name 2 of 2: what comes next?" in shown_by(game)
    game.text.value = "b 50"
    game.number.value = 1
    assert f"mean {log(2):.2f}" in shown_by(game)
    assert game.scores()["table"] == pytest.approx((log(2) + log(10)) / 2)


def test_an_empty_box_is_not_a_bet_and_an_unreadable_one_shows_the_error(game):
    game.button.click()
    assert game.scores() == {}
    game.text.value = "<b> 5"
    assert "&lt;b&gt;" in game.screen.value and "<b>" not in game.screen.value
    assert game.scores() == {}
    game.text.value = "a 50"
    assert "cannot" not in game.screen.value
    assert game.scores()["you"] == pytest.approx(log(2))


def test_the_still_is_another_word_and_never_changes(game):
    before = game._repr_mimebundle_()
    game.text.value = "a 50"
    after = game._repr_mimebundle_()
    assert before["text/html"] == after["text/html"] and before["text/plain"] == after["text/plain"]
    assert "dab" in before["text/plain"]
    assert "abe" not in before["text/plain"] + " ".join(texts_of(game.still.to_svg()))


def test_one_word_may_be_given_as_a_string():
    game = ShannonGame("abe", LETTERS, {})
    game.text.value = "b 20"
    assert game.scores() == {"you": pytest.approx(-log(0.16))}  # 80 points for five others
    assert "A hidden name: what comes next?" in shown_by(game)


def test_words_that_cannot_be_played_are_refused():
    for words in ([], [""], ""):
        with pytest.raises(ValueError, match="at least one word"):
            ShannonGame(words, LETTERS, {})
    with pytest.raises(ValueError, match="'xa' has 'x', which is not among the candidates"):
        ShannonGame("xa", LETTERS, {})
    with pytest.raises(ValueError, match="at most 2 for 'a'; got 3 of even"):
        draw_shannon("a", {"even": [{}] * 3})
    with pytest.raises(ValueError, match="the same number of bets"):
        draw_shannon("a", {"even": [{}], "odd": []})


def test_matplotlib_axes_show_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_shannon("ab", {"even": [half_on_a("")]}, ax=ax) is ax
    assert "even" in {text.get_text() for text in ax.texts}
