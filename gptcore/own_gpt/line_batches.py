"""Batches of lines, one in a row; and of a running text, a piece of it in a row.

A line has the token BOS before and after it. The piece of a text may have it before it.
The order depends on seed and step alone, so a resumed run sees the same rows.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gptcore.model.ids import IGNORE_INDEX
from gptcore.tokenizers import Tokenizer

Rows = tuple[NDArray[np.int64], NDArray[np.int64]]


class LineBatches:
    """Lines for every step of a training.

    Args:
        rows: The ids of each line, with BOS before and after it.
        batch_size: Lines in a batch (B).
        block_size: The longest row.
        seed: Seed of the order; each line is used once before any is used again.

    Example:
        >>> rows = [[2, 0, 1, 2], [2, 0, 2]]
        >>> ids, targets = LineBatches(rows, batch_size=2, block_size=4, seed=1).batch(0)
        >>> ids.shape
        (2, 3)
    """

    def __init__(self, rows: Sequence[Any], *, batch_size: int, block_size: int, seed: int) -> None:
        self.rows = [np.asarray(row) for row in rows]
        self.batch_size, self.block_size, self.seed = batch_size, block_size, seed

    def batch(self, step: int) -> tuple[NDArray[Any], ...]:
        """Ids and targets of one step, each of shape (B, T); T is the longest line's.

        Args:
            step: Any step, 0 or more.
        """
        first = step * self.batch_size
        indices = (self.row_index(first + i) for i in range(self.batch_size))
        return pad_rows([self.rows[i] for i in indices])

    def row_index(self, count: int) -> int:
        """The index of a line.

        Args:
            count: How many lines came before it, over all epochs.
        """
        epoch, offset = divmod(count, len(self.rows))
        return int(epoch_order(len(self.rows), self.seed, epoch)[offset])

    def first(self, count: int) -> "LineBatches":
        """Batches of the first lines only.

        Args:
            count: How many.
        """
        sizes = {"batch_size": self.batch_size, "block_size": self.block_size}
        return LineBatches(self.rows[:count], **sizes, seed=self.seed)

    def val_batches(self, batch_size: int) -> Iterator[Rows]:
        """All lines in their order, as a validation set.

        Args:
            batch_size: Lines in one forward pass.
        """
        for first in range(0, len(self.rows), batch_size):
            yield pad_rows(self.rows[first : first + batch_size])


class TextBatches:
    """Pieces of a running text for every step of a training.

    Args:
        ids: Of the text, shape (N,).
        bos: The token that rows begin with.
        batch_size: Pieces in a batch (B).
        block_size: Tokens of a row (T).
        seed: Seed of the places where pieces begin.

    Example:
        >>> batches = TextBatches([0, 1, 0, 1, 1], bos=2, batch_size=2, block_size=3, seed=1)
        >>> int(batches.batch(0)[0][0, 0])
        2
    """

    def __init__(
        self, ids: Sequence[int], *, bos: int, batch_size: int, block_size: int, seed: int
    ) -> None:
        self.ids, self.bos, self.seed = np.asarray(ids, dtype=np.int64), bos, seed
        self.batch_size, self.block_size = batch_size, min(block_size, len(ids) - 1)

    def batch(self, step: int) -> tuple[NDArray[Any], ...]:
        """Ids and targets of one step, each of shape (B, T).

        Every other row has no BOS: a long sample slides out of its beginning.

        Args:
            step: Any step, 0 or more.
        """
        rng = np.random.default_rng([self.seed, step])
        starts = rng.integers(1, len(self.ids) - self.block_size + 1, self.batch_size)
        ids, targets = self.rows_at(starts)
        ids[1::2, 0] = self.ids[starts[1::2] - 1]
        return ids, targets

    def rows_at(self, starts: NDArray[Any]) -> Rows:
        """The pieces that begin at some places, BOS before each: two of shape (B, T).

        Args:
            starts: Places in the text, shape (B,).
        """
        targets = self.ids[starts[:, None] + np.arange(self.block_size)]  # (B, 1) + (T,) -> (B, T)
        bos = np.full((len(starts), 1), self.bos)
        return np.concatenate([bos, targets[:, :-1]], axis=1), targets

    def val_batches(self, batch_size: int) -> Iterator[Rows]:
        """Pieces one after the other, as a validation set; at most 512 of them, evenly spread.

        Args:
            batch_size: Pieces in one forward pass.
        """
        starts = np.arange(0, len(self.ids) - self.block_size + 1, self.block_size)
        starts = starts[:: -(-len(starts) // 512)]
        for first in range(0, len(starts), batch_size):
            yield self.rows_at(starts[first : first + batch_size])


@lru_cache(maxsize=4)
def epoch_order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order of the lines in one round through all of them, shape (count,)."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def encode_lines(lines: Sequence[str], tokenizer: Tokenizer) -> list[list[int]]:
    """The ids of lines, with the token between texts before and after each.

    Args:
        lines: Known letters only.
        tokenizer: Any with such a token.

    Example:
        >>> encode_lines(["ab"], CharTokenizer("ab"))
        [[2, 0, 1, 2]]
    """
    bos = bos_of(tokenizer)
    return [[bos, *tokenizer.encode_ordinary(line), bos] for line in lines]


def bos_of(tokenizer: Tokenizer) -> int:
    """The token before and after each text.

    Args:
        tokenizer: Any.

    Raises:
        ValueError: If it has none.

    Example:
        >>> bos_of(CharTokenizer("ab"))
        2
    """
    if tokenizer.end_of_text is None:
        raise ValueError(
            "The tokenizer has no token between texts. Train it with one: "
            "BPETokenizer.train(text, vocab_size=512, special_tokens=['<|endoftext|>'])."
        )
    return tokenizer.end_of_text


def pad_rows(rows: Sequence[Any]) -> Rows:
    """Ids and targets of rows of different lengths, each of shape (B, T).

    Args:
        rows: Ids, at least two in each.

    Example:
        >>> pad_rows([[2, 0, 2], [2, 2]])[1].tolist()
        [[0, 2], [2, -1]]
    """
    T = max(map(len, rows)) - 1
    ids = np.full((len(rows), T), rows[0][0], dtype=np.int64)
    targets = np.full((len(rows), T), IGNORE_INDEX, dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row) - 1], targets[i, : len(row) - 1] = row[:-1], row[1:]
    return ids, targets
