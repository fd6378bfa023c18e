"""Settings of all runs that compare a model with a reference: steps, optimizer, checkpoints."""

from dataclasses import dataclass
from typing import Any

from gptcore.checks import as_int
from gptcore.training.config import TrainConfig

COUNTS = ("max_steps", "batch_size", "checkpoint_every", "keep_checkpoints")


@dataclass(frozen=True)
class TuningConfig:
    """How weights are updated, whatever the loss; `ReinforceConfig` and `DPOConfig` add theirs.

    Raises:
        ValueError: If a value is impossible; the message says the rule.

    Example:
        >>> TuningConfig(max_steps=50).train_config().decay_steps
        45
    """

    max_steps: int = 150
    """updates of the weights"""
    batch_size: int = 64
    """examples in one forward pass; fewer need less memory and give the same update"""
    learning_rate: float = 1e-4
    """the highest learning rate; it falls to 0"""
    warmup_steps: int = 5
    """steps in which the learning rate rises from nearly 0"""
    optimizer: str = "adamw"
    """adamw; or muon for the matrices inside the blocks, and adamw for the rest"""
    weight_decay: float = 0.0
    """how strongly matrices are pulled towards 0"""
    grad_clip: float = 1.0
    """the largest gradient norm; 0 never clips"""
    checkpoint_every: int = 50
    """steps between two checkpoints"""
    keep_checkpoints: int = 2
    """how many of the newest checkpoints are kept"""
    seed: int = 1337
    """seed of the order of the examples"""

    def __post_init__(self) -> None:
        counts = {name: as_int(getattr(self, name), name, 1) for name in COUNTS}
        self.set_checked({**counts, "seed": as_int(self.seed, "seed", 0)})
        self.train_config()

    def set_checked(self, checked: dict[str, Any]) -> None:
        """Set fields to Python's own types, which JSON can hold.

        Args:
            checked: Fields and their values.
        """
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def train_config(self) -> TrainConfig:
        """The settings of the optimizer and of the learning rate."""
        return TrainConfig(
            max_steps=self.max_steps,
            learning_rate=self.learning_rate,
            min_learning_rate=0.0,
            warmup_steps=self.warmup_steps,
            schedule="wsd",
            decay_steps=max(1, self.max_steps - self.warmup_steps),
            optimizer=self.optimizer,
            weight_decay=self.weight_decay,
            grad_clip=self.grad_clip,
        )
