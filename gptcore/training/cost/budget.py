"""What a run will need, before it begins: parameters, arithmetic, memory, time, power, disk.

Everything by formula, from the same settings that `train` takes and without PyTorch, so the answer
comes at once. `parameters.py`, `memory.py`, `cards.py`, `scaling.py` have the parts of it;
`proposals.py` says what could be changed.
Left out on purpose: evaluations and checkpoints, a few per cent of the time; the rest of the
computer, which also draws power.
Source: bytes of FineWeb for a token: its dataset card, sample-10BT.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from gptcore.checks import as_finite
from gptcore.corpus import available, load_documents
from gptcore.model.config import GPTConfig
from gptcore.training.config import TrainConfig
from gptcore.training.cost.memory import Memory, memory_of
from gptcore.training.cost.parameters import flops_per_token, parameters_by_part
from gptcore.training.cost.scaling import Optimum, compute_optimal
from gptcore.training.hardware.cards import Card, find_card
from gptcore.training.presets import PRESETS, Preset, find_preset

FINEWEB_BYTES_PER_TOKEN = 2.76  # of its parquet files: 27.6 GB for 10 billion GPT-2 tokens
USUAL = PRESETS["fineweb-40m"].train  # the training, where only a model is named
MOST_ROWS = 1 << 16  # in a micro-batch; more is never proposed
MEASURED_BY_YOU = "measured, as you say"
LAUNCH_SECONDS = 0.4e-3  # for each block of a micro-batch; PyTorch 2.13 on one core, not compiled
NARROWING = 0.565  # log2(46.3 / 31.3)
LAUNCHING = "so small a model waits for its kernels: 0.4 ms to launch those of a block"
SHAKESPEARE_VOCABULARY = 66  # 65 letters and BOS; the text itself may not be here


@dataclass(frozen=True)
class Budget:
    """What a run will need. Sizes in bytes; a rate that is not known is None.

    Example: plan = budget("fineweb-40m", card="rtx4070"); print(plan.hours, plan.kwh)
    """

    model: GPTConfig
    training: TrainConfig
    card: Card
    dtype: str
    parameters_by_part: dict[str, int]
    flops_per_token: int
    memory: Memory
    largest_batch: int
    tokens_per_second: float | None
    rate_from: str
    from_fineweb: bool = False

    @property
    def parameters(self) -> int:
        return sum(self.parameters_by_part.values())

    @property
    def fits(self) -> bool:
        return self.memory.total <= self.card.usable_bytes

    @property
    def tokens_per_step(self) -> int:
        return self.training.batch_size * self.training.grad_accum * self.model.block_size

    @property
    def tokens(self) -> int:
        """In the whole run, repeated ones again."""
        return self.tokens_per_step * self.training.max_steps

    @property
    def operations(self) -> int:
        return self.flops_per_token * self.tokens

    @property
    def optimum(self) -> Optimum:
        """What Chinchilla's rule would do with the same operations."""
        return compute_optimal(self.operations)

    @property
    def hours(self) -> float | None:
        return self.tokens / self.tokens_per_second / 3600 if self.tokens_per_second else None

    @property
    def kwh(self) -> float | None:
        """As if the card drew all that it may; most runs draw a little less."""
        return None if self.hours is None else self.hours * self.card.watts / 1000

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
            "memory_bytes_usable": self.card.usable_bytes,
            "fits": self.fits,
            "largest_batch_size": self.largest_batch,
            "tokens_per_step": self.tokens_per_step,
            "tokens": self.tokens,
            "operations": self.operations,
            "tokens_per_second": self.tokens_per_second,
            "tokens_per_second_from": self.rate_from,
            "hours": self.hours,
            "kwh": self.kwh,
            "download_bytes": self.download_bytes,
            "shard_bytes": self.shard_bytes,
            "checkpoint_bytes": self.checkpoint_bytes,
            "disk_bytes": self.disk_bytes,
            "dtype": self.dtype,
            "card": asdict(self.card),
            "model": asdict(self.model),
            "training": asdict(self.training),
            "compute_optimal": asdict(self.optimum),
        }


