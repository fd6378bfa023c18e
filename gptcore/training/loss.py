"""The loss of a batch, whole or in chunks, and the loss on a validation text.

The logits are the largest tensor: 16 x 1024 tokens x 50,304 are 3.3 GB, and their gradient as much
again. In chunks, only `chunk` tokens have logits at a time; the backward pass computes them once
more, which costs time. The loss is the same. Evaluation has no backward pass, so chunks cost
nothing there and are always small: evaluation never needs more memory than training.
Source: activation checkpointing: Chen et al. 2016, arXiv 1604.06174.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from gptcore.model import GPT, DocumentMask
from gptcore.model.gpt import evaluating
from gptcore.model.ids import summed_cross_entropy, target_mask
from gptcore.training.distributed import World

# In evaluation: the most tokens of one chunk, and the fewest chunks of a batch. A logit takes 10
# bytes there (its own 2 or 4, widened, as a probability), and only 4 in compiled training.
EVAL_CHUNK, MIN_EVAL_CHUNKS = 256, 4


class ValWindows(Protocol):
    """A validation text in windows that are always the same (`gptcore.corpus.Batches`)."""

    windows: int
    block_size: int

    def load_window(self, window: int) -> NDArray[Any]:
        """Return the tokens of one window.

        Args:
            window: Index of the window, from 0.

        Returns:
            Token ids, shape (T + 1,): T inputs, and the target of the last one.
        """


@runtime_checkable
class ValRows(Protocol):
    """A validation set whose rows are padded, such as one line of a list in each."""

    block_size: int

    def val_batches(self, batch_size: int) -> Iterable[tuple[NDArray[Any], NDArray[Any]]]:
        """Return all rows, always the same.

        Args:
            batch_size: Rows in one forward pass (B).

        Returns:
            Ids and targets, each of shape (B, T); targets of -1 are ignored.
        """


class LossSum(nn.Module):
    """A model with the sum of its cross-entropy over all targets.

    Called with ids and targets of shape (B, T) it returns the sum in nats, shape ().

    Args:
        model: The model.
        chunk: Tokens whose logits are in memory at a time; 0 for all.
        activation_checkpointing: Whether blocks keep only their input and compute the rest again in
            the backward pass.
        document_start: If given, each of these tokens begins a document, and no token attends to
            another document.

    Example:
        >>> ids = torch.zeros(1, 5, dtype=torch.int64)
        >>> LossSum(model)(ids, ids).shape
        torch.Size([])
    """

    def __init__(
        self,
        model: GPT,
        chunk: int = 0,
        activation_checkpointing: bool = False,
        document_start: int | None = None,
    ) -> None:
        super().__init__()
        self.model, self.chunk, self.document_start = model, chunk, document_start
        self.activation_checkpointing = activation_checkpointing
        self.training_functions = (self.forward_hidden, self.hidden_loss)

    def compile_in_parts(self) -> None:
        """Compile the blocks, and the loss of one chunk, each on its own.

        In one graph the compiler computes the logits of all chunks before the gradient of any, so
        chunks save nothing (benchmarks/gpu, 2026-11-28: 1.33 times the memory).
        """
        self.training_functions = (
            torch.compile(self.forward_hidden),
            torch.compile(self.hidden_loss),
        )

    def undo_compile(self) -> None:
        """Undo `compile_in_parts`."""
        self.training_functions = (self.forward_hidden, self.hidden_loss)

    def forward(self, ids: Tensor, targets: Tensor, documents: Tensor | None = None) -> Tensor:
        """Sum the cross-entropy over a batch.

        Args:
            ids: Token ids, shape (B, T).
            targets: Token ids, shape (B, T); -1 and -100 are ignored.
            documents: For rows that hold several texts: the number of the text of each token, as
                `DocumentMask` takes it, shape (B, T).

        Returns:
            The sum in nats, shape (); in training mode with the experts' `balancing_loss` for each
            target.
        """
        if documents is None and self.document_start is not None:
            documents = (ids == self.document_start).cumsum(1)  # (B, T)
        grad_enabled = torch.is_grad_enabled()
        forward_hidden, hidden_loss = (
            self.training_functions if grad_enabled else (self.forward_hidden, self.hidden_loss)
        )
        x = forward_hidden(ids, documents).flatten(0, 1)  # (B*T, C)
        flat_targets = targets.flatten()  # (B*T,)
        chunk = self.chunk or len(x)
        if not grad_enabled:
            chunk = max(1, min(chunk, EVAL_CHUNK, len(x) // MIN_EVAL_CHUNKS))
        if chunk >= len(x):
            total = hidden_loss(x, flat_targets)
        else:
            total = x.new_zeros((), dtype=torch.float32)
            for part in zip(torch.split(x, chunk), torch.split(flat_targets, chunk)):
                total = total + checkpoint(hidden_loss, *part, use_reentrant=False)
        if self.model.config.n_experts is None or not self.model.training:
            return total
        return total + self.model.balancing_loss() * target_mask(flat_targets).sum()

    def forward_hidden(self, ids: Tensor, documents: Tensor | None = None) -> Tensor:
        """Return the residual stream after the last block: (B, T) -> (B, T, C).

        Args:
            ids: Token ids, shape (B, T).
            documents: The number of the text of each token, shape (B, T); None: one text in a row.
        """
        model = self.model
        window = model.config.sliding_window
        mask = None if documents is None else DocumentMask(documents, window)
        if not (self.activation_checkpointing and torch.is_grad_enabled()):
            return model.forward_hidden(ids, kv_cache=mask)
        x, rotary = model.embed(ids, kv_cache=mask), model.rotary(ids, kv_cache=mask)
        has_dropout = model.config.dropout > 0  # the second pass needs the same masks
        for block in model.h:
            x = checkpoint(
                *(block, x, (), mask, rotary),
                use_reentrant=False,
                preserve_rng_state=has_dropout,
            )
        return x

    def hidden_loss(self, x: Tensor, targets: Tensor) -> Tensor:
        """Return the summed cross-entropy of some tokens: (N, C), (N,) -> ().

        Args:
            x: The residual stream of some tokens, shape (N, C).
            targets: Their next tokens, shape (N,).
        """
        return summed_cross_entropy(self.model.unembed(x), targets)


def validation_loss(
    loss: LossSum,
    val: ValWindows,
    tokens: int,
    batch_size: int,
    autocast: AbstractContextManager[Any],
    world: World,
) -> float:
    """Return the mean loss over the first tokens of a validation text, in whole windows.

    The tokens are the same for every batch size, seed and number of processes.

    Args:
        loss: The model with its loss.
        val: The validation text.
        tokens: How many tokens; at least one window is taken.
        batch_size: Windows in one forward pass.
        autocast: Context for the number format of the arithmetic.
        world: The processes that share the work. A collective call.

    Returns:
        Nats per token.

    Example:
        >>> val = Batches("data", batch_size=4, block_size=16, seed=1, split="val")
        >>> round(validation_loss(LossSum(model), val, 64, 4, nullcontext(), World()))
        3
    """
    windows = range(max(1, min(val.windows, tokens // val.block_size)))
    mine = windows[world.rank :: world.world_size]
    total = 0.0
    per_process = -(-len(windows) // world.world_size)  # at most
    with evaluating(loss.model), autocast:
        for first in range(0, per_process, batch_size):
            batch = mine[first : first + batch_size]
            # With FSDP every process must take part in every forward pass, even without a window.
            rows = np.stack([val.load_window(window) for window in batch or windows[:1]])
            ids = torch.from_numpy(rows.astype(np.int64)).to(loss.model.device)  # (B, T + 1)
            total += float(loss(ids[:, :-1], ids[:, 1:])) * bool(batch)
    return world.all_reduce(total) / (len(windows) * val.block_size)


def rows_loss(
    loss: LossSum, val: ValRows, batch_size: int, autocast: AbstractContextManager[Any]
) -> float:
    """Return the mean loss over all targets of padded rows. Each process computes all of it.

    Args:
        loss: The model with its loss.
        val: The rows.
        batch_size: Rows in one forward pass.
        autocast: Context for the number format of the arithmetic.

    Returns:
        Nats per token.
    """
    total, count = 0.0, 0
    with evaluating(loss.model), autocast:
        for ids, targets in val.val_batches(batch_size):
            x, y = (torch.from_numpy(rows).to(loss.model.device) for rows in (ids, targets))
            total += float(loss(x, y))
            count += int(target_mask(y).sum())
    return total / max(1, count)
