"""Lesson 13: a model that learned from 64 letters is asked at 128 and 256.

`data/rope-gpt` is the RoPE model of the table; the lesson loads it and repeats the measurement.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from course.experiments.modern.switches import Setup, small
from gptcore.manifest import shipped_folder
from gptcore.model import GPT
from gptcore.model.rope_scaling import RopeScaling
from gptcore.tokenizers import CharTokenizer
from viz import draw_loss
from viz.canvas.picture import Picture

LEARNED = 64  # T of the training
LENGTHS = (64, 128, 256)
EVAL_LETTERS = 16_384
FOLDER, TOKENIZER = "rope-gpt", "tokenizer.json"

Rows = Callable[[Tensor, int], Tensor]  # (table of positions (64, C), T) -> (T, C)


def length_setup(vocab_size: int, rope: bool) -> Setup:
    """The model of the recorded runs, trained on three times as many letters."""
    setup = small(vocab_size)
    config = replace(setup.config, rope=rope)
    return replace(setup, config=config, batch_size=12, steps=1200)


def last_row(table: Tensor, T: int) -> Tensor:
    """Every later position gets the last row that was learned."""
    return table[torch.arange(T).clamp(max=len(table) - 1)]


def stretched(table: Tensor, T: int) -> Tensor:
    """The learned rows, drawn out to T positions; in between they are interpolated."""
    return F.interpolate(table.T[None], size=T, mode="linear", align_corners=True)[0].T


def random_rows(table: Tensor, T: int) -> Tensor:
    """Later positions get random rows, as a fresh model has."""
    new = torch.randn(T - len(table), table.shape[1], generator=torch.Generator().manual_seed(1))
    return torch.cat([table, new * table.std()])


def from_row_0(table: Tensor, T: int) -> Tensor:
    """After the last row the first one follows again."""
    return table[torch.arange(T) % len(table)]


TABLES: dict[str, Rows] = {
    "last row repeated": last_row,
    "table stretched": stretched,
    "random rows": random_rows,
    "from row 0 again": from_row_0,
}
CURES = ("as it is", "linear", "ntk", "yarn", "window")


def longer_learned(model: GPT, T: int, rows: Rows) -> GPT:
    """A model with learned positions, with a table for T positions.

    Args:
        model: The trained model.
        T: The new context length.
        rows: Makes the table.
    """
    weights = model.state_dict()
    weights["wpe.weight"] = rows(weights["wpe.weight"], T).contiguous()
    longer = GPT(replace(model.config, block_size=T))
    longer.load_state_dict(weights)
    return longer.eval()


def longer_rope(model: GPT, T: int, cure: str = "as it is") -> GPT:
    """A model with RoPE that takes T letters.

    Args:
        model: The trained model.
        T: The new context length.
        cure: as it is, linear, ntk, yarn (the angles change), or window (each letter attends to
            the last 64 only).
    """
    fields: dict[str, Any] = {"block_size": T}
    learned = model.config.block_size
    if cure == "window":
        fields["sliding_window"] = learned
    elif cure == "yarn":  # few rotations fit into 64 letters, so the ramp is at fewer of them
        ramp = {"low_rotations": 0.25, "high_rotations": 4.0}
        fields["rope_scaling"] = RopeScaling("yarn", T / learned, learned, **ramp)
    elif cure != "as it is":
        fields["rope_scaling"] = RopeScaling(cure, T / learned, learned)
    longer = GPT(replace(model.config, **fields))
    longer.load_state_dict(model.state_dict())
    return longer.eval()


@torch.no_grad()
def loss_by_position(model: GPT, ids: Tensor, letters: int = EVAL_LETTERS) -> Tensor:
    """The mean loss at each position of a row, in nats per letter, shape (T,).

    Args:
        model: A model that takes T letters.
        ids: Validation text, shape (N,).
        letters: How many of its letters are read.
    """
    T = model.config.block_size
    rows = ids.unfold(0, T + 1, T)[: letters // T]  # (N,) -> (rows, T + 1)
    losses = [
        F.cross_entropy(
            model(part[:, :-1])[0].transpose(1, 2),  # (B, T, V) -> (B, V, T)
            part[:, 1:],
            reduction="none",
        )
        for part in rows.split(32)
    ]
    return torch.cat(losses).mean(0)


def length_table(learned: GPT, rope: GPT, ids: Tensor) -> Iterator[dict[str, str | int | float]]:
    """Loss of both models at each length, in each variant: all positions, and those after 64.

    Args:
        learned: The model with learned positions.
        rope: The model with RoPE.
        ids: Validation text, shape (N,).
    """
    for T in LENGTHS:
        if T == LEARNED:
            models = {("learned", "as it is"): learned, ("rope", "as it is"): rope}
        else:
            models = {
                **{("learned", how): longer_learned(learned, T, f) for how, f in TABLES.items()},
                **{("rope", cure): longer_rope(rope, T, cure) for cure in CURES},
            }
        for (positions, variant), model in models.items():
            losses = loss_by_position(model, ids)
            row: dict[str, str | int | float] = {"positions": positions, "variant": variant, "T": T}
            row["loss"] = losses.mean().item()
            if T > LEARNED:
                row["loss_after_64"] = losses[LEARNED:].mean().item()
            yield row


def save_length_gpt(model: GPT, tokenizer: CharTokenizer, folder: Path | None = None) -> None:
    """Write the RoPE model as 16-bit numbers, with its tokenizer, into `data/rope-gpt`."""
    folder = folder or shipped_folder() / FOLDER
    model.half().save(folder)
    model.float()
    tokenizer.save(folder / TOKENIZER)


def length_gpt() -> tuple[GPT, CharTokenizer]:
    """The shipped RoPE model in evaluation mode, in 32 bits, and its tokenizer."""
    folder = shipped_folder() / FOLDER
    return GPT.load(folder).float(), CharTokenizer.load(folder / TOKENIZER)


def draw_lengths(model: GPT, ids: Tensor, T: int = 256) -> Picture:
    """The loss along rows of T letters, for each cure; a point is a mean of 16 positions.

    Args:
        model: The RoPE model.
        ids: Validation text, shape (N,).
        T: Length of the rows.
    """
    history = {}
    for cure in CURES:
        losses = loss_by_position(longer_rope(model, T, cure), ids).view(-1, 16).mean(1)
        history[cure] = (list(range(16, T + 1, 16)), [round(loss, 2) for loss in losses.tolist()])
    return draw_loss(
        history,
        title=f"Trained on {LEARNED} letters, asked at {T}",
        unit="loss (nats per letter)",
        x_label="position",
    )
