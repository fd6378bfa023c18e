"""Small GPTs of lists of lines, measured while they are trained.

The settings are those of `gptcore new`, but nothing stops early: the lesson shows what happens
after the best step, too.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from course.experiments.tuning.sums_gpt import document_rows
from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate_cached
from gptcore.tokenizers import CharTokenizer
from gptcore.training import TrainConfig, train

LEARNING_RATE, BATCH_SIZE = 3e-3, 64
ROWS = 256  # lines in one forward pass of a measurement
SHOWN = 8  # samples that are kept of each measurement
Point = dict[str, Any]


class LineBatches:
    """Lines for every step, one in a row, in another order in each epoch; `train` takes them.

    Args:
        lines: The training split.
        tokenizer: It knows all their letters.
        batch_size: Lines in a batch (B).
        seed: Of their order.
    """

    def __init__(
        self, lines: Sequence[str], tokenizer: CharTokenizer, batch_size: int, seed: int
    ) -> None:
        self.lines, self.tokenizer = list(lines), tokenizer
        self.batch_size, self.seed = batch_size, seed
        self.block_size = max(map(len, self.lines)) + 1
        self.orders: dict[int, list[str]] = {}

    def batch(self, step: int) -> tuple[NDArray[Any], ...]:
        """Ids and targets of one step, each of shape (B, T); T is the longest line's."""
        places = range(step * self.batch_size, (step + 1) * self.batch_size)
        return document_rows(map(self.line_at, places), self.tokenizer)

    def line_at(self, place: int) -> str:
        """The line at a place in the endless row of epochs."""
        epoch, offset = divmod(place, len(self.lines))
        if epoch not in self.orders:
            shuffled = Random(f"{self.seed} {epoch}").sample(self.lines, len(self.lines))
            self.orders = {epoch - 1: self.orders.get(epoch - 1, []), epoch: shuffled}
        return self.orders[epoch][offset]


def new_model(
    vocab_size: int, block_size: int, shape: tuple[int, int] = (2, 64), dropout: float = 0, seed=0
) -> GPT:
    """An untrained GPT with the parts of lesson 13.

    Args:
        vocab_size: Letters, and BOS.
        block_size: Letters of the longest line, and one.
        shape: Layers, and `n_embd`.
        dropout: Of the training.
        seed: Of the initial weights.
    """
    config = GPTConfig(
        block_size,
        vocab_size,
        n_layer=shape[0],
        n_head=4,
        n_embd=shape[1],
        dropout=dropout,
        rope=True,
        qk_norm=True,
        norm="rmsnorm",
        activation="relu2",
        zero_init_proj=True,
    )
    return GPT(config, torch.Generator().manual_seed(seed))


def train_config(
    steps: int, learning_rate: float = LEARNING_RATE, batch_size: int = BATCH_SIZE, seed: int = 0
) -> TrainConfig:
    """Muon, a short warm-up, then straight down to 0."""
    warmup = min(30, steps // 5)
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


@torch.no_grad()
def loss_of(model: GPT, tokenizer: CharTokenizer, lines: Sequence[str]) -> float:
    """The mean loss on lines without dropout, in nats per letter (the end of a line is one)."""
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    for first in range(0, len(lines), ROWS):
        ids, targets = document_rows(lines[first : first + ROWS], tokenizer)
        graded = int(np.sum(targets >= 0))
        loss = model(torch.from_numpy(ids), torch.from_numpy(targets))[1]
        total, count = total + loss.item() * graded, count + graded
    model.train(was_training)
    return total / count


def sample_lines(
    model: GPT, tokenizer: CharTokenizer, count: int, seed: int = 0, temperature: float = 1.0
) -> list[str]:
    """So many lines as the model writes them; one without an end is cut at the context."""
    was_training = model.training
    model.eval()
    prompts = [[tokenizer.BOS]] * count
    steps = generate_cached(
        model,
        prompts,
        model.config.block_size - 1,
        temperature=temperature,
        seed=seed * 1_000_000,
        stop=tokenizer.BOS,
    )
    texts = [""] * count
    for ids in steps:
        for row, id in enumerate(ids):
            if id is not None:
                texts[row] += tokenizer.decode([id])
    model.train(was_training)
    return texts


def shares(samples: Sequence[str], train_lines: Sequence[str], held_out: Sequence[str]) -> Point:
    """How many samples are lines of the training split, and how many are held-out lines."""
    known, unread = set(train_lines), set(held_out)
    return {
        "copied": sum(line in known for line in samples) / len(samples),
        "in_held_out": sum(line in unread for line in samples) / len(samples),
        "distinct": len(set(samples)) / len(samples),
    }


def measured_training(
    model: GPT,
    tokenizer: CharTokenizer,
    train_lines: Sequence[str],
    held_out: Sequence[str],
    config: TrainConfig,
    at: Sequence[int],
    samples: int = 0,
    judged: int | None = None,
) -> Iterator[Point]:
    """Train, and yield what is measured after the steps in `at`.

    Args:
        model: The model; it is trained in place.
        tokenizer: Its tokenizer.
        train_lines: The training split.
        held_out: Lines that it does not read.
        config: Settings, such as `train_config(400)`.
        at: Steps; 0 is before the first one.
        samples: Lines to sample for the shares; 0 leaves them out.
        judged: The loss is that of so many held-out lines; None: of all.
    """

    def measure(step: int) -> Point:
        point: Point = {
            "step": step,
            "train": loss_of(model, tokenizer, train_lines[:500]),
            "held_out": loss_of(model, tokenizer, held_out[:judged]),
        }
        if samples:
            written = sample_lines(model, tokenizer, samples, config.seed)
            point.update(shares(written, train_lines, held_out), written=written[:SHOWN])
        return point

    if 0 in at:
        yield measure(0)
    batches = LineBatches(train_lines, tokenizer, config.batch_size, config.seed)
    for step in train(model, batches, config):
        if step.step in at:
            yield measure(step.step)
