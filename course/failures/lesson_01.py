"""Lesson 1: a list that is wrong without an error, for the reader to find out from evidence. Read
this after you have guessed.
"""

from random import Random


def longer_list(names: list[str]) -> list[str]:
    """A list with 1,500 more names than the given one."""
    rng = Random(7)
    longer = [*names, *rng.choices(names, k=1500)]
    rng.shuffle(longer)
    # No name is new: the list has repeats, and a repeated name can be in both splits.
    return longer
