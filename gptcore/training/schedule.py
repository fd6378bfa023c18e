"""The learning rate of a step: warm-up, then a fall whose shape has a name.

A function of the step alone, so that a resumed run goes on where it was. Left out on purpose: rates
that look at the loss.
Source: cosine: Loshchilov and Hutter 2016, arXiv 1608.03983; warm-up, constant, decay (wsd):
    Hu et al. 2024, arXiv 2404.06395.
"""

from math import cos, pi

from gptcore.training.config import TrainConfig


def learning_rate(config: TrainConfig, step: int) -> float:
    """The rate of the update that a step makes; steps count from 1.

    Example: [learning_rate(config, step) for step in range(1, config.max_steps + 1)]
    """
    high, low = config.learning_rate, config.min_learning_rate
    if step <= config.warmup_steps:
        return high * step / (config.warmup_steps + 1)
    if config.schedule == "constant":
        return high
    if config.schedule == "wsd":
        return low + (high - low) * min(1.0, steps_left(config, step) / max(1, config.decays))
    falling = max(1, config.max_steps - config.warmup_steps)
    share_left = steps_left(config, step) / falling  # 1 at the height, 0 after the last step
    return low + (high - low) * (1 - cos(pi * min(1.0, share_left))) / 2


def steps_left(config: TrainConfig, step: int) -> int:
    """Steps from this one, which counts, to the end; from the end on, none."""
    return max(0, config.max_steps - step + 1)


def decay_begins_after(config: TrainConfig) -> int | None:
    """The last step of a wsd schedule before its fall: from there it can be continued."""
    return config.max_steps - config.decays if config.schedule == "wsd" else None
