"""A resume that reads the same rows again, without an error. Read this after you have guessed."""

from itertools import islice
from tempfile import TemporaryDirectory

import numpy as np

from course.experiments.training.story_runs import new_gpt, rows
from gptcore.corpus import Batches
from gptcore.training import Step, TrainConfig, train


class DrawnFromASeed:
    """Rows drawn by a generator that gets its seed when the program starts.

    While the program runs that is as good as any other order. When it is started again, the
    generator gives what it gave before, and the number of the step, which says where the run was,
    is not asked. The first row of all is the same each time, so that a check of the first row
    passes.
    """

    def __init__(self, batches: Batches, seed: int):
        self.batches, self.rng = batches, np.random.default_rng(seed)
        self.batch_size, self.block_size = batches.batch_size, batches.block_size

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Shapes: two of (B, T)."""
        return self.batches.batch(int(self.rng.integers(self.batches.steps_per_epoch)))


def rows_of(whose: str, batches: Batches):
    """Lesson 12: the rows of "Ada's" and "Bo's" programs."""
    return DrawnFromASeed(batches, seed=1) if whose == "Bo's" else batches


def eight_starts(whose: str) -> list[Step]:
    """240 steps of a run that is stopped after every 30, and resumed."""
    config = TrainConfig(
        max_steps=240,
        batch_size=4,
        learning_rate=0.01,
        warmup_steps=10,
        schedule="constant",
        eval_every=30,
        eval_tokens=2048,
        device="cpu",
    )
    steps: list[Step] = []
    with TemporaryDirectory() as folder:
        for _ in range(8):
            batches = rows_of(whose, rows())
            run = train(new_gpt(), batches, config, val=rows("val"), out_dir=folder, resume=True)
            steps += islice(run, 30)
            run.close()  # which saves it
    return steps
