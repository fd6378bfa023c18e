"""The numbers and words of an answer, of any type, so that two answers can be compared."""

from collections.abc import Iterator, Mapping
from math import isclose, isnan
from typing import Any

from course.exercises.shown import shown


class UnansweredError(Exception):
    """The answer still contains the dots of the stub."""


class InvalidAnswerError(ValueError):
    """The answer has the wrong type; the message is for the reader."""


def done(answer):
    """The answer itself.

    Raises: UnansweredError for the dots of a stub; InvalidAnswerError for nothing at all.
    """
    if answer is ...:
        raise UnansweredError
    if answer is None:
        raise InvalidAnswerError(
            "That is None; if it came from your function, is there a `return`?"
        )
    return answer


def plain(answer) -> Any:
    """The same in Python's own lists, dictionaries, numbers and texts; tuples become lists.

    Raises: UnansweredError for dots anywhere in it; InvalidAnswerError for nothing at all.
    """
    if hasattr(done(answer), "tolist"):  # NumPy, PyTorch
        answer = answer.tolist()
    if isinstance(getattr(answer, "data", None), float):  # a Value
        return answer.data
    if isinstance(answer, Mapping):
        return {key: plain(member) for key, member in answer.items()}
    if isinstance(answer, (set, frozenset)):
        return {plain(member) for member in answer}
    if isinstance(answer, (list, tuple)):
        return [plain(member) for member in answer]
    return answer


def flat(answer) -> list[float | str]:
    """All numbers and words of an answer, in order: of lists, dictionaries, sets, arrays, Values.

    Raises: UnansweredError for dots anywhere in it; ValueError for what is neither number nor word.
    """
    return list(leaves(plain(answer)))


def leaves(answer) -> Iterator[float | str]:
    if isinstance(answer, (bool, int, float)):
        yield float(answer)
    elif isinstance(answer, str):
        yield answer.strip().lower()
    elif isinstance(answer, Mapping):
        for key in sorted(answer, key=str):
            yield str(key)
            yield from leaves(answer[key])
    elif isinstance(answer, (list, set)):
        for member in sorted(answer, key=str) if isinstance(answer, set) else answer:
            yield from leaves(member)
    else:
        kind = type(answer).__name__
        raise InvalidAnswerError(f"{shown(answer)} (a {kind}) is neither a number nor a word.")


def difference(given, wanted, tolerance: float) -> str | None:
    """The first place where two answers differ: "[2]['a']"; "" for the whole, None if they agree.

    Numbers may differ by the relative `tolerance`; lists, keys and words must be equal.

    Example: difference([1, 2], [1, 3], 0) -> "[1]"
    """
    if isinstance(given, (int, float)) and isinstance(wanted, (int, float)):
        return None if close(given, wanted, tolerance) else ""
    pairs = partners(given, wanted)
    if pairs is None:
        return None if type(given) is type(wanted) and given == wanted else ""
    for place, one, other in pairs:
        inside = difference(one, other, tolerance)
        if inside is not None:
            return f"[{place!r}]{inside}"
    return None


def partners(given, wanted) -> list[tuple] | None:
    """(place, part, its counterpart) of two lists of equal length or two mappings with equal keys.

    None for everything else.
    """
    if isinstance(given, list) and isinstance(wanted, list) and len(given) == len(wanted):
        return [(i, *two) for i, two in enumerate(zip(given, wanted))]
    if isinstance(given, Mapping) and isinstance(wanted, Mapping) and given.keys() == wanted.keys():
        return [(key, given[key], wanted[key]) for key in wanted]
    return None


def close(one: float, other: float, tolerance: float) -> bool:
    """Nearly equal; NaN equals NaN."""
    try:
        if isnan(one) or isnan(other):
            return isnan(one) and isnan(other)
        return isclose(one, other, rel_tol=tolerance, abs_tol=tolerance / 1000)
    except OverflowError:  # a whole number too large for a float, as 100 ** 800
        return one == other
