"""How a processor multiplies by quantized weights; which way is fastest is measured.

    float       dequantizes at each call and multiplies in float32: right everywhere, never fast
    int8_split  8 bits: activations as two int8 parts, integer products, exact sums
    int4_pack   4 bits: PyTorch's kernel for bfloat16 activations

`int8_split` writes x as a * (high + low / 254) with one a for each row, which keeps 15 bits of it.
The result for a row does not depend on the other rows. PyTorch's own dynamic quantization
(`torch.ops.quantized.linear_dynamic`) has one scale for all rows: a text would then depend on the
texts beside it in the batch.
Trap: `torch._weight_int8pack_mm` ends the process for some shapes, such as 72 columns.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from time import thread_time

import torch
from torch import Tensor

from gptcore.checks import check_choice
from gptcore.quantization.rounding import (
    QuantizedWeight,
    pack_nibbles,
    quantize_int4,
    quantize_int8,
    unpack_nibbles,
)

LOW_STEPS = 254  # half a step of `high` is 127 steps of `low`
TRIAL_SIZE, TRIALS = 512, 7  # of the measurement
CLEARLY_FASTER = 1.5
TILES = 1  # a parameter of PyTorch's 4-bit layout that the CPU ignores

Packed = tuple[Tensor, ...]


@dataclass(frozen=True)
class Kernel:
    """One way to multiply by a quantized matrix.

    Attributes:
        name: As in `KERNELS`.
        linear: From activations in float32, shape (M, C), and packed weights to shape (M, D).
        pack: The layout that `linear` reads.
        unpack: Undoes `pack`.
        tolerance: Largest relative error against the dequantized weights in float64.

    Example:
        >>> KERNELS["int8_split"].tolerance < KERNELS["int4_pack"].tolerance
        True
    """

    name: str
    linear: Callable[[Tensor, Packed], Tensor]
    pack: Callable[[QuantizedWeight], Packed]
    unpack: Callable[[Packed], QuantizedWeight]
    tolerance: float


# 8 bits


def pack_int8(weight: QuantizedWeight) -> Packed:
    """The integers as they are, shape (D, C), and the scales, shape (D,)."""
    return weight.q, weight.scale.flatten()


def unpack_int8(packed: Packed) -> QuantizedWeight:
    """Undo `pack_int8`."""
    return QuantizedWeight(packed[0], packed[1][:, None])


def int8_float(x: Tensor, packed: Packed) -> Tensor:
    """Multiply by the dequantized weights, shape (M, C) -> (M, D)."""
    return x @ unpack_int8(packed).dequantize().t()


def int8_split(x: Tensor, packed: Packed) -> Tensor:
    """Multiply two int8 parts of the activations by int8 weights, shape (M, C) -> (M, D)."""
    q, scale = packed
    M = len(x)
    a = x.abs().amax(1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny) / 127  # (M, 1)
    steps = x / a
    high = steps.round()
    low = ((steps - high) * LOW_STEPS).round()
    parts = torch.cat([high, low]).to(torch.int8)  # (2M, C)
    products = torch._int_mm(parts, q.t()).float()  # (2M, C) @ (C, D) -> (2M, D)
    total = torch.add(products[:M], products[M:], alpha=1 / LOW_STEPS)  # (M, D)
    return total.mul_(a).mul_(scale)


# 4 bits


def pack_int4(weight: QuantizedWeight) -> Packed:
    """Two integers in a byte, shape (D, C / 2), scales and middles, shape (D, G)."""
    assert weight.middle is not None
    return pack_nibbles(weight.q), weight.scale, weight.middle


def unpack_int4(packed: Packed) -> QuantizedWeight:
    """Undo `pack_int4`."""
    return QuantizedWeight(unpack_nibbles(packed[0]), *packed[1:])


def int4_float(x: Tensor, packed: Packed) -> Tensor:
    """Multiply by the dequantized weights, shape (M, C) -> (M, D)."""
    return x @ unpack_int4(packed).dequantize().t()


def pack_int4_tiles(weight: QuantizedWeight) -> Packed:
    """PyTorch's layout: bytes, shape (D, C / 2), and scales with middles, shape (G, D, 2)."""
    assert weight.middle is not None
    tiles = torch.ops.aten._convert_weight_to_int4pack_for_cpu(weight.q.int(), TILES)
    return tiles, torch.stack([weight.scale, weight.middle], 2).transpose(0, 1).contiguous()


