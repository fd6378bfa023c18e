"""LoRA adapters of a GPT: added, trained by `fine_tune`, merged, and saved apart from the model.

With rank 8 about 1 % of the weights are trained, so the optimizer needs little memory, and one
model can have many adapters of a few megabytes.
Source: Hu et al. 2021, arXiv 2106.09685; adapters on all linear layers: Dettmers et al. 2023,
    arXiv 2305.14314.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from gptcore.checks import as_finite, as_int, as_path, check_choice
from gptcore.files import atomic_path
from gptcore.formats.weights import load_tensors, save_tensors
from gptcore.json_text import parse_json
from gptcore.model import GPT
from gptcore.model.adapters.lora_linear import (
    LORA_NAMES,
    LoRALinear,
    adapt_as_in,
    adapt_layers,
    adapted_layers,
)

LAYERS = ("c_attn", "c_fc", "c_proj")  # of attention and MLP


def add_lora(
    model: GPT,
    rank: int = 8,
    alpha: float = 16.0,
    layers: Iterable[str] = LAYERS,
    generator: torch.Generator | None = None,
) -> list[str]:
    """Put adapters on linear layers and freeze everything else; the outputs stay the same.

    Args:
        model: The model, which is changed in place.
        rank: Rank of the change of each matrix.
        alpha: An adapter counts alpha / rank times, so that one learning rate suits all ranks.
        layers: Which layers of a block: c_attn, c_fc, c_proj.
        generator: Source of the initial values; None is PyTorch's global generator.

    Returns:
        The names of the adapted layers.

    Raises:
        ValueError: If the model has adapters already, or no such layers.

    Example:
        >>> add_lora(model, rank=2, layers=["c_attn"])
        ['h.0.attn.c_attn']
    """
    scale = as_finite(alpha, "alpha", above=0) / as_int(rank, "rank", 1)
    chosen = set(layers)
    for name in chosen:
        check_choice(name, "layer", LAYERS)
    if has_lora(model):
        raise ValueError("The model has adapters already. Merge them first: merge_lora(model).")
    found = {
        name: LoRALinear(module, rank, scale, generator)
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.rsplit(".")[-1] in chosen
    }
    if not found:
        raise ValueError("The model has none of these layers: experts take no adapters.")
    adapt_layers(model, found)
    return list(found)


def has_lora(model: GPT) -> bool:
    """Whether a model has adapters.

    Args:
        model: The model.

    Example:
        >>> has_lora(model)
        False
    """
    return any(True for _ in adapted_layers(model))


def merge_lora(model: GPT) -> GPT:
    """A plain model that computes what a model and its adapters compute, without their cost.

    Args:
        model: The model with adapters, which stays as it is.

    Returns:
        A model of its own, in eval mode, whose weights can be trained.

    Example:
        >>> names = add_lora(model)
        >>> has_lora(merge_lora(model))
        False
    """
    tensors = {
        name: tensor.clone()
        for name, tensor in model.unique_state_dict().items()
        if name.rsplit(".")[-1] not in LORA_NAMES
    }
    with torch.no_grad():
        for name, layer in adapted_layers(model):
            tensors[f"{name}.weight"] = layer.merged_weight()
    return GPT.from_state_dict(model.effective_config(), tensors, "the model with adapters")


def save_lora(model: GPT, file: str | Path) -> None:
    """Write the adapters alone as safetensors.

    Args:
        model: The model with adapters.
        file: Such as carry.safetensors; it is complete or not there.

    Raises:
        ValueError: If the model has none.

    Example:
        >>> names = add_lora(model)
        >>> save_lora(model, "carry.safetensors")
    """
    if not has_lora(model):
        raise ValueError("The model has no adapters to save. Add them: add_lora(model).")
    tensors = {
        f"{name}.{part}": getattr(layer, part).detach().contiguous()
        for name, layer in adapted_layers(model)
        for part in LORA_NAMES
    }
    about = {"config": asdict(model.effective_config()), "base_sha256": base_sha256(model)}
    with atomic_path(as_path(file, "The file")) as part:
        save_tensors(tensors, part, {"gptcore lora": json.dumps(about)})


def load_lora(model: GPT, file: str | Path) -> None:
    """Give a model the adapters of a file, and freeze everything else.

    Args:
        model: The model that the adapters were trained on; it is changed in place.
        file: What `save_lora` wrote.

    Raises:
        ValueError: If the adapters belong to another model, or the model has adapters already.
        OSError: If the file is missing or incomplete.

    Example:
        >>> base = GPT.from_state_dict(model.config, model.unique_state_dict(), "the model")
        >>> names = add_lora(model)
        >>> save_lora(model, "carry.safetensors")
        >>> load_lora(base, "carry.safetensors")
        >>> has_lora(base)
        True
    """
    path = as_path(file, "The file")
    tensors, metadata = load_tensors(path)
    if "gptcore lora" not in metadata:
        raise ValueError(f"{path} has no adapters that save_lora wrote. A model: GPT.load(folder).")
    if has_lora(model):
        raise ValueError("The model has adapters already. Merge them first: merge_lora(model).")
    if parse_json(metadata["gptcore lora"])["base_sha256"] != base_sha256(model):
        raise ValueError(
            f"The adapters in {path} were trained on a model with other weights, and change only "
            "that one in a useful way. Load them into the model that they were trained on."
        )
    adapt_as_in(model, tensors)
    model.load_state_dict(tensors, strict=False)


def base_sha256(model: GPT) -> str:
    """The hash of all weights that are not adapters."""
    found = hashlib.sha256()
    for name, tensor in model.unique_state_dict().items():
        if name.rsplit(".")[-1] not in LORA_NAMES:
            found.update(name.encode())
            numbers = tensor.detach().cpu().contiguous().view(-1).view(torch.uint8)
            found.update(numbers.numpy().tobytes())
    return found.hexdigest()
