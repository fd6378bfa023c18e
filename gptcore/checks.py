"""Checks of what a caller gives: an integer, a number, a switch, a choice, token ids, a path.

Each returns Python's own type, so that no scalar of NumPy or PyTorch reaches JSON, a seed or a
dictionary. Standard library only: those scalars convert themselves.
"""

from collections.abc import Iterable
from math import isfinite, nan
from operator import index
from os import PathLike
from pathlib import Path

UNORDERED = (str, bytes, set, frozenset, dict)  # iterable, but not a row of ids


def is_bool(value: object) -> bool:
    """Whether the value is True or False, of Python, NumPy or PyTorch."""
    return isinstance(value, bool) or str(getattr(value, "dtype", "")) in ("bool", "torch.bool")


def is_int(value: object) -> bool:
    """Whether the value is one integer, of Python, NumPy or PyTorch. True and False are not."""
    try:
        index(value)  # type: ignore[arg-type]  # the question is whether it has __index__
    except (TypeError, RuntimeError):
        return False
    return not is_bool(value)


def as_int(value: object, name: str, minimum: int | None = None, purpose: str = "") -> int:
    """Check an integer.

    Args:
        value: What the caller gave.
        name: How the error calls it.
        minimum: The smallest value that is allowed.
        purpose: A remark that ends the error, such as what a good value would be.

    Returns:
        The value as a Python int.

    Raises:
        ValueError: For a bool, a float such as 3.0, text, or a value below `minimum`.
    """
    if is_int(value):
        integer = index(value)  # type: ignore[arg-type]  # is_int has called __index__
        if minimum is None or integer >= minimum:
            return integer
    limit = "" if minimum is None else f", {minimum} or more"
    purpose = f"; {purpose}" if purpose else ""
    raise ValueError(f"{name}={value!r:.60} must be an integer{limit}{purpose}.")


def as_number(value: object, name: str) -> float:
    """Check a number, which may be infinite or NaN.

    Args:
        value: What the caller gave.
        name: How the error calls it.

    Returns:
        The value as a Python float or int.

    Raises:
        ValueError: For a bool, text, or several numbers.
    """
    if type(value) in (float, int):
        return value  # type: ignore[return-value]  # mypy does not follow type(value) in (...)
    if hasattr(value, "__float__") and not is_bool(value):
        try:
            return float(value)
        except (TypeError, ValueError, RuntimeError, OverflowError):
            pass  # several numbers, or one that no float can hold
    raise ValueError(f"{name}={value!r:.60} must be one number.")


def as_finite(
    value: object,
    name: str,
    *,
    minimum: float | None = None,
    above: float | None = None,
    below: float | None = None,
    purpose: str = "",
) -> float:
    """Check a number that is neither infinite nor NaN.

    Args:
        value: What the caller gave.
        name: How the error calls it.
        minimum: The smallest value that is allowed.
        above: The value must be larger than this.
        below: The value must be smaller than this; goes with `minimum`.
        purpose: A remark that ends the error, such as what a good value would be.

    Returns:
        The value as a Python float or int.

    Raises:
        ValueError: For anything but one finite number within the limits.
    """
    try:
        number = as_number(value, name)
    except ValueError:
        number = nan
    if (
        isfinite(number)
        and (minimum is None or number >= minimum)
        and (above is None or number > above)
        and (below is None or number < below)
    ):
        return number
    rule = "finite number"
    if minimum is not None:
        rule = f"number, {minimum:g} or more"
    if above is not None:
        rule = f"number above {above:g}"
    if below is not None:
        rule = f"number from {minimum:g} to below {below:g}"
    purpose = f"; {purpose}" if purpose else ""
    raise ValueError(f"{name}={value!r:.60} must be a {rule}{purpose}.")


def as_bool(value: object, name: str) -> bool:
    """Check a switch.

    Args:
        value: What the caller gave.
        name: How the error calls it.

    Returns:
        The value as a Python bool.

    Raises:
        ValueError: For anything but True and False. The text "False" would count as true.
    """
    if not is_bool(value) or getattr(value, "ndim", 0) > 0:
        raise ValueError(f"{name}={value!r:.60} must be True or False.")
    return bool(value)


