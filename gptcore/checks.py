"""Checks of what a caller gives: an integer, a number, a switch, a row of token ids, a path.

Each returns Python's own type, so that nothing of NumPy or PyTorch travels on into JSON, a seed or
a dictionary. Standard library only: their scalars say themselves what they are.
"""

from collections.abc import Iterable
from math import isfinite
from operator import index
from os import PathLike
from pathlib import Path

UNORDERED = (str, bytes, set, frozenset, dict)  # iterable, and not a row of ids


def is_bool(value: object) -> bool:
    """Whether it is True or False, of Python, NumPy or PyTorch.

    Example: is_bool(1) -> False
    """
    return isinstance(value, bool) or str(getattr(value, "dtype", "")) in ("bool", "torch.bool")


def is_int(value: object) -> bool:
    """Whether it is one integer, of Python, NumPy or PyTorch; True and False are not.

    Example: is_int(3.0) -> False
    """
    try:
        index(value)  # type: ignore[arg-type]
    except (TypeError, RuntimeError):
        return False
    return not is_bool(value)


def as_int(value: object, name: str, minimum: int | None = None, purpose: str = "") -> int:
    """The integer as Python's int.

    Raises:  ValueError for a bool, a float such as 3.0, text, and what is below `minimum`.
    Example: as_int(3, "n", minimum=1) -> 3
    """
    if is_int(value) and (minimum is None or index(value) >= minimum):  # type: ignore[arg-type]
        return index(value)  # type: ignore[arg-type]
    limit = "" if minimum is None else f", {minimum} or more"
    purpose = f"; {purpose}" if purpose else ""
    raise ValueError(f"{name}={value!r:.60} must be a whole number{limit}{purpose}.")


def as_number(value: object, name: str) -> float:
    """The number as Python's float or int; it may be infinite or NaN.

    Raises:  ValueError for a bool, for text, for several numbers.
    Example: as_number(0.5, "temperature") -> 0.5
    """
    if type(value) in (float, int):
        return value  # type: ignore[return-value]
    if hasattr(value, "__float__") and not is_bool(value):
        try:
            return float(value)
        except (TypeError, ValueError, RuntimeError, OverflowError):
            pass  # several numbers, or one that no float can hold
    raise ValueError(f"{name}={value!r:.60} must be one number.")


def as_finite(value: object, name: str) -> float:
    """The same, and neither infinite nor NaN.

    Example: as_finite(0.5, "learning_rate") -> 0.5
    """
    number = as_number(value, name)
    if not isfinite(number):
        raise ValueError(f"{name}={number} must be a finite number.")
    return number


def as_ids(given: object, what: str = "A prompt") -> list[int]:
    """One row of token ids, from a list, an array or a tensor, as a list of Python's ints.

    Shapes:  (T,) -> T ints.
    Raises:  ValueError for a batch, for text, and for what is not an integer.
    Example: as_ids((3, 4)) -> [3, 4]
    """
    row = given.tolist() if hasattr(given, "tolist") else given
    rule = f"{what} is a list of token ids, such as [15496, 995]"
    if isinstance(row, UNORDERED) or not isinstance(row, Iterable):
        raise ValueError(f"{rule}; got {row!r:.60}.")
    ids = list(row)
    if all(type(token) is int for token in ids):
        return ids
    for token in ids:
        if not is_int(token):
            nested = isinstance(token, Iterable) and not isinstance(token, str)
            way_out = " This is a batch: give one row of it at a time." if nested else ""
            raise ValueError(f"{rule}; got {token!r:.60} in it.{way_out}")
    return [index(token) for token in ids]


def as_path(given: str | PathLike[str], name: str = "The path") -> Path:
    """The path, with `~` as the home folder.

    Raises:  ValueError for an empty one, and for what is not a path.
    Example: as_path("out/model.json").name -> "model.json"
    """
    if not isinstance(given, (str, PathLike)) or not str(given).strip():
        raise ValueError(f"{name} is {given!r:.60}; name a file or a folder ('.' is this folder).")
    try:
        return Path(given).expanduser()
    except RuntimeError:
        raise ValueError(f"{name} {str(given)!r} begins with ~ of an unknown user.") from None
