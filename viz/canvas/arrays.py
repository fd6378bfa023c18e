"""The one door through which numbers enter: lists, NumPy arrays and tensors from any device.

Left out on purpose: knowing NumPy or PyTorch. An array says itself how it becomes a list.
"""

from collections.abc import Mapping
from math import isfinite
from operator import index


def to_numbers(given, what: str, finite: bool = True) -> list[float]:
    """A row of numbers as floats; unless `finite` is False they must be so.

    Raises: ValueError if it is not one row, or if a number in it is not finite.
    """
    # An array or a tensor, on a GPU and of 16 bits too, says itself how it becomes a list.
    values = given.tolist() if hasattr(given, "tolist") else given
    if hasattr(values, "__iter__") and not isinstance(values, (str, bytes)):
        values = list(values)
    if not isinstance(values, list):
        raise ValueError(f"{what} must be one row of numbers, not {given!r:.60}.")
    if any(isinstance(v, (list, tuple)) or getattr(v, "ndim", 0) > 0 for v in values):
        shape = f"an array of shape {tuple(given.shape)}" if hasattr(given, "shape") else "nested"
        raise ValueError(f"{what} must be one row of numbers, but it is {shape}. Pick one row.")
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        odd = next(value for value in values if not isinstance(value, (int, float)))
        raise ValueError(f"{what} must be numbers, but there is {odd!r:.40} among them.") from None
    if not finite:
        return numbers
    wrong = [i for i, number in enumerate(numbers) if not isfinite(number)]
    if wrong:
        raise ValueError(
            f"{what} has {numbers[wrong[0]]} at position {wrong[0]}; {len(wrong)} of "
            f"{len(numbers)} are not finite."
        )
    return numbers


def to_int(given, what: str, least: int, most: int | None = None) -> int:
    """One integer, of NumPy or PyTorch too.

    Raises:  ValueError for a bool, a float such as 3.0, and what is out of range.
    Example: to_int(3, "head", 0, 7) -> 3
    """
    try:
        number = None if is_bool(given) else index(given)
    except (TypeError, RuntimeError):
        number = None
    if number is None or number < least or (most is not None and number > most):
        limit = f"{least} or more" if most is None else f"from {least} to {most}"
        raise ValueError(f"{what}={given!r:.40} must be a whole number, {limit}.")
    return number


def is_bool(given) -> bool:
    """True and False, of NumPy and PyTorch too."""
    return isinstance(given, bool) or str(getattr(given, "dtype", "")) in ("bool", "torch.bool")


def to_mapping(given, what: str, example: str) -> Mapping:
    """A mapping as it is. Raises: ValueError for anything else, such as None."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{what} must be a mapping such as {example}, not {given!r:.60}.")
    return given


def to_tokens(given) -> list[str]:
    """The tokens as texts. Raises: ValueError for what is not a row of them."""
    if not hasattr(given, "__iter__"):
        raise ValueError(f"tokens must be a list of texts such as ['a', 'b'], not {given!r:.60}.")
    return [str(token) for token in given]


def to_nested_list(given, what: str, axes: str = "T T") -> list:
    """An array as lists in lists of finite floats, one level for each letter of `axes`.

    Raises:  ValueError if it has more or fewer levels, or rows of different length.
    Example: to_matrix(np.eye(2), "weights", axes="T T") -> [[1.0, 0.0], [0.0, 1.0]]
    """
    _, *inner = axes.split()
    values = given.tolist() if hasattr(given, "tolist") else given
    if not inner:
        return to_numbers(values, what)
    if not hasattr(values, "__iter__") or isinstance(values, (str, bytes)):
        raise ValueError(f"{what} must be an array ({', '.join(axes.split())}), not {given!r:.60}.")
    rows = [to_nested_list(row, f"{what}[{i}]", " ".join(inner)) for i, row in enumerate(values)]
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        raise ValueError(
            f"{what} must be an array ({', '.join(axes.split())}), but its rows have different "
            f"lengths, {lengths[0]} and {lengths[-1]}. Fill the short ones up with zeros."
        )
    return rows


def count_axes(given) -> int:
    """How many axes an array has, or how deep its lists are nested."""
    if hasattr(given, "shape"):
        return len(given.shape)
    levels = 0
    while isinstance(given, (list, tuple)):
        levels, given = levels + 1, given[0] if given else None
    return levels + count_axes(given) if hasattr(given, "shape") else levels
