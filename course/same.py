"""A comparison of two results for the reader, such as one by hand and an imported one."""

from course.exercises.brief import MismatchError
from course.exercises.numbers import flat


def same(one, other, within: float) -> None:
    """Print that two results agree; raise if they do not.

    Units:   `within` is the largest difference allowed, in the unit of the results.
    Raises:  AssertionError with the first place where they differ.
    Example: same([1.0, 2.0], [1.0, 2.0], within=0) -> prints "same, to the last digit"
    """
    left, right = flat(one), flat(other)
    if len(left) != len(right):
        raise MismatchError(
            f"not the same: {len(left)} numbers on one side, {len(right)} on the other"
        )
    for place, (a, b) in enumerate(zip(left, right)):
        agree = a == b if isinstance(a, str) or isinstance(b, str) else abs(a - b) <= within
        if not agree:
            raise MismatchError(
                f"not the same: number {place} is {a} on one side, {b} on the other"
            )
    print(f"same within {within:g}" if within else "same, to the last digit")
