"""Load the tensors of a GGUF file, with the rows in Hugging Face's order.

Trap: in the architecture llama, llama.cpp reorders the rows of q and k. It rotates neighbours
(0, 1), (2, 3), ...; Hugging Face rotates halves (0, D/2), (1, D/2 + 1), ...
Source: `LlamaModel.permute` in convert_hf_to_gguf.py of the repository ggml-org/llama.cpp.
"""

import mmap
from math import pi, prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gptcore.gguf.config import HFConfig
from gptcore.gguf.dequantize import TYPES, dequantize
from gptcore.gguf.header import GGUFHeader, TensorInfo
from gptcore.gguf.names import DIVISORS, Target

StateDict = dict[str, Tensor]


def check_storage(header: GGUFHeader) -> None:
    """Check that each tensor is stored in a way that is known, and wholly inside the file.

    Raises:
        ValueError: For an unknown quantization.
        OSError: If the file is cut.
    """
    for info in header.tensors.values():
        kind = TYPES.get(info.type_id)
        if kind is None:
            names = ", ".join(known.name for known in TYPES.values())
            raise ValueError(
                f"{header.path} stores {info.name!r:.80} as ggml's type {info.type_id}, which is "
                f"not known here. Known are: {names}."
            )
        if info.shape[-1] % kind.block_numbers:
            raise ValueError(
                f"{header.path} stores {info.name!r:.80} of shape {info.shape} as {kind.name}, "
                f"whose rows are multiples of {kind.block_numbers}."
            )
        if (end := info.offset + stored_bytes(info)) > header.bytes:
            raise OSError(
                f"{header.path} is cut: it needs at least {end:,} bytes and has "
                f"{header.bytes:,}. Copy or download it again."
            )


def stored_bytes(info: TensorInfo) -> int:
    """The size of a tensor in the file."""
    kind = TYPES[info.type_id]
    return prod(info.shape) // kind.block_numbers * kind.block_bytes


def load_tensor(mapped: mmap.mmap, info: TensorInfo) -> Tensor:
    """The numbers of one tensor in its shape; they may share the memory of the file."""
    raw = torch.frombuffer(mapped, dtype=torch.uint8, count=stored_bytes(info), offset=info.offset)
    return dequantize(raw, TYPES[info.type_id]).view(info.shape)


def to_hf_tensors(tensor: Tensor, target: Target, dtype: torch.dtype) -> StateDict:
    """A tensor of the file -> one or several of the checkpoint, copied, in that dtype."""
    if target.heads:
        tensor = halves_from_neighbours(tensor, target.heads)
    if target.is_conv1d:
        tensor = tensor.t()  # (out, in) -> (in, out)
    parts = {target.name: tensor}
    if "{}" in target.name:
        parts = {target.name.format(i): expert for i, expert in enumerate(tensor)}
    return {name: torch.empty(part.shape, dtype=dtype).copy_(part) for name, part in parts.items()}


def halves_from_neighbours(rows: Tensor, heads: int) -> Tensor:
    """Put the rows of q or k, which RoPE rotates in neighbours, in Hugging Face's order.

    Args:
        rows: Weight or bias, shape (heads * D, ...).
        heads: Number of heads.

    Returns:
        The same rows, shape (heads * D, ...): in each head first the even ones, then the odd ones.
    """
    pairs = rows.reshape(heads, -1, 2, *rows.shape[1:])  # (heads, D / 2, 2, ...)
    return pairs.transpose(1, 2).reshape(rows.shape)  # (heads, 2, D / 2, ...) -> (heads * D, ...)


def llama3_scaling(divisors: Tensor, config: HFConfig, path: Path) -> dict[str, Any]:
    """The `rope_scaling` that divides RoPE's frequencies by these numbers.

    Llama 3.1 to 3.3 differ only in the factor, which is the largest divisor. Others are refused.

    Args:
        divisors: Shape (D / 2,).
        config: Has head_dim, rope_theta and rope_scaling.
        path: The file, for the error.

    Returns:
        Hugging Face's `rope_scaling`.

    Raises:
        ValueError: If it is another scaling.
    """
    low, high, length = 1.0, 4.0, 8192
    factor = round(divisors.max().item(), 4)
    exponents = torch.arange(0, config["head_dim"], 2, dtype=torch.double) / config["head_dim"]
    wavelengths = 2 * pi * config["rope_theta"] ** exponents  # (D / 2,)
    smooth = ((length / wavelengths - low) / (high - low)).clamp(0, 1)
    expected = 1 / ((1 - smooth) / factor + smooth)
    if config["rope_scaling"] or not torch.allclose(divisors.double(), expected, rtol=1e-4):
        raise ValueError(
            f"{path} scales RoPE by the tensor {DIVISORS}, and not as Llama 3.1 to 3.3 do. No "
            f"other scaling by a tensor is known here."
        )
    return {
        "rope_type": "llama3",
        "factor": factor,
        "low_freq_factor": low,
        "high_freq_factor": high,
        "original_max_position_embeddings": length,
    }
