"""The loss of a batch, if need be in pieces; and of a validation text, always the same tokens.

The logits are the largest thing in memory: 16 x 1024 tokens times 50,304 of them are 3.3 GB, and
their slopes as much again. In pieces, only `chunk` tokens have logits at a time; they are computed
once more on the way back, which costs time. The loss is the same. Where there is no way back, in a
measurement, pieces cost nothing, so there they are always small: it never needs more memory than
learning does.
Left out on purpose: anything random. Nothing here draws.
Source: recomputing: Chen et al. 2016, arXiv 1604.06174.
"""

from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from gptcore.model import GPT
from gptcore.model.gpt import asked
from gptcore.model.ids import summed_cross_entropy
from gptcore.training.processes import Processes

# Tokens whose logits are in memory at a time in a measurement: at most so many, and at most one in
# so many of the batch. A logit has 10 bytes there (its own 2 or 4, widened, as a share), and only 4
# where a compiled model learns.
MEASURED, ONE_IN = 256, 4


class Windows(Protocol):
    """A validation text, cut into rows that are always the same (`gptcore.corpus.Batches`)."""

    windows: int
    block_size: int

    def read(self, window: int) -> np.ndarray:
        """The tokens of one row, and the one after it. Shapes: (T + 1,)."""


class LossSum(nn.Module):
    """A model and the sum of its surprise over all targets that are asked for.

    With `activation_checkpointing` each block keeps only what came in, and computes the rest again.
    Shapes: ids, targets (B, T) -> (). Units: nats.
    Example: ids = torch.zeros(1, 5, dtype=torch.int64)
             LossSum(model)(ids, ids).shape -> torch.Size([])
    """

    def __init__(self, model: GPT, chunk: int = 0, activation_checkpointing: bool = False):
        super().__init__()
        self.model, self.chunk, self.activation_checkpointing = (
            model,
            chunk,
            activation_checkpointing,
        )
        self.parts_with_gradient = (self.read, self.of)

    def compile_in_parts(self) -> None:
        """Compile the blocks and the loss of one piece, each alone.

        In one graph the compiler computes the logits of all pieces before the gradient of any, so
        pieces save nothing (benchmarks/gpu, 2026-11-28: 1.33 times the memory).
        """
        self.parts_with_gradient = (torch.compile(self.read), torch.compile(self.of))

    def do_not_compile(self) -> None:
        """Undo `compile_in_parts`."""
        self.parts_with_gradient = (self.read, self.of)

    def forward(self, ids: Tensor, targets: Tensor) -> Tensor:
        with_gradient = torch.is_grad_enabled()
        read, of = self.parts_with_gradient if with_gradient else (self.read, self.of)
        x, wanted = read(ids).flatten(0, 1), targets.flatten()  # (B * T, C), (B * T,)
        chunk = self.chunk or len(x)
        if not with_gradient:
            chunk = max(1, min(chunk, MEASURED, len(x) // ONE_IN))
        if chunk >= len(x):
            return of(x, wanted)
        total = x.new_zeros((), dtype=torch.float32)
        for piece, its_targets in zip(x.split(chunk), wanted.split(chunk)):
            total = total + checkpoint(of, piece, its_targets, use_reentrant=False)
        return total

    def read(self, ids: Tensor) -> Tensor:
        """What the last block leaves of each token. Shapes: (B, T) -> (B, T, C)."""
        model = self.model
        if not (self.activation_checkpointing and torch.is_grad_enabled()):
            return model.read(ids)
        x, turn = model.embed(ids), model.turn(ids)
        drops = model.config.dropout > 0  # the same must be dropped again: chance is kept for that
        for block in model.h:
            x = checkpoint(block, x, turn=turn, use_reentrant=False, preserve_rng_state=drops)
        return x

    def of(self, x: Tensor, targets: Tensor) -> Tensor:
        """The sum over some tokens. Shapes: (N, C), (N,) -> ()."""
        return summed_cross_entropy(self.model.logits(x), targets)


def validation_loss(
    loss: LossSum,
    val: Windows,
    tokens: int,
    batch_size: int,
    autocast: AbstractContextManager,
    processes: Processes,
) -> float:
    """The mean surprise over the first `tokens` of a text, in whole windows.

    The same tokens whatever the batch size, the seed and the number of processes.
    Units: nats per token.
    Example: val = Batches("data", batch_size=4, block_size=16, seed=1, split="val")
             validation_loss(LossSum(model), val, 64, 4, nullcontext(), Processes()) -> about 3.3
    """
    windows = range(max(1, min(val.windows, tokens // val.block_size)))
    mine = windows[processes.rank :: processes.size]
    total = 0.0
    most = -(-len(windows) // processes.size)  # windows of one process
    with asked(loss.model), autocast:
        for first in range(0, most, batch_size):
            now = mine[first : first + batch_size]
            # Parts of a model that is shared out compute together: nobody may stay away.
            rows = np.stack([val.read(window) for window in now or windows[:1]])
            ids = torch.from_numpy(rows.astype(np.int64)).to(loss.model.device)  # (B, T + 1)
            total += float(loss(ids[:, :-1], ids[:, 1:])) * bool(now)
    return processes.sum(total) / (len(windows) * val.block_size)
