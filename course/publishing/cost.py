"""The cost of a lesson: peak memory and CPU seconds of its kernel.

`memory_mb` in lessons.toml promises the first; `pytest --nbval notebooks/` checks it. The numbers
are those of the system, read while the kernel runs; only Linux reports them. JupyterLab and the
browser are not counted: their cost is the same for every lesson.
"""

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from course.syllabus.lesson_table import all_lessons


@dataclass(frozen=True)
class Cost:
    """Units: peak_mb is in 10**6 bytes; cpu_seconds counts each core, and finished children."""

    peak_mb: float
    cpu_seconds: float


def cost_of(pid: int) -> Cost | None:
    """The cost of the process so far; None if the system does not report it, or it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    (kibibytes,) = [int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line]
    ticks = sum(int(times[place]) for place in range(11, 15))  # its own, and its children's
    return Cost(kibibytes * 1024 / 1e6, ticks / os.sysconf("SC_CLK_TCK"))


def cost_of_kernel(manager: Any) -> Cost | None:
    """The cost so far of the kernel of a jupyter_client.KernelManager."""
    return cost_of(manager.provisioner.pid)


def excess(name: str, cost: Cost) -> str:
    """An error message if the lesson took more memory than its row promises; else "".

    The promise is for PyTorch without CUDA, as Binder has it: with CUDA its libraries alone are
    larger than the early lessons.
    """
    promised = {lesson.name: lesson.memory_mb for lesson in all_lessons()}.get(name)
    if promised is None or cost.peak_mb <= promised or not torch_is_for_cpu():
        return ""
    return (
        f"{name} took {cost.peak_mb:.0f} MB at its peak, and its header promises {promised} MB. "
        "Reduce it, or promise more in course/lessons.toml, at most 1500."
    )


def torch_is_for_cpu() -> bool:
    try:
        return "+cpu" in version("torch")
    except PackageNotFoundError:
        return True
