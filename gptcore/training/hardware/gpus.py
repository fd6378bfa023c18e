"""GPUs that a run can be planned for: memory, peak FLOP/s and power, each with its source.

The peak is that of dense matrices in bf16 (fp16 or fp32 for a GPU without bf16) with sums in fp32.
Data sheets often print twice as much, for matrices of which half is 0, or four times as much, for
sums in fp16; training uses neither. A laptop GPU has the name of a larger one and less of
everything; how much power it gets, and so its clock, is the choice of whoever built the laptop.

No card is as fast as its peak, and the fraction that a run reaches (MFU) depends on the program as
well. Only a measurement of our own program is used as it is. All other cards get the same assumed
range, so that a comparison of two cards compares cards, not programs. What other programs reached
is in the table, too, and nothing is computed from it.
"""

import os
import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

GIB = 2**30
FLOPS_PER_CORE = 41e9  # FLOP/s of one CPU core

# Where figures come from.
GEFORCE = "NVIDIA's page of specifications for the GPU"
BY_CORES = "tensor cores x boost clock x operations a clock; NVIDIA's architecture papers"
SHEET = "NVIDIA's data sheet"
AMD = "AMD's data sheet"
APPLE = (
    "Apple, power consumption of Mac mini and Mac Studio; memory of the usual model. A MacBook "
    "with the same chip draws less; Apple prints no figure for it"
)
APPLE_CORES = "GPU cores x 128 x 2 x clock; the clock as measured by others, Apple publishes none"

LAPTOP = "NVIDIA's comparison of GeForce laptop GPUs; the maker of the laptop sets the power"
LAPTOP_CLOCKS = f"{BY_CORES}; the highest clock, which needs the most power"

# The MFU of cards on which our program was not measured.
ASSUMED_MFU = (0.3, 0.6)
ASSUMED = (
    "assumed, the same for every card that we have not measured; published runs got 29 to 60 %"
)
ASSUMED_LAPTOP = (
    "assumed as for all cards; less at the lowest clock, in a laptop that allows few watts"
)
OURS_H200 = "measured: our own run, 124M, one H200, compiled, 32 rows (benchmarks/gpu, 2026-11-27)"

# What other programs reached. Nothing is computed from these figures.
NANOGPT_4090 = "nanoGPT, 124M, one RTX 4090: 4,622 ms for 491,520 tokens (pull request 225)"
CLAIM_4070 = "reported for a run of 40M: 11 to 12 % of an A100's 312 TFLOP/s"
NANOGPT_A100 = "nanoGPT, 124M, 8 A100: 600,000 steps in about 4 days (README, 2023)"
LLMC_A100 = "llm.c, 124M, 8 A100: about 300 ms a step (run_gpt2_124M.sh)"
LLMC_H100 = "llm.c, 124M, 8 H100: 19,560 steps in 45 minutes (log of modded-nanogpt)"
MODDED_MI300X = "modded-nanogpt of 2024, untuned, 8 MI300X: 74,000 tokens/s each (issue 8)"
NANOGPT_CPU = (
    "assumed: as fast a core as in nanoGPT's demonstration on 2 cores of a server, evaluations "
    "included: 97 s for 2,000 steps; gptcore doctor --rate measures yours"
)


