"""What this machine has for a training run, and how to get what is missing.

This works without PyTorch, and changes and downloads nothing. The compiler is looked for, but not
tried, which would take half a minute; `train` also works without one.
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
from gptcore.training.hardware.compile_cache import cache_bytes, compile_cache_folder
from gptcore.training.hardware.gpus import GIB, cpu_core_count, gpu_of_device, total_ram_bytes

GB, MB = 10**9, 10**6
PYTORCH_SITE = "https://pytorch.org/get-started/locally"
NEEDED_DISK = 20 * GB  # for fineweb-40m: four files of FineWeb, their shards, checkpoints
FETCH_COMMAND = "gptcore fetch fineweb:CC-MAIN-2013-20/000_00000"
MUCH_USED = 0.15  # of a GPU's memory, by other programs


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        name: What was checked.
        status: "ok", "warning", or "error" if training is not possible as it is.
        detail: What was found.
        advice: What to do about it, if there is something.

    Example:
        >>> Finding("disk", "error", "1 GB free", advice="Make room.").status
        'error'
    """

    name: str
    status: Literal["ok", "warning", "error"]
    detail: str
    advice: str = ""


def examine() -> list[Finding]:
    """Check this machine.

    Returns:
        One finding for each check.

    Example:
        >>> [finding.name for finding in examine()][:3]
        ['system', 'PyTorch', 'device']
    """
    return list(check_machine())


def check_machine() -> Iterator[Finding]:
    """Yield each finding as soon as it is known."""
    torch = import_torch()
    yield operating_system()
    yield torch_version(torch)
    yield device(torch)
    if torch is not None:
        yield formats(torch)
        yield compilers(torch)
        yield compile_cache()
    yield from gpu_memory(torch)
    yield memory()
    yield disk(data_folder())
    yield texts()
    yield fineweb(data_folder())


def import_torch() -> Any | None:
    """PyTorch; None if it is not installed, or cannot be loaded."""
    try:
        return import_module("torch")  # nothing else here needs it
    except (ImportError, OSError):
        return None


def operating_system() -> Finding:
    """Check the operating system and Python."""
    found = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    if system.is_wsl():
        return Finding("system", "ok", f"{found}: Linux inside Windows (WSL2)")
    if platform.system() == "Windows":
        return Finding(
            "system",
            "warning",
            found,
            "Windows has no Triton from PyTorch, so --compile True does not work, and runs are "
            "slower. WSL2 is Linux inside Windows, and can use the GPU: run `wsl --install` in a "
            "terminal as administrator, restart, then `make lab` in a clone inside WSL2.",
        )
    return Finding("system", "ok", found)


def torch_version(torch: Any | None) -> Finding:
    """Check PyTorch itself."""
    if torch is not None:
        return Finding("PyTorch", "ok", str(torch.__version__))
    broken = is_installed("torch")
    return Finding(
        "PyTorch",
        "error",
        "is installed, but cannot be loaded" if broken else "is not installed",
        f"Lessons 0 to 7 do not need it; training does, in this Python ({sys.executable}): "
        f"pip install {'--force-reinstall ' * broken}torch safetensors"
        + (" (for a GPU see " + PYTORCH_SITE + ")"),
    )


def device(torch: Any | None) -> Finding:
    """Check the device that a run would use."""
    gpus = system.list_nvidia_gpus()
    named = ", ".join(dict.fromkeys(f"{gpu.name}, driver {gpu.driver}" for gpu in gpus))
    several = f"{len(gpus)} x " if len(gpus) > 1 else ""
    if torch is not None and torch.cuda.is_available():
        name = torch.cuda.get_device_name(0)
        known = gpu_of_device(name)
        found = f"{several}{named or name}" + (f" ({known.name})" if known else "")
        unknown = (
            "This GPU is not in the table, so its MFU is not known. Plan with a similar one: "
            "gptcore budget PRESET --gpu NAME; gptcore budget --gpus prints the names."
        )
        return Finding("device", "ok", found, "" if known else unknown)
    if gpus and torch is None:
        return Finding("device", "warning", f"{several}{named}; PyTorch is missing")
    if gpus and torch is not None and torch.version.cuda:
        advice = (
            f"PyTorch was built for CUDA {torch.version.cuda}, and the driver is too old for it, "
            f"or is not loaded. Update the driver, restart, and run nvidia-smi."
        )
        return Finding("device", "error", f"{several}{named}, but PyTorch cannot use it", advice)
    if gpus:
        advice = f"This PyTorch has no CUDA. Install one that has: {PYTORCH_SITE}"
        return Finding("device", "error", f"{several}{named}, but PyTorch cannot use it", advice)
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
        f"no GPU; the CPU, {cpu_core_count()} core{'s' * (cpu_core_count() > 1)}",
        "The presets names and stories-cpu take minutes here. If this machine has an NVIDIA GPU, "
        "its driver is missing: nvidia-smi must list it.",
    )


