"""The one door through which numbers enter: lists, NumPy arrays and tensors from any device.

Left out on purpose: knowing NumPy or PyTorch. An array says itself how it becomes a list.
"""

from math import isfinite


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
