"""An answer taken apart into numbers and words, whatever it was wrapped in, so that two compare."""

from collections.abc import Mapping


class NotDoneYet(Exception):
    """The answer still has the dots of the stub in it."""


def done(answer):
    """The answer itself.

    Raises: NotDoneYet for the dots of a stub; ValueError for nothing at all.
    """
    if answer is ...:
        raise NotDoneYet
    if answer is None:
        raise ValueError("that is None; if it came from your function, is there a `return`?")
    return answer


def flat(answer) -> list[float | str]:
    """All numbers and words of an answer, in order: of lists, dictionaries, sets, arrays, Values.

    Raises: NotDoneYet for dots anywhere in it; ValueError for what is neither number nor word.
    """
    if hasattr(done(answer), "tolist"):
        answer = answer.tolist()
    if isinstance(getattr(answer, "data", None), float):  # a Value
        return [answer.data]
    if isinstance(answer, (bool, int, float)):
        return [float(answer)]
    if isinstance(answer, str):
        return [answer.strip().lower()]
    if isinstance(answer, Mapping):
        return [part for key in sorted(answer, key=str) for part in [str(key), *flat(answer[key])]]
    if isinstance(answer, (set, frozenset)):
        return [part for member in sorted(answer, key=str) for part in flat(member)]
    if isinstance(answer, (list, tuple)):
        return [part for member in answer for part in flat(member)]
    raise ValueError(f"{answer!r:.60} (a {type(answer).__name__}) is neither a number nor a word.")
