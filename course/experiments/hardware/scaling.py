"""Small models that read stories letter by letter, for a scaling law in seconds.

Lesson 11 gives all of them the same number of FLOPs. Only the width differs.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from gptcore.corpus import Batches
from gptcore.model import GPT, GPTConfig
from gptcore.training import TrainConfig, flops_per_token, train, write_char_shards

VOCAB, T = 58, 32  # letters of the stories, length of a row
BATCH_SIZE = 16
LEARNING_RATE = 0.04
EVAL_TOKENS = 16_384


def small_model(width: int, seed: int = 1) -> GPT:
    """A fresh microgpt of lesson 7 with one block, for the letters of the stories.

    Example:
        >>> small_model(8).config.n_embd
        8
    """
    config = GPTConfig(
        vocab_size=VOCAB,
        block_size=T,
        n_layer=1,
        n_head=4,
        n_embd=width,
        activation="relu",
        norm="rmsnorm",
        norm_embeddings=True,
        final_norm=False,
        tie_weights=False,
    )
    return GPT(config, torch.Generator().manual_seed(seed))


@cache
def shard_folder() -> TemporaryDirectory:
    """The folder of the shards; it is deleted when Python ends."""
    folder = TemporaryDirectory()
    write_char_shards("stories", folder.name)
    return folder


def story_batches(seed: int = 1) -> tuple[Batches, Batches]:
    """Batches of 16 rows of 32 letters, of the training split and of the validation split."""
    folder = Path(shard_folder().name)
    train, val = (
        Batches(folder, batch_size=BATCH_SIZE, block_size=T, seed=seed, split=split)
        for split in ("train", "val")
    )
    return train, val


def short_run(steps: int) -> TrainConfig:
    """Settings of a run: the learning rate rises for a tenth of the steps, then falls to 0."""
    return TrainConfig(
        steps,
        batch_size=BATCH_SIZE,
        eval_every=steps,
        eval_tokens=EVAL_TOKENS,
        device="cpu",
        learning_rate=LEARNING_RATE,
        min_learning_rate=0,
        warmup_steps=steps // 10,
    )


def loss_for(flops: float, width: int) -> float:
    """The validation loss of a fresh model of that width when the FLOPs are spent."""
    model = small_model(width)
    batches, val = story_batches()
    steps = round(flops / flops_per_token(model.config) / (BATCH_SIZE * T))
    *_, last = train(model, batches, short_run(steps), val=val)
    assert last.val_loss is not None  # `short_run` evaluates in its last step
    return last.val_loss
