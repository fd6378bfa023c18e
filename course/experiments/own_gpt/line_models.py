"""Small GPTs of lists of lines, measured while they are trained.

The settings are those of `gptcore new`, but nothing stops early: the lesson shows what happens
after the best step, too.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import torch

from course.experiments.schedules import decaying_config
from gptcore.model import GPT, GPTConfig
from gptcore.model.gpt import evaluating
from gptcore.own_gpt import LineBatches, copied_share, sample_lines
from gptcore.own_gpt.line_batches import encode_lines
from gptcore.own_gpt.recipe import SWITCHES
from gptcore.tokenizers import CharTokenizer
from gptcore.training import TrainConfig, train
from gptcore.training.loss import LossSum, rows_loss

LEARNING_RATE, BATCH_SIZE = 3e-3, 64
ROWS = 256  # lines in one forward pass of a measurement
JUDGED = 500  # training lines that the training loss is measured on
SHOWN = 8  # samples that are kept of each measurement
Point = dict[str, Any]


def new_model(
    vocab_size: int,
    block_size: int,
    shape: tuple[int, int] = (2, 64),
    dropout: float = 0.0,
    seed: int = 0,
) -> GPT:
    """An untrained GPT with the parts of lesson 13.

    Args:
        vocab_size: Letters, and BOS.
        block_size: Letters of the longest line, and one.
        shape: Layers, and `n_embd`.
        dropout: Of the training.
        seed: Of the initial weights.
    """
    sizes: dict[str, Any] = {
        "n_layer": shape[0],
        "n_head": 4,
        "n_embd": shape[1],
        "dropout": dropout,
    }
    config = GPTConfig(block_size, vocab_size, **sizes, **SWITCHES)
    return GPT(config, torch.Generator().manual_seed(seed))


def train_config(
    steps: int, learning_rate: float = LEARNING_RATE, batch_size: int = BATCH_SIZE, seed: int = 0
) -> TrainConfig:
    """Muon, a short warm-up, then straight down to 0."""
    return decaying_config(
        steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        warmup=min(30, steps // 5),
        seed=seed,
    )


def batches_of(
    lines: Sequence[str], tokenizer: CharTokenizer, config: TrainConfig, block_size: int
) -> LineBatches:
    """The lines for `train`, in the order of the seed of the settings."""
    return LineBatches(
        encode_lines(lines, tokenizer),
        batch_size=config.batch_size,
        block_size=block_size,
        seed=config.seed,
    )


def loss_of(model: GPT, tokenizer: CharTokenizer, lines: Sequence[str]) -> float:
    """The mean loss on lines without dropout, in nats per token (a letter, or the end)."""
    rows = LineBatches(
        encode_lines(lines, tokenizer),
        batch_size=ROWS,
        block_size=model.config.block_size,
        seed=0,
    )
    return rows_loss(LossSum(model), rows, ROWS, nullcontext())


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
        at: Steps.
        samples: Lines to sample for the shares; 0 leaves them out.
        judged: The loss is that of so many held-out lines; None: of all.
    """
    batches = batches_of(train_lines, tokenizer, config, model.config.block_size)
    for step in train(model, batches, config):
        if step.step not in at:
            continue
        point: Point = {
            "step": step.step,
            "train": loss_of(model, tokenizer, train_lines[:JUDGED]),
            "held_out": loss_of(model, tokenizer, held_out[:judged]),
        }
        if samples:
            with evaluating(model):
                written = sample_lines(model, tokenizer, samples, seed=config.seed)
            point["copied"] = copied_share(written, train_lines)
            point["in_held_out"] = copied_share(written, held_out)
            point["written"] = written[:SHOWN]
        yield point
