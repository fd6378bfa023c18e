"""What this machine has for a run, and what to do about what it lacks.

Works without PyTorch, and says so; nothing is changed, and nothing is brought.
Left out on purpose: trying out the compiler, which takes half a minute; `train` does without one.
"""

import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from gptcore.corpus import all_texts, data_folder, is_downloaded
from gptcore.optional import is_installed
from gptcore.training.hardware import system
from gptcore.training.hardware.gpus import GIB, cpu_core_count, gpu_of_device, total_ram_bytes

GB = 10**9
PYTORCH_SITE = "https://pytorch.org/get-started/locally"
NEEDED_DISK = 20 * GB  # for fineweb-40m: four files of FineWeb, their shards, checkpoints
A_FILE = "gptcore fetch fineweb:CC-MAIN-2013-20/000_00000"
DESKTOP_MUCH = 0.15  # of a GPU's memory; above it, closing programs is worth it


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: how it stands, and what to do if it is not well.

    Example: Finding("disk", "error", "1 GB free", advice="Make room.").status -> "error"
    """

    name: str
    status: Literal["ok", "warning", "error"]
    detail: str
    advice: str = ""


def examine() -> list[Finding]:
    """Look at everything, one after the other.

    Example: for finding in examine(): print(finding.name, finding.status)
    """
    return list(check_machine())


def check_machine() -> Iterator[Finding]:
    """The same, each as soon as it is known."""
    torch = import_torch()
    yield operating_system()
    yield torch_itself(torch)
    yield device(torch)
    if torch is not None:
        yield formats(torch)
        yield compilers(torch)
    yield from gpu_memory(torch)
    yield memory()
    yield disk(data_folder())
    yield texts()
    yield fineweb(data_folder())


def import_torch() -> Any | None:
    """PyTorch, if it is installed and can be loaded."""
    try:
        return import_module("torch")  # nothing else here needs it, and it may be missing
    except (ImportError, OSError):
        return None


def operating_system() -> Finding:
    """Operating system and Python."""
    found = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    if system.is_wsl():
        return Finding("system", "ok", f"{found}: Linux inside Windows (WSL2)")
    if platform.system() == "Windows":
        return Finding(
            "system",
            "warning",
            found,
            "Windows has no Triton from PyTorch, so --compile True does not work, and runs are "
            "slower. WSL2 is Linux inside Windows, with the same GPU: `wsl --install` in a "
            "terminal of the administrator, restart, then `make lab` in a clone made there.",
        )
    return Finding("system", "ok", found)


def torch_itself(torch: Any | None) -> Finding:
    """Which PyTorch there is."""
    if torch is not None:
        return Finding("PyTorch", "ok", str(torch.__version__))
    broken = is_installed("torch")
    return Finding(
        "PyTorch",
        "error",
        "is here, and cannot be loaded" if broken else "is not installed",
        f"Lessons 0 to 6 do without; training needs it, in this Python ({sys.executable}): "
        f"pip install {'--force-reinstall ' * broken}torch safetensors"
        + (" (for a GPU see " + PYTORCH_SITE + ")"),
    )


def device(torch: Any | None) -> Finding:
    """What would compute."""
    gpus = system.list_nvidia_gpus()
    named = ", ".join(dict.fromkeys(f"{gpu.name}, driver {gpu.driver}" for gpu in gpus))
    several = f"{len(gpus)} x " if len(gpus) > 1 else ""
    if torch is not None and torch.cuda.is_available():
        name = torch.cuda.get_device_name(0)
        known = gpu_of_device(name)
        found = f"{several}{named or name}" + (f" ({known.name})" if known else "")
        unknown = (
            "The table lacks this GPU, so its MFU cannot be told. Plan with one like it: "
            "gptcore budget PRESET --gpu NAME; gptcore budget --gpus prints the names."
        )
        return Finding("device", "ok", found, "" if known else unknown)
    if gpus and torch is None:
        return Finding("device", "warning", f"{several}{named}; PyTorch is missing")
    if gpus and torch is not None and torch.version.cuda:
        advice = (
            f"PyTorch was built for CUDA {torch.version.cuda}, and the driver is too old for it, "
            f"or is not loaded. Bring the driver up to date, restart, and look at nvidia-smi."
        )
        return Finding("device", "error", f"{several}{named}, and PyTorch cannot use it", advice)
    if gpus:
        advice = f"This PyTorch has no CUDA. Install one that has: {PYTORCH_SITE}"
        return Finding("device", "error", f"{several}{named}, and PyTorch cannot use it", advice)
    chip = system.apple_chip()
    if chip and torch is not None and torch.backends.mps.is_available():
        return Finding("device", "ok", f"{chip} (mps)")
    if chip:
        return Finding(
            "device", "warning", f"{chip}; PyTorch {'cannot use it' if torch else 'is missing'}"
        )
    return Finding(
        "device",
        "warning",
        f"no GPU; the processor, {cpu_core_count()} core{'s' * (cpu_core_count() > 1)}",
        "The presets names and stories-cpu take minutes here. If there is a GPU from NVIDIA, its "
        "driver is missing: nvidia-smi must list it.",
    )


def formats(torch: Any) -> Finding:
    """The number formats that are worth computing in."""
    if not torch.cuda.is_available():
        return Finding("number formats", "ok", "float32 (what --dtype auto takes here)")
    if torch.cuda.is_bf16_supported(including_emulation=False):
        return Finding("number formats", "ok", "bfloat16 (what --dtype auto takes), float32")
    return Finding(
        "number formats",
        "warning",
        "float16, float32; no bfloat16",
        "--dtype auto takes float16, with losses scaled up so that small slopes do not vanish.",
    )


def compilers(torch: Any) -> Finding:
    """Whether --compile True can work; found by looking, not by trying."""
    lacking, ways = [], []
    if torch.cuda.is_available() and not is_installed("triton"):
        lacking.append("Triton")
        ways.append("pip install triton" if platform.system() == "Linux" else "WSL2 has it")
    if system.compiler() is None:
        lacking.append("a C++ compiler")
        ways.append(
            "install Visual Studio's build tools"
            if platform.system() == "Windows"
            else "xcode-select --install"
            if platform.system() == "Darwin"
            else "apt install g++, or what your system calls it"
        )
    if platform.system() == "Linux" and not system.has_python_headers():
        lacking.append("Python.h")
        ways.append("apt install python3-dev, or what your system calls it")
    if not lacking:
        return Finding("compiler", "ok", f"{system.compiler()}: --compile True should work")
    return Finding(
        "compiler",
        "warning",
        f"missing: {', '.join(lacking)}",
        f"Training works without, slower, and says so. To have it: {'; '.join(ways)}.",
    )


def gpu_memory(torch: Any | None) -> Iterator[Finding]:
    """Memory of the GPU, with the desktop running; nothing where there is no GPU."""
    gpus = system.list_nvidia_gpus()
    if gpus:
        total, used = gpus[0].memory_bytes, gpus[0].used_bytes
    elif torch is not None and torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info(0)
        used = total - free
    else:
        return
    much = used > DESKTOP_MUCH * total
    yield Finding(
        "GPU's memory",
        "warning" if much else "ok",
        f"{(total - used) / GIB:.1f} of {total / GIB:.1f} GiB free",
        "Other programs have the rest, a desktop and browsers among them: nvidia-smi lists them. "
        f"Plan with what is free: gptcore budget PRESET --memory_gib {(total - used) / GIB:.1f}"
        if much
        else "",
    )


def memory() -> Finding:
    """Memory of the machine."""
    free, total = system.free_ram_bytes(), total_ram_bytes()
    if free is None:
        return Finding("memory", "ok", f"{total / GIB:.1f} GiB in all")
    low = free < 2 * GIB
    return Finding(
        "memory",
        "warning" if low else "ok",
        f"{free / GIB:.1f} of {total / GIB:.1f} GiB free",
        "Preparing shards takes about 1 GiB for each two workers: --workers 1." if low else "",
    )


def disk(folder: Path) -> Finding:
    """Room for texts, shards and checkpoints."""
    free = system.free_disk_bytes(folder)
    low = free < NEEDED_DISK
    return Finding(
        "disk",
        "warning" if low else "ok",
        f"{free / GB:.1f} GB free at {folder}",
        f"fineweb-40m wants {NEEDED_DISK / GB:.0f} GB for text, shards and checkpoints. Set "
        f"GPTCORE_DATA to a folder on a larger disk."
        if low
        else "",
    )


def texts() -> Finding:
    """Which texts that have names are here."""
    here = [name for name in all_texts() if is_downloaded(name)]
    missing = [name for name in all_texts() if name not in here]
    return Finding(
        "texts",
        "ok",
        f"{len(here)} of {len(here) + len(missing)}: {', '.join(here)}",
        f"The others: gptcore fetch {' '.join(missing)}" if missing else "",
    )


def fineweb(folder: Path) -> Finding:
    """Which files of FineWeb are here."""
    files = sorted(
        file for kind in ("fineweb", "fineweb-edu") for file in (folder / kind).rglob("*.parquet")
    )
    if not files:
        advice = f"The fineweb presets need some, 2 GB each: {A_FILE}"
        return Finding("FineWeb", "warning", f"no files in {folder / 'fineweb'}", advice)
    size = sum(file.stat().st_size for file in files)
    plural = "s" * (len(files) > 1)
    small = size < GB
    return Finding(
        "FineWeb",
        "warning" if small else "ok",
        f"{len(files)} file{plural}, {size / GB:,.3g} GB",
        f"That is a sample. A run wants more: {A_FILE}" if small else "",
    )
