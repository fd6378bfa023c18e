"""Model FLOPs utilization (MFU): the FLOP/s of a run as a fraction of the peak of its device.

The denominator is always the peak of this device, and is named. (nanoGPT divides by the A100's 312
TFLOP/s on every GPU, which gives a number without meaning.) The peak of a CPU is not in a table; it
is measured on one thread, times the number of threads. Threads wait for each other, so a
measurement with all of them on a busy machine would measure the waiting: we saw a twentieth of the
true peak.

`parameters.py` says what counts as a FLOP, `gpus.py` has the table of peaks.

Source: Chowdhery et al. 2022 (PaLM), appendix B, arXiv 2204.02311.
"""

import warnings
from dataclasses import dataclass
from functools import cache
from time import perf_counter

import torch

from gptcore.training.hardware import onednn
from gptcore.training.hardware.gpus import gpu_of_device

MATRIX_SIZE = 512  # of the matrices that measure a CPU; they stay in its cache


@dataclass(frozen=True)
class PeakFlops:
    """The peak of a device, and its source.

    Attributes:
        flops_per_second: The peak.
        source: Device and number format, and where the figure is from.
        measured: Whether it was measured; otherwise it is from a data sheet.

    Example:
        >>> print(PeakFlops(1e14, source="a data sheet"))
        100 TFLOP/s (a data sheet)
    """

    flops_per_second: float
    source: str
    measured: bool = False

    def __str__(self) -> str:
        return f"{self.flops_per_second / 1e12:.4g} TFLOP/s ({self.source})"


def peak_flops(device: str, dtype: torch.dtype) -> PeakFlops | None:
    """The peak of a device for a number format.

    Args:
        device: A device such as "cuda" or "cpu"; a CPU is measured, which takes 0.2 seconds once.
        dtype: The number format of the matrices.

    Returns:
        The peak; None if it is not known.

    Example:
        >>> peak_flops("cpu", torch.float32).measured
        True
    """
    kind, number_format = torch.device(device).type, str(dtype).removeprefix("torch.")
    if kind == "cuda":
        name = torch.cuda.get_device_name(device)
        gpu = gpu_of_device(name)
        if gpu is None or dtype == torch.float32:  # no figure of the table is for fp32
            return None
        return PeakFlops(gpu.flops_per_second, f"{name}, dense {number_format}: {gpu.peak_source}")
    if kind == "cpu":
        threads, size = torch.get_num_threads(), f"{MATRIX_SIZE} x {MATRIX_SIZE}"
        return PeakFlops(
            threads * measured_rate(dtype),
            f"this CPU: {threads} x the rate of one thread with {number_format} matrices of "
            f"{size}, measured at the start of the first run",
            measured=True,
        )
    return None


def compute_mfu(flops_per_second: float, peak: PeakFlops) -> tuple[float | None, PeakFlops | None]:
    """Compute the MFU, which is never above 1.

    A step that is faster than a measured peak becomes the new peak. A step that is faster than the
    peak of a data sheet shows that the data sheet is not of this device.

    Args:
        flops_per_second: What a step did.
        peak: The peak of the device.

    Returns:
        The MFU, and the peak for the next steps; None for both if the peak is not known after all.
    """
    if flops_per_second <= peak.flops_per_second:
        return flops_per_second / peak.flops_per_second, peak
    if peak.measured:
        return 1.0, PeakFlops(flops_per_second, "the fastest step of this run", measured=True)
    warnings.warn(
        f"A step did {flops_per_second / 1e12:.4g} TFLOP/s, more than {peak}. So the peak of this "
        f"device is not known, and no mfu is reported from now on.",
        stacklevel=2,
    )
    return None, None


@cache
def measured_rate(dtype: torch.dtype, seconds: float = 0.2) -> float:
    """FLOP/s of one thread in matrix products: the best of many, so that no interruption counts."""
    n, threads = MATRIX_SIZE, torch.get_num_threads()
    a = torch.ones(n, n, dtype=dtype)
    use_onednn = dtype == torch.float32 and onednn.is_faster()
    multiply = onednn.linear if use_onednn else torch.mm  # as the run itself does
    best, end = float("inf"), perf_counter() + seconds
    torch.set_num_threads(1)
    try:
        while perf_counter() < end or best == float("inf"):
            start = perf_counter()
            multiply(a, a)
            best = min(best, max(perf_counter() - start, 1e-9))
    finally:
        torch.set_num_threads(threads)
    return 2 * n**3 / best
