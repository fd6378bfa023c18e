"""A model shared out among processes (FSDP2), for one that does not fit on a single device.

Each process keeps a part of every weight, of its slope and of what the optimizer remembers of it;
a block's weights are gathered when it computes, and let go again. Checkpoints stay the same: whole
tensors, so that a run can be resumed by any number of processes.
Left out on purpose: sharing out one multiplication (tensor parallelism), or blocks (pipelines).
Source: Zhao et al. 2023, arXiv 2304.11277; PyTorch's `fully_shard`.
"""

import torch
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from gptcore.training.loss import LossSum
from gptcore.training.processes import Processes


def share_out(loss: LossSum, device: torch.device, processes: Processes) -> None:
    """Leave each process its part: block by block, then all that is around them."""
    mesh = init_device_mesh(device.type, (processes.size,))
    for block in loss.model.h:
        fully_shard(block, mesh=mesh)
    fully_shard(loss, mesh=mesh)


def let_go(module: torch.nn.Module) -> None:
    """Keep only the own part of what was gathered for the last computation."""
    if isinstance(module, FSDPModule):
        module.reshard()


def add_up_alone(module: torch.nn.Module, alone: bool) -> None:
    """Whether slopes are only added up for now, and not yet shared."""
    if isinstance(module, FSDPModule):
        module.set_requires_gradient_sync(not alone)


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor, on the processor if it was shared out; all processes must ask."""
    return tensor.full_tensor().cpu() if isinstance(tensor, DTensor) else tensor


def own_part(tensor: Tensor, like: Tensor) -> Tensor:
    """Of a whole tensor the part that this process has of `like`; a number is no one's part."""
    if isinstance(like, DTensor) and tensor.shape == like.shape:
        return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements)
    return tensor
