"""Two processes that train together: forked, so cheap; and they cannot hang.

They meet in a file of their own, not at a port, which others may hold; whoever waits for the other
for a minute gives up; and who started them kills what is left. torchrun has a test of its own.
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

Command = tuple[list[str], int]  # what is typed, and the exit code that it is to have


def take_part(rank: int, folder: Path, commands: list[Command]) -> None:
    """What one process does: all commands in a row, as torchrun would let it."""
    # Gloo else looks for an address under the machine's name, which may not be known.
    os.environ |= {"GLOO_SOCKET_IFNAME": "lo", "WORLD_SIZE": str(SIZE), "LOCAL_RANK": str(rank)}
    torch.set_num_threads(1)
    meeting = f"file://{folder / 'meeting'}"
    wait = timedelta(seconds=PATIENCE_SECONDS)
    dist.init_process_group("gloo", meeting, timeout=wait, rank=rank, world_size=SIZE)
    with open(folder / f"said_{rank}", "w", buffering=1) as said, contextlib.redirect_stdout(said):
        for words, expected in commands:
            try:
                code = main(words)
            except SystemExit as stopped:
                code = int(str(stopped.code))
            assert code == expected, f"{words} ended with {code}"
    dist.destroy_process_group()


def kill_all(pid: int) -> None:
    """Kill a process and all that it has started (Linux tells which), the youngest first."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    for child in listed.read_text().split() if listed.exists() else []:
        kill_all(int(child))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def run_together(
    context, folder: Path, commands: list[Command], kill_when: Callable[[], bool] = lambda: False
) -> list[str]:
    """Let two processes do that, or kill both with SIGKILL; what each printed."""
    folder.mkdir()
    members = [
        context.Process(target=take_part, args=(rank, folder, commands)) for rank in range(SIZE)
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
    return [(folder / f"said_{rank}").read_text() for rank in range(SIZE)]
