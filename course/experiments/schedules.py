"""The settings with which lessons train their small models."""

from gptcore.training import TrainConfig


def decaying_config(
    steps: int, *, batch_size: int, learning_rate: float, warmup: int, seed: int = 0
) -> TrainConfig:
    """Muon, a short warm-up, then straight down to 0.

    Args:
        steps: Updates of the weights.
        batch_size: Rows in one update.
        learning_rate: The highest one.
        warmup: Steps until it is reached.
        seed: Of the order of the data and of dropout.
    """
    return TrainConfig(
        max_steps=steps,
        batch_size=batch_size,
        optimizer="muon",
        learning_rate=learning_rate,
        min_learning_rate=0.0,
        warmup_steps=warmup,
        schedule="wsd",
        decay_steps=max(1, steps - warmup),
        device="cpu",
        dtype="float32",
        seed=seed,
    )