def formats(torch: Any) -> Finding:
    """Check the number formats."""
    if not torch.cuda.is_available():
        return Finding("number formats", "ok", "float32 (chosen by --dtype auto)")
    if torch.cuda.is_bf16_supported(including_emulation=False):
        return Finding("number formats", "ok", "bfloat16 (chosen by --dtype auto), float32")
    return Finding(
        "number formats",
        "warning",
        "float16, float32; no bfloat16",
        "--dtype auto chooses float16, with a scaled loss, so that small gradients do not vanish.",
    )


def compilers(torch: Any) -> Finding:
    """Check for what --compile True needs, without trying it."""
    missing, cures = [], []
    if torch.cuda.is_available() and not is_installed("triton"):
        missing.append("Triton")
        cures.append("pip install triton" if platform.system() == "Linux" else "use WSL2")
    if system.cxx_compiler() is None:
        missing.append("a C++ compiler")
        cures.append(
            "install Visual Studio's build tools"
            if platform.system() == "Windows"
            else "xcode-select --install"
            if platform.system() == "Darwin"
            else "apt install g++, or the package of your system"
        )
    if platform.system() == "Linux" and not system.has_python_headers():
        missing.append("Python.h")
        cures.append("apt install python3-dev, or the package of your system")
    if not missing:
        return Finding("compiler", "ok", f"{system.cxx_compiler()}: --compile True should work")
    return Finding(
        "compiler",
        "warning",
        f"missing: {', '.join(missing)}",
        f"Training works without it, but slower. To get it: {'; '.join(cures)}.",
    )


def compile_cache() -> Finding:
    """Say where compiled code is kept, and how much there is."""
    folder = compile_cache_folder()
    size = cache_bytes(folder)
    found = f"{size / MB:,.0f} MB in {folder}" if size else f"empty: {folder}"
    return Finding("compile cache", "ok", f"{found}; runs with --compile True begin sooner")


def gpu_memory(torch: Any | None) -> Iterator[Finding]:
    """Check the free memory of the GPU; yield nothing without a GPU."""
    gpus = system.list_nvidia_gpus()
    if gpus:
        total, used = gpus[0].memory_bytes, gpus[0].used_bytes
    elif torch is not None and torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info(0)
        used = total - free
    else:
        return
    is_much = used > MUCH_USED * total
    yield Finding(
        "GPU's memory",
        "warning" if is_much else "ok",
        f"{(total - used) / GIB:.1f} of {total / GIB:.1f} GiB free",
        "Other programs use the rest, such as a desktop and browsers: nvidia-smi lists them. "
        f"Plan with the free memory: gptcore budget PRESET --memory_gib {(total - used) / GIB:.1f}"
        if is_much
        else "",
    )


def memory() -> Finding:
    """Check the RAM of the machine."""
    free, total = system.free_ram_bytes(), total_ram_bytes()
    if free is None:
        return Finding("memory", "ok", f"{total / GIB:.1f} GiB in total")
    low = free < 2 * GIB
    return Finding(
        "memory",
        "warning" if low else "ok",
        f"{free / GIB:.1f} of {total / GIB:.1f} GiB free",
        "gptcore prepare needs about 1 GiB for two workers: use --workers 1." if low else "",
    )


def disk(folder: Path) -> Finding:
    """Check the disk for texts, shards and checkpoints."""
    free = system.free_disk_bytes(folder)
    low = free < NEEDED_DISK
    return Finding(
        "disk",
        "warning" if low else "ok",
        f"{free / GB:.1f} GB free at {folder}",
        f"fineweb-40m needs {NEEDED_DISK / GB:.0f} GB for text, shards and checkpoints. Set "
        f"GPTCORE_DATA to a folder on a larger disk."
        if low
        else "",
    )


def texts() -> Finding:
    """Check which of the known texts are on this machine."""
    here = [name for name in all_texts() if is_downloaded(name)]
    missing = [name for name in all_texts() if name not in here]
    return Finding(
        "texts",
        "ok",
        f"{len(here)} of {len(here) + len(missing)}: {', '.join(here)}",
        f"The others: gptcore fetch {' '.join(missing)}" if missing else "",
    )


def fineweb(folder: Path) -> Finding:
    """Check which files of FineWeb are on this machine."""
    files = sorted(
        file for kind in ("fineweb", "fineweb-edu") for file in (folder / kind).rglob("*.parquet")
    )
    if not files:
        advice = f"The fineweb presets need files of 2 GB each: {FETCH_COMMAND}"
        return Finding("FineWeb", "warning", f"no files in {folder / 'fineweb'}", advice)
    size = sum(file.stat().st_size for file in files)
    plural = "s" * (len(files) > 1)
    small = size < GB
    return Finding(
        "FineWeb",
        "warning" if small else "ok",
        f"{len(files)} file{plural}, {size / GB:,.3g} GB",
        f"That is only a sample. A run needs more: {FETCH_COMMAND}" if small else "",
    )
