"""Lines to learn from, and lines that are held out.

A sorted list must be shuffled first: its last tenth has other beginnings than the rest.
"""

from collections.abc import Sequence
from random import Random

from gptcore.checks import as_int

LEAST_LINES = 12  # fewer cannot be split into lines to learn from and lines to measure with
HELD_OUT, FEWEST, MOST = 0.1, 20, 2_000  # share of the lines, and its limits


class TooFewLinesError(ValueError):
    """There are not enough different lines.

    Example:
        >>> split_lines(["emma", "olivia", "ava"])
        Traceback (most recent call last):
        ...
        gptcore.own_gpt.split.TooFewLinesError: There are 3 different lines, ...
    """


def split_lines(lines: Sequence[str], *, seed: int = 1) -> tuple[list[str], list[str]]:
    """Shuffle the lines, and hold out a tenth; no line is on both sides.

    Args:
        lines: Any number; repeated ones count once.
        seed: Seed of the order.

    Returns:
        The lines to learn from, and those that are held out: 20 to 2,000, at most a quarter.

    Raises:
        TooFewLinesError: If there are fewer than 12 different lines.

    Example:
        >>> train, held_out = split_lines([str(i) for i in range(1000)])
        >>> len(train), len(held_out)
        (900, 100)
    """
    different = list(dict.fromkeys(lines))
    if len(different) < LEAST_LINES:
        raise TooFewLinesError(
            f"There are {len(different)} different lines, and at least {LEAST_LINES} are needed: a "
            f"part of them is held out to measure the model. Give more lines; 100 or more are "
            f"better."
        )
    Random(as_int(seed, "seed", 0)).shuffle(different)
    n = min(max(FEWEST, int(HELD_OUT * len(different))), len(different) // 4, MOST)
    return different[n:], different[:n]


def split_text(text: str) -> tuple[str, str]:
    """Hold out the last tenth of a running text.

    Args:
        text: All of it.

    Returns:
        The part to learn from, and the part that is held out.

    Raises:
        TooFewLinesError: If it has fewer than 1,000 letters.

    Example:
        >>> [len(part) for part in split_text("ab" * 1000)]
        [1800, 200]
    """
    if len(text) < 1_000:
        raise TooFewLinesError(
            f"The text has {len(text):,} letters, and at least 1,000 are needed: the last tenth is "
            f"held out to measure the model. Give a longer text; or, if it is a list, take each "
            f"line as a text of its own: --kind lines."
        )
    n = int(HELD_OUT * len(text))
    return text[:-n], text[-n:]
