"""A run in a process of its own, which is killed at a step."""

import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

STEPS, KILLED_AT = 40, 13


def kill_run(module: str, folder: Path) -> None:
    """Start the run of a module in a folder, and kill it.

    Args:
        module: It has `new_model` and `run`, such as small_reinforcement.
        folder: Of the run.
    """
    child = subprocess.Popen(
        [sys.executable, __file__, module, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    for line in child.stdout:
        if int(line) == KILLED_AT:
            os.kill(child.pid, signal.SIGKILL)
            break
    assert child.wait() == -signal.SIGKILL


if __name__ == "__main__":
    small = import_module(sys.argv[1])
    for step in small.run(small.new_model(), max_steps=STEPS, out_dir=sys.argv[2]):
        print(step.step, flush=True)