@dataclass(frozen=True)
class Gpu:
    """A GPU or a CPU: its memory, peak and power.

    Attributes:
        name: Short name, as it is typed.
        title: Full name.
        memory_bytes: Size of the memory.
        flops_per_second: Peak, in the number format `dtype`.
        watts: Maximum power. Without a power limit, runs are planned with it.
        specs_source: Source of memory and power.
        peak_source: Source of the peak.
        dtype: Number format of the peak, in which a run computes.
        mfu_range: The lowest and the highest fraction of the peak that a training run reaches;
            both are the same where our own program was measured.
        mfu_source: Source of `mfu_range`.
        mfu_n_embd: Width of the model for which a measured MFU holds.
        usable_fraction: Fraction of the memory that a run can use; driver, fragmentation and a
            desktop take the rest.
        published: MFU that another program reached, for information only, and its source.
        min_watts: Lowest power of a laptop GPU, by which its maker may limit it; else 0.
        power_limit: Limit that you set (nvidia-smi -pl), in watts; 0 for none.

    Example:
        >>> find_gpu("rtx4070").memory_bytes / 2**30
        12.0
    """

    name: str
    title: str
    memory_bytes: int
    flops_per_second: float
    watts: float
    specs_source: str
    peak_source: str
    dtype: str = "bfloat16"
    mfu_range: tuple[float, float] = ASSUMED_MFU
    mfu_source: str = ASSUMED
    mfu_n_embd: int = 768
    usable_fraction: float = 0.9
    published: tuple[float, str] = (0.0, "")
    min_watts: float = 0.0
    power_limit: float = 0.0

    @property
    def mfu(self) -> float:
        """The MFU with which a single figure is computed; 0.4 for the range from 0.3 to 0.6.

        It is the harmonic mean, so the time of a run is in the middle of the shortest and the
        longest.
        """
        return harmonic_mean(*self.mfu_range)

    @property
    def is_assumed(self) -> bool:
        """Whether the MFU is a range, because nobody has measured our program on this card."""
        return self.mfu_range[0] != self.mfu_range[1]

    @property
    def planned_watts(self) -> float:
        """The power with which energy is computed: the limit, if there is one."""
        return self.power_limit or self.watts

    @property
    def usable_bytes(self) -> int:
        """Bytes of memory that a run can use."""
        return int(self.memory_bytes * self.usable_fraction)


def harmonic_mean(low: float, high: float) -> float:
    """The speed that takes as long as the mean of the times that both take."""
    return low if low == high else 2 * low * high / (low + high)


def geforce(name: str, gib: int, watts: int, cores: int, mhz: int, **more: Any) -> Gpu:
    """A GeForce GPU. A tensor core does 128 operations per clock, in the 20 series 64."""
    match = re.fullmatch(r"rtx(\d+)(.*)", name)
    assert match
    digits, extra = match.groups()
    extra = re.sub(r"-\d+$", "", extra).replace("ti", " Ti").replace("super", " SUPER")
    operations = 64 if digits.startswith("20") else 128
    dtype = "float16" if digits.startswith("20") else "bfloat16"
    peak = cores * mhz * 1e6 * operations
    title = f"GeForce RTX {digits}{extra}"
    return Gpu(name, title, gib * GIB, peak, watts, GEFORCE, BY_CORES, dtype, **more)


def laptop(name: str, gib: int, watts: tuple[int, int], cores: int, mhz: tuple[int, int]) -> Gpu:
    """A GeForce GPU of a laptop, with the ranges of power and of boost clock of its maker."""
    card = geforce(name, gib, watts[1], cores, mhz[1])
    low, high = ASSUMED_MFU
    return replace(
        card,
        name=f"{name}-laptop",
        title=f"{card.title} Laptop GPU",
        specs_source=LAPTOP,
        peak_source=LAPTOP_CLOCKS,
        mfu_range=(low * mhz[0] / mhz[1], high),
        mfu_source=ASSUMED_LAPTOP,
        min_watts=watts[0],
    )


def server(name: str, title: str, gib: int, watts: int, tflops: float, **more: Any) -> Gpu:
    """A GPU for servers or workstations, with the peak of its data sheet."""
    return Gpu(name, title, gib * GIB, tflops * 1e12, watts, SHEET, SHEET, **more)


def apple(name: str, gib: int, watts: int, cores: int, ghz: float) -> Gpu:
    """A desktop Mac. CPU and GPU share the memory; by default the GPU can use two thirds of it."""
    peak = cores * 128 * 2 * ghz * 1e9
    family, kind = name.upper().partition("-")[::2]
    title = f"Apple {family} {kind.title()}".strip()
    return Gpu(
        *(name, title, gib * GIB, peak, watts, APPLE, APPLE_CORES),
        dtype="float32",
        usable_fraction=0.67,
    )


