"""Checks of numbers that callers give: lists, NumPy arrays and tensors from any device.

Needs neither NumPy nor PyTorch: an array converts itself to a list. Large arrays go through
`viz/canvas/tensors.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from operator import index
from typing import Any

Array = Any  # a list, an array of NumPy, a tensor of PyTorch: what has `tolist`, or can be iterated


def to_numbers(values: Array, name: str, finite: bool = True) -> list[float]:
    """Convert a row of numbers to floats.

    Args:
        values: Shape (N,).
        name: What the error calls it.
        finite: Whether NaN and infinity are refused.

    Returns:
        The numbers as Python floats.

    Raises:
        ValueError: If it is not one row of numbers, or one of them is not finite.
    """
    row = values.tolist() if hasattr(values, "tolist") else values
    if hasattr(row, "__iter__") and not isinstance(row, (str, bytes)):
        row = list(row)
    if not isinstance(row, list):
        raise ValueError(f"{name} must be one row of numbers, not {values!r:.60}.")
    if any(isinstance(v, (list, tuple)) or getattr(v, "ndim", 0) > 0 for v in row):
        shape = f"an array of shape {tuple(values.shape)}" if hasattr(values, "shape") else "nested"
        raise ValueError(f"{name} must be one row of numbers, but it is {shape}. Pick one row.")
    try:
        numbers = [float(value) for value in row]
    except (TypeError, ValueError):
        wrong = next(value for value in row if not isinstance(value, (int, float)))
        raise ValueError(f"{name} must be numbers, but one of them is {wrong!r:.40}.") from None
    nonfinite = [i for i, number in enumerate(numbers) if not isfinite(number)]
    if finite and nonfinite:
        raise ValueError(
            f"{name} has {numbers[nonfinite[0]]} at position {nonfinite[0]}; {len(nonfinite)} of "
            f"{len(numbers)} are not finite."
        )
    return numbers


def to_number(value: Any, name: str) -> float:
    """Convert one number, also of NumPy or PyTorch; raises ValueError for anything else."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be one number, not {value!r:.60}.") from None


def to_int(value: object, name: str, minimum: int, maximum: int | None = None) -> int:
    """Convert one integer, also of NumPy or PyTorch.

    Args:
        value: What the caller gave.
        name: What the error calls it.
        minimum: The smallest value that is allowed.
        maximum: The largest value that is allowed.

    Returns:
        The value as a Python int.

    Raises:
        ValueError: For a bool, a float such as 3.0, and what is out of range.
    """
    try:
        number = None if is_bool(value) else index(value)  # type: ignore[arg-type]  # it may raise
    except (TypeError, RuntimeError):
        number = None
    if number is None or number < minimum or (maximum is not None and number > maximum):
        limit = f"{minimum} or more" if maximum is None else f"from {minimum} to {maximum}"
        raise ValueError(f"{name}={value!r:.40} must be a whole number, {limit}.")
    return number


def is_bool(value: object) -> bool:
    """Whether the value is True or False, of Python, NumPy or PyTorch."""
    return isinstance(value, bool) or str(getattr(value, "dtype", "")) in ("bool", "torch.bool")


def did_you_mean(given: object, names: Iterable[str], cutoff: float = 0.6) -> str:
    """Say which name was probably meant: " Did you mean 'float16'?", or "" if none is near.

    Args:
        given: What the caller gave.
        names: All valid names.
        cutoff: How alike two names must be, from 0 to 1.

    Returns:
        A sentence that starts with a space.
    """
    near = get_close_matches(str(given), list(names), 1, cutoff)
    return f" Did you mean {near[0]!r}?" if near else ""


def to_mapping(value: object, name: str, example: str) -> Mapping[Any, Any]:
    """The value, if it is a mapping; raises ValueError otherwise."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a mapping such as {example}, not {value!r:.60}.")
    return value


def to_tokens(tokens: Sequence[object], name: str = "tokens") -> list[str]:
    """The tokens or labels as strings; ValueError if they cannot be iterated.

    Bytes outside a complete character become U+DC80 to U+DCFF, which labels show as `\\xf0`.
    """
    if not hasattr(tokens, "__iter__"):
        raise ValueError(f"{name} must be a list of texts such as ['a', 'b'], not {tokens!r:.60}.")
    return [to_text(token) for token in tokens]


def to_text(token: object) -> str:
    """One token or label as a string; bytes, as a byte-level tokenizer has them, are decoded."""
    return token.decode("utf-8", "surrogateescape") if isinstance(token, bytes) else str(token)


def to_nested_list(values: Array, name: str, axes: str = "T T") -> list[Any]:
    """Convert an array to nested lists of finite floats.

    Args:
        values: An array with as many axes as `axes` has letters.
        name: What the error calls it.
        axes: The axes, such as "T T".

    Returns:
        One level of lists for each axis.

    Raises:
        ValueError: If it has more or fewer axes, or rows of different length, or if a number is
            not finite.
    """
    _, *inner = axes.split()
    rows = values.tolist() if hasattr(values, "tolist") else values
    if not inner:
        return to_numbers(rows, name)
    if not hasattr(rows, "__iter__") or isinstance(rows, (str, bytes)):
        raise ValueError(
            f"{name} must be an array ({', '.join(axes.split())}), not {values!r:.60}."
        )
    lists = [to_nested_list(row, f"{name}[{i}]", " ".join(inner)) for i, row in enumerate(rows)]
    lengths = sorted({len(row) for row in lists})
    if len(lengths) > 1:
        raise ValueError(
            f"{name} must be an array ({', '.join(axes.split())}), but its rows have different "
            f"lengths, {lengths[0]} and {lengths[-1]}. Pad the short ones with zeros."
        )
    return lists


def count_axes(values: Array) -> int:
    """How many axes an array has, or how deep its lists are nested."""
    levels = 0
    while isinstance(values, (list, tuple)):
        levels, values = levels + 1, values[0] if values else None
    return levels + len(getattr(values, "shape", ()))


def significant(number: float, digits: int = 5) -> float:
    """Round to significant digits, so that stored numbers of a model are equal on every machine.

    Example: significant(0.000123456) -> 0.00012346
    """
    return float(f"{number:.{digits}g}")
