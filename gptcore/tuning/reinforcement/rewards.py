"""Rewards that a program can check, as plain functions: `reward(answer, key) -> number`.

`answer` is the text of an answer without its end token; None if the answer did not end in time.
`key` is whatever the question carries, such as the right number.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Any

from gptcore.checks import as_number

Reward = Callable[[str | None, Any], float]
"""A function from an answer (None if it did not end) and the key of its question to a number."""

# Commas only between thousands.
NUMBER = re.compile(r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?")
MINUS_SIGNS = str.maketrans("\u2212\u2013", "--")  # what texts print for a minus


def parse_number(text: str) -> Decimal | None:
    """Read a text that is one number and nothing else.

    Args:
        text: Such as "1,234", "-5" or " 3.50 ".

    Returns:
        The number, exactly; None if the text is anything else, such as "12 or 22" or "1,2".

    Example:
        >>> parse_number("-1,234.50") == parse_number("-1234.5")
        True
    """
    text = text.strip().translate(MINUS_SIGNS)
    return Decimal(text.replace(",", "")) if NUMBER.fullmatch(text) else None


def exact_number(answer: str | None, key: Any, marker: str = "") -> float:
    """Reward 1 for an answer that is the right number and nothing else.

    Args:
        answer: The text of the answer; None if it did not end.
        key: The right number, or a text of it such as "1,234".
        marker: If given, what follows its last occurrence is the answer, as "####" in GSM8K.

    Returns:
        1.0 or 0.0.

    Raises:
        ValueError: If the key is not a number.

    Example:
        >>> exact_number("1,234", 1234), exact_number("it is 12 or 22", 22)
        (1.0, 0.0)
    """
    truth = parse_number(str(key))
    if truth is None:
        raise ValueError(f"The key {key!r:.60} of a question is not one number, such as '1,234'.")
    if answer is None or (marker and marker not in answer):
        return 0.0
    return float(parse_number(answer.rpartition(marker)[2] if marker else answer) == truth)


def exact_text(answer: str | None, key: Any) -> float:
    """Reward 1 for an answer that is the right text; spaces at its ends do not count.

    Args:
        answer: The text of the answer; None if it did not end.
        key: The right text.

    Returns:
        1.0 or 0.0.

    Example:
        >>> exact_text("Paris ", "Paris"), exact_text("In Paris", "Paris")
        (1.0, 0.0)
    """
    return float(answer is not None and answer.strip() == str(key).strip())


def contains_text(answer: str | None, key: Any) -> float:
    """Reward 1 for an answer in which the key occurs as a word or a number of its own.

    Trap: it is easily exploited. A model that answers "12 or 22" is rewarded for both.

    Args:
        answer: The text of the answer; None if it did not end.
        key: The text, such as "22".

    Returns:
        1.0 or 0.0.

    Raises:
        ValueError: If the key is empty, which every text contains.

    Example:
        >>> contains_text("12 or 22", 22), contains_text("122", 22)
        (1.0, 0.0)
    """
    word = str(key).strip()
    if not word:
        raise ValueError("The key of a question is empty, and every text contains an empty one.")
    pattern = rf"(?<!\w){re.escape(word)}(?!\w)"
    return float(answer is not None and re.search(pattern, answer) is not None)


def matches_format(answer: str | None, key: str) -> float:
    """Reward 1 for an answer that matches a pattern from its first to its last character.

    Args:
        answer: The text of the answer; None if it did not end.
        key: A regular expression.

    Returns:
        1.0 or 0.0.

    Example:
        >>> matches_format("<think>2+2</think>4", r"<think>.*</think>[0-9]+")
        1.0
    """
    return float(answer is not None and re.fullmatch(key, answer, re.DOTALL) is not None)


def check_reward(reward: Reward, answer: str | None, key: Any) -> float:
    """Call a reward, and refuse what is not one finite number.

    Args:
        reward: The function.
        answer: The text of the answer; None if it did not end.
        key: What the question carries.

    Returns:
        The reward.

    Raises:
        ValueError: If the function raises, or returns None, NaN, an infinity, a bool or a text.

    Example:
        >>> check_reward(lambda answer, key: answer == key, "22", "22")
        Traceback (most recent call last):
        ValueError: The reward <lambda> returned True for the answer '22' (key '22'); ...
    """
    name = getattr(reward, "__name__", type(reward).__name__)
    place = f"for the answer {answer!r:.60} (key {key!r:.60})"
    if answer is None:
        place += ", which did not end; its text is None"
    try:
        value = reward(answer, key)
    except Exception as error:
        raise ValueError(
            f"The reward {name} raised {type(error).__name__}: {error} {place}. A reward returns a "
            f"number for every answer, such as 0.0 for one that it cannot read."
        ) from error
    try:
        number = as_number(value, "reward")
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise ValueError(
            f"The reward {name} returned {value!r:.60} {place}; it must return one finite number, "
            f"such as float(answer == key)."
        )
    return float(number)