TABLE = (
    geforce("rtx2080ti", 11, 250, 544, 1545),
    geforce("rtx3060", 12, 170, 112, 1777),
    geforce("rtx3060ti", 8, 200, 152, 1665),
    geforce("rtx3070", 8, 220, 184, 1725),
    geforce("rtx3080", 10, 320, 272, 1710),
    geforce("rtx3090", 24, 350, 328, 1695),
    geforce("rtx3090ti", 24, 450, 336, 1860),
    geforce("rtx4060", 8, 115, 96, 2460),
    geforce("rtx4060ti", 16, 165, 136, 2535),
    geforce("rtx4060ti-8", 8, 160, 136, 2535),
    geforce("rtx4070", 12, 200, 184, 2475, published=(0.6, CLAIM_4070)),
    geforce("rtx4070super", 12, 220, 224, 2475),
    geforce("rtx4070ti", 12, 285, 240, 2610),
    geforce("rtx4070tisuper", 16, 285, 264, 2610),
    geforce("rtx4080", 16, 320, 304, 2505),
    geforce("rtx4080super", 16, 320, 320, 2550),
    geforce("rtx4090", 24, 450, 512, 2520, published=(0.55, NANOGPT_4090)),
    geforce("rtx5060", 8, 145, 120, 2497),
    geforce("rtx5060ti", 16, 180, 144, 2572),
    geforce("rtx5070", 12, 250, 192, 2512),
    geforce("rtx5070ti", 16, 300, 280, 2452),
    geforce("rtx5080", 16, 360, 336, 2617),
    geforce("rtx5090", 32, 575, 680, 2407),
    laptop("rtx4050", 6, (35, 115), 80, (1605, 2370)),
    laptop("rtx4060", 8, (35, 115), 96, (1470, 2370)),
    laptop("rtx4070", 8, (35, 115), 144, (1230, 2175)),
    laptop("rtx4080", 12, (60, 150), 232, (1350, 2280)),
    laptop("rtx4090", 16, (80, 150), 304, (1455, 2040)),
    server("t4", "Tesla T4", 15, 70, 65, dtype="float16"),
    server("v100", "Tesla V100 SXM2", 16, 300, 125, dtype="float16"),
    server("v100-32", "Tesla V100 SXM2", 32, 300, 125, dtype="float16"),
    server("a10", "A10", 22, 150, 125),
    server("a10g", "A10G", 22, 300, 70),
    server("a6000", "RTX A6000", 48, 300, 154.8),
    server("l4", "L4", 22, 72, 121),
    server("l40s", "L40S", 44, 350, 362),
    server("a100-40", "A100 SXM4 40GB", 40, 400, 312, published=(0.29, NANOGPT_A100)),
    server("a100-80", "A100 SXM4 80GB", 80, 400, 312, published=(0.6, LLMC_A100)),
    server("h100", "H100 SXM5", 79, 700, 989.4, published=(0.41, LLMC_H100)),
    server("h100-pcie", "H100 PCIe", 79, 350, 756),
    server("h100-nvl", "H100 NVL", 93, 400, 835),
    server("h200", "H200 SXM", 139, 700, 989.4, mfu_range=(0.46, 0.46), mfu_source=OURS_H200),
    server("b200", "B200", 178, 1000, 2250),
    replace(
        server(
            "mi300x",
            "Instinct MI300X",
            191,
            750,
            1307.4,
            published=(0.05, MODDED_MI300X),
        ),
        specs_source=AMD,
        peak_source=AMD,
    ),
    apple("m1", 16, 39, 8, 1.278),
    apple("m1-max", 32, 115, 32, 1.296),
    apple("m1-ultra", 64, 215, 64, 1.296),
    apple("m2", 16, 50, 10, 1.398),
    apple("m2-pro", 16, 100, 19, 1.398),
    apple("m2-max", 32, 145, 38, 1.398),
    apple("m2-ultra", 64, 295, 76, 1.398),
    apple("m4", 16, 65, 10, 1.47),
    apple("m4-pro", 24, 140, 20, 1.578),
    apple("m4-max", 36, 145, 40, 1.578),
)
# The GPUs of the table, by name.
GPUS = {gpu.name: gpu for gpu in TABLE}


