"""Two processes that compute one model together, each with its half of every layer.

They meet through a file and send their sums through Gloo, as GPUs do through NCCL.
"""

import os
import subprocess
import sys
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch.distributed as dist
from torch import Tensor

from course.experiments.serving.tensor_parallel import split_model
from gptcore.model import GPT

LOOPBACK = {"linux": "lo", "darwin": "lo0"}  # otherwise Gloo looks up the name of the machine
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class ProcessReport:
    """What one process computed and sent.

    Attributes:
        logits: Of the whole model, shape (B, T, V).
        num_parameters: Numbers that this process holds.
        all_reduces: How many sums over all processes the forward pass had.
        bytes_per_token: Bytes of the tensors that were summed, for each token.
    """

    logits: Tensor
    num_parameters: int
    all_reduces: int
    bytes_per_token: float


def run_on_processes(model: GPT, ids: Tensor, size: int = 2) -> list[ProcessReport]:
    """Compute the logits of a model that is divided among several processes of this computer.

    Args:
        model: The whole model; it is not changed.
        ids: Token ids, shape (B, T).
        size: Number of processes; it divides the heads.

    Returns:
        A report of each process.

    Raises:
        RuntimeError: If a process fails or takes more than a minute.
    """
    split_model(deepcopy(model), 0, size)  # an impossible number is refused here
    with TemporaryDirectory() as name:
        folder = Path(name)
        model.save(folder / "model")
        torch.save(ids, folder / "ids.pt")
        start_and_wait(folder, size)
        return [ProcessReport(**torch.load(folder / f"report_{rank}.pt")) for rank in range(size)]


def start_and_wait(folder: Path, size: int) -> None:
    """Run this module once for each process; all are ended when one fails."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    if sys.platform in LOOPBACK:
        environment["GLOO_SOCKET_IFNAME"] = LOOPBACK[sys.platform]
    line = [
        sys.executable,
        "-m",
        "course.experiments.serving.two_processes",
        str(folder),
        str(size),
    ]
    started = [
        subprocess.Popen([*line, str(rank)], env=environment, stderr=subprocess.PIPE, text=True)
        for rank in range(size)
    ]
    try:
        for process in started:
            _, errors = process.communicate(timeout=2 * PATIENCE_SECONDS)
            if process.returncode:
                raise RuntimeError(f"A process ended too early: {errors[-2000:]}")
    finally:
        for process in started:
            process.kill()
            process.wait()


def one_process(folder: Path, size: int, rank: int) -> None:
    """Compute in one of the processes, and write its report."""
    torch.set_num_threads(1)
    meeting = dist.FileStore(str(folder / "meeting"), size)  # a port might be in use
    wait = timedelta(seconds=PATIENCE_SECONDS)
    dist.init_process_group("gloo", store=meeting, timeout=wait, rank=rank, world_size=size)
    model, ids = GPT.load(folder / "model"), torch.load(folder / "ids.pt")
    layers = split_model(model, rank, size)
    with torch.no_grad():
        logits, _ = model(ids)
    report = {
        "logits": logits,
        "num_parameters": sum(p.numel() for p in model.parameters()),
        "all_reduces": sum(layer.num_calls for layer in layers),
        "bytes_per_token": sum(layer.num_bytes for layer in layers) / ids.numel(),
    }
    torch.save(report, folder / f"report_{rank}.pt")
    dist.barrier()  # nobody leaves while another one adds up


if __name__ == "__main__":
    one_process(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    os._exit(0)  # Trap: when Gloo's threads are taken down, a process is aborted now and then.
