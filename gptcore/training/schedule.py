"""The learning rate of a step: warm-up, then a decay (cosine, wsd or none).

It depends on the step alone, so a resumed run continues with the same rates.
Source: cosine: Loshchilov and Hutter 2016, arXiv 1608.03983; warm-up, constant, decay (wsd):
    Hu et al. 2024, arXiv 2404.06395.
"""

from math import cos, pi

from gptcore.training.config import TrainConfig


def learning_rate(config: TrainConfig, step: int) -> float:
    """Return the learning rate of one update.

    Args:
        config: Schedule, steps, highest and lowest rate.
        step: Number of the step, from 1.

    Returns:
        The learning rate.

    Example:
        >>> learning_rate(TrainConfig(learning_rate=1e-3, warmup_steps=100), 101)
        0.001
    """
    high, low = config.learning_rate, config.min_learning_rate
    if step <= config.warmup_steps:
        return high * step / (config.warmup_steps + 1)
    if config.schedule == "constant":
        return high
    remaining = max(0, config.max_steps - step + 1)  # steps, this one included
    if config.schedule == "wsd":
        return low + (high - low) * min(1.0, remaining / max(1, config.n_decay_steps))
    fraction = remaining / max(1, config.max_steps - config.warmup_steps)  # 1 after the warm-up
    return low + (high - low) * (1 - cos(pi * min(1.0, fraction))) / 2


def last_step_before_decay(config: TrainConfig) -> int | None:
    """Return the step from which a wsd run can be continued with more steps.

    Args:
        config: The settings.

    Returns:
        The last step with the highest rate; None for other schedules.
    """
    return config.max_steps - config.n_decay_steps if config.schedule == "wsd" else None