def budget(
    model: GPTConfig | str,
    training: TrainConfig | None = None,
    card: Card | str = "cpu",
    *,
    tokens_per_second: float | None = None,
    from_fineweb: bool | None = None,
) -> Budget:
    """What it takes to train that model, or the preset of that name, on that card.

    `tokens_per_second` is a rate that was measured; without one the card's table has a rate.
    `from_fineweb` counts what must be downloaded; a preset knows that itself.
    Raises:  ValueError for a preset, a card or a number format that there is not.
    Example: budget("fineweb-40m", card="rtx4070").hours -> about 7.5
    """
    if isinstance(model, str):
        preset = find_preset(model)
        model, training = preset.config(vocabulary_of(preset)), training or preset.train
        from_fineweb = preset.text is None if from_fineweb is None else from_fineweb
    training = training or USUAL
    card = find_card(card) if isinstance(card, str) else card
    dtype = dtype_on(card, training.dtype)
    if tokens_per_second is not None:
        tokens_per_second = as_finite(tokens_per_second, "tokens_per_second", above=0)
    rate, rate_from = tokens_per_second, MEASURED_BY_YOU
    if rate is None:
        rate, rate_from = tabulated_rate(model, training, card, dtype)
    return Budget(
        model=model,
        training=training,
        card=card,
        dtype=dtype,
        parameters_by_part=parameters_by_part(model),
        flops_per_token=flops_per_token(model),
        memory=memory_of(model, training, dtype),
        largest_batch=largest_batch(model, training, card, dtype),
        tokens_per_second=rate,
        rate_from=rate_from,
        from_fineweb=bool(from_fineweb),
    )


def vocabulary_of(preset: Preset) -> int:
    """How many tokens the preset's text has, letter by letter, with BOS; or GPT-2's, filled up."""
    if preset.text is None:
        return GPTConfig().vocab_size
    if not available(preset.text):
        return SHAKESPEARE_VOCABULARY
    return len(set("".join(load_documents(preset.text)))) + 1


def dtype_on(card: Card, wanted: str) -> str:
    """The number format of a run: `wanted`, or the card's own if that is "auto".

    Raises: ValueError for bf16 on a card that has none.
    """
    if wanted == "bfloat16" and card.dtype == "float16":
        raise ValueError(
            f"dtype='bfloat16': {card.title} does not compute it. Use --dtype float16, or auto."
        )
    return card.dtype if wanted == "auto" else wanted


def tabulated_rate(
    model: GPTConfig, training: TrainConfig, card: Card, dtype: str
) -> tuple[float | None, str]:
    """Tokens a second from the card's peak and the share of it that runs get; and whence."""
    if dtype == "float32" != card.dtype:
        return None, f"{card.title} in float32 is not in the table: --tokens_per_second"
    needed = flops_per_token(model)
    flops: float = needed
    if training.activation_checkpointing:
        flops *= 4 / 3  # the way there is made twice, and is a third of all
    if training.loss_chunk:
        flops += 2 * model.vocab_size * model.n_embd  # so are the logits
    share = card.share * narrower(model.n_embd / card.share_width)
    rate = card.flops_per_second * share / flops
    launching = LAUNCH_SECONDS * (model.n_layer + 2)  # the ends are about as much as two blocks
    most = training.batch_size * model.block_size / launching
    if most < rate:
        return most, LAUNCHING
    if card.share == 1:
        return rate, card.share_from
    tflops = card.flops_per_second / 1e12
    return rate, f"{share:.0%} of {tflops:,.4g} TFLOP/s; {card.share_from}"


def narrower(width: float) -> float:
    """How the share of the peak changes with the width of a model, as a factor.

    Narrow matrices and small heads keep a GPU less busy. One H200 reached 46.3 % of its peak with
    768 numbers a token and 31.3 % with 384 (benchmarks/gpu, 2026-11-27). Beyond the width for
    which a card's share is known nothing is promised.
    Example: narrower(0.5) -> about 0.68
    """
    return min(1.0, width) ** NARROWING


def largest_batch(model: GPTConfig, training: TrainConfig, card: Card, dtype: str) -> int:
    """The most rows that fit into a micro-batch; 0 if not even one does."""

    def fits(rows: int) -> bool:
        with_rows = replace(training, batch_size=rows)
        return memory_of(model, with_rows, dtype).total <= card.usable_bytes

    low, high = 0, MOST_ROWS  # low fits, high does not, or is never asked for
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
