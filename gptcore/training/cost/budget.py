"""What a run will need, before it begins: parameters, arithmetic, memory, time, power, disk.

Everything by formula, from the same settings that `train` takes and without PyTorch, so the answer
comes at once. `parameters.py`, `memory.py`, `gpus.py`, `scaling.py` have the parts of it;
`proposals.py` says what could be changed.
Left out on purpose: evaluations and checkpoints, a few per cent of the time; the rest of the
computer, which also draws power.
Source: bytes of FineWeb for a token: its dataset card, sample-10BT.
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
from gptcore.training.hardware.gpus import Gpu, find_gpu
from gptcore.training.presets import PRESETS, Preset, find_preset

FINEWEB_BYTES_PER_TOKEN = 2.76  # of its parquet files: 27.6 GB for 10 billion GPT-2 tokens
DEFAULT_TRAINING = PRESETS["fineweb-40m"].train  # the training, where only a model is named
MAX_BATCH_SIZE = 1 << 16  # in a micro-batch; more is never proposed
MEASURED = "measured, as you say"
LAUNCH_SECONDS = 0.4e-3  # for each block of a micro-batch; PyTorch 2.13 on one core, not compiled
NARROWING = 0.565  # log2(46.3 / 31.3)
LAUNCHING = "so small a model waits for its kernels: 0.4 ms to launch those of a block"
SHAKESPEARE_VOCABULARY = 66  # 65 letters and BOS; the text itself may not be here


@dataclass(frozen=True)
class Budget:
    """What a run will need. Sizes in bytes; a rate that is not known is None.

    Example: plan = budget("fineweb-40m", gpu="rtx4070"); print(plan.hours, plan.kwh)
    """

    model: GPTConfig
    training: TrainConfig
    gpu: Gpu
    dtype: str
    parameters_by_part: dict[str, int]
    flops_per_token: int
    memory: MemoryEstimate
    max_batch_size: int
    tokens_per_second: float | None
    rate_source: str
    from_fineweb: bool = False

    @property
    def parameters(self) -> int:
        return sum(self.parameters_by_part.values())

    @property
    def fits(self) -> bool:
        return self.memory.total <= self.gpu.usable_bytes

    @property
    def tokens_per_step(self) -> int:
        return self.training.batch_size * self.training.grad_accum * self.model.block_size

    @property
    def tokens(self) -> int:
        """In the whole run, repeated ones again."""
        return self.tokens_per_step * self.training.max_steps

    @property
    def flops(self) -> int:
        return self.flops_per_token * self.tokens

    @property
    def compute_optimal(self) -> ComputeOptimal:
        """What Chinchilla's rule would do with the same operations."""
        return compute_optimal(self.flops)

    @property
    def hours(self) -> float | None:
        return self.tokens / self.tokens_per_second / 3600 if self.tokens_per_second else None

    @property
    def kwh(self) -> float | None:
        """As if the GPU drew all that it may; most runs draw a little less."""
        return None if self.hours is None else self.hours * self.gpu.watts / 1000

    @property
    def download_bytes(self) -> int:
        """FineWeb's files for all tokens, each seen once."""
        return round(self.tokens * FINEWEB_BYTES_PER_TOKEN) if self.from_fineweb else 0

    @property
    def shard_bytes(self) -> int:
        """The same tokens as `gptcore prepare` writes them."""
        narrow = self.model.vocab_size <= 2**16
        return self.tokens * (2 if narrow else 4) if self.from_fineweb else 0

    @property
    def checkpoint_bytes(self) -> int:
        """The newest ones, the best, and one that is being written."""
        return (self.training.keep_checkpoints + 2) * (self.memory.weights + self.memory.optimizer)

    @property
    def disk_bytes(self) -> int:
        return self.download_bytes + self.shard_bytes + self.checkpoint_bytes

    def to_json(self) -> dict[str, Any]:
        """All of it, as `gptcore budget --json` prints it."""
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
            "tokens_per_second_source": self.rate_source,
            "hours": self.hours,
            "kwh": self.kwh,
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
    """What it takes to train that model, or the preset of that name, on that GPU.

    `tokens_per_second` is a rate that was measured; without one the GPU's table has a rate.
    `from_fineweb` counts what must be downloaded; a preset knows that itself.
    Raises:  ValueError for a preset, a GPU or a number format that there is not.
    Example: budget("fineweb-40m", gpu="rtx4070").hours -> about 7.5
    """
    if isinstance(model, str):
        preset = find_preset(model)
        model, training = preset.config(preset_vocab_size(preset)), training or preset.train
        from_fineweb = preset.text is None if from_fineweb is None else from_fineweb
    training = training or DEFAULT_TRAINING
    gpu = find_gpu(gpu) if isinstance(gpu, str) else gpu
    dtype = resolve_dtype(gpu, training.dtype)
    if tokens_per_second is not None:
        tokens_per_second = as_finite(tokens_per_second, "tokens_per_second", above=0)
    rate, rate_source = tokens_per_second, MEASURED
    if rate is None:
        rate, rate_source = estimate_throughput(model, training, gpu, dtype)
    return Budget(
        model=model,
        training=training,
        gpu=gpu,
        dtype=dtype,
        parameters_by_part=parameters_by_part(model),
        flops_per_token=flops_per_token(model),
        memory=estimate_memory(model, training, dtype),
        max_batch_size=max_batch_size(model, training, gpu, dtype),
        tokens_per_second=rate,
        rate_source=rate_source,
        from_fineweb=bool(from_fineweb),
    )


