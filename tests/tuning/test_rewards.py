"""Rewards: numbers as people write them, and functions that return what is no reward."""

from decimal import Decimal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gptcore.tuning import (
    check_reward,
    contains_text,
    exact_number,
    exact_text,
    matches_format,
    parse_number,
)


@given(st.integers(-(10**9), 10**9), st.booleans())
def test_a_number_is_read_as_python_writes_it(number, with_commas):
    text = f"{number:,}" if with_commas else str(number)
    assert parse_number(text) == Decimal(number)
    assert exact_number(f" {text}\n", number) == 1.0
    assert exact_number(text, str(number + 1)) == 0.0


@pytest.mark.parametrize(
    ("answer", "key", "reward"),
    [
        ("1,234", 1234, 1.0),
        ("-3", -3, 1.0),
        ("\u22123", "-3", 1.0),  # a typographic minus sign
        ("+3", 3, 1.0),
        ("3", -3, 0.0),
        ("3.50", 3.5, 1.0),
        ("1,234,567.5", "1234567.5", 1.0),
        ("12,34", 1234, 0.0),
        ("1,2", 12, 0.0),
        (",5", 5, 0.0),
        ("22 or 12", 22, 0.0),
        ("the answer is 22", 22, 0.0),
        ("22.", 22, 0.0),
        ("nan", 22, 0.0),
        ("1e2", 100, 0.0),
        ("\u0662\u0662", 22, 0.0),  # digits, but not those that were asked for
        ("", 0, 0.0),
        (None, 22, 0.0),
    ],
)
def test_an_answer_is_right_if_it_is_the_number_and_nothing_else(answer, key, reward):
    assert exact_number(answer, key) == reward


def test_a_marker_says_where_the_answer_is():
    assert exact_number("17+5\n#### 12 no\n#### 1,022", 1022, marker="####") == 1.0
    assert exact_number("1022", 1022, marker="####") == 0.0


def test_a_key_that_is_no_number_is_an_error_and_not_a_wrong_answer():
    with pytest.raises(ValueError, match="key 'none'"):
        exact_number("22", "none")


def test_a_format_holds_from_the_first_to_the_last_character():
    assert matches_format("22", "[0-9]+") == 1.0
    assert matches_format("22 ", "[0-9]+") == matches_format(None, ".*") == 0.0
    assert matches_format("a\nb", "a.b") == 1.0


def fails(answer, key):
    return 1 / 0


BAD = [None, float("nan"), float("inf"), True, np.bool_(True), torch.tensor(True), "1", [1.0]]


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_what_is_no_reward_is_refused_in_one_message(value):
    with pytest.raises(ValueError, match=r"returned .* for the answer '7' .*float\(answer == key"):
        check_reward(lambda answer, key: value, "7", "22")


def test_a_reward_that_raises_is_named_with_its_answer():
    with pytest.raises(ValueError, match=r"fails raised ZeroDivisionError.* '7'") as raised:
        check_reward(fails, "7", "22")
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    with pytest.raises(ValueError, match="did not end; its text is None"):
        check_reward(lambda answer, key: float(key in answer), None, "22")


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), torch.tensor(0.5)])
def test_numbers_of_every_library_are_rewards(value):
    reward = check_reward(lambda answer, key: value, "7", "7")
    assert reward == float(value)
    assert type(reward) is float


@pytest.mark.parametrize(
    ("answer", "key", "exact", "contains"),
    [
        ("22", 22, 1, 1),
        (" 22\n", "22", 1, 1),
        ("12 or 22", "22", 0, 1),
        ("122", "22", 0, 0),
        ("-5.", "-5", 0, 1),
        ("", "22", 0, 0),
        (None, "22", 0, 0),
        ("a.b", "a.b", 1, 1),
        ("aXb", "a.b", 0, 0),
    ],
)
def test_a_text_is_the_key_or_contains_it(answer, key, exact, contains):
    assert (exact_text(answer, key), contains_text(answer, key)) == (exact, contains)


def test_an_empty_key_is_in_every_text_and_refused():
    with pytest.raises(ValueError, match="every text contains"):
        contains_text("22", " ")
