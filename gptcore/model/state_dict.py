"""State dicts of other programs under our names: nothing is dropped that was not looked at.

Wrappers such as DDP and torch.compile put words into the names of tensors. Old GPT-2 files hold
the causal mask, too. And a model that is said to be tied may have a head of its own.
"""

from dataclasses import replace

import torch
from torch import Tensor

from gptcore.model.config import GPTConfig
from gptcore.model.weights import Tensors

HEAD, EMBEDDING = "lm_head.weight", "wte.weight"
WRAPPERS = {
    "module",  # DistributedDataParallel
    "_orig_mod",  # torch.compile
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",  # activation checkpointing
    "model",  # a module that holds the model
    "transformer",  # GPT-2's and nanoGPT's own folder of parts
}
BLOCKED = -1e4  # what old GPT-2 files add to a score that must not count


def strip_wrappers(tensors: Tensors, origin: str) -> Tensors:
    """The same tensors, without the names of wrappers in their names.

    Raises: ValueError if two of them then have one name.
    """
    stripped: Tensors = {}
    full_name: dict[str, str] = {}
    for name, tensor in tensors.items():
        ours = ".".join(part for part in str(name).split(".") if part not in WRAPPERS)
        if ours in stripped:
            raise ValueError(
                f"{origin} has {ours} twice, as {full_name[ours]} and as {name}. Remove the one "
                f"that is not to be read."
            )
        stripped[ours], full_name[ours] = tensor, str(name)
    return stripped


def drop_masks(tensors: Tensors, config: GPTConfig, origin: str) -> Tensors:
    """The tensors without causal masks, if these are the mask that we compute ourselves.

    Raises: ValueError for a mask that lets other tokens through.
    """
    checks = {"bias": is_causal_mask, "masked_bias": is_blocked_score}
    masks = {
        f"h.{layer}.attn.{name}": check
        for layer in range(config.n_layer)
        for name, check in checks.items()
    }
    for name in masks.keys() & tensors.keys():
        if not masks[name](tensors[name], config.block_size):
            raise ValueError(
                f"{name} of {origin} is not the usual causal mask, and a model here computes that "
                f"one only: each token sees itself and all tokens before it."
            )
    return {name: tensor for name, tensor in tensors.items() if name not in masks}


def is_causal_mask(mask: Tensor, block_size: int) -> bool:
    """Shapes: mask (1, 1, T, T), with T at least block_size."""
    T = mask.shape[-1] if mask.dim() else 0
    causal = torch.ones(1, 1, T, T).tril()
    return block_size <= T and torch.equal(mask.float(), causal)


def is_blocked_score(score: Tensor, block_size: int) -> bool:
    """Shapes: score ()."""
    return score.numel() == 1 and float(score) <= BLOCKED


def tie_or_untie(config: GPTConfig, tensors: Tensors) -> tuple[GPTConfig, Tensors]:
    """A tied model has one matrix for tokens and head; one with two different ones is untied."""
    if not config.tie_weights or HEAD not in tensors:
        return config, tensors
    head, embedding = tensors[HEAD], tensors.get(EMBEDDING)
    if embedding is None or are_equal(head, embedding):
        others = {name: tensor for name, tensor in tensors.items() if name != HEAD}
        return config, {**others, EMBEDDING: head if embedding is None else embedding}
    return replace(config, tie_weights=False), tensors


def are_equal(a: Tensor, b: Tensor) -> bool:
    """Whether they are the same numbers in the same format."""
    return a is b or (a.dtype == b.dtype and torch.equal(a, b))
