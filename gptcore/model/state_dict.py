"""State dicts of other programs under our names; nothing is dropped that was not checked.

Wrappers such as DDP and torch.compile add to the names of tensors. Old GPT-2 files contain the
causal mask, too. A model whose config says that it is tied may have a head that differs.
"""

from dataclasses import replace

import torch
from torch import Tensor

from gptcore.formats.weights import StateDict
from gptcore.model.config import GPTConfig

HEAD, EMBEDDING = "lm_head.weight", "wte.weight"
WRAPPERS = {
    "module",  # DistributedDataParallel
    "_orig_mod",  # torch.compile
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",  # activation checkpointing
    "model",  # a module that holds the model
    "transformer",  # the ModuleDict of GPT-2 and nanoGPT
}
MASKED_SCORE = -1e4  # what old GPT-2 files set a masked score to


def strip_wrappers(tensors: StateDict, origin: str) -> StateDict:
    """The same tensors, without the names of wrappers in their names.

    Args:
        tensors: A state dict.
        origin: Where it is from, for the error.

    Returns:
        A state dict under our names.

    Raises:
        ValueError: If two tensors then have the same name.
    """
    stripped: StateDict = {}
    full_name: dict[str, str] = {}
    for name, tensor in tensors.items():
        ours = ".".join(part for part in str(name).split(".") if part not in WRAPPERS)
        if ours in stripped:
            raise ValueError(
                f"{origin} has {ours} twice, as {full_name[ours]} and as {name}. Remove the one "
                f"that is not to be loaded."
            )
        stripped[ours], full_name[ours] = tensor, str(name)
    return stripped


def drop_masks(tensors: StateDict, config: GPTConfig, origin: str) -> StateDict:
    """The tensors without causal masks, which the model computes itself.

    Args:
        tensors: A state dict under our names.
        config: Sizes of the model.
        origin: Where the tensors are from, for the error.

    Returns:
        The other tensors.

    Raises:
        ValueError: If a mask is not the usual causal one.
    """
    checks = {"bias": is_causal_mask, "masked_bias": is_masked_score}
    masks = {
        f"h.{layer}.attn.{name}": check
        for layer in range(config.n_layer)
        for name, check in checks.items()
    }
    for name in masks.keys() & tensors.keys():
        if not masks[name](tensors[name], config.block_size):
            raise ValueError(
                f"{name} of {origin} is not the usual causal mask, and GPT computes only that "
                f"one: each token attends to itself and to all tokens before it."
            )
    return {name: tensor for name, tensor in tensors.items() if name not in masks}


def is_causal_mask(mask: Tensor, block_size: int) -> bool:
    """Whether it is a lower triangle of shape (1, 1, T, T), with T at least block_size."""
    T = mask.shape[-1] if mask.dim() else 0
    causal = torch.ones(1, 1, T, T).tril()
    return block_size <= T and torch.equal(mask.float(), causal)


def is_masked_score(score: Tensor, block_size: int) -> bool:
    """Whether it is one number, low enough to mask a score; a scalar tensor."""
    return score.numel() == 1 and float(score) <= MASKED_SCORE


def tie_or_untie(config: GPTConfig, tensors: StateDict) -> tuple[GPTConfig, StateDict]:
    """Drop the head of a tied model if it equals the embedding; otherwise untie the config."""
    if not config.tie_weights or HEAD not in tensors:
        return config, tensors
    head, embedding = tensors[HEAD], tensors.get(EMBEDDING)
    if embedding is None or are_equal(head, embedding):
        others = {name: tensor for name, tensor in tensors.items() if name != HEAD}
        return config, {**others, EMBEDDING: head if embedding is None else embedding}
    return replace(config, tie_weights=False), tensors


def are_equal(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors have the same numbers in the same dtype."""
    return a is b or (a.dtype == b.dtype and torch.equal(a, b))
