"""This machine's GPUs, memory, disk and compilers, as the operating system reports them.

PyTorch is not loaded here, so that `gptcore budget` answers at once.
"""

import os
import platform
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from gptcore.training.hardware.gpus import Gpu, gpu_of_device

TIMEOUT_SECONDS = 10  # for a driver to answer
MIB = 2**20


@dataclass(frozen=True)
class NvidiaGpu:
    """A GPU as NVIDIA's driver reports it.

    Attributes:
        name: Name of the GPU.
        driver: Version of the driver.
        memory_bytes: Size of the memory.
        used_bytes: Memory that all programs use, including a desktop.
    """

    name: str
    driver: str
    memory_bytes: int
    used_bytes: int


def run_command(*command: str) -> str | None:
    """Run a command and return what it prints; None if it does not exist, or fails."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return ran.stdout if ran.returncode == 0 else None


def list_nvidia_gpus() -> list[NvidiaGpu]:
    """The GPUs that nvidia-smi lists; none if it is missing, or finds no driver."""
    query = "--query-gpu=name,driver_version,memory.total,memory.used"
    printed = run_command("nvidia-smi", query, "--format=csv,noheader,nounits") or ""
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
    """This machine's first GPU; None if it has none, or the table does not have it."""
    gpus = list_nvidia_gpus()
    if gpus:
        return gpu_of_device(gpus[0].name, gpus[0].memory_bytes)
    chip = apple_chip()
    return gpu_of_device(chip) if chip else None


def free_ram_bytes() -> int | None:
    """Bytes of RAM that programs can still get; None if the system does not report it."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def free_disk_bytes(folder: Path) -> int:
    """Free bytes on the disk of a folder, which may not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def is_amd_cpu() -> bool:
    """Whether the CPU is made by AMD."""
    try:
        cpu = Path("/proc/cpuinfo").read_text()
    except OSError:
        cpu = platform.processor()  # has the maker on Windows only
    return "AuthenticAMD" in cpu


def cxx_compiler() -> str | None:
    """The C++ compiler that PyTorch would call; None if there is none."""
    default = ("cl",) if platform.system() == "Windows" else ("g++", "clang++", "c++")
    chosen = os.environ.get("CXX")
    names = (chosen, *default) if chosen else default
    return next((found for name in names if (found := shutil.which(name))), None)


def has_python_headers() -> bool:
    """Whether this Python has its C headers, which some systems package separately."""
    return (Path(sysconfig.get_path("include")) / "Python.h").is_file()


def is_wsl() -> bool:
    """Whether this Linux runs inside Windows."""
    return platform.system() == "Linux" and "microsoft" in platform.release().lower()
