"""Weights from a GGUF file, as llama.cpp stores them; `gptcore/gguf` has the format.

They arrive as config and tensors of a Hugging Face checkpoint, so that one loader reads both.
Source: `from_pretrained(..., gguf_file=...)` of transformers, whose tensors are the test.
"""

import mmap
from pathlib import Path

import torch

from gptcore.checks import as_path
from gptcore.gguf.config import HFConfig, config_from_header
from gptcore.gguf.header import read_header
from gptcore.gguf.names import DIVISORS, EMBEDDING, targets_of
from gptcore.gguf.tensors import (
    StateDict,
    check_storage,
    llama3_scaling,
    load_tensor,
    to_hf_tensors,
)


def read_gguf(path: str | Path, dtype: torch.dtype = torch.float32) -> tuple[HFConfig, StateDict]:
    """Read config and weights from a GGUF file.

    Args:
        path: The file; its architecture is llama (with experts, too), qwen2, qwen3 or gpt2.
        dtype: Of the tensors; quantized weights are unpacked into it.

    Returns:
        The config in the names of Hugging Face's `config.json`, and the tensors in the names, the
        order of rows and the shapes of its checkpoints. A head that equals the embedding is left
        out, and `tie_word_embeddings` is true.

    Raises:
        ValueError: If it is no GGUF, or has an architecture, a quantization, a field or a tensor
            that is not known.
        OSError: If the file is missing, cut or damaged.
        PackageMissingError: If its quantization needs the package gguf, which is not installed.

    Example:
        >>> config, tensors = read_gguf("SmolLM2-135M-Instruct.Q4_1.gguf")
        >>> tensors["model.layers.0.self_attn.k_proj.weight"].shape
        torch.Size([192, 576])
    """
    header = read_header(as_path(path, "The GGUF file"))
    config = config_from_header(header)
    targets = targets_of(config, header)
    check_storage(header)
    state: StateDict = {}
    with header.path.open("rb") as file:
        # Copy on write: PyTorch asks for memory that can be written to. The file never changes.
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    if targets.pop(DIVISORS, None):
        divisors = load_tensor(mapped, header.tensors[DIVISORS])
        config["rope_scaling"] = llama3_scaling(divisors, config, header.path)
    for name, target in targets.items():
        state |= to_hf_tensors(load_tensor(mapped, header.tensors[name]), target, dtype)
    head, embedding = state.get("lm_head.weight"), state[targets[EMBEDDING].name]
    config["tie_word_embeddings"] = head is None or torch.equal(head, embedding)
    if config["tie_word_embeddings"]:
        state.pop("lm_head.weight", None)
    return config, state
