"""A model sharded over several processes (FSDP2), for one that does not fit on a single device.

Each process keeps a part of every weight, of its gradient and of its optimizer state. The weights
of a block are gathered while it computes. Checkpoints hold full tensors, so any number of processes
can resume a run.
Source: Zhao et al. 2023, arXiv 2304.11277; PyTorch's `fully_shard`.
"""

import torch
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from gptcore.training.distributed import World
from gptcore.training.loss import LossSum


def apply_fsdp(loss: LossSum, device: torch.device, world: World) -> None:
    """Shard a model in place: each block on its own, then everything around the blocks.

    Args:
        loss: The model with its loss.
        device: Device of this process.
        world: All processes.
    """
    mesh = init_device_mesh(device.type, (world.world_size,))
    for block in loss.model.h:
        fully_shard(block, mesh=mesh)
    fully_shard(loss, mesh=mesh)


def reshard(module: torch.nn.Module) -> None:
    """Free the weights that were gathered for the last forward pass.

    Args:
        module: A module; one without FSDP stays as it is.
    """
    if isinstance(module, FSDPModule):
        module.reshard()


def set_gradient_sync(module: torch.nn.Module, enabled: bool) -> None:
    """Choose whether the backward pass exchanges gradients; without, they are only summed locally.

    Args:
        module: A module; one without FSDP stays as it is.
        enabled: Whether gradients are exchanged.
    """
    if isinstance(module, FSDPModule):
        module.set_requires_gradient_sync(enabled)


def full_tensor(tensor: Tensor) -> Tensor:
    """Gather a sharded tensor. A collective call.

    Args:
        tensor: A tensor, sharded or not.

    Returns:
        The full tensor, on the CPU if it was sharded; else the tensor itself.
    """
    return tensor.full_tensor().cpu() if isinstance(tensor, DTensor) else tensor


def shard_like(tensor: Tensor, like: Tensor) -> Tensor:
    """Shard a full tensor in the way another one is sharded.

    Args:
        tensor: A full tensor.
        like: The tensor to copy the sharding from.

    Returns:
        The part of this process; the tensor itself if `like` is not sharded or has another shape.
    """
    if isinstance(like, DTensor) and tensor.shape == like.shape:
        return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements)
    return tensor
