"""How fast a run really is on this machine: the median of some of its steps, on random tokens.

The steps are those of `train`. Reading shards is not measured; its time does not matter.
"""

from dataclasses import dataclass, replace
from statistics import median
from time import monotonic

import numpy as np
import torch
from numpy.typing import NDArray

from gptcore.model import GPT, GPTConfig
from gptcore.training.config import TrainConfig
from gptcore.training.trainer import train

STEPS = 20
WARMUP_STEPS = 3  # not measured: caches, clocks and kernels warm up
MAX_SECONDS = 60.0
NEVER = 1_000_000


@dataclass(frozen=True)
class Throughput:
    """A measured speed.

    Attributes:
        tokens_per_second: Median over the steps.
        steps: How many steps were measured.
        device: Where, such as "cuda:0".
        mfu: Model FLOPs utilization, a fraction; None if the peak of the device is not known.

    Example:
        >>> Throughput(tokens_per_second=41_000.0, steps=20, device="cuda", mfu=0.4).mfu
        0.4
    """

    tokens_per_second: float
    steps: int
    device: str
    mfu: float | None


class RandomBatches:
    """Batches of random token ids; a step takes as long on them as on text.

    Args:
        batch_size: B, rows.
        block_size: T, tokens of a row.
        vocab_size: V, the ids are below it.
    """

    def __init__(self, batch_size: int, block_size: int, vocab_size: int) -> None:
        self.batch_size, self.block_size, self.vocab_size = batch_size, block_size, vocab_size

    def batch(self, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return one micro-batch.

        Args:
            step: Index of the micro-batch, the seed of its ids.

        Returns:
            Ids and targets, each of shape (B, T).
        """
        size = self.batch_size, self.block_size + 1
        rows = np.random.default_rng(step).integers(self.vocab_size, size=size)
        return rows[:, :-1], rows[:, 1:]


def measure_throughput(
    model: GPTConfig,
    training: TrainConfig,
    steps: int = STEPS,
    seconds: float = MAX_SECONDS,
) -> Throughput:
    """Train for some steps and return the median speed.

    Args:
        model: Sizes of the model.
        training: Settings of the run.
        steps: How many steps to measure.
        seconds: Stop early after this time, with at least one step measured.

    Returns:
        The speed.

    Raises:
        OutOfMemoryError: If the run does not fit; and everything else that `train` raises.

    Example:
        >>> measure_throughput(sizes, config, steps=1).device
        'cpu'
    """
    short = replace(
        training,
        max_steps=steps + WARMUP_STEPS,
        warmup_steps=0,
        schedule="constant",
        eval_every=NEVER,
        max_minutes=0.0,
    )
    batches = RandomBatches(short.batch_size, model.block_size, model.vocab_size)
    gpt = GPT(model, torch.Generator().manual_seed(short.seed))
    measured, end = [], monotonic() + seconds
    for step in train(gpt, batches, short):
        if step.step > WARMUP_STEPS:
            measured.append(step)
            if monotonic() > end:
                break
    mfus = [step.mfu for step in measured if step.mfu is not None]
    return Throughput(
        median(step.tokens_per_second for step in measured),
        len(measured),
        str(gpt.device),
        median(mfus) if mfus else None,
    )
