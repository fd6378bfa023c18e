"""What a run will need, computed before it starts: parameters, FLOPs, memory, time, power, disk.

Everything is a formula of the settings that `train` takes, without PyTorch. The parts are in
`parameters.py`, `memory.py`, `scaling.py` and `hardware/gpus.py`; `proposals.py` proposes changes.
Evaluations and checkpoints, a few per cent of the time, and the power of the rest of the computer
are not counted.

Source: bytes of FineWeb per token: its dataset card, sample-10BT.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from gptcore.checks import as_finite
from gptcore.corpus import is_downloaded, load_documents
from gptcore.model.config import GPTConfig
from gptcore.training.config import TrainConfig
from gptcore.training.cost.memory import MemoryEstimate, estimate_memory
from gptcore.training.cost.parameters import flops_per_token, parameters_by_part
from gptcore.training.cost.scaling import ComputeOptimal, compute_optimal
from gptcore.training.hardware.gpus import Gpu, find_gpu, harmonic_mean
from gptcore.training.presets import PRESETS, Preset, find_preset

FINEWEB_BYTES_PER_TOKEN = 2.76  # of its parquet files: 27.6 GB for 10 billion GPT-2 tokens
DEFAULT_TRAINING = PRESETS["fineweb-40m"].train  # for a model without settings
MAX_BATCH_SIZE = 1 << 16  # upper limit of the search
MEASURED = "measured by you"
LAUNCH_SECONDS = 0.4e-3  # per block and micro-batch; PyTorch 2.13, one core, not compiled
MFU_EXPONENT = 0.565  # log2(46.3 / 31.3), see `mfu_factor`
LAUNCH_BOUND = "limited by kernel launches: 0.4 ms per block of so small a model"
SHAKESPEARE_VOCAB_SIZE = 66  # 65 letters and BOS, if the text is not downloaded


@dataclass(frozen=True)
class Budget:
    """What a run will need.

    Attributes:
        model: Sizes of the model.
        training: Settings of the training.
        gpu: The GPU, or a CPU.
        dtype: Number format of the matrix products.
        parameters_by_part: Part of the model -> number of parameters.
        flops_per_token: FLOPs of one token, forward and backward.
        memory: Bytes of memory by kind.
        max_batch_size: The most rows that fit into a micro-batch; 0 if not even one does.
        tokens_per_second_range: The lowest and the highest throughput; the same number twice where
            it was measured, and None if it is not known.
        rate_source: Source of the throughput.
        from_fineweb: Whether the data must be downloaded from FineWeb.

    Example:
        >>> plan = budget("fineweb-40m", gpu="rtx4070")
        >>> plan.fits
        True
    """

    model: GPTConfig
    training: TrainConfig
    gpu: Gpu
    dtype: str
    parameters_by_part: dict[str, int]
    flops_per_token: int
    memory: MemoryEstimate
    max_batch_size: int
    tokens_per_second_range: tuple[float, float] | None
    rate_source: str
    from_fineweb: bool = False

    @property
    def parameters(self) -> int:
        """Parameters of the model."""
        return sum(self.parameters_by_part.values())

    @property
    def fits(self) -> bool:
        """Whether the run fits into the memory of the GPU."""
        return self.memory.total <= self.gpu.usable_bytes

    @property
    def tokens_per_step(self) -> int:
        """Tokens of a batch, over all micro-batches."""
        return self.training.batch_size * self.training.grad_accum * self.model.block_size

    @property
    def tokens(self) -> int:
        """Tokens of the run; repeated ones count again."""
        return self.tokens_per_step * self.training.max_steps

    @property
    def flops(self) -> int:
        """FLOPs of the run."""
        return self.flops_per_token * self.tokens

    @property
    def compute_optimal(self) -> ComputeOptimal:
        """What Chinchilla's rule would do with the same FLOPs."""
        return compute_optimal(self.flops)

    @property
    def tokens_per_second(self) -> float | None:
        """Throughput for which the time is in the middle of its range; None if it is not known."""
        rates = self.tokens_per_second_range
        return None if rates is None else harmonic_mean(*rates)

    @property
    def hours(self) -> float | None:
        """Duration of the run, the middle of its range; None if the throughput is not known."""
        return self.tokens / self.tokens_per_second / 3600 if self.tokens_per_second else None

    @property
    def hours_range(self) -> tuple[float, float] | None:
        """The shortest and the longest duration; the same number twice where it was measured."""
        if self.tokens_per_second_range is None:
            return None
        slow, fast = self.tokens_per_second_range
        return self.tokens / fast / 3600, self.tokens / slow / 3600

    @property
    def kwh(self) -> float | None:
        """Energy at the maximum power of the GPU, or its limit; most runs take a little less."""
        return None if self.hours is None else self.hours * self.gpu.planned_watts / 1000

    @property
    def kwh_range(self) -> tuple[float, float] | None:
        """The lowest and the highest energy, at the same power."""
        if self.hours_range is None:
            return None
        short, long = self.hours_range
        return short * self.gpu.planned_watts / 1000, long * self.gpu.planned_watts / 1000

    @property
    def is_assumed(self) -> bool:
        """Whether the throughput is a range that was assumed, not measured."""
        rates = self.tokens_per_second_range
        return rates is not None and rates[0] != rates[1]

    @property
    def download_bytes(self) -> int:
        """Bytes of FineWeb's files, if each token is seen once."""
        return round(self.tokens * FINEWEB_BYTES_PER_TOKEN) if self.from_fineweb else 0

    @property
    def shard_bytes(self) -> int:
        """Bytes of the shards that `gptcore prepare` makes of them."""
        fits_uint16 = self.model.vocab_size <= 2**16
        return self.tokens * (2 if fits_uint16 else 4) if self.from_fineweb else 0

    @property
    def checkpoint_bytes(self) -> int:
        """Bytes of the newest checkpoints, the best, and one that is being written."""
        return (self.training.keep_checkpoints + 2) * (self.memory.weights + self.memory.optimizer)

    @property
    def disk_bytes(self) -> int:
        """Bytes of downloads, shards and checkpoints."""
        return self.download_bytes + self.shard_bytes + self.checkpoint_bytes

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values, as `gptcore budget --json` prints it."""
        return {
            "parameters": self.parameters,
            "parameters_by_part": self.parameters_by_part,
            "flops_per_token": self.flops_per_token,
            "memory_bytes": asdict(self.memory),
            "memory_bytes_total": self.memory.total,
            "memory_bytes_usable": self.gpu.usable_bytes,
            "fits": self.fits,
            "max_batch_size": self.max_batch_size,
            "tokens_per_step": self.tokens_per_step,
            "tokens": self.tokens,
            "flops": self.flops,
            "tokens_per_second": self.tokens_per_second,
            "tokens_per_second_range": self.tokens_per_second_range,
            "tokens_per_second_source": self.rate_source,
            "hours": self.hours,
            "hours_range": self.hours_range,
            "kwh": self.kwh,
            "kwh_range": self.kwh_range,
            "download_bytes": self.download_bytes,
            "shard_bytes": self.shard_bytes,
            "checkpoint_bytes": self.checkpoint_bytes,
            "disk_bytes": self.disk_bytes,
            "dtype": self.dtype,
            "gpu": asdict(self.gpu),
            "model": asdict(self.model),
            "training": asdict(self.training),
            "compute_optimal": asdict(self.compute_optimal),
        }


def budget(
    model: GPTConfig | str,
    training: TrainConfig | None = None,
    gpu: Gpu | str = "cpu",
    *,
    tokens_per_second: float | None = None,
    from_fineweb: bool | None = None,
) -> Budget:
    """Compute what a run will need.

    Args:
        model: Sizes of the model, or the name of a preset.
        training: Settings of the training; default: those of the preset.
        gpu: A GPU, its name, or "cpu".
        tokens_per_second: A throughput that was measured; default: an estimate from the GPU's peak.
        from_fineweb: Whether to count downloads from FineWeb; default: whether the preset needs it.

    Returns:
        The budget.

    Raises:
        ValueError: For an unknown preset or GPU, or a number format that the GPU does not have.

    Example:
        >>> [round(hours, 1) for hours in budget("fineweb-40m", gpu="rtx4070").hours_range]
        [7.5, 15.0]
    """
    if isinstance(model, str):
        preset = find_preset(model)
        model, training = preset.config(preset_vocab_size(preset)), training or preset.train
        from_fineweb = preset.text is None if from_fineweb is None else from_fineweb
    training = training or DEFAULT_TRAINING
    gpu = find_gpu(gpu) if isinstance(gpu, str) else gpu
    dtype = resolve_dtype(gpu, training.dtype)
    rates: tuple[float, float] | None
    if tokens_per_second is not None:
        tokens_per_second = as_finite(tokens_per_second, "tokens_per_second", above=0)
        rates, rate_source = (tokens_per_second, tokens_per_second), MEASURED
    else:
        rates, rate_source = estimate_throughput(model, training, gpu, dtype)
    return Budget(
        model=model,
        training=training,
        gpu=gpu,
        dtype=dtype,
        parameters_by_part=parameters_by_part(model),
        flops_per_token=flops_per_token(model),
        memory=estimate_memory(model, training, dtype),
        max_batch_size=find_max_batch_size(model, training, gpu, dtype),
        tokens_per_second_range=rates,
        rate_source=rate_source,
        from_fineweb=bool(from_fineweb),
    )


def preset_vocab_size(preset: Preset) -> int:
    """Vocabulary size of a preset: the letters of its text and BOS; or GPT-2's, padded."""
    if preset.text is None:
        return GPTConfig().vocab_size
    if not is_downloaded(preset.text):
        return SHAKESPEARE_VOCAB_SIZE
    return len(set("".join(load_documents(preset.text)))) + 1


