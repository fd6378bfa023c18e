"""A number that is ours, rounded or cut off, counts as right."""

from collections.abc import Callable, Mapping
from math import floor, isclose, log10

FEWEST = 2  # digits that a rounded number must have


def or_rounded(ours: Mapping[str, float], whole: bool = False) -> Callable:
    """Replace numbers of a table by ours where the reader has rounded them to two digits or more.

    With `whole` they may also be rounded to whole numbers.

    Example: or_rounded({"ln 65": 4.174387})({"ln 65": 4.17}) -> {"ln 65": 4.174387}
    """

    def measure(answer):
        if not isinstance(answer, Mapping):
            return answer
        return {
            name: ours[name] if name in ours and is_rounded(number, ours[name], whole) else number
            for name, number in answer.items()
        }

    return measure


def is_rounded(number, exact: float, whole: bool) -> bool:
    """Whether it is the number, rounded or cut off after some digit."""
    if not isinstance(number, (int, float)) or not exact:
        return False
    first = -floor(log10(abs(exact))) - 1  # the first digit of 0.046 is at the second decimal
    places = [first + digits for digits in range(FEWEST, 12)] + [0] * whole
    return any(
        isclose(number, near, rel_tol=1e-12)
        for place in places
        for near in (round(exact, place), floor(exact * 10.0**place) / 10.0**place)
    )
