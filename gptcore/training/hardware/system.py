"""What this machine is: its GPUs, memory, disk and compilers, asked of the system itself.

Left out on purpose: PyTorch. What it sees of all this is in `doctor.py`; here nothing is loaded, so
that `gptcore budget` answers at once.
"""

import os
import platform
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from gptcore.training.hardware.gpus import Gpu, gpu_of_device

SECONDS = 10  # that a driver has to run_command in
MIB = 2**20


@dataclass(frozen=True)
class NvidiaGpu:
    """A gpu as NVIDIA's driver sees it; `used_bytes` by all programs, a desktop among them."""

    name: str
    driver: str
    memory_bytes: int
    used_bytes: int


def run_command(*command: str) -> str | None:
    """What a command prints; None if there is no such command, or it fails."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return ran.stdout if ran.returncode == 0 else None


def list_nvidia_gpus() -> list[NvidiaGpu]:
    """The GPUs that nvidia-smi lists; none where it is missing, or finds no driver."""
    asked = "--query-gpu=name,driver_version,memory.total,memory.used"
    printed = run_command("nvidia-smi", asked, "--format=csv,noheader,nounits") or ""
    gpus = []
    for line in printed.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) == 4 and parts[2].isdigit() and parts[3].isdigit():
            gpus.append(NvidiaGpu(parts[0], parts[1], int(parts[2]) * MIB, int(parts[3]) * MIB))
    return gpus


def apple_chip() -> str | None:
    """The chip of a Mac, such as "Apple M2 Pro"."""
    if platform.system() != "Darwin" or platform.machine() != "arm64":
        return None
    return (run_command("sysctl", "-n", "machdep.cpu.brand_string") or "Apple").strip()


def local_gpu() -> Gpu | None:
    """This machine's first GPU, if it has one and the table knows it."""
    gpus = list_nvidia_gpus()
    if gpus:
        return gpu_of_device(gpus[0].name, gpus[0].memory_bytes)
    chip = apple_chip()
    return gpu_of_device(chip) if chip else None


def free_ram_bytes() -> int | None:
    """Bytes of memory that programs could still get; None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def free_disk_bytes(folder: Path) -> int:
    """Bytes that are free where the folder is, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def is_amd_cpu() -> bool:
    """Whether the processor is one of AMD's."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        told = platform.processor()  # Windows tells it there, Linux does not
    return "AuthenticAMD" in told


def compiler() -> str | None:
    """The C++ compiler that PyTorch would call, or None."""
    usual = ("cl",) if platform.system() == "Windows" else ("g++", "clang++", "c++")
    chosen = os.environ.get("CXX")
    names = (chosen, *usual) if chosen else usual
    return next((found for name in names if (found := shutil.which(name))), None)


def has_python_headers() -> bool:
    """Whether C code can be compiled against this Python; some systems ship it without."""
    return (Path(sysconfig.get_path("include")) / "Python.h").is_file()


def is_wsl() -> bool:
    """Whether this Linux runs inside Windows."""
    return platform.system() == "Linux" and "microsoft" in platform.release().lower()
