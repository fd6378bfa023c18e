"""The rows that a step learns from, checked and on the device."""

import hashlib
from typing import Any, NamedTuple, Protocol

import torch
from numpy.typing import NDArray

from gptcore.model import GPTConfig, check_ids
from gptcore.model.ids import check_targets
from gptcore.training.config import TrainConfig

# ids, targets, documents (or None), and where each row comes from
NamedBatch = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None, list[str]]


class MicroBatch(NamedTuple):
    """What one forward pass learns from.

    Attributes:
        ids: Token ids, shape (B, T).
        targets: The id that follows each, shape (B, T).
        documents: The text of each token, shape (B, T), where rows hold several; else None.
        batch_index: Index of the micro-batch, from 0.
    """

    ids: torch.Tensor
    targets: torch.Tensor
    documents: torch.Tensor | None
    batch_index: int


class TrainBatches(Protocol):
    """Inputs and targets for every step (`gptcore.corpus.Batches`, `Mixture`, or your own)."""

    batch_size: int
    block_size: int

    def batch(self, step: int) -> tuple[NDArray[Any], ...]:
        """Return ids and targets of one micro-batch.

        Args:
            step: Index of the micro-batch, from 0.

        Returns:
            Two integer arrays of shape (B, T); and if rows hold several texts, a third one with the
            number of the text of each token, as `DocumentMask` takes it.
        """


class MicroBatches:
    """The micro-batches of one process.

    Args:
        batches: The training data.
        config: Settings of the training.
        model: Sizes of the model.
        device: Where the rows are needed.
        rank: Number of the process.
        world_size: Number of processes.
    """

    def __init__(
        self,
        batches: TrainBatches,
        config: TrainConfig,
        model: GPTConfig,
        device: torch.device,
        rank: int,
        world_size: int,
    ) -> None:
        self.batches, self.config, self.model, self.device = batches, config, model, device
        self.rank, self.world_size = rank, world_size
        self.data_sha256 = hashlib.sha256(batches.batch(0)[0][0].tobytes()).hexdigest()

    @property
    def global_batch_size(self) -> int:
        """Rows per step, all micro-batches and processes together."""
        return self.config.batch_size * self.config.grad_accum * self.world_size

    def of_step(self, step: int) -> list[MicroBatch]:
        """Return the checked micro-batches of a step: ids, targets of (B, T).

        Args:
            step: Number of the step, from 1.
        """
        accum, model = self.config.grad_accum, self.model
        found = []
        for i in range(accum):
            index = ((step - 1) * accum + i) * self.world_size + self.rank
            ids, targets, *more = (torch.from_numpy(array) for array in self.batches.batch(index))
            check_ids(ids, model.vocab_size, model.block_size)
            check_targets(targets, ids, model.vocab_size)
            documents = self.to_device(more[0]) if more else None
            found.append(MicroBatch(self.to_device(ids), self.to_device(targets), documents, index))
        return found

    def with_row_names(self, batch: list[MicroBatch]) -> list[NamedBatch]:
        """Add to each micro-batch where its rows come from.

        Args:
            batch: The micro-batches.

        Returns:
            Ids, targets, documents and one description per row.
        """
        describe_rows = getattr(self.batches, "describe_rows", None)
        found = []
        for ids, targets, documents, index in batch:
            rows = [f"row {row} of batch {index}" for row in range(len(ids))]
            names = describe_rows(index) if describe_rows else rows
            found.append((ids, targets, documents, names))
        return found

    def to_device(self, ids: torch.Tensor) -> torch.Tensor:
        """Copy ids to the device; to a GPU while it computes."""
        if self.device.type == "cuda":
            return ids.pin_memory().to(self.device, non_blocking=True)
        return ids.to(self.device)
