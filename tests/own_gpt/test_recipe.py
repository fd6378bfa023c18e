"""The recipe by size, its changes, and what it warns of."""

from itertools import islice, product

import pytest

from gptcore.own_gpt import TooFewLinesError, clean_lines, plan, split_lines
from gptcore.own_gpt.split import split_text


def lines(count: int) -> list[str]:
    """Different words of about seven letters."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ("".join(word) for word in product(letters, repeat=3))
    return [f"{word}nari" for word in islice(words, count)]


def test_a_short_list_starts_from_names_and_a_long_one_from_nothing():
    assert plan(lines(149)).start == "names-gpt"
    assert plan(lines(299)).start == "names-gpt"
    assert plan(lines(300)).start == "nothing"


def test_letters_that_the_names_do_not_have_start_from_nothing():
    recipe = plan([chr(0x4E00 + i) * 2 for i in range(150)])
    assert recipe.start == "nothing"
    assert "0% of the letters are known" in recipe.reasons["start"]


def test_long_lines_and_other_sizes_do_not_start_from_names():
    assert plan([f"{line} and some more words" for line in lines(149)]).start == "nothing"
    recipe = plan(lines(149), n_embd=32)
    assert (recipe.start, recipe.reasons["start"]) == ("nothing", "names-gpt has another n_embd")


def test_dropout_is_for_small_lists():
    assert plan(lines(2607)).dropout == 0.3
    assert plan(lines(10_500)).dropout == 0


def test_a_long_list_offers_a_larger_model_and_a_very_short_one_warns():
    assert "--n_layer 4 --n_embd 128" in plan(lines(10_001)).reasons["n_layer"]
    assert not plan(lines(100)).warnings
    assert "99 different lines are few" in plan(lines(99)).warnings[0]


def test_the_longest_line_fits_into_the_model():
    recipe = plan(["a" * 39, *lines(400)])
    assert recipe.block_size == 40


def test_what_is_chosen_is_taken_and_shown():
    recipe = plan(lines(149), start="nothing", n_embd=32, dropout=None)
    assert (recipe.start, recipe.n_embd) == ("nothing", 32)
    assert ("n_embd", "32", "as it was chosen") in recipe.rows()


def test_what_cannot_be_chosen_is_refused():
    with pytest.raises(ValueError, match="Did you mean 'n_layer'"):
        plan(lines(400), n_layers=3)
    with pytest.raises(ValueError, match="not divisible"):
        plan(lines(400), n_head=7)
    with pytest.raises(ValueError, match="There is no start 'name-gpt'"):
        plan(lines(400), start="name-gpt")
    with pytest.raises(ValueError, match="learning_rate"):
        plan(lines(400), learning_rate=0)


def test_a_running_text_looks_back_further():
    small, large = (clean_lines("so it is. " * n, kind="text") for n in (3_000, 40_000))
    assert (plan(small).block_size, plan(small).n_layer, plan(small).dropout) == (64, 2, 0.3)
    assert (plan(large).block_size, plan(large).n_layer, plan(large).dropout) == (128, 4, 0)


def test_no_line_is_on_both_sides_and_a_sorted_list_is_shuffled():
    different = sorted(lines(1000))
    train, held_out = split_lines(different * 3, seed=1)
    assert (len(train), len(held_out)) == (900, 100)
    assert {*train} | {*held_out} == {*different}
    assert not {*train} & {*held_out}
    # Drawn at random from 1,000 sorted lines, 100 have a mean rank of 500 +- 27.
    ranks = [different.index(line) for line in held_out]
    assert 400 < sum(ranks) / len(ranks) < 600
    assert split_lines(different, seed=1) == split_lines(different, seed=1)
    assert split_lines(different, seed=2)[1] != held_out


@pytest.mark.parametrize(("count", "held_out"), [(12, 3), (40, 10), (149, 20), (2607, 260)])
def test_how_many_lines_are_held_out(count, held_out):
    assert len(split_lines(lines(count))[1]) == held_out


def test_three_lines_or_only_repeats_are_refused():
    with pytest.raises(TooFewLinesError, match="There are 3 different lines"):
        split_lines(["emma", "olivia", "ava"])
    with pytest.raises(TooFewLinesError, match="There are 1 different lines"):
        split_lines(["emma"] * 1000)
    with pytest.raises(TooFewLinesError, match="--kind lines"):
        split_text("short")
