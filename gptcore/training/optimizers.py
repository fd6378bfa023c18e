"""The optimizers: AdamW for all weights, or Muon for the matrices inside the blocks.

Weight decay applies to matrices only, not to vectors (biases, gains of norms). Muon replaces the
running mean of a matrix's gradients by the nearest orthogonal matrix before it takes the step.
Embeddings, the head, and experts with their router stay with AdamW.
Source: AdamW: Loshchilov and Hutter 2017, arXiv 1711.05101; Muon: Jordan et al. 2024, and for the
    length of its step, which matches AdamW's: Liu et al. 2025, arXiv 2502.16982.
"""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import AdamW, Muon, Optimizer

from gptcore.model import GPT
from gptcore.training.config import TrainConfig
from gptcore.training.fsdp import shard_like

ADAMW_STATE_KEYS = {"step", "exp_avg", "exp_avg_sq"}
MUON_STATE_KEYS = {"momentum_buffer"}


def make_optimizers(model: GPT, config: TrainConfig) -> list[Optimizer]:
    """Make the optimizers that together update all weights of a model.

    Args:
        model: The model, on its device.
        config: Which optimizer, and its settings.

    Returns:
        AdamW, or AdamW and Muon; Muon alone where only matrices inside the blocks are trained.

    Example:
        >>> [type(optimizer).__name__ for optimizer in make_optimizers(model, config)]
        ['AdamW']
    """
    groups = param_groups(model, config.optimizer)
    decay = {"adamw matrices": config.weight_decay, "adamw vectors": 0.0}
    params = [{"params": groups[n], "weight_decay": decay[n]} for n in decay if groups[n]]
    if not params and not groups["muon"]:
        raise ValueError("All weights of the model are frozen. Train some: requires_grad_(True).")
    made: list[Optimizer] = []
    if params:
        adamw = AdamW(
            params,
            lr=config.learning_rate,
            betas=(config.beta1, config.beta2),
            fused=model.device.type in ("cpu", "cuda"),
        )
        made.append(adamw)
    if groups["muon"]:
        muon = Muon(
            groups["muon"],
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            adjust_lr_fn="match_rms_adamw",  # so that one learning rate suits both
        )
        made.append(muon)
    return made


def param_groups(model: GPT, optimizer: str) -> dict[str, list[Tensor]]:
    """Every weight that is trained once, by optimizer and weight decay; a tied head is the token
    embedding."""
    groups: dict[str, list[Tensor]] = {"muon": [], "adamw matrices": [], "adamw vectors": []}
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue  # frozen, as below LoRA adapters
        if weight.dim() < 2:
            groups["adamw vectors"].append(weight)
        elif optimizer == "muon" and is_matrix_of_block(name, weight):
            groups["muon"].append(weight)
        else:
            groups["adamw matrices"].append(weight)
    return groups


def is_matrix_of_block(name: str, weight: Tensor) -> bool:
    """Whether Muon updates it: it takes matrices, not the stacked matrices of experts."""
    return name.startswith("h.") and weight.dim() == 2 and ".router." not in name


def set_lr(optimizers: list[Optimizer], lr: float) -> None:
    """Set the learning rate of the next update.

    Args:
        optimizers: The optimizers.
        lr: The learning rate.
    """
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = lr


def optimizer_state_dict(model: GPT, optimizers: list[Optimizer]) -> dict[str, Tensor]:
    """Collect the state tensors of the optimizers.

    Args:
        model: The model whose weights they update.
        optimizers: The optimizers.

    Returns:
        Tensors under names such as h.0.mlp.c_fc.weight/exp_avg.
    """
    name_of: dict[Tensor, str] = {weight: name for name, weight in model.named_parameters()}
    return {
        f"{name_of[weight]}/{key}": tensor
        for optimizer in optimizers
        for weight, state in optimizer.state.items()
        for key, tensor in state.items()
    }


def load_optimizer_state(
    model: GPT, optimizers: list[Optimizer], tensors: dict[str, Tensor]
) -> None:
    """Load what `optimizer_state_dict` collected into the optimizers.

    Args:
        model: The model whose weights they update.
        optimizers: The optimizers, changed in place.
        tensors: The state tensors.

    Raises:
        ValueError: If the state is that of another optimizer.
    """
    name_of: dict[Tensor, str] = {weight: name for name, weight in model.named_parameters()}
    by_weight: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        owner, key = name.rsplit("/", 1)
        by_weight.setdefault(owner, {})[key] = tensor
    for optimizer in optimizers:
        expected = MUON_STATE_KEYS if isinstance(optimizer, Muon) else ADAMW_STATE_KEYS
        content = optimizer.state_dict()
        weights = [w for group in optimizer.param_groups for w in group["params"]]
        content["state"] = {
            i: {key: shard_like(t, weight) for key, t in by_weight.get(name_of[weight], {}).items()}
            for i, weight in enumerate(weights)
        }
        for weight, state in zip(weights, content["state"].values()):
            if set(state) != expected:
                raise ValueError(
                    f"The checkpoint has {', '.join(sorted(state)) or 'no optimizer state'} for "
                    f"{name_of[weight]}, and {type(optimizer).__name__} needs "
                    f"{', '.join(sorted(expected))}. Resume with the optimizer that the run began "
                    f"with."
                )
        optimizer.load_state_dict(content)


def clip_grad_norm(weights: Iterable[Tensor], max_norm: float) -> Tensor:
    """Scale all gradients down together if their norm is above `max_norm`.

    Args:
        weights: The weights with their gradients.
        max_norm: The largest norm; 0 for no limit.

    Returns:
        The gradient norm before clipping, shape ().
    """
    return torch.nn.utils.clip_grad_norm_(weights, max_norm or float("inf"))
