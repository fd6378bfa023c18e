"""The model and the data of `gptcore train`, built from the options."""

from pathlib import Path
from typing import Any

import torch

from gptcore.cli.training.initial_model import build_initial_model, load_initial_model
from gptcore.cli.training.options import TrainOptions
from gptcore.corpus import Batches
from gptcore.corpus.shards.batches import vocab_size_of
from gptcore.model import GPT, GPTConfig
from gptcore.training import (
    Checkpoints,
    TrainConfig,
    tokenizer_of_folder,
)


def build_model_and_batches(
    command: TrainOptions, config: TrainConfig, sizes: dict[str, Any], folder: Path
) -> tuple[GPT, dict[str, Batches]]:
    """Build the model, and the batches of "train" and "val".

    Args:
        command: The options that were typed.
        config: Settings of the training.
        sizes: Fields of `GPTConfig`; `vocab_size` may be missing.
        folder: Folder of the shards.

    Returns:
        The model, with initial weights; and the batches by split.

    Raises:
        ValueError: If the vocabulary does not fit, or the shards cannot be used.
    """
    check_data(command, folder)
    tokenizer, out = tokenizer_of_folder(folder), command.out_dir
    # The manifest has the vocabulary size even if the tokenizer is not on this machine.
    vocab_size = tokenizer.vocab_size if tokenizer is not None else vocab_size_of(folder)
    if command.init_from is not None and not Checkpoints(out).steps():
        initial = load_initial_model(command.init_from)
        model = build_initial_model(command, initial, folder, tokenizer, config.seed)
    else:
        if vocab_size is not None and "vocab_size" not in sizes:
            sizes = {**sizes, "vocab_size": vocab_size}
        model = GPT(GPTConfig(**sizes), torch.Generator().manual_seed(config.seed))
    if vocab_size is not None and vocab_size > model.config.vocab_size:
        raise ValueError(
            f"vocab_size={model.config.vocab_size} is too small: the shards in {folder} have "
            f"tokens up to {vocab_size - 1}. Set --vocab_size {-(-vocab_size // 64) * 64}."
        )
    batches = {
        split: Batches(
            folder,
            batch_size=config.batch_size,
            block_size=model.config.block_size,
            seed=config.seed,
            split=split,
            tokenizer=tokenizer_of_folder(out),  # of the run that is resumed
        )
        for split in ("train", "val")
    }
    return model, batches


def check_data(command: TrainOptions, folder: Path) -> None:
    """Raise ValueError if the data of the run that is resumed no longer exists."""
    if command.data is None and not folder.exists():
        raise ValueError(
            f"The run in {command.out_dir} uses the data in {folder}, which no longer exists. "
            f"Name its new folder: --data DIR"
        )
