"""Who moves which weights: AdamW all of them, or Muon the matrices inside the blocks.

Decay draws matrices towards 0, not the vectors (biases, the gains of norms), of which each number
has a scale of its own. Muon turns the running mean of a matrix's slopes into the nearest matrix
that stretches nothing before it takes the step; what is looked up or lies at the border (the
embeddings, the head) stays with AdamW.
Left out on purpose: our own arithmetic; PyTorch has both.
Source: AdamW: Loshchilov and Hutter 2017, arXiv 1711.05101; Muon: Jordan et al. 2024, and for the
    step's length, the same as AdamW's: Liu et al. 2025, arXiv 2502.16982.
"""

import torch
from torch import Tensor
from torch.optim import AdamW, Muon, Optimizer

from gptcore.model import GPT
from gptcore.training.config import TrainConfig
from gptcore.training.sharing import own_part

ADAMW_REMEMBERS = {"step", "exp_avg", "exp_avg_sq"}
MUON_REMEMBERS = {"momentum_buffer"}


def make_optimizers(model: GPT, config: TrainConfig) -> list[Optimizer]:
    """The optimizers, which share out all weights of the model among them.

    Example: len(make_optimizers(model, config)) -> 1
    """
    groups = weights_by_group(model, config.optimizer)
    decays = {"adamw matrices": config.weight_decay, "adamw vectors": 0.0}
    adamw = AdamW(
        [{"params": groups[name], "weight_decay": decays[name]} for name in decays if groups[name]],
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        fused=model.device.type in ("cpu", "cuda"),
    )
    if not groups["muon"]:
        return [adamw]
    muon = Muon(
        groups["muon"],
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        adjust_lr_fn="match_rms_adamw",  # so that one learning rate serves both
    )
    return [adamw, muon]


def weights_by_group(model: GPT, optimizer: str) -> dict[str, list[Tensor]]:
    """Every weight once: a tied head is the token embedding."""
    groups: dict[str, list[Tensor]] = {"muon": [], "adamw matrices": [], "adamw vectors": []}
    for name, weight in model.named_parameters():
        if weight.dim() < 2:
            groups["adamw vectors"].append(weight)
        elif optimizer == "muon" and name.startswith("h."):
            groups["muon"].append(weight)
        else:
            groups["adamw matrices"].append(weight)
    return groups


def set_rate(optimizers: list[Optimizer], rate: float) -> None:
    """The learning rate of the next update."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate


def state_tensors(model: GPT, optimizers: list[Optimizer]) -> dict[str, Tensor]:
    """All that the optimizers remember, under names such as h.0.mlp.c_fc.weight/exp_avg."""
    name_of: dict[Tensor, str] = {weight: name for name, weight in model.named_parameters()}
    return {
        f"{name_of[weight]}/{what}": tensor
        for optimizer in optimizers
        for weight, memory in optimizer.state.items()
        for what, tensor in memory.items()
    }


def restore_state(model: GPT, optimizers: list[Optimizer], tensors: dict[str, Tensor]) -> None:
    """Let the optimizers remember what `state_tensors` had.

    Raises: ValueError if it was of another optimizer.
    """
    name_of: dict[Tensor, str] = {weight: name for name, weight in model.named_parameters()}
    by_weight: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        owner, what = name.rsplit("/", 1)
        by_weight.setdefault(owner, {})[what] = tensor
    for optimizer in optimizers:
        wanted = MUON_REMEMBERS if isinstance(optimizer, Muon) else ADAMW_REMEMBERS
        content = optimizer.state_dict()
        weights = [w for group in optimizer.param_groups for w in group["params"]]
        content["state"] = {
            i: {what: own_part(t, weight) for what, t in by_weight.get(name_of[weight], {}).items()}
            for i, weight in enumerate(weights)
        }
        for weight, memory in zip(weights, content["state"].values()):
            if set(memory) != wanted:
                raise ValueError(
                    f"The checkpoint remembers {', '.join(sorted(memory)) or 'nothing'} of "
                    f"{name_of[weight]}, and {type(optimizer).__name__} needs "
                    f"{', '.join(sorted(wanted))}. Resume with the optimizer that the run began "
                    f"with."
                )
        optimizer.load_state_dict(content)


def clip(weights: list[Tensor], longest: float) -> Tensor:
    """The length of all slopes together, which then are at most `longest` (0: as they are)."""
    return torch.nn.utils.clip_grad_norm_(weights, longest or float("inf"))
