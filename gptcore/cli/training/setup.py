"""The model and the data of `gptcore train`, built from the options."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from gptcore.cli.training.options import TrainOptions, typed_options
from gptcore.corpus import Batches
from gptcore.corpus.shards.batches import vocab_size_of
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import Tokenizer
from gptcore.training import (
    Checkpoints,
    TrainConfig,
    load_initial_weights,
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
        model = load_initial_model(command, tokenizer)
    else:
        if vocab_size is not None and "vocab_size" not in sizes:
            sizes = {**sizes, "vocab_size": vocab_size}
        model_config = GPTConfig(**sizes)
        if vocab_size is not None and vocab_size > model_config.vocab_size:
            raise ValueError(
                f"vocab_size={model_config.vocab_size} is too small: the shards in {folder} have "
                f"tokens up to {vocab_size - 1}. Set --vocab_size {-(-vocab_size // 64) * 64}."
            )
        model = GPT(model_config, torch.Generator().manual_seed(config.seed))
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


def load_initial_model(command: TrainOptions, tokenizer: Tokenizer | None) -> GPT:
    """Load the weights of --init_from into a new model.

    Args:
        command: The options that were typed.
        tokenizer: The tokenizer of the data, if it is known.

    Returns:
        The model.

    Raises:
        ValueError: If other sizes were typed, or the data has another tokenizer.
    """
    source = command.init_from
    assert source is not None
    model, typed = load_initial_weights(source), typed_options(command.model)
    has = asdict(model.config)
    other = [f"{k}={has[k]} (not {v})" for k, v in typed.items() if k != "dropout" and has[k] != v]
    if other:
        raise ValueError(
            f"The model in {source} has {', '.join(other)}. Its weights fit no other sizes: omit "
            f"these options, or --init_from."
        )
    # Beside a checkpoint's folder is the tokenizer of its run.
    trained_with = tokenizer_of_folder(source) or tokenizer_of_folder(source.parent)
    differs = (
        trained_with is not None
        and tokenizer is not None
        and trained_with.sha256 != tokenizer.sha256
    )
    if differs or (tokenizer is not None and tokenizer.vocab_size > model.config.vocab_size):
        raise ValueError(
            f"The model in {source} was trained with another tokenizer than that of the data, so "
            f"their token ids are not compatible. Prepare the text with its tokenizer: gptcore "
            f"prepare SOURCE --out DIR --tokenizer TOKENIZER; then --data DIR."
        )
    config = replace(model.config, dropout=typed.get("dropout", model.config.dropout))
    return GPT.from_state_dict(config, model.unique_state_dict(), str(source))
