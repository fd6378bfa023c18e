"""An answer as a flat list of numbers, whatever it was wrapped in, so that two answers can be
compared.
"""

from collections.abc import Mapping


class NotDoneYet(Exception):
    """The answer still has the dots of the stub in it."""


def done(answer):
    """The answer itself.

    Raises NotDoneYet for the dots of a stub, ValueError for nothing at all.
    """
    if answer is ...:
        raise NotDoneYet
    if answer is None:
        raise ValueError("your code gave back None; is there a `return`?")
    return answer


def flat(answer) -> list[float]:
    """All numbers of an answer, in order: of lists, dictionaries (by key), sets (sorted), arrays,
    Values.

    Raises: ValueError for something that is not made of numbers or text.
    """
    if hasattr(done(answer), "tolist"):
        answer = answer.tolist()
    if hasattr(answer, "data") and isinstance(answer.data, float):
        return [answer.data]
    if isinstance(answer, (bool, int, float)):
        return [float(answer)]
    if isinstance(answer, str):
        return [float(ord(letter)) for letter in answer.strip().lower()] + [
            -1.0
        ]  # where a word ends
    if isinstance(answer, Mapping):
        return [number for key in sorted(answer, key=str) for number in flat(answer[key])]
    if isinstance(answer, (set, frozenset)):
        return [number for part in sorted(answer, key=str) for number in flat(part)]
    if isinstance(answer, (list, tuple)):
        return [number for part in answer for number in flat(part)]
    raise ValueError(f"{answer!r:.60} (a {type(answer).__name__}) is not made of numbers.")
