"""Model FLOPs utilization (MFU): the arithmetic of a run as a share of what its device could do.

The denominator is always this device's own, and is said. Dividing by another GPU's, as nanoGPT
does with the A100's 312 TFLOP/s, gives a number that means nothing. A processor is not in a table;
it is measured, one of its threads, and that times their number: threads wait for each other, and on
a busy machine a product by all of them would find the waiting (we saw a twentieth of the truth).
Left out on purpose: what counts as arithmetic (`parameters.py`), and the table (`gpus.py`).
Source: Chowdhery et al. 2022 (PaLM), appendix B, arXiv 2204.02311.
"""

import warnings
from dataclasses import dataclass
from functools import cache
from time import perf_counter

import torch

from gptcore.training.hardware import onednn
from gptcore.training.hardware.gpus import gpu_of_device

MEASURED_SIZE = 512  # rows of the matrices by which a processor is measured: they stay in its cache


@dataclass(frozen=True)
class PeakFlops:
    """What a device can do at most, and how that is known.

    Example: PeakFlops(1e14, source="a data sheet").flops_per_second -> 1e14
    """

    flops_per_second: float
    source: str
    measured: bool = False  # rather than told by a data sheet

    def __str__(self) -> str:
        return f"{self.flops_per_second / 1e12:.4g} TFLOP/s ({self.source})"


def peak_flops(device: str, dtype: torch.dtype) -> PeakFlops | None:
    """The yardstick of a device for a number format; None where it is not known.

    Example: print(peak_flops("cpu", torch.float32))
    """
    kind, number_format = torch.device(device).type, str(dtype).removeprefix("torch.")
    if kind == "cuda":
        name = torch.cuda.get_device_name(device)
        gpu = gpu_of_device(name)
        if gpu is None or dtype == torch.float32:  # no GPU's figure is for 32 bits
            return None
        return PeakFlops(gpu.flops_per_second, f"{name}, dense {number_format}: {gpu.peak_source}")
    if kind == "cpu":
        threads, size = torch.get_num_threads(), f"{MEASURED_SIZE} x {MEASURED_SIZE}"
        return PeakFlops(
            threads * known_rate(dtype),
            f"this processor: {threads} x what one thread does with {number_format} matrices of "
            f"{size}, measured as the first run began",
            measured=True,
        )
    return None


def compute_mfu(flops_per_second: float, peak: PeakFlops) -> tuple[float | None, PeakFlops | None]:
    """Arithmetic as a share of a peak, and the peak to be used from now on; never above 1.

    More than a measured peak shows that it was measured too low: what was done is the new one. More
    than a data sheet's shows that it is the sheet of something else: then the peak is not known.
    Example: compute_mfu(1e12, PeakFlops(2e12, source="a data sheet"))[0] -> 0.5
    """
    if flops_per_second <= peak.flops_per_second:
        return flops_per_second / peak.flops_per_second, peak
    if peak.measured:
        return 1.0, PeakFlops(flops_per_second, "the fastest step of this run", measured=True)
    warnings.warn(
        f"A step did {flops_per_second / 1e12:.4g} TFLOP/s, more than {peak}. So the peak of this "
        f"device is not known, and there is no mfu from here on.",
        stacklevel=2,
    )
    return None, None


@cache
def known_rate(dtype: torch.dtype) -> float:
    """What was measured once: a processor does not change while a program runs."""
    return measured_rate(dtype)


def measured_rate(dtype: torch.dtype, seconds: float = 0.2) -> float:
    """Multiplications and additions a second of one thread in products of matrices, at its best.

    Each takes a few milliseconds, so among many there is one that nothing interrupted.
    """
    n, threads = MEASURED_SIZE, torch.get_num_threads()
    a = torch.ones(n, n, dtype=dtype)
    by_onednn = dtype == torch.float32 and onednn.is_faster()
    multiply = onednn.linear if by_onednn else torch.mm  # as the run itself does
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
