"""Training runs as processes that a lesson starts, waits for and stops."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree
from time import sleep

from gptcore.training import read_log

STARTED: dict[Path, subprocess.Popen] = {}  # the last process of each folder


def start(command: Sequence[object]) -> subprocess.Popen:
    """Start a run on one core, after ending an earlier run with the same folder.

    Args:
        command: The command line, with "--out_dir" and a folder in it. Without "--resume" the
            folder is emptied first.

    Returns:
        The process; its errors are in a file next to the folder.
    """
    line = [str(part) for part in command]
    folder = out_dir(line)
    if folder in STARTED:
        STARTED[folder].kill()
        STARTED[folder].wait()
    if "--resume" not in line:
        rmtree(folder, ignore_errors=True)
    with open(folder.with_suffix(".txt"), "wb") as errors:
        STARTED[folder] = subprocess.Popen(
            line,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
    return STARTED[folder]


def wait_for(process: subprocess.Popen, steps: int, last: int = 230) -> None:
    """Wait until the log of a run has more lines by `steps`, or has `last` lines.

    Args:
        process: The last process that `start` returned for its folder.
        steps: The number of further steps.
        last: No wait beyond this step; a signal might arrive after the end of the run.

    Raises:
        RuntimeError: If the process ends before, with what it wrote.
    """
    folder = next(folder for folder, known in STARTED.items() if known is process)
    goal = min(logged_steps(folder) + steps, last)
    while logged_steps(folder) < goal:
        if process.poll() is not None:
            errors = folder.with_suffix(".txt").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(
                f"It ended too early, with exit code {process.returncode}: {errors[-2000:]}"
            )
        sleep(0.01)


def out_dir(line: Sequence[str]) -> Path:
    """The folder that a command writes to."""
    return Path(line[list(line).index("--out_dir") + 1])


def logged_steps(folder: Path) -> int:
    """How many steps the log of a run has."""
    return len(read_log(folder)) if (folder / "log.jsonl").exists() else 0
