"""The processes that train one model together, each on rows of its own; usually there is only one.

`torchrun --standalone --nproc_per_node=N -m gptcore.cli train ...` starts N processes and sets the
environment variables that are read here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist


@dataclass(frozen=True)
class World:
    """All processes of a run, seen from one of them.

    The methods are collective: every process must call them, or the others wait forever.

    Attributes:
        rank: Number of this process, from 0.
        world_size: Number of processes.

    Example:
        >>> World(rank=1, world_size=2).is_main
        False
    """

    rank: int = 0
    world_size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this is rank 0, the only process that writes files."""
        return self.rank == 0

    def all_reduce(self, number: float) -> float:
        """Sum a number over all processes.

        Args:
            number: The number of this process.

        Returns:
            The sum, the same in every process.
        """
        if self.world_size == 1:
            return number
        device = torch.device("cuda", torch.cuda.current_device()) if uses_nccl() else None
        total = torch.tensor(number, dtype=torch.float64, device=device)
        dist.all_reduce(total)
        return total.item()

    def any_rank(self, condition: bool) -> bool:
        """Whether a condition holds in at least one process.

        Args:
            condition: Whether it holds in this process.

        Returns:
            True in every process, or False in every process.
        """
        return self.all_reduce(float(condition)) > 0

    def barrier(self) -> None:
        """Wait until all processes have called this."""
        if self.world_size > 1:
            dist.barrier()


SINGLE = World()

# A process group is kept until the process ends. Otherwise the last reference to it can be that of
# DistributedDataParallel, which frees it while it has Python's lock and waits for a thread that
# waits for this lock (pytorch/pytorch#56297): 4 of 60 runs of torchrun never ended. A reference
# from Python is freed without the lock.
ended_groups: list[dist.ProcessGroup] = []


def uses_nccl() -> bool:
    """Whether the processes communicate through NCCL, which needs tensors on a GPU."""
    return bool(dist.get_backend() == "nccl")


def is_torchrun() -> bool:
    """Whether torchrun has started more than one process."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


@contextmanager
def init_distributed(device: str) -> Iterator[tuple[World, str]]:
    """Connect to the other processes that torchrun has started, if there are any.

    Args:
        device: "auto", "cpu", "cuda" and so on; "cuda" becomes the GPU of this process.

    Yields:
        The world, and the device of this process.

    Raises:
        ValueError: If there are more processes on this machine than GPUs.

    Example:
        >>> with init_distributed("cpu") as (world, device):
        ...     world.rank, device
        (0, 'cpu')
    """
    if not is_torchrun():
        yield SINGLE, device
        return
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    if device == "cuda":
        if torch.cuda.device_count() <= local_rank:
            raise ValueError(
                f"torchrun started a process with LOCAL_RANK={local_rank}, and this machine has "
                f"{torch.cuda.device_count()} GPU(s). Set --nproc_per_node to that number."
            )
        device = f"cuda:{local_rank}"
        torch.cuda.set_device(local_rank)
    if dist.is_initialized():  # by the caller, who also destroys the process group
        yield World(dist.get_rank(), dist.get_world_size()), device
        return
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    group = dist.group.WORLD
    assert group is not None, "init_process_group sets it"
    try:
        yield World(dist.get_rank(), dist.get_world_size()), device
    finally:
        dist.destroy_process_group()
        ended_groups.append(group)