def resolve_dtype(gpu: Gpu, wanted: str) -> str:
    """Choose the number format of a run: `wanted`, or that of the GPU for "auto".

    Raises:
        ValueError: For bf16 on a GPU that does not have it.
    """
    if wanted == "bfloat16" and gpu.dtype == "float16":
        raise ValueError(
            f"dtype='bfloat16': {gpu.title} does not have it. Use --dtype float16, or auto."
        )
    return gpu.dtype if wanted == "auto" else wanted


def estimate_throughput(
    model: GPTConfig, training: TrainConfig, gpu: Gpu, dtype: str
) -> tuple[tuple[float, float] | None, str]:
    """Estimate the lowest and highest tokens per second from peak and MFU, with their source."""
    if dtype == "float32" != gpu.dtype:
        return None, f"{gpu.title} in float32 is not in the table: --tokens_per_second"
    flops: float = flops_per_token(model)
    if training.activation_checkpointing:
        flops *= 4 / 3  # the forward pass, a third of all, is computed twice
    if training.loss_chunk:
        flops += 2 * model.vocab_size * model.n_embd  # the logits, too
    # An assumed range is wide enough for narrow models, too.
    factor = 1.0 if gpu.is_assumed else mfu_factor(model.n_embd / gpu.mfu_n_embd)
    low, high = (mfu * factor for mfu in gpu.mfu_range)
    slow, fast = (gpu.flops_per_second * mfu / flops for mfu in (low, high))
    # Embedding and head launch about as many kernels as two blocks.
    launch_seconds = LAUNCH_SECONDS * (model.n_layer + 2)
    max_rate = training.batch_size * model.block_size / launch_seconds
    rates = (min(slow, max_rate), min(fast, max_rate))
    if max_rate < slow:
        return rates, LAUNCH_BOUND
    if high == 1:
        return rates, gpu.mfu_source
    share = f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"
    return rates, f"{share} of {gpu.flops_per_second / 1e12:,.4g} TFLOP/s; {gpu.mfu_source}"


def mfu_factor(width: float) -> float:
    """The factor by which MFU falls for a narrower model.

    Narrow matrices and small heads use a GPU less. One H200 reached an MFU of 46.3 % at width 768
    and 31.3 % at 384 (benchmarks/gpu, 2026-11-27). For wider models no higher MFU is assumed. For a
    card that we have not measured, the assumed range covers both.

    Args:
        width: Width of the model, divided by the width for which the MFU is known.

    Returns:
        The factor, at most 1; 0.68 for half the width.
    """
    return float(min(1.0, width) ** MFU_EXPONENT)


def find_max_batch_size(model: GPTConfig, training: TrainConfig, gpu: Gpu, dtype: str) -> int:
    """Find the most rows that fit into a micro-batch, by bisection; 0 if not even one does."""

    def fits(rows: int) -> bool:
        with_rows = replace(training, batch_size=rows)
        return estimate_memory(model, with_rows, dtype).total <= gpu.usable_bytes

    low, high = 0, MAX_BATCH_SIZE  # low fits; high does not, or is the limit
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
