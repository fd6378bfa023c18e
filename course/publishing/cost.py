"""What a lesson costs the machine: its kernel's peak of memory, and the processor's seconds.

`memory_mb` in lessons.toml promises the first; `pytest --nbval notebooks/` holds it to that.

The numbers are the system's own, read while the kernel lives; only Linux says them.
Left out on purpose: JupyterLab and the browser. They cost the same for every lesson.
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
    """What the process has cost so far; None where the system does not say, or it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    (kibibytes,) = [int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line]
    ticks = sum(int(times[place]) for place in range(11, 15))  # its own, and its children's
    return Cost(kibibytes * 1024 / 1e6, ticks / os.sysconf("SC_CLK_TCK"))


def cost_of_kernel(manager: Any) -> Cost | None:
    """What the kernel of a jupyter_client.KernelManager has cost so far."""
    return cost_of(manager.provisioner.pid)


def excess(name: str, cost: Cost) -> str:
    """Why the lesson took more memory than its row promises, in words; "" if it did not.

    The promise is for PyTorch without CUDA, as Binder has it: with CUDA its libraries alone are
    larger than the early lessons.
    """
    promised = {lesson.name: lesson.memory_mb for lesson in all_lessons()}.get(name)
    if promised is None or cost.peak_mb <= promised or not torch_is_for_cpu():
        return ""
    return (
        f"{name} took {cost.peak_mb:.0f} MB at its peak, and its header promises {promised} MB. "
        "Make it smaller; or promise more in course/lessons.toml, at most 1500."
    )


def torch_is_for_cpu() -> bool:
    try:
        return "+cpu" in version("torch")
    except PackageNotFoundError:
        return True