def find_gpu(name: str) -> Gpu:
    """Find a GPU of the table by its name.

    Args:
        name: The name in any spelling: rtx4070, "RTX 4070", 4070; or cpu for this machine's CPU.

    Returns:
        The GPU.

    Raises:
        ValueError: For an unknown name, with the nearest ones.

    Example:
        >>> find_gpu("RTX 4070").name
        'rtx4070'
    """
    key = normalize_name(name)
    if key == "cpu":
        return local_cpu()
    known = {normalize_name(gpu): gpu for gpu in GPUS}
    for spelling in (key, f"rtx{key}"):
        if spelling in known:
            return GPUS[known[spelling]]
    same_start = [short for short in known if key and short.startswith(key)]
    near = get_close_matches(key, known, 3, 0.6) + get_close_matches(f"rtx{key}", known, 3, 0.8)
    nearest = [known[short] for short in dict.fromkeys(same_start + near)][:4]
    guess = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
    raise ValueError(
        f"There is no GPU {name!r} in the table.{guess} gptcore budget --gpus prints the table. "
        f"For another GPU, name a similar one and add --memory_gib and --tokens_per_second "
        f"(gptcore doctor --rate measures it)."
    )


def gpu_of_device(device_name: str, memory_bytes: int = 0) -> Gpu | None:
    """Find a GPU by the name that its driver reports.

    Args:
        device_name: The name, such as "NVIDIA A100-SXM4-80GB".
        memory_bytes: Memory that the driver reports; 0 if it is not known.

    Returns:
        The GPU, with that memory; None if it is not in the table.

    Example:
        >>> gpu_of_device("NVIDIA A100-SXM4-80GB").name
        'a100-80'
    """
    key = normalize_name(re.sub(NOT_THE_FAMILY, " ", device_name.lower()))
    gpus = [gpu for gpu in GPUS.values() if family_name(gpu) == key]
    if not gpus:
        return None
    printed = re.search(r"(\d+) ?gb", device_name.lower())
    size = memory_bytes or (int(printed[1]) * GIB if printed else gpus[0].memory_bytes)
    kind = re.search("pcie|nvl", device_name.lower())
    same_kind = [gpu for gpu in gpus if kind and gpu.name.endswith(kind[0])] or gpus
    gpu = min(same_kind, key=lambda one: abs(one.memory_bytes - size))
    return replace(gpu, memory_bytes=memory_bytes or gpu.memory_bytes)


# What drivers report beside the family: memory, socket, form factor.
NOT_THE_FAMILY = r"\b(\d+ ?gb|sxm\d*|pcie|nvl|hbm\d*\w*|fhhl|oam|gpu)\b"


def family_name(gpu: Gpu) -> str:
    """The name without the variant: a100-80 -> a100."""
    return normalize_name(re.sub(r"-(\d+|pcie|nvl)$", "", gpu.name))


def normalize_name(name: str) -> str:
    """The name in lower case, without its maker, blanks and dashes."""
    words = re.sub(r"nvidia|geforce|tesla|instinct|apple|amd|rtx (?=a\d)", " ", name.lower())
    return re.sub(r"[\s_-]+", "", words)


def local_cpu() -> Gpu:
    """This machine's CPU, with the throughput that one core reached in a published run."""
    cores = cpu_core_count()
    return Gpu(
        *("cpu", f"this CPU, {cores} core{'s' * (cores > 1)}", total_ram_bytes()),
        *(FLOPS_PER_CORE * cores, 65.0),
        specs_source="the operating system; 65 W is the usual rating of a desktop CPU",
        peak_source="not a peak, but the FLOP/s that the run below reached",
        dtype="float32",
        mfu_range=(1.0, 1.0),
        mfu_n_embd=1,  # for any model
        mfu_source=NANOGPT_CPU,
    )


def cpu_core_count() -> int:
    """Number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def total_ram_bytes() -> int:
    """Size of this machine's RAM in bytes; 8 GiB if the system does not report it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * GIB
