"""A model as a GGUF file, the format of llama.cpp; the package gguf writes it.

Norms, biases, positions and routers stay in 32 bits, as in llama.cpp's own converter.
Source: convert_hf_to_gguf.py in the repository ggml-org/llama.cpp.
"""

import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gptcore.checks import check_choice
from gptcore.export.gguf_metadata import architecture_of, divisors_of, metadata_of
from gptcore.export.gguf_tokenizer import tokenizer_metadata
from gptcore.export.model_and_tokenizer import as_hf_tokenizer, ready_model
from gptcore.export.new_path import check_new
from gptcore.files import atomic_path
from gptcore.formats.huggingface import to_hf_names
from gptcore.formats.weights import StateDict
from gptcore.gguf.names import DIVISORS, HEAD, Target, all_targets
from gptcore.model import GPT
from gptcore.optional import optional_import
from gptcore.tokenizers import HFTokenizer, Tokenizer
from gptcore.tuning import ChatFormat

FILE_TYPES = {"f32": 0, "f16": 1, "q8_0": 7}  # general.file_type
BLOCK = 32  # numbers that q8_0 stores with one scale
KEPT_IN_32_BITS = ("position_embd.weight", "ffn_gate_inp.weight")  # beside norms and biases
MAX_F16 = 65504.0


def export_gguf(
    model: GPT,
    tokenizer: Tokenizer,
    path: str | Path,
    *,
    chat: ChatFormat | None = None,
    dtype: str = "f16",
) -> Path:
    """Write a GGUF file that llama.cpp, transformers and `GPT.from_gguf` read.

    LoRA adapters are merged, and rows of the vocabulary that no token has are left out.

    Args:
        model: The model. With RoPE it becomes a llama, qwen2 or qwen3, otherwise a gpt2.
        tokenizer: Its tokenizer; characters become a vocabulary of the SentencePiece kind.
        path: Where; nothing may be there.
        chat: How the model was tuned to answer; it becomes a chat template.
        dtype: How matrices are stored: f32, f16 or q8_0. Rows that q8_0 cannot divide into blocks
            of 32 are f16.

    Returns:
        The path.

    Raises:
        ValueError: If something is there already, or llama.cpp has no such model or tokenizer; the
            error names what it lacks. Then nothing is written.
        PackageMissingError: If the package gguf is not installed.

    Example:
        >>> export_gguf(model, tokenizer, "model.gguf").name
        'model.gguf'
    """
    check_choice(dtype, "dtype", FILE_TYPES)
    target = check_new(path)
    if target.is_dir():
        raise ValueError(f"{target} is a folder; name a file, such as {target / 'model.gguf'}.")
    gguf = optional_import("gguf", "A GGUF file")
    ready, described = ready_model(model, tokenizer), as_hf_tokenizer(tokenizer, chat)
    fields = asdict(ready.effective_config()) | {"intermediate_size": ready.config.mlp_size}
    config, tensors = to_hf_names(fields, ready.unique_state_dict())
    begins_texts = bool(described.bos_ids) or not isinstance(tokenizer, HFTokenizer)
    metadata = {
        "general.name": target.stem,
        "general.file_type": FILE_TYPES[dtype],
        "general.quantization_version": 2,
        **metadata_of(config),
        **tokenizer_metadata(described, begins_texts),
    }
    arrays = dict(gguf_tensors(config, tensors))
    check_range(arrays, dtype)
    warn_of_gelu(fields)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as part:
        writer = gguf.GGUFWriter(part, architecture_of(config))
        for key, value in metadata.items():
            add_field(gguf, writer, key, value)
        for name, tensor in arrays.items():
            add_tensor(gguf, writer, name, tensor, dtype)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return target


def warn_of_gelu(fields: dict[str, Any]) -> None:
    """Warn that llama.cpp computes GELU by its approximation.

    Args:
        fields: The fields of `GPTConfig`.
    """
    if fields["activation"] == "gelu":
        warnings.warn(
            "llama.cpp has no exact GELU (activation='gelu'); it computes the approximation by "
            "tanh, and so does GPT.from_gguf. Logits differ a little.",
            stacklevel=3,
        )


def gguf_tensors(config: dict[str, Any], tensors: StateDict) -> Iterator[tuple[str, Tensor]]:
    """The tensors under llama.cpp's names, in its layout.

    Args:
        config: The config in Hugging Face's names, as `architecture_of` left it.
        tensors: The state dict in Hugging Face's layout.

    Yields:
        Name and tensor in 32 bits, whose shape is that of `Target`.
    """
    extra = [HEAD] if "lm_head.weight" in tensors else []
    if (divisors := divisors_of(config)) is not None:
        yield DIVISORS, divisors
    for name, target in all_targets(config, extra).items():
        yield name, from_hf(tensors, target).detach().float().cpu().contiguous()


def from_hf(tensors: StateDict, target: Target) -> Tensor:
    """One tensor of the file, from those of the checkpoint; its shape is `target.shape`."""
    if "{}" in target.name:
        return torch.stack([tensors[target.name.format(e)] for e in range(target.shape[0])])
    tensor = tensors[target.name]
    if target.is_conv1d:
        tensor = tensor.t()  # (in, out) -> (out, in)
    return neighbours_from_halves(tensor, target.heads) if target.heads else tensor


def neighbours_from_halves(rows: Tensor, heads: int) -> Tensor:
    """Reorder the rows of q or k, so that rotating neighbours equals rotating halves.

    Args:
        rows: Weight or bias, shape (heads * D, ...).
        heads: Number of heads.
    """
    halves = rows.reshape(heads, 2, -1, *rows.shape[1:])  # (heads, 2, D/2, ...)
    return halves.transpose(1, 2).reshape(rows.shape)  # (heads, D/2, 2, ...) -> (heads * D, ...)


def check_range(arrays: StateDict, dtype: str) -> None:
    """Raise ValueError for a weight that is not finite, or that 16 bits cannot hold."""
    for name, tensor in arrays.items():
        largest = tensor.abs().max().item()
        if not largest <= (MAX_F16 if dtype != "f32" else torch.finfo(torch.float32).max):
            raise ValueError(
                f"{name} has a weight of size {largest:g}, which {dtype} cannot hold. "
                + ("Use dtype f32." if largest < float("inf") else "The model is damaged.")
            )


def add_field(gguf: Any, writer: Any, key: str, value: Any) -> None:
    """Add one field; integers take 32 bits, and a list has values of one type."""
    types = gguf.GGUFValueType
    kinds = {bool: types.BOOL, int: types.UINT32, float: types.FLOAT32, str: types.STRING}
    if not isinstance(value, list):
        writer.add_key_value(key, value, kinds[type(value)])
        return
    inside = types.INT32 if isinstance(value[0], int) else kinds[type(value[0])]
    writer.add_key_value(key, value, types.ARRAY, sub_type=inside)


def add_tensor(gguf: Any, writer: Any, name: str, tensor: Tensor, dtype: str) -> None:
    """Add one tensor, stored in the way that suits it."""
    array = tensor.numpy()
    if dtype == "f32" or tensor.dim() == 1 or name.endswith(KEPT_IN_32_BITS):
        writer.add_tensor(name, array)
    elif dtype == "q8_0" and tensor.shape[-1] % BLOCK == 0:
        kind = gguf.GGMLQuantizationType.Q8_0
        quants = optional_import("gguf.quants", "A GGUF file")
        writer.add_tensor(name, quants.quantize(array, kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, tensor.half().numpy())
