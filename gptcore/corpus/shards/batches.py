"""Batches from shards: what the model sees at a step is computed from seed and step alone.

All shards of a split are one long row of tokens. It is cut into windows of `block_size` tokens to
predict, each with the token before them. So every token is predicted once in an epoch, except the
very first one and the rest at the end that fills no window. The order of the windows is shuffled
for each epoch across all shards, and is computed, not stored: resuming a run needs only the number
of its step. A window may begin inside a document.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shlex import quote
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gptcore.checks import as_path
from gptcore.corpus.shards.shards import (
    MAGICS,
    UINT16,
    ShardDamagedError,
    open_shard,
    prepare_command,
    read_header,
)
from gptcore.corpus.shards.shuffle import permute_index
from gptcore.files import read_plan, sha256_of
from gptcore.tokenizers.tokenizer import Tokenizer

Split = Literal["train", "val"]
Int64s = NDArray[np.int64]


class Batches:
    """Inputs and targets for every step, from a folder of shards or a file of nanoGPT's.

    Args:
        folder: A folder that `prepare` made, or one with `train.bin` and `val.bin`, or one file.
        batch_size: Rows per batch (B).
        block_size: Tokens per row (T).
        seed: Seed of the shuffle.
        split: "train" or "val".
        tokenizer: If given, the shards must have been made with it.

    Raises:
        ValueError: If sizes, split, folder or tokenizer do not fit.
        ShardDamagedError: Before the first step, if a shard differs from its hash in the manifest.

    Example:
        >>> x, y = Batches("web", batch_size=8, block_size=64, seed=1).batch(step=0)
        >>> x.shape
        (8, 64)
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        batch_size: int,
        block_size: int,
        seed: int,
        split: Split = "train",
        tokenizer: Tokenizer | None = None,
    ) -> None:
        if batch_size < 1 or block_size < 1:
            raise ValueError(
                f"batch_size={batch_size} and block_size={block_size} must both be 1 or more."
            )
        if split not in ("train", "val"):
            raise ValueError(f"split={split!r} must be 'train' or 'val'.")
        self.batch_size, self.block_size, self.seed = batch_size, block_size, seed
        self.shards = open_split(as_path(folder, "The folder of shards"), split, tokenizer)
        self.starts = np.cumsum([0, *map(len, self.shards)])
        self.tokens = int(self.starts[-1])
        self.windows = (self.tokens - 1) // block_size
        if self.windows < 1:
            raise ValueError(
                f"{folder} has {self.tokens:,} tokens for {split}, too few for one window of "
                f"block_size={block_size} and the token after it. Give more text"
                + (f", or block_size={self.tokens - 1}." if self.tokens > 1 else ".")
            )

    @property
    def steps_per_epoch(self) -> int:
        """Steps until every window was seen; the last one may begin the next epoch."""
        return -(-self.windows // self.batch_size)

    def batch(self, step: int) -> tuple[Int64s, Int64s]:
        """Load input and target of one step.

        Args:
            step: Any step, in any order, 0 or more.

        Returns:
            x and y, each of shape (B, T); y is x, one token later.

        Raises:
            ValueError: If the step is negative.
        """
        check_step(step)
        windows = self.window_indices(self.rows_of_step(step))
        rows = np.stack([self.load_window(int(window)) for window in windows])  # (B, T + 1)
        return rows[:, :-1].astype(np.int64), rows[:, 1:].astype(np.int64)

    def describe_rows(self, step: int) -> list[str]:
        """Say for each row of a batch in which shard and at which token it begins.

        Args:
            step: The step of the batch.

        Returns:
            One description per row, for messages.

        Example:
            >>> Batches("web", batch_size=8, block_size=64, seed=1).describe_rows(step=0)[0]
            '...train_000000.bin, tokens ...'
        """
        descriptions = []
        for window in self.window_indices(self.rows_of_step(step)):
            start = int(window) * self.block_size
            shard = int(np.searchsorted(self.starts, start, "right")) - 1
            first = start - int(self.starts[shard])
            file = getattr(self.shards[shard], "filename", "an array")
            descriptions.append(f"{file}, tokens {first:,} to {first + self.block_size - 1:,}")
        return descriptions

    def rows_of_step(self, step: int) -> range:
        """The rows of a step, numbered from the start of training.

        Args:
            step: The step.

        Returns:
            `batch_size` numbers.
        """
        return range(step * self.batch_size, (step + 1) * self.batch_size)

    def window_indices(self, rows: range) -> Int64s:
        """Find the windows of some rows, counted from the start of training over all epochs.

        Args:
            rows: Numbers of rows.

        Returns:
            The index of the window of each row, shape (rows,).
        """
        epochs, offsets = np.divmod(np.array(rows, dtype=np.uint64), np.uint64(self.windows))
        found = np.empty_like(offsets)
        for epoch in np.unique(epochs):
            in_epoch = epochs == epoch
            found[in_epoch] = permute_index(offsets[in_epoch], self.windows, f"{self.seed} {epoch}")
        return found.astype(np.int64)

    def load_window(self, window: int) -> NDArray[Any]:
        """Load the tokens of a window and the one after it, across the borders of shards.

        Args:
            window: The index of the window.

        Returns:
            Token ids, shape (T + 1,).
        """
        start = window * self.block_size
        stop = start + self.block_size + 1
        pieces = []
        shard = int(np.searchsorted(self.starts, start, "right")) - 1
        while start < stop:
            piece = self.shards[shard][start - self.starts[shard] : stop - self.starts[shard]]
            pieces.append(piece)
            start += len(piece)
            shard += 1
        return np.concatenate(pieces)


def check_step(step: int) -> None:
    """Raise a ValueError if the step is negative."""
    if step < 0:
        raise ValueError(f"step={step} must be 0 or more.")


# The files


def open_split(path: Path, split: Split, tokenizer: Tokenizer | None) -> list[NDArray[Any]]:
    """Map the shards of a split into memory; each is read once to compare its hash.

    Raises:
        ValueError: If there are no such shards, or they were made with another tokenizer.
        ShardDamagedError: If one is damaged.
    """
    if path.is_file():
        return [open_bin(path)]
    if not path.is_dir():
        raise ValueError(
            f"There is no {path}. Make it with: gptcore prepare SOURCE --out {quote(str(path))}"
        )
    if (path / "manifest.json").exists():
        manifest = read_plan(path / "manifest.json")
        check_tokenizer(path, manifest, tokenizer)
        rows = [row[split] for row in manifest["shards"] if row[split]["file"]]
        if not rows:
            raise empty_split_error(path, split, manifest)
        verify_shards(path, manifest, rows)
        return [open_shard(path / row["file"]) for row in rows]
    if (path / "plan.json").exists():
        plan = read_plan(path / "plan.json")
        raise ValueError(f"{path} is not finished. Continue it with: {prepare_command(plan, path)}")
    if (path / f"{split}.bin").exists():
        return [open_bin(path / f"{split}.bin")]
    files = sorted(path.glob(f"*{split}*.bin"))  # llm.c's: fineweb_train_000001.bin
    if not files:
        raise ValueError(
            f"{path} has no shards for {split}: no manifest.json, no {split}.bin and no file such "
            f"as fineweb_{split}_000001.bin. Make shards with: gptcore prepare SOURCE --out DIR"
        )
    return [open_shard(file) for file in files]


def vocab_size_of(folder: str | Path) -> int | None:
    """The vocabulary size in the manifest of the shards; None where there is no manifest."""
    file = Path(folder) / "manifest.json"
    return int(read_plan(file)["tokenizer"]["vocab_size"]) if file.is_file() else None


def empty_split_error(path: Path, split: str, manifest: dict[str, Any]) -> ValueError:
    """The error for shards whose documents are all in the other split."""
    documents = sum(row[s]["documents"] for row in manifest["shards"] for s in ("train", "val"))
    if documents < 2:
        way_out = (
            "A document is either for train or for val, so one is not enough: cut the text into "
            "several (one .txt file for each, or one line for each with --document line)"
        )
    else:
        way_out = f"Use a {'larger' if split == 'val' else 'smaller'} --val_share"
    return ValueError(
        f"{path} has no tokens for {split}: none of its {documents:,} document(s) is in it. "
        f"{way_out}, and prepare it in another folder."
    )


def check_tokenizer(path: Path, manifest: dict[str, Any], tokenizer: Tokenizer | None) -> None:
    """Check that the shards were made with this tokenizer."""
    made_with = manifest["tokenizer"]
    if tokenizer is not None and tokenizer.sha256 != made_with["sha256"]:
        raise ValueError(
            f"The shards in {path} were made with the tokenizer {made_with['name']}, which is not "
            f"this {type(tokenizer).__name__}: their token ids are not compatible. Use that one, "
            "or prepare the text in another folder with --tokenizer."
        )


def verify_shards(path: Path, manifest: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Read every shard once, several at a time, and compare its hash with the manifest.

    Raises:
        ShardDamagedError: For the first one that differs, with the command that repairs it.
    """

    def problem(row: dict[str, Any]) -> str:
        file = path / row["file"]
        try:
            read_header(file)
            sha256 = sha256_of(file)
        except OSError as error:
            return str(error)
        if sha256 == row["sha256"]:
            return ""
        return f"The shard {file} is damaged: expected sha256 {row['sha256']}, got {sha256}."

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for found in threads.map(problem, rows):
            if found:
                raise ShardDamagedError(
                    f"{found} Repair it with: {prepare_command(manifest, path)}"
                )


def open_bin(path: Path) -> NDArray[Any]:
    """Open a file with llm.c's header, or one of nanoGPT's, which is only ids of 2 bytes."""
    with open(path, "rb") as file:
        begins_with = int.from_bytes(file.read(4), "little")
    if begins_with in MAGICS:
        return open_shard(path)
    size_bytes = path.stat().st_size
    if size_bytes % UINT16.dtype.itemsize or not size_bytes:
        raise ShardDamagedError(
            f"{path} has neither the header of a shard nor ids of 2 bytes: it has {size_bytes:,} "
            "bytes. Make it again."
        )
    return np.memmap(path, UINT16.dtype, mode="r")
