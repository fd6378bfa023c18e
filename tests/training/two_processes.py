"""Two forked processes that train together, and cannot hang.

They meet through a file instead of a port, which may be in use. A process that waits for the other
one gives up after a minute, and what is left is killed. torchrun has a test of its own.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from gptcore.cli import main

SIZE, PATIENCE_SECONDS = 2, 60

Command = tuple[list[str], int]  # the words of the command, and its expected exit code


def run_commands(rank: int, folder: Path, commands: list[Command]) -> None:
    """Run commands one after another, in the environment that torchrun sets."""
    # Otherwise Gloo resolves the name of the machine, which may be unknown.
    os.environ |= {"GLOO_SOCKET_IFNAME": "lo", "WORLD_SIZE": str(SIZE), "LOCAL_RANK": str(rank)}
    torch.set_num_threads(1)
    meeting = f"file://{folder / 'meeting'}"
    wait = timedelta(seconds=PATIENCE_SECONDS)
    dist.init_process_group("gloo", meeting, timeout=wait, rank=rank, world_size=SIZE)
    with (
        open(folder / f"stdout_{rank}", "w", buffering=1) as stdout,
        contextlib.redirect_stdout(stdout),
    ):
        for words, expected in commands:
            try:
                code = main(words)
            except SystemExit as stopped:
                code = int(str(stopped.code))
            assert code == expected, f"{words} ended with {code}"
    dist.destroy_process_group()


def kill_all(pid: int) -> None:
    """Kill a process and its children (which Linux lists), the youngest first."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    for child in listed.read_text().split() if listed.exists() else []:
        kill_all(int(child))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def run_together(
    context, folder: Path, commands: list[Command], kill_when: Callable[[], bool] = lambda: False
) -> list[str]:
    """Run commands in two processes, or kill both; return what each printed."""
    folder.mkdir()
    members = [
        context.Process(target=run_commands, args=(rank, folder, commands)) for rank in range(SIZE)
    ]
    for member in members:
        member.start()
    end, killed = time.monotonic() + 2 * PATIENCE_SECONDS, False
    try:
        while any(member.is_alive() for member in members) and time.monotonic() < end:
            killed = kill_when()
            if killed or any(member.exitcode for member in members):
                break
            time.sleep(0.002)
    finally:
        for member in members:
            member.kill()
            member.join()
    if not killed:
        assert [member.exitcode for member in members] == [0] * SIZE
    return [(folder / f"stdout_{rank}").read_text() for rank in range(SIZE)]
