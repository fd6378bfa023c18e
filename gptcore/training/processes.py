"""Several processes that train one model together, each on rows of its own; mostly there is one.

`torchrun --standalone --nproc_per_node=N -m gptcore.cli train ...` starts N, and tells each by its
environment who it is. Left out on purpose: starting them, and starting them anew; torchrun does.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist


@dataclass(frozen=True)
class Processes:
    """Which process this is, and of how many.

    Example: Processes(rank=1, size=2).first -> False
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that writes files."""
        return self.rank == 0

    def sum(self, number: float) -> float:
        """The sum of a number over all processes; all of them must ask."""
        if self.size == 1:
            return number
        on = torch.device("cuda", torch.cuda.current_device()) if on_gpus() else None
        total = torch.tensor(number, dtype=torch.float64, device=on)
        dist.all_reduce(total)
        return total.item()

    def any(self, yes: bool) -> bool:
        """Whether it is so in any process; all of them must ask."""
        return self.sum(float(yes)) > 0

    def wait(self) -> None:
        """Go on when all processes are here."""
        if self.size > 1:
            dist.barrier()


ALONE = Processes()


def on_gpus() -> bool:
    return dist.get_backend() == "nccl"


def started_by_torchrun() -> bool:
    """Whether there are others."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


@contextmanager
def joined(device: str) -> Iterator[tuple[Processes, str]]:
    """Meet the other processes, if there are any; with the device that is this one's.

    Example: with joined("cpu") as (processes, device): print(processes.rank, device)
    """
    if not started_by_torchrun():
        yield ALONE, device
        return
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if device == "cuda":
        if torch.cuda.device_count() <= local:
            raise ValueError(
                f"torchrun started process {local} of this machine, and it has "
                f"{torch.cuda.device_count()} GPU(s). Set --nproc_per_node to that."
            )
        device = f"cuda:{local}"
        torch.cuda.set_device(local)
    if dist.is_initialized():  # by whoever calls, who also ends it
        yield Processes(dist.get_rank(), dist.get_world_size()), device
        return
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield Processes(dist.get_rank(), dist.get_world_size()), device
    finally:
        dist.destroy_process_group()
