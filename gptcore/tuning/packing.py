"""Batches of conversations, several in a row, and perhaps rows of pretraining text among them.

A row holds as many whole conversations as fit. Tokens attend only to their own conversation, and
positions restart in each (`gptcore.model.DocumentMask`), so the loss is the same as one by one.
Rows are packed once; their order is shuffled in each epoch and depends on seed and step alone, so a
resumed run sees the same rows.
Source: best-fit packing: Ding et al. 2024, arXiv 2404.10830.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gptcore.checks import as_int
from gptcore.corpus.shards.shuffle import permute_index
from gptcore.model.ids import IGNORE_INDEX
from gptcore.training.running.micro_batches import TrainBatches
from gptcore.tuning.chat_format import ChatTokens

Row = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # ids, targets, documents
PADDING = 0  # any token: its target is ignored, and no other token attends to it


def pack(lengths: Sequence[int], row_size: int) -> list[list[int]]:
    """Distribute items over rows: the longest first, each into the fullest row that has room.

    Args:
        lengths: Tokens of each item, none more than `row_size`.
        row_size: Tokens of a row.

    Returns:
        The indices of the items in each row.

    Example:
        >>> pack([3, 5, 2, 6], row_size=8)
        [[3, 2], [1, 0]]
    """
    rows: list[list[int]] = []
    room: list[tuple[int, int]] = []  # free tokens and index of each row, sorted
    for item in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        place = bisect_left(room, (lengths[item], -1))
        if place == len(room):
            rows.append([])
            free, row = row_size, len(rows) - 1
        else:
            free, row = room.pop(place)
        rows[row].append(item)
        insort(room, (free - lengths[item], row))
    return rows


class ConversationBatches:
    """Ids, targets and documents for every step.

    Args:
        conversations: Encoded ones, each of at most `block_size` + 1 ids.
        batch_size: Rows of a batch (B).
        block_size: Tokens of a row (T).
        seed: Seed of the order of the rows.
        mix: Pretraining text: each batch has `mix.batch_size` rows of it, all tokens graded. It
            keeps the model from forgetting.

    Raises:
        ValueError: If `mix` has too many or too long rows.

    Example:
        >>> conversations = encode_conversations(read_conversations("chat.jsonl"), chat, 16)
        >>> batches = ConversationBatches(conversations, batch_size=4, block_size=16, seed=1)
        >>> ids, targets, documents = batches.batch(0)
        >>> ids.shape
        (4, 16)
    """

    def __init__(
        self,
        conversations: Sequence[ChatTokens],
        *,
        batch_size: int,
        block_size: int,
        seed: int,
        mix: TrainBatches | None = None,
    ) -> None:
        self.batch_size = as_int(batch_size, "batch_size", 1)
        self.block_size = as_int(block_size, "block_size", 1)
        self.seed, self.mix = seed, mix
        if mix is not None and (mix.batch_size >= batch_size or mix.block_size > block_size):
            raise ValueError(
                f"mix gives {mix.batch_size} rows of {mix.block_size} tokens, and a batch has "
                f"{batch_size} rows of {block_size}. Leave rows for the conversations: "
                f"Batches(..., batch_size={max(1, batch_size // 2)}, block_size={block_size})."
            )
        lengths = [len(one.ids) - 1 for one in conversations]
        self.rows = [
            make_row([conversations[i] for i in row], block_size)
            for row in pack(lengths, block_size)
        ]

    @property
    def rows_per_step(self) -> int:
        """Rows of conversations in a batch; the others are pretraining text."""
        return self.batch_size - (0 if self.mix is None else self.mix.batch_size)

    @property
    def steps_per_epoch(self) -> int:
        """Steps until every conversation was seen; the last one may begin the next epoch."""
        return -(-len(self.rows) // self.rows_per_step)

    def batch(self, step: int) -> tuple[NDArray[Any], ...]:
        """The batch of one step.

        Args:
            step: Any step, in any order, 0 or more.

        Returns:
            Ids, targets and documents, each of shape (B, T).
        """
        count = as_int(step, "step", 0) * self.rows_per_step
        rows = [self.rows[self.row_index(count + i)] for i in range(self.rows_per_step)]
        if self.mix is not None:
            ids, targets, *_ = self.mix.batch(step)
            rows += [text_row(*pair, self.block_size) for pair in zip(ids, targets)]
        return tuple(np.stack(part) for part in zip(*rows))  # three of (B, T)

    def row_index(self, count: int) -> int:
        """The index of a row.

        Args:
            count: How many rows of conversations came before it, over all epochs.
        """
        epoch, offset = divmod(count, len(self.rows))
        index = np.array([offset], dtype=np.uint64)
        return int(permute_index(index, len(self.rows), f"{self.seed} {epoch}")[0])


def make_row(conversations: Sequence[ChatTokens], block_size: int) -> Row:
    """Conversations one after the other, then padding; three arrays of shape (T,).

    The target of a token is the one after it, if that one is graded. Trap: the mask belongs to the
    targets. Laid over the inputs it leaves out the first token of each answer, without an error.

    Args:
        conversations: They fit into the row.
        block_size: T.
    """
    ids = np.full(block_size, PADDING, dtype=np.int64)
    targets = np.full(block_size, IGNORE_INDEX, dtype=np.int64)
    documents = np.full(block_size, len(conversations), dtype=np.int64)
    start = 0
    for number, one in enumerate(conversations):
        here = slice(start, start + len(one.ids) - 1)
        ids[here] = one.ids[:-1]
        targets[here] = np.where(one.is_graded[1:], one.ids[1:], IGNORE_INDEX)
        documents[here] = number
        start = here.stop
    return ids, targets, documents


def text_row(ids: NDArray[Any], targets: NDArray[Any], block_size: int) -> Row:
    """A row of pretraining text, padded: it is one document, as it was in pretraining."""
    T = len(ids)
    padding = (0, block_size - T)
    documents = np.repeat([0, 1], [T, block_size - T])
    padded = np.pad(targets, padding, constant_values=IGNORE_INDEX)
    return np.pad(ids, padding, constant_values=PADDING), padded, documents