def preset_vocab_size(preset: Preset) -> int:
    """How many tokens the preset's text has, letter by letter, with BOS; or GPT-2's, filled up."""
    if preset.text is None:
        return GPTConfig().vocab_size
    if not is_downloaded(preset.text):
        return SHAKESPEARE_VOCABULARY
    return len(set("".join(load_documents(preset.text)))) + 1


def resolve_dtype(gpu: Gpu, wanted: str) -> str:
    """The number format of a run: `wanted`, or the GPU's own if that is "auto".

    Raises: ValueError for bf16 on a GPU that has none.
    """
    if wanted == "bfloat16" and gpu.dtype == "float16":
        raise ValueError(
            f"dtype='bfloat16': {gpu.title} does not compute it. Use --dtype float16, or auto."
        )
    return gpu.dtype if wanted == "auto" else wanted


def estimate_throughput(
    model: GPTConfig, training: TrainConfig, gpu: Gpu, dtype: str
) -> tuple[float | None, str]:
    """Tokens a second from the GPU's peak and the share of it that runs get; and whence."""
    if dtype == "float32" != gpu.dtype:
        return None, f"{gpu.title} in float32 is not in the table: --tokens_per_second"
    needed = flops_per_token(model)
    flops: float = needed
    if training.activation_checkpointing:
        flops *= 4 / 3  # the way there is made twice, and is a third of all
    if training.loss_chunk:
        flops += 2 * model.vocab_size * model.n_embd  # so are the logits
    share = gpu.mfu * mfu_factor(model.n_embd / gpu.mfu_n_embd)
    rate = gpu.flops_per_second * share / flops
    launching = LAUNCH_SECONDS * (model.n_layer + 2)  # the ends are about as much as two blocks
    most = training.batch_size * model.block_size / launching
    if most < rate:
        return most, LAUNCHING
    if gpu.mfu == 1:
        return rate, gpu.mfu_source
    tflops = gpu.flops_per_second / 1e12
    return rate, f"{share:.0%} of {tflops:,.4g} TFLOP/s; {gpu.mfu_source}"


def mfu_factor(width: float) -> float:
    """How the share of the peak changes with the width of a model, as a factor.

    Narrow matrices and small heads keep a GPU less busy. One H200 reached 46.3 % of its peak with
    768 numbers a token and 31.3 % with 384 (benchmarks/gpu, 2026-11-27). Beyond the width for
    which a GPU's share is known nothing is promised.
    Example: mfu_factor(0.5) -> about 0.68
    """
    return min(1.0, width) ** NARROWING


def max_batch_size(model: GPTConfig, training: TrainConfig, gpu: Gpu, dtype: str) -> int:
    """The most rows that fit into a micro-batch; 0 if not even one does."""

    def fits(rows: int) -> bool:
        with_rows = replace(training, batch_size=rows)
        return estimate_memory(model, with_rows, dtype).total <= gpu.usable_bytes

    low, high = 0, MAX_BATCH_SIZE  # low fits, high does not, or is never asked for
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
