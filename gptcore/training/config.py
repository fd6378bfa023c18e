"""What a training run is told: how long, in what portions, at what rate, and where.

Left out on purpose: sizes of the model (`GPTConfig`) and the data; a run takes both as they are.
"""

from dataclasses import dataclass
from typing import Any

from gptcore.checks import as_bool, as_finite, as_int, check_choice

SCHEDULES = ("cosine", "wsd", "constant")
OPTIMIZERS = ("adamw", "muon")
DTYPES = ("auto", "float32", "bfloat16", "float16")
COUNTS = {  # field -> the least that it can be
    **{"max_steps": 1, "batch_size": 1, "grad_accum": 1, "keep_checkpoints": 1},
    **{"eval_every": 1, "eval_tokens": 1, "checkpoint_every": 1},
    **{"warmup_steps": 0, "decay_steps": 0, "loss_chunk": 0, "seed": 0},
}
AMOUNTS = ("learning_rate", "min_learning_rate", "weight_decay", "grad_clip", "max_minutes")
BETAS = ("beta1", "beta2")
SWITCHES = ("compile", "activation_checkpointing", "fsdp")


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained.

    Raises:  ValueError for a value that no run can have, with the rule.
    Example: TrainConfig(max_steps=2000, batch_size=12, learning_rate=1e-3)
    """

    max_steps: int = 1000
    """updates of the weights in the whole run; a resumed run counts on"""
    batch_size: int = 16
    """B: rows that go through the model together (the micro-batch); fewer need less memory"""
    grad_accum: int = 1
    """micro-batches whose slopes are added up before each update"""
    learning_rate: float = 1e-3
    """how far an update goes, at its highest"""
    min_learning_rate: float = 1e-4
    """where the schedule ends"""
    warmup_steps: int = 100
    """steps in which the rate rises from nearly 0"""
    schedule: str = "cosine"
    """how the rate falls: cosine; wsd (constant, then a straight line down, which can be continued
    later with more max_steps); constant"""
    decay_steps: int = 0
    """with wsd: the last steps, in which the rate falls; 0 for a fifth of all"""
    optimizer: str = "adamw"
    """adamw; or muon for the matrices inside the blocks, and adamw for the rest"""
    weight_decay: float = 0.1
    """how strongly matrices are drawn towards 0; vectors are not"""
    beta1: float = 0.9
    """share of the slopes' running mean that is kept at each step (adamw)"""
    beta2: float = 0.95
    """the same for the mean of their squares; nearer to 1 for small batches (adamw)"""
    grad_clip: float = 1.0
    """slopes longer than this, all together, are shortened to it; 0 never does"""
    eval_every: int = 250
    """steps between two measurements of the validation loss"""
    eval_tokens: int = 65_536
    """how many tokens that takes; always the same first ones, in the same order"""
    checkpoint_every: int = 250
    """steps between two checkpoints"""
    keep_checkpoints: int = 2
    """how many of the newest checkpoints stay; the one with the best validation loss stays too"""
    loss_chunk: int = 0
    """tokens whose logits are in memory at a time; 0 for all of a micro-batch. The loss is the same
    """
    activation_checkpointing: bool = False
    """whether blocks keep only what came in, and compute the rest once more on the way back: less
    memory, a third more time. The loss is the same"""
    dtype: str = "auto"
    """number format of the arithmetic: float32, bfloat16, float16; auto: the best of the device.
    The weights themselves have 32 bits"""
    compile: bool = False
    """whether PyTorch compiles the model first: half a minute, then faster"""
    device: str = "auto"
    """cpu, cuda, cuda:1, mps; auto: the fastest that is there"""
    fsdp: bool = False
    """with several processes: each keeps a part of the model (FSDP2), not all of it (DDP); for one
    that does not fit on a single GPU"""
    max_minutes: float = 0.0
    """stop after so much time, saved and ready to be resumed; 0 for no limit"""
    seed: int = 1337
    """of the first weights, the order of the data, and what dropout drops"""

    def __post_init__(self):
        checked: dict[str, Any] = {
            **{name: as_int(getattr(self, name), name, least) for name, least in COUNTS.items()},
            **{name: as_finite(getattr(self, name), name, minimum=0) for name in AMOUNTS},
            **{name: as_finite(getattr(self, name), name, minimum=0, below=1) for name in BETAS},
            **{name: as_bool(getattr(self, name), name) for name in SWITCHES},
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)  # Python's own types, which are JSON
        check_choice(self.schedule, "schedule", SCHEDULES)
        check_choice(self.optimizer, "optimizer", OPTIMIZERS)
        check_choice(self.dtype, "dtype", DTYPES)
        if self.min_learning_rate > self.learning_rate:
            raise ValueError(
                f"min_learning_rate={self.min_learning_rate} is above learning_rate="
                f"{self.learning_rate}, and the rate is to fall. A tenth is usual: "
                f"min_learning_rate={self.learning_rate / 10:g}."
            )
        if self.warmup_steps + self.decays > self.max_steps:
            raise ValueError(
                f"warmup_steps={self.warmup_steps}"
                + (f" and decay_steps={self.decays}" if self.decays else "")
                + f" do not fit into max_steps={self.max_steps}. Set warmup_steps to "
                f"{max(0, min(self.warmup_steps, self.max_steps // 10))}"
                + (f" and decay_steps to {self.max_steps // 5}." if self.decays else ".")
            )

    @property
    def decays(self) -> int:
        """Steps at the end in which a wsd schedule falls."""
        return (self.decay_steps or self.max_steps // 5) if self.schedule == "wsd" else 0