def check_choice(value: object, name: str, choices: Iterable[str]) -> None:
    """Check that a value is one of the names that exist.

    Args:
        value: What the caller gave.
        name: How the error calls the kind of thing, such as "preset".
        choices: All valid names.

    Raises:
        ValueError: With the nearest name and all names.
    """
    names = list(choices)
    if value not in names:
        raise ValueError(
            f"There is no {name} {value!r}.{did_you_mean(value, names, 0.5)} "
            f"There are: {', '.join(names)}."
        )


def nearest_name(given: object, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Find the name that was probably meant, whatever its case.

    Args:
        given: What the caller gave.
        names: All valid names.
        cutoff: How alike two names must be, from 0 to 1; see `difflib.get_close_matches`.

    Returns:
        The nearest name, or None if no name is near.
    """
    by_lower = {name.lower(): name for name in names}
    from difflib import get_close_matches  # noqa: PLC0415 - only an error needs it; it loads re

    near = get_close_matches(str(given).lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[near[0]] if near else None


def did_you_mean(given: object, names: Iterable[str], cutoff: float = 0.6) -> str:
    """Say which name was probably meant: " Did you mean 'names'?", or "" if none is near.

    Args:
        given: What the caller gave.
        names: All valid names.
        cutoff: How alike two names must be, from 0 to 1.

    Returns:
        A sentence that starts with a space, to go between two others.
    """
    near = nearest_name(given, names, cutoff)
    return f" Did you mean {near!r}?" if near else ""


def as_ids(given: object, what: str = "A prompt", vocab_size: int | None = None) -> list[int]:
    """Check one row of token ids, given as a list, an array or a tensor.

    Args:
        given: What the caller gave, shape (T,).
        what: How the error calls it; the error begins with this.
        vocab_size: If given, every id must be below this.

    Returns:
        T Python ints.

    Raises:
        ValueError: For a batch, for text, for what is not an integer, for an unknown id.
    """
    row = given.tolist() if hasattr(given, "tolist") else given
    rule = f"{what} is a list of token ids, such as [15496, 995]"
    if isinstance(row, UNORDERED) or not isinstance(row, Iterable):
        raise ValueError(f"{rule}; got {row!r:.60}.")
    ids = list(row)
    if not all(type(token) is int for token in ids):
        for token in ids:
            if not is_int(token):
                nested = isinstance(token, Iterable) and not isinstance(token, str)
                way_out = " This is a batch: give one row of it at a time." if nested else ""
                raise ValueError(f"{rule}; got {token!r:.60} in it.{way_out}")
        ids = [index(token) for token in ids]
    if vocab_size is not None:
        for token in ids:
            if not 0 <= token < vocab_size:
                raise ValueError(
                    f"{what} has {token}; the model has the tokens 0 to {vocab_size - 1}."
                )
    return ids


def as_path(given: str | PathLike[str], name: str = "The path") -> Path:
    """Check a path, and replace `~` by the home folder.

    Args:
        given: What the caller gave.
        name: How the error calls it, such as "--out".

    Returns:
        The path.

    Raises:
        ValueError: For an empty path (a shell makes one from a variable that is not set, and
            `Path("")` would be the working folder), for what is not a path, for the home folder
            of an unknown user.
    """
    if not isinstance(given, (str, PathLike)):
        raise ValueError(f"{name} is {given!r:.60}; name a file or a folder.")
    if not str(given).strip():
        raise ValueError(
            f'{name} is empty, as "$NAME" is where the shell has no variable NAME; name a file or '
            f"a folder. The working folder itself is called '.'."
        )
    try:
        return Path(given).expanduser()
    except RuntimeError:
        raise ValueError(
            f"{name} {str(given)!r} begins with ~ of an unknown user. Write the path without '~', "
            f"or './~...' for a file whose name begins with it."
        ) from None