def unpack_int4_tiles(packed: Packed) -> QuantizedWeight:
    """Undo `pack_int4_tiles`: with scales of 1 the product with an identity matrix is q - 8."""
    tiles, scales = packed
    C = 2 * tiles.shape[1]
    ones = torch.ones_like(scales)
    ones[..., 1] = 0
    group_size = C // len(scales)
    identity = torch.eye(C, dtype=torch.bfloat16)
    q = torch.ops.aten._weight_int4pack_mm_for_cpu(identity, tiles, group_size, ones)  # (C, D)
    scale, middle = scales.transpose(0, 1).unbind(2)
    return QuantizedWeight((q.t() + 8).to(torch.uint8).contiguous(), scale, middle)


def int4_pack(x: Tensor, packed: Packed) -> Tensor:
    """Multiply activations in bfloat16 by 4-bit weights, shape (M, C) -> (M, D)."""
    tiles, scales = packed
    group_size = x.shape[1] // len(scales)
    product: Tensor = torch.ops.aten._weight_int4pack_mm_for_cpu(
        x.bfloat16(), tiles, group_size, scales
    )
    return product.float()


INT8 = [
    Kernel("int8_split", int8_split, pack_int8, unpack_int8, 2e-4),
    Kernel("int8_float", int8_float, pack_int8, unpack_int8, 1e-5),
]
INT4 = [
    Kernel("int4_pack", int4_pack, pack_int4_tiles, unpack_int4_tiles, 2e-2),
    Kernel("int4_float", int4_float, pack_int4, unpack_int4, 1e-5),
]
# The ways to multiply by quantized weights, by name.
KERNELS = {kernel.name: kernel for kernel in [*INT8, *INT4]}
OF_BITS = {8: INT8, 4: INT4}


def find_kernel(name: str | None, bits: int) -> Kernel:
    """The kernel of a name, or the fastest one of this processor.

    Args:
        name: Of a kernel, or None.
        bits: 8 or 4.

    Returns:
        The kernel.

    Raises:
        ValueError: If there is no such kernel for these bits.

    Example:
        >>> find_kernel("int8_float", 8).name
        'int8_float'
    """
    if name is None:
        return KERNELS[fastest_kernel(bits)]
    check_choice(name, f"kernel of {bits} bits", [kernel.name for kernel in OF_BITS[bits]])
    return KERNELS[name]


@lru_cache
def fastest_kernel(bits: int) -> str:
    """The name of the kernel that this processor should use: right, and fast for one row.

    Processor seconds of one thread are compared, so that a busy machine changes nothing. A kernel
    later in the list must be half as fast again as one before it, which is more exact.

    Args:
        bits: 8 or 4.

    Example:
        >>> fastest_kernel(8) in KERNELS
        True
    """
    weight = trial_weight(bits)
    with one_thread():
        right = [kernel for kernel in OF_BITS[bits] if is_right(kernel, weight)]
        seconds = seconds_of(right, weight)
    best = right[0]
    for kernel in right[1:]:
        if seconds[kernel.name] * CLEARLY_FASTER < seconds[best.name]:
            best = kernel
    return best.name


def trial_weight(bits: int) -> QuantizedWeight:
    """A matrix to try a kernel on, with the largest integers in its first rows.

    Args:
        bits: 8 or 4.
    """
    weight = torch.randn(TRIAL_SIZE, TRIAL_SIZE, generator=torch.Generator().manual_seed(0))
    weight[:8] = weight[:8].sign()
    return quantize_int8(weight) if bits == 8 else quantize_int4(weight)


def is_right(kernel: Kernel, weight: QuantizedWeight) -> bool:
    """Whether a kernel exists here, and gives the product that float64 gives.

    Integer kernels of old processors saturate at the largest products without an error.

    Args:
        kernel: Is tried.
        weight: What `trial_weight` made.
    """
    x = torch.randn(5, TRIAL_SIZE, generator=torch.Generator().manual_seed(1))
    x[0] = weight.dequantize()[0].sign()
    expected = x.double() @ weight.dequantize().double().t()
    try:
        found = kernel.linear(x, kernel.pack(weight)).double()
    except (RuntimeError, AttributeError, NotImplementedError):
        return False  # not on this processor, or not in this PyTorch
    return bool((found - expected).abs().max() <= kernel.tolerance * expected.abs().max())


def seconds_of(kernels: list[Kernel], weight: QuantizedWeight) -> dict[str, float]:
    """Processor seconds of each kernel for one row: the least of several trials.

    Args:
        kernels: Those that are right.
        weight: What `trial_weight` made.
    """
    x = torch.ones(1, TRIAL_SIZE)
    packed = {kernel.name: kernel.pack(weight) for kernel in kernels}
    seconds = dict.fromkeys(packed, inf)
    for kernel in kernels * TRIALS:
        start = thread_time()
        kernel.linear(x, packed[kernel.name])
        seconds[kernel.name] = min(seconds[kernel.name], thread_time() - start)
    return seconds


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, PyTorch computes in one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
