"""Settings of a training run: steps, batches, learning rate, optimizer, checkpoints, device.

The sizes of the model are in `GPTConfig`.
"""

from dataclasses import dataclass
from typing import Any

from gptcore.checks import as_bool, as_finite, as_int, check_choice

SCHEDULES = ("cosine", "wsd", "constant")
OPTIMIZERS = ("adamw", "muon")
DTYPES = ("auto", "float32", "bfloat16", "float16")
MIN_COUNTS = {  # field -> its smallest value
    **{"max_steps": 1, "batch_size": 1, "grad_accum": 1, "keep_checkpoints": 1},
    **{"eval_every": 1, "eval_tokens": 1, "checkpoint_every": 1},
    **{"warmup_steps": 0, "decay_steps": 0, "loss_chunk": 0, "seed": 0},
}
AMOUNTS = ("learning_rate", "min_learning_rate", "weight_decay", "grad_clip", "max_minutes")
BETAS = ("beta1", "beta2")
SWITCHES = ("compile", "activation_checkpointing", "fsdp", "document_mask")


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained.

    Raises:
        ValueError: If a value is impossible; the message says the rule.

    Example:
        >>> TrainConfig(max_steps=2000, batch_size=12).learning_rate
        0.001
    """

    max_steps: int = 1000
    """updates of the weights in the whole run; a resumed run counts on"""
    batch_size: int = 16
    """B: rows in one forward pass (the micro-batch); a smaller one needs less memory"""
    grad_accum: int = 1
    """micro-batches whose gradients are summed before each update"""
    learning_rate: float = 1e-3
    """the highest learning rate of the schedule"""
    min_learning_rate: float = 1e-4
    """the learning rate at the end of the schedule"""
    warmup_steps: int = 100
    """steps in which the learning rate rises from nearly 0"""
    schedule: str = "cosine"
    """how the learning rate falls: cosine; wsd (constant, then linear to the end; can be continued
    later with more max_steps); constant"""
    decay_steps: int = 0
    """with wsd: the last steps, in which the learning rate falls; 0 for a fifth of all"""
    optimizer: str = "adamw"
    """adamw; or muon for the matrices inside the blocks, and adamw for the rest"""
    weight_decay: float = 0.1
    """how strongly matrices are pulled towards 0; vectors are not"""
    beta1: float = 0.9
    """decay of the running mean of gradients (adamw)"""
    beta2: float = 0.95
    """decay of the running mean of squared gradients; closer to 1 for small batches (adamw)"""
    grad_clip: float = 1.0
    """the largest gradient norm; a larger gradient is scaled down to it; 0 never clips"""
    eval_every: int = 250
    """steps between two measurements of the validation loss"""
    eval_tokens: int = 65_536
    """validation tokens per measurement; always the first ones, in the same order"""
    checkpoint_every: int = 250
    """steps between two checkpoints"""
    keep_checkpoints: int = 2
    """how many of the newest checkpoints are kept; the one with the best validation loss is, too"""
    loss_chunk: int = 0
    """tokens whose logits are in memory at a time; 0 for all of a micro-batch. The loss is the same
    """
    activation_checkpointing: bool = False
    """whether blocks keep only their input and compute the rest again in the backward pass: less
    memory, a third more time. The loss is the same"""
    document_mask: bool = False
    """whether tokens attend only to their own document, and positions restart in each, in training
    and in the validation loss; slower, because PyTorch's fastest attention takes no mask"""
    dtype: str = "auto"
    """number format of the arithmetic: float32, bfloat16, float16; auto: the best of the device.
    The weights themselves have 32 bits"""
    compile: bool = False
    """whether PyTorch compiles the model first: half a minute, then faster"""
    device: str = "auto"
    """cpu, cuda, cuda:1, mps; auto: the fastest one available"""
    fsdp: bool = False
    """with several processes: each keeps a part of the model (FSDP2) instead of all of it (DDP);
    for a model that does not fit on one GPU"""
    max_minutes: float = 0.0
    """stop after this time, with a checkpoint to resume from; 0 for no limit"""
    seed: int = 1337
    """seed of the initial weights, of the order of the data, and of dropout"""

    def __post_init__(self) -> None:
        checked: dict[str, Any] = {
            **{name: as_int(getattr(self, name), name, low) for name, low in MIN_COUNTS.items()},
            **{name: as_finite(getattr(self, name), name, minimum=0) for name in AMOUNTS},
            **{name: as_finite(getattr(self, name), name, minimum=0, below=1) for name in BETAS},
            **{name: as_bool(getattr(self, name), name) for name in SWITCHES},
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)  # Python's own types, which JSON can hold
        check_choice(self.schedule, "schedule", SCHEDULES)
        check_choice(self.optimizer, "optimizer", OPTIMIZERS)
        check_choice(self.dtype, "dtype", DTYPES)
        if self.min_learning_rate > self.learning_rate:
            raise ValueError(
                f"min_learning_rate={self.min_learning_rate} is above learning_rate="
                f"{self.learning_rate}, but the learning rate must fall. A tenth is usual: "
                f"min_learning_rate={self.learning_rate / 10:g}."
            )
        if self.warmup_steps + self.n_decay_steps > self.max_steps:
            raise ValueError(
                f"warmup_steps={self.warmup_steps}"
                + (f" and decay_steps={self.n_decay_steps}" if self.n_decay_steps else "")
                + f" do not fit into max_steps={self.max_steps}. Set warmup_steps to "
                f"{max(0, min(self.warmup_steps, self.max_steps // 10))}"
                + (f" and decay_steps to {self.max_steps // 5}." if self.n_decay_steps else ".")
            )

    @property
    def n_decay_steps(self) -> int:
        """Number of steps at the end in which a wsd schedule falls."""
        return (self.decay_steps or self.max_steps // 5) if self.schedule == "wsd" else 0
