"""Weights as small integers: one scale for each row (8 bits) or for each group of numbers (4 bits).

    8 bits   weight = q * scale                     q from -127 to 127, one scale for each row
    4 bits   weight = (q - 8) * scale + middle      q from 0 to 15, scale and middle for each group

The 4-bit scale and middle are stored in 16 bits, and the integers are chosen for the stored values.
Source: 8 bits: Dettmers et al. 2022, arXiv 2208.07339 (one scale for each row of the weights);
    4 bits in groups: Frantar et al. 2022, arXiv 2210.17323, without its search.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gptcore.checks import as_int

SMALLEST_SCALE = 1e-8  # of a row or group of equal numbers; avoids a division by 0
ROUNDED_UP = 1 + 2**-7  # a scale in bfloat16 may lose 2**-9 of itself, and must cover its group
GROUP_SIZES = (32, 64, 128, 256)


@dataclass(frozen=True)
class QuantizedWeight:
    """The matrix of a linear layer as integers.

    Attributes:
        q: The integers, shape (D, C); int8 for 8 bits, uint8 for 4 bits.
        scale: Shape (D, 1) in float32 for 8 bits, (D, C / group_size) in bfloat16 for 4 bits.
        middle: The value of q = 8, shape (D, C / group_size), bfloat16; None for 8 bits.

    Example:
        >>> quantize_int8(torch.tensor([[1.0, -2.0]])).q
        tensor([[  64, -127]], dtype=torch.int8)
    """

    q: Tensor
    scale: Tensor
    middle: Tensor | None = None

    @property
    def bits(self) -> int:
        """8 or 4."""
        return 8 if self.middle is None else 4

    @property
    def group_size(self) -> int:
        """How many numbers of a row share a scale; the whole row for 8 bits."""
        return self.q.shape[1] // self.scale.shape[1]

    def dequantize(self) -> Tensor:
        """The weights that the integers stand for, shape (D, C), float32."""
        if self.middle is None:
            return self.q.float() * self.scale
        groups = in_groups(self.q.float(), self.group_size)  # (D, G, group_size)
        middle = self.middle.float()[..., None]
        weight: Tensor = (groups - 8) * self.scale.float()[..., None] + middle
        return weight.flatten(1)  # (D, C)

    def error_bound(self) -> Tensor:
        """The most by which each weight can differ from the original, shape (D, 1) or (D, G).

        Half a step; in 4 bits also what the middle lost when it was stored in 16 bits.
        """
        half = self.scale.float() / 2
        return half if self.middle is None else half * 1.01 + self.middle.float().abs() * 2**-8


def quantize_int8(weight: Tensor) -> QuantizedWeight:
    """Round a matrix to 8 bits, with one scale for each row.

    Args:
        weight: Shape (D, C).

    Returns:
        The integers and scales.

    Example:
        >>> quantize_int8(torch.tensor([[0.5, -1.27]])).scale
        tensor([[0.0100]])
    """
    weight = weight.detach().float()
    scale = weight.abs().amax(1, keepdim=True).clamp(min=SMALLEST_SCALE) / 127  # (D, 1)
    q = (weight / scale).round().clamp(-127, 127).to(torch.int8)  # (D, C)
    return QuantizedWeight(q, scale)


def quantize_int4(weight: Tensor, group_size: int = 32) -> QuantizedWeight:
    """Round a matrix to 4 bits, with a scale and a middle for each group of a row.

    Args:
        weight: Shape (D, C).
        group_size: How many numbers share a scale: 32, 64, 128 or 256; it must divide C.

    Returns:
        The integers, scales and middles.

    Raises:
        ValueError: If `group_size` is another number, or does not divide C.

    Example:
        >>> quantize_int4(torch.linspace(0, 15, 32)[None]).q.max()
        tensor(15, dtype=torch.uint8)
    """
    C = weight.shape[1]
    group_size = check_group_size(group_size)
    if C % group_size:
        raise ValueError(
            f"group_size={group_size} does not divide the {C} columns of the matrix. Use one of "
            f"{', '.join(str(size) for size in GROUP_SIZES if C % size == 0) or 'none: 8 bits'}."
        )
    groups = in_groups(weight.detach().float(), group_size)  # (D, G, group_size)
    low, high = groups.amin(2), groups.amax(2)  # (D, G)
    scale = ((high - low) / 15 * ROUNDED_UP).clamp(min=SMALLEST_SCALE).bfloat16()
    middle = (low + 8 * scale.float()).bfloat16()
    q = (groups - middle.float()[..., None]) / scale.float()[..., None] + 8
    return QuantizedWeight(q.round().clamp(0, 15).to(torch.uint8).flatten(1), scale, middle)


def in_groups(weight: Tensor, group_size: int) -> Tensor:
    """The numbers of each row in groups, shape (D, C) -> (D, G, group_size)."""
    return weight.reshape(len(weight), -1, group_size)


def check_group_size(group_size: int) -> int:
    """The group size; ValueError unless kernels know it."""
    if as_int(group_size, "group_size", 1) not in GROUP_SIZES:
        sizes = ", ".join(map(str, GROUP_SIZES))
        raise ValueError(f"group_size={group_size} is not one of {sizes}; 32 is the most exact.")
    return group_size


def pack_nibbles(q: Tensor) -> Tensor:
    """Two numbers of 4 bits in each byte, shape (D, C) -> (D, C / 2), uint8.

    Args:
        q: Numbers from 0 to 15; C is even.

    Example:
        >>> pack_nibbles(torch.tensor([[1, 2]], dtype=torch.uint8))
        tensor([[33]], dtype=torch.uint8)
    """
    return q[:, 0::2] | q[:, 1::2] << 4


def unpack_nibbles(packed: Tensor) -> Tensor:
    """The numbers that `pack_nibbles` packed, shape (D, C / 2) -> (D, C), uint8.

    Args:
        packed: The bytes.

    Example:
        >>> unpack_nibbles(torch.tensor([[33]], dtype=torch.uint8))
        tensor([[1, 2]], dtype=torch.uint8)
    """
    return torch.stack([packed & 15, packed >> 4], 2).flatten(1)
