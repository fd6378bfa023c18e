"""How fast a run really is on this machine: some of its steps, on text that means nothing.

The steps are `train`'s own, so nothing is estimated but that the later ones are like these.
Left out on purpose: reading shards, which takes no time that counts.
"""

from dataclasses import dataclass, replace
from statistics import median
from time import monotonic

import numpy as np
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.training.config import TrainConfig
from gptcore.training.trainer import train

STEPS = 20
FIRST = 3  # steps that are left out of the measurement: caches, clocks and kernels warm up
LONGEST_SECONDS = 60.0
NEVER = 1_000_000


@dataclass(frozen=True)
class Rate:
    """What was measured, and on how many steps.

    Example: Rate(tokens_per_second=41_000.0, steps=20, device="cuda", mfu=0.4).mfu -> 0.4
    """

    tokens_per_second: float
    steps: int
    device: str
    mfu: float | None


class Noise:
    """Batches of ids by chance; arithmetic takes as long for them as for text."""

    def __init__(self, batch_size: int, block_size: int, vocab_size: int):
        self.batch_size, self.block_size, self.vocab_size = batch_size, block_size, vocab_size

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Shapes: two of (B, T)."""
        size = self.batch_size, self.block_size + 1
        rows = np.random.default_rng(step).integers(self.vocab_size, size=size)
        return rows[:, :-1], rows[:, 1:]


def measure_rate(
    model: GPTConfig,
    training: TrainConfig,
    steps: int = STEPS,
    seconds: float = LONGEST_SECONDS,
) -> Rate:
    """Train for some steps, and say how many tokens went through in a second, in the median.

    It stops early, with at least one step measured, once `seconds` are over.
    Raises: what `train` raises.
    Example: print(measure_rate(sizes, config, steps=1).tokens_per_second)
    """
    only = replace(
        training,
        max_steps=steps + FIRST,
        warmup_steps=0,
        schedule="constant",
        eval_every=NEVER,
        max_minutes=0.0,
    )
    noise = Noise(only.batch_size, model.block_size, model.vocab_size)
    gpt = GPT(model, torch.Generator().manual_seed(only.seed))
    measured, end = [], monotonic() + seconds
    for step in train(gpt, noise, only):
        if step.step > FIRST:
            measured.append(step)
            if monotonic() > end:
                break
    shares = [step.mfu for step in measured if step.mfu is not None]
    return Rate(
        median(step.tokens_per_second for step in measured),
        len(measured),
        str(gpt.device),
        median(shares) if shares else None,
    )
