"""The large run of lesson 12, drawn live: what `gptcore train fineweb-40m` does."""

from dataclasses import replace

import torch

from course.sample import fineweb_shards
from gptcore.corpus import Batches, data_folder
from gptcore.model import GPT
from gptcore.training import (
    FINEWEB_40M_CURVE,
    find_preset,
    generate_text,
    tokenizer_of_folder,
    train,
)
from viz import LossPlot


def train_on_fineweb(
    max_minutes: float, preset: str = "fineweb-40m", device: str = "cuda"
) -> LossPlot:
    """Start the run, or resume it, and draw its losses and what it writes.

    Args:
        max_minutes: The run stops then, with a checkpoint; 0 for no limit.
        preset: Sizes and settings of the run.
        device: "cuda" or "cpu".

    Returns:
        The plot.
    """
    shards, sizes = fineweb_shards(), find_preset(preset)
    config = replace(sizes.train, device=device, max_minutes=max_minutes)
    tokenizer = tokenizer_of_folder(shards)
    assert tokenizer is not None, f"{shards.name} has no manifest that names its tokenizer"
    shape = sizes.config(tokenizer.vocab_size)
    train_rows, val_rows = (
        Batches(
            shards,
            batch_size=config.batch_size,
            block_size=shape.block_size,
            seed=config.seed,
            split=split,
        )
        for split in ("train", "val")
    )
    gpt = GPT(shape, torch.Generator().manual_seed(config.seed)).float()
    plot = LossPlot(
        "40M on FineWeb",
        last_step=config.max_steps,
        reference={"reported, val": FINEWEB_40M_CURVE["val"]},
        pin_at=(5.9, 5.0, 4.5, 4.2),
        sample=lambda: "".join(
            generate_text(gpt, tokenizer, "The", 40, temperature=0.8, seed=1),
        ),
    )
    out_dir = data_folder() / preset
    for step in train(gpt, train_rows, config, val=val_rows, out_dir=out_dir, resume=True):
        plot.add(step.step, train=step.train_loss, val=step.val_loss)
    return plot
