"""Short runs on stories that lesson 12 compares: one block, 512 different tokens, rows of 32."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import torch
from torch import Tensor

from gptcore.corpus import Batches, load_documents, write_shard
from gptcore.model import GPT
from gptcore.tokenizers import BPETokenizer
from gptcore.training import Step, TrainConfig, find_preset, learning_rate, train
from viz.canvas.control import computed_in_page

HELD_OUT = 200  # stories of the validation split
VOCAB = 512
PLAN = TrainConfig(
    max_steps=200,
    batch_size=4,
    learning_rate=0.015,
    min_learning_rate=0.00075,
    warmup_steps=10,
    eval_every=10,
    eval_tokens=1024,
    checkpoint_every=50,
    device="cpu",
)


@cache
def tokenizer() -> BPETokenizer:
    """Trained on the stories of the training split."""
    texts = load_documents("stories")[:-HELD_OUT]
    return BPETokenizer.train(texts, vocab_size=VOCAB, special_tokens=["<|endoftext|>"])


@cache
def shard_folder() -> TemporaryDirectory:
    """The folder of both splits; it is deleted when Python ends."""
    room, words = TemporaryDirectory(), tokenizer()
    between: list[int] = [words.special_tokens["<|endoftext|>"]]
    stories = load_documents("stories")
    for split, part in {"train": stories[:-HELD_OUT], "val": stories[-HELD_OUT:]}.items():
        ids = [id for story in part for id in between + words.encode(story)]
        write_shard(Path(room.name) / f"{split}.bin", ids, words.vocab_size)
    return room


def rows(
    split: Literal["train", "val"] = "train", batch_size: int = 4, block_size: int = 32
) -> Batches:
    """Batches of rows of the stories; `split` is "train" or "val"."""
    folder = Path(shard_folder().name)
    return Batches(folder, batch_size=batch_size, block_size=block_size, seed=1, split=split)


def first_batch(batch_size: int) -> tuple[Tensor, Tensor]:
    """The inputs and the targets of a batch, (batch_size, 32) each."""
    x, y = rows(batch_size=batch_size).batch(0)
    return torch.from_numpy(x), torch.from_numpy(y)


def new_gpt(n_embd: int = 64, block_size: int = 32) -> GPT:
    """An untrained GPT with one block; it is the same one each time.

    Example:
        >>> new_gpt().config.n_layer
        1
    """
    sizes = find_preset("stories-cpu").config(VOCAB)
    sizes = replace(sizes, n_layer=1, zero_init_proj=False, n_embd=n_embd, block_size=block_size)
    return GPT(sizes, torch.Generator().manual_seed(1))


def gradient_of_each_row(n_rows: int) -> Tensor:
    """The gradient of the MLP's first matrix for each row alone.

    Shape: (n_rows, numbers of the matrix).
    """
    gpt = new_gpt()
    matrix = gpt.get_parameter("h.0.mlp.c_fc.weight")
    losses = (gpt(x[None], y[None])[1] for x, y in zip(*first_batch(n_rows)))
    return torch.stack([torch.autograd.grad(loss, matrix)[0].flatten() for loss in losses])


@computed_in_page(dict)
def rate_at(step: int, **settings: Any) -> float:
    """The learning rate of a step, as `ScheduleDial` asks for it."""
    return learning_rate(TrainConfig(**settings), step)


def continued_runs() -> Mapping[str, list[Step]]:
    """Three runs of 400 steps: cosine and WSD planned for 200 and continued, cosine for 400."""
    runs = {}
    with TemporaryDirectory() as room:
        for schedule in ("cosine", "wsd"):
            short = run_to(200, schedule, Path(room) / schedule)
            longer = run_to(400, schedule, Path(room) / schedule)
            before = takewhile(lambda step: step.step < longer[0].step, short)  # noqa: B023
            runs[f"{schedule}, continued"] = [*before, *longer]
        runs["cosine for 400"] = run_to(400, "cosine", Path(room) / "planned")
    return runs


def run_to(max_steps: int, schedule: str, out_dir: Path) -> list[Step]:
    """The steps of a run that starts, or resumes from what the folder has."""
    settings = replace(PLAN, schedule=schedule, max_steps=max_steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gptcore warns that the rate jumps
        steps = train(new_gpt(), rows(), settings, val=rows("val"), out_dir=out_dir, resume=True)
        return list(steps)
