"""The table of GPUs as text, and the sources of its figures."""

from collections.abc import Callable
from typing import TypeVar

from gptcore.training.hardware.gpus import ASSUMED, GIB, GPUS, Gpu

T = TypeVar("T")


def format_gpu_table() -> str:
    """Format all GPUs, then the sources of their figures."""
    header = f"{'':15}{'GiB':>5}{'TFLOP/s':>9} {'format':9}{'W':>8}{'MFU':>10}"
    rows = [header]
    rows += [
        f"{gpu.name:15}{gpu.memory_bytes / GIB:5.0f}{gpu.flops_per_second / 1e12:9.1f} "
        f"{gpu.dtype:9}{format_watts(gpu):>8}{format_mfu(gpu):>10}"
        for gpu in GPUS.values()
    ]
    mfu_sources = names_by(lambda gpu: gpu.mfu_source)
    rows += ["", "MFU, the fraction of the peak that a run reaches:"]
    for source, names in sorted(mfu_sources.items(), key=lambda item: len(item[1])):
        rows.append(f"  {'all others' if source == ASSUMED else ', '.join(names)}: {source}")
    rows += ["", "What other programs reached; nothing is computed from it:"]
    rows += [
        f"  {gpu.name}: {gpu.published[0]:.0%}, {gpu.published[1]}"
        for gpu in GPUS.values()
        if gpu.published[0]
    ]
    rows.append("")
    for (specs, peak), names in names_by(lambda gpu: (gpu.specs_source, gpu.peak_source)).items():
        rows.append(f"{', '.join(names)}:\n  memory and power: {specs}\n  peak: {peak}")
    return "\n".join(rows)


def names_by(key: Callable[[Gpu], T]) -> dict[T, list[str]]:
    """The names of the GPUs that have the same key."""
    names: dict[T, list[str]] = {}
    for gpu in GPUS.values():
        names.setdefault(key(gpu), []).append(gpu.name)
    return names


def format_watts(gpu: Gpu) -> str:
    """The power, or the range of it that the makers of laptops choose from."""
    return f"{gpu.min_watts:g}-{gpu.watts:g}" if gpu.min_watts else f"{gpu.watts:g}"


def format_mfu(gpu: Gpu) -> str:
    """The MFU in percent, or its range."""
    low, high = gpu.mfu_range
    return f"{high:.0%}" if low == high else f"{100 * low:.0f}-{high:.0%}"
