"""Checks of large arrays: lists, NumPy arrays and tensors from any device become NumPy arrays.

Small ones go through `viz/canvas/arrays.py`, which needs no NumPy.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_array(values: Any) -> NDArray[np.float64]:
    """Convert to float64; a tensor is detached and moved to the CPU.

    Args:
        values: Lists of numbers, an array, or a tensor from any device.

    Returns:
        An array of the same shape.

    Raises:
        ValueError: If rows have different lengths, or something is not a number.
        TypeError: If something is not a number.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()  # first: Apple's GPUs have no 64-bit floats
        values = (values.float() if values.dtype.itemsize < 4 else values).numpy()
    return np.asarray(values, dtype=float)


def to_finite_array(values: Any, name: str, axes: str) -> NDArray[np.float64]:
    """Convert to float64, and check the axes and the numbers.

    Args:
        values: Lists of numbers, an array, or a tensor from any device.
        name: What the error calls it.
        axes: The axes that it must have, such as "N C".

    Returns:
        An array with one axis for each letter.

    Raises:
        ValueError: If it has other axes, is empty, or a number is not finite.
    """
    letters = axes.split()
    try:
        array = to_array(values)
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} must be an array ({', '.join(letters)}) of numbers, with rows of one length; "
            f"got {values!r:.60}."
        ) from None
    if array.ndim != len(letters) or not array.size:
        raise ValueError(
            f"{name} must be an array ({', '.join(letters)}); this one has shape {array.shape}."
        )
    if not np.isfinite(array).all():
        index = np.argwhere(~np.isfinite(array))[0]
        path = "".join(f"[{i}]" for i in index)
        raise ValueError(f"{name}{path} is {array[tuple(index)]}, but must be a finite number.")
    return array


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities along the last axis: shape (.., V) -> (.., V)."""
    # exp(800) overflows; subtracting the maximum from all logits changes nothing
    exps = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(exps / exps.sum(-1, keepdims=True))
