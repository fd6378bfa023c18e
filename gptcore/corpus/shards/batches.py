"""Batches out of shards: what the model sees at a step is computed from seed and step alone.

All shards of a split are one long row of tokens. It is cut into windows of `block_size` tokens to
predict, each with the token before them; so every token is predicted once in an epoch, but for the
very first one, and for the rest at the end that fills no window. The windows come in an order that
is shuffled anew for each epoch, across all shards, and is computed, not stored: resuming a run
needs no state but the number of its step.
Left out on purpose: windows that end where documents end. A window may begin inside a document.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shlex import quote
from typing import Any, Literal

import numpy as np

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


class Batches:
    """Inputs and targets for every step, from a folder of shards or a file of nanoGPT's.

    `tokenizer`, if given, must be the one that the shards were made with.

    Raises: ValueError for what does not fit; ShardDamagedError, before the first step, for every
        shard that is not bit for bit what the manifest beside it says.
    Example: x, y = Batches("web", batch_size=8, block_size=64, seed=1).batch(step=0)
             x.shape -> (8, 64)
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
    ):
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

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Input and target of one step, which may be any, in any order.

        Shapes: x, y (B, T), int64; y is x, one token later.
        """
        if step < 0:
            raise ValueError(f"step={step} must be 0 or more.")
        indices = range(step * self.batch_size, (step + 1) * self.batch_size)
        rows = np.stack(
            [self.load_window(window) for window in self.window_indices(indices)]
        )  # (B, T + 1)
        return rows[:, :-1].astype(np.int64), rows[:, 1:].astype(np.int64)

    def describe_rows(self, step: int) -> list[str]:
        """For each row of a batch the shard that it begins in, and its tokens there.



        Example: Batches("web", batch_size=8, block_size=64, seed=1).where(step=0)[0]
        """
        descriptions = []
        for window in self.window_indices(
            range(step * self.batch_size, (step + 1) * self.batch_size)
        ):
            start = int(window) * self.block_size
            shard = int(np.searchsorted(self.starts, start, "right")) - 1
            first = start - int(self.starts[shard])
            file = getattr(self.shards[shard], "filename", "an array")
            descriptions.append(f"{file}, tokens {first:,} to {first + self.block_size - 1:,}")
        return descriptions

    def window_indices(self, indices: range) -> np.ndarray:
        """Which windows stand at these places of the endless row of epochs. Shapes: (places,)."""
        epochs, offsets = np.divmod(np.array(indices, dtype=np.uint64), np.uint64(self.windows))
        found = np.empty_like(offsets)
        for epoch in np.unique(epochs):
            in_epoch = epochs == epoch
            found[in_epoch] = permute_index(offsets[in_epoch], self.windows, f"{self.seed} {epoch}")
        return found.astype(np.int64)

    def load_window(self, window: int) -> np.ndarray:
        """The tokens of a window, and the one after it, from as many shards as they lie in.

        Shapes: (T + 1,).
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


# The files


def open_split(path: Path, split: Split, tokenizer: Tokenizer | None) -> list[np.ndarray]:
    """The shards of a split, mapped into memory; each was read once, to be sure of it.

    Raises: ValueError, ShardDamagedError.
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
        raise no_shards_error(path, split)
    return [open_shard(file) for file in files]


def vocab_size_of(folder: str | Path) -> int | None:
    """The vocabulary of the shards, as their manifest has it; None where there is no manifest."""
    file = Path(folder) / "manifest.json"
    return read_plan(file)["tokenizer"]["vocab_size"] if file.is_file() else None


def no_shards_error(path: Path, split: str) -> ValueError:
    """The error for a folder that has no files of the split."""
    return ValueError(
        f"{path} has no tokens for {split}. Shards are made by: gptcore prepare SOURCE --out DIR; "
        "a larger --val_share sets more documents aside for val."
    )


def empty_split_error(path: Path, split: Split, manifest: dict[str, Any]) -> ValueError:
    """The error for shards whose documents all went to the other split."""
    documents = sum(row[s]["documents"] for row in manifest["shards"] for s in ("train", "val"))
    if documents < 2:
        way_out = (
            "Documents are set aside as a whole, and one cannot serve both train and val: cut the "
            "text into several (a .txt file for each, or one in each line with --document line)"
        )
    else:
        way_out = f"Give a {'larger' if split == 'val' else 'smaller'} --val_share"
    return ValueError(
        f"{path} has no tokens for {split}: of its {documents:,} document(s) none went there. "
        f"{way_out}, and prepare it in another folder."
    )


def check_tokenizer(path: Path, manifest: dict[str, Any], tokenizer: Tokenizer | None) -> None:
    """Raises: ValueError if the shards were made with another one: its ids mean other texts."""
    made_with = manifest["tokenizer"]
    if tokenizer is not None and tokenizer.sha256 != made_with["sha256"]:
        raise ValueError(
            f"The shards in {path} were made with the tokenizer {made_with['name']}, which is "
            f"another one than this {type(tokenizer).__name__}: their ids mean other texts. "
            "Use that one, or prepare the text anew in another folder with --tokenizer."
        )


def verify_shards(path: Path, manifest: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Read every shard once, several at a time, and hold its hash against the manifest.

    Raises: ShardDamagedError for the first one that differs, with the command that repairs it.
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


def open_bin(path: Path) -> np.ndarray:
    """A file with llm.c's header, or one of nanoGPT's, which is nothing but ids of 2 bytes."""
    with open(path, "rb") as file:
        begins_with = int.from_bytes(file.read(4), "little")
    if begins_with in MAGICS:
        return open_shard(path)
    size_bytes = path.stat().st_size
    if size_bytes % UINT16.dtype.itemsize or not size_bytes:
        raise ShardDamagedError(
            f"{path} has no header of a shard, and no ids of 2 bytes either: it has {size_bytes:,} "
            "bytes. Make it anew."
        )
    return np.memmap(path, UINT16.dtype, mode="r")
