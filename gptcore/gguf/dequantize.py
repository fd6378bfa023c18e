"""Numbers as ggml stores them -> float: blocks of 32 or 256 small integers with a scale each.

Q4_1, for example: 20 bytes are 32 numbers; scale d and minimum m as float16, then 4 bits q for each
number, which is d * q + m. The common types are unpacked here; the others by the package gguf.
Source: ggml-quants.c in the repository ggml-org/ggml.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gptcore.optional import optional_import


@dataclass(frozen=True)
class StorageType:
    """How ggml stores numbers.

    Attributes:
        name: ggml's name.
        block_numbers: Numbers in a block.
        block_bytes: Bytes of a block.
    """

    name: str
    block_numbers: int
    block_bytes: int


TYPES = {  # ggml's number -> type
    0: StorageType("F32", 1, 4),
    1: StorageType("F16", 1, 2),
    2: StorageType("Q4_0", 32, 18),
    3: StorageType("Q4_1", 32, 20),
    6: StorageType("Q5_0", 32, 22),
    7: StorageType("Q5_1", 32, 24),
    8: StorageType("Q8_0", 32, 34),
    10: StorageType("Q2_K", 256, 84),
    11: StorageType("Q3_K", 256, 110),
    12: StorageType("Q4_K", 256, 144),
    13: StorageType("Q5_K", 256, 176),
    14: StorageType("Q6_K", 256, 210),
    20: StorageType("IQ4_NL", 32, 18),
    23: StorageType("IQ4_XS", 256, 136),
    30: StorageType("BF16", 1, 2),
}


def dequantize(raw: Tensor, kind: StorageType) -> Tensor:
    """Unpack the numbers of one tensor.

    Args:
        raw: Its bytes, shape (N * block_bytes,), uint8.
        kind: How they are stored.

    Returns:
        Its numbers, shape (N * block_numbers,), in float32 unless they are stored as 16-bit floats.

    Raises:
        PackageMissingError: If the type needs the package gguf, which is not installed.
    """
    if kind.name in ("F32", "F16", "BF16"):
        return raw.view(
            {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[kind.name]
        )
    blocks = raw.view(-1, kind.block_bytes)  # (N, block_bytes)
    if kind.name == "Q8_0":
        return (scales(blocks, 0) * blocks[:, 2:].view(torch.int8)).flatten()
    if kind.name == "Q4_0":
        return (scales(blocks, 0) * (nibbles(blocks[:, 2:]).view(torch.int8) - 8)).flatten()
    if kind.name == "Q4_1":
        return (scales(blocks, 0) * nibbles(blocks[:, 4:])).add_(scales(blocks, 2)).flatten()
    quants = optional_import("gguf.quants", f"Reading {kind.name} weights")
    types = optional_import("gguf", f"Reading {kind.name} weights").GGMLQuantizationType
    unpacked = quants.dequantize(blocks.numpy(), types[kind.name])  # (N, block_numbers)
    return torch.from_numpy(unpacked).flatten()


def scales(blocks: Tensor, at: int) -> Tensor:
    """The float16 at this byte of each block, as float32: (N, block_bytes) -> (N, 1)."""
    return blocks[:, at : at + 2].contiguous().view(torch.float16).float()


def nibbles(packed: Tensor) -> Tensor:
    """Two numbers of 4 bits in a byte: all lower halves, then all upper: (N, 16) -> (N, 32)."""
    return torch.cat([packed & 15, packed >> 4], dim=1)
