"""The door for large arrays: lists, NumPy arrays and tensors from any device, as NumPy's floats.

Small ones go through `viz/canvas/arrays.py`, which needs no NumPy.
"""

from typing import Any

import numpy as np


def to_array(given: Any) -> np.ndarray:
    """The same numbers as float64.

    Raises: ValueError or TypeError if they are no numbers, or rows of different length.
    """
    if hasattr(given, "detach"):  # a tensor: off its graph and its device, and out of 16 bits
        given = given.detach().cpu()  # first: Apple's GPUs have no 64-bit floats
        given = (given.float() if given.dtype.itemsize < 4 else given).numpy()
    return np.asarray(given, dtype=float)


def to_finite_array(given: Any, what: str, axes: str) -> np.ndarray:
    """An array with one axis for each letter of `axes`, and only finite numbers.

    Raises:  ValueError if it has other axes, is empty, or if a number is none.
    Example: to_table([[1, 2]], "vectors", axes="N C") -> array([[1., 2.]])
    """
    letters = axes.split()
    try:
        array = to_array(given)
    except (TypeError, ValueError):
        raise ValueError(
            f"{what} must be an array ({', '.join(letters)}) of numbers, with rows of one length; "
            f"got {given!r:.60}."
        ) from None
    if array.ndim != len(letters) or not array.size:
        raise ValueError(
            f"{what} must be an array ({', '.join(letters)}); this one has shape {array.shape}."
        )
    if not np.isfinite(array).all():
        place = np.argwhere(~np.isfinite(array))[0]
        path = "".join(f"[{i}]" for i in place)
        raise ValueError(f"{what}{path} is {array[tuple(place)]}, but must be a finite number.")
    return array


def softmax(logits: np.ndarray) -> np.ndarray:
    """Shares that sum to 1. Shapes: (.., V) -> (.., V)."""
    # exp(800) overflows; moving all logits together changes nothing
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)
