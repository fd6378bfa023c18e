"""One shard made of row groups: the same row groups and tokenizer always give the same bytes.

A shard needs no other shard, so any number of processes or machines can each make theirs. A journal
records the progress after every row group; after a kill the next process resumes from there.
"""

import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from gptcore.corpus.downloads.source import Source
from gptcore.corpus.preparation.plan import DEFAULT_SETTINGS, ShardSettings
from gptcore.corpus.reading.documents import read_documents
from gptcore.corpus.shards.shards import HEADER_BYTES, check_ids, format_for, make_header
from gptcore.files import sha256_of, write_json
from gptcore.json_text import parse_json
from gptcore.tokenizers.tokenizer import Tokenizer

if sys.platform != "win32":
    import fcntl


@dataclass(frozen=True)
class RowGroupRange:
    """Consecutive row groups of a file, from `first` up to, but not including, `stop`.

    Attributes:
        path: The file.
        first, stop: Indices of row groups.
        document: What one document is in a text file; None: as the settings say.
        split_by: What chooses the validation documents: their ids or their texts.

    Example:
        >>> RowGroupRange(Path("a.parquet"), first=0, stop=2).stop
        2
    """

    path: Path
    first: int
    stop: int
    document: Literal["file", "line"] | None = None  # of a text file; None: as the settings say
    split_by: Literal["id", "text"] = "id"  # what decides whether it is for validation


def row_group_ranges(
    plan: dict[str, Any], sources: Sequence[Source], number: int
) -> list[RowGroupRange]:
    """The row groups of shard `number` of a plan, and how each of its files is read."""
    default = plan["settings"].get("document")
    ranges = []
    for source, first, stop in plan["shards"][number]["row_groups"]:
        row = plan["sources"][source]
        document, split_by_key = row.get("document", default), row.get("split_by", "id")
        ranges.append(RowGroupRange(sources[source].path, first, stop, document, split_by_key))
    return ranges


@dataclass(frozen=True)
class SplitRecord:
    """The part of a shard that belongs to one split.

    Attributes:
        file: The name of the file; "" if there are no tokens, and so no file.
        tokens: Number of tokens.
        documents: Number of documents.
        sha256: The hash of the file.

    Example:
        >>> SplitRecord("train_000000.bin", tokens=8, documents=2, sha256="5e88...").tokens
        8
    """

    file: str  # "" if there is nothing, and so no file
    tokens: int
    documents: int
    sha256: str  # of the file


@dataclass(frozen=True)
class ShardRecord:
    """What `make_shard` wrote: most documents are for training, a few for validation.

    Attributes:
        number: The number of the shard.
        train, val: Its two files.
        empty: Number of documents without text, which are skipped.

    Example:
        >>> Path("two.txt").write_text("one\\ntwo\\n")
        8
        >>> ranges = [RowGroupRange(Path("two.txt"), 0, 1, "line")]
        >>> make_shard(Path("."), 1, ranges, CharTokenizer("enotw")).val.tokens
        0
    """

    number: int
    train: SplitRecord
    val: SplitRecord
    empty: int  # documents without text, left out


def make_shard(
    folder: Path,
    number: int,
    ranges: Sequence[RowGroupRange],
    tokenizer: Tokenizer,
    settings: ShardSettings = DEFAULT_SETTINGS,
) -> ShardRecord:
    """Write train_NUMBER.bin and val_NUMBER.bin into the folder, and a record of them as JSON.

    Every document starts with end-of-text. A file without tokens is not written.

    Args:
        folder: The folder of the shards.
        number: The number of the shard.
        ranges: The row groups that it is made of.
        tokenizer: It needs an end-of-text token.
        settings: How to read, and the fraction of validation documents.

    Returns:
        Files, tokens and documents of the shard.

    Raises:
        ValueError: If a document cannot be read or encoded. Finished row groups are kept.
        SourceDamagedError: If a file is damaged.

    Example:
        >>> Path("two.txt").write_text("one\\ntwo\\n")
        8
        >>> ranges = [RowGroupRange(Path("two.txt"), 0, 1, "line")]
        >>> make_shard(Path("."), 1, ranges, CharTokenizer("enotw")).train.tokens
        8

    Trap: No two processes may make the same shard in the same folder at a time.
    """
    groups = [(span, group) for span in ranges for group in range(span.first, span.stop)]
    journal = folder / f"shard_{number:06}.journal"
    with (
        ShardWriter(folder / f"train_{number:06}.bin", tokenizer) as train,
        ShardWriter(folder / f"val_{number:06}.bin", tokenizer) as val,
    ):
        done, empty = resume(journal, train, val)
        for span, group in groups[done:]:
            options = replace(settings, document=span.document or settings.document)
            for batch in read_documents(span.path, group, options):
                rows = [
                    (key if span.split_by == "id" else None, text)
                    for key, text in batch
                    if text and not text.isspace()
                ]
                empty += len(batch) - len(rows)
                is_val = [is_for_validation(*row, settings.val_share) for row in rows]
                try:
                    train.add([text for (_, text), out in zip(rows, is_val) if not out])
                    val.add([text for (_, text), out in zip(rows, is_val) if out])
                except ValueError as error:  # the tokenizer knows no files
                    raise ValueError(f"{span.path}, row group {group}: {error}") from None
            done += 1
            write_journal(journal, done, empty, train, val)
        made = ShardRecord(number, train.finish(), val.finish(), empty)
    write_json(folder / f"shard_{number:06}.json", asdict(made))
    journal.unlink(missing_ok=True)
    return made


def is_for_validation(key: str | None, text: str, val_share: float) -> bool:
    """Whether a hash of the id, or else of the text, puts the document into validation.

    So the order of the files and the number of shards do not matter, and a document never changes
    its split.
    """
    digest = hashlib.sha256((text if key is None else key).encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") < val_share * 2**64


class ShardWriter:
    """A shard that is being written, under a temporary name."""

    def __init__(self, path: Path, tokenizer: Tokenizer):
        self.path, self.part = path, path.with_name(f"{path.name}.part")
        self.tokenizer, self.vocab_size = tokenizer, tokenizer.vocab_size
        self.fmt = format_for(self.vocab_size)
        self.end_of_text = np.array([tokenizer.end_of_text], dtype=self.fmt.dtype)
        self.file = open_part_file(path, self.part)

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def resume(self, tokens: int, documents: int, sha256: str) -> bool:
        """Keep the first tokens of a partial file and drop the rest.

        Args:
            tokens: How many tokens to keep.
            documents: How many documents these are.
            sha256: The hash of these ids; the header is not part of it.

        Returns:
            Whether the file has these tokens.
        """
        self.tokens, self.documents, self.hash = tokens, documents, hashlib.sha256()
        self.file.seek(HEADER_BYTES)
        left = tokens * self.fmt.dtype.itemsize
        while left and (piece := self.file.read(min(left, 2**20))):
            self.hash.update(piece)
            left -= len(piece)
        self.file.truncate(HEADER_BYTES + tokens * self.fmt.dtype.itemsize)
        self.file.seek(0, os.SEEK_END)
        return bool(self.state()["sha256"] == sha256)

    def state(self) -> dict[str, Any]:
        """What `resume` needs later."""
        self.file.flush()
        return {
            "tokens": self.tokens,
            "documents": self.documents,
            "sha256": self.hash.hexdigest(),
        }

    def add(self, texts: list[str]) -> None:
        """Append texts, each after an end-of-text token.

        Args:
            texts: The documents.

        Raises:
            ValueError: If the tokenizer cannot encode one.
        """
        for text in texts:
            ids = self.tokenizer.encode_array(text)
            check_ids(ids, self.vocab_size)
            for piece in (self.end_of_text, ids.astype(self.fmt.dtype)):
                self.file.write(piece.data)
                self.hash.update(piece.data)
            self.tokens += 1 + len(ids)
        self.documents += len(texts)

    def finish(self) -> SplitRecord:
        """Write the header and rename the file; without tokens there is no file."""
        if not self.tokens:
            self.part.unlink()
            self.path.unlink(missing_ok=True)
            return SplitRecord("", 0, 0, "")
        self.file.seek(0)
        self.file.write(make_header(self.tokens, self.fmt))
        self.file.flush()
        os.fsync(self.file.fileno())
        sha256 = sha256_of(self.part)
        self.file.close()  # Windows renames no open file
        os.replace(self.part, self.path)
        return SplitRecord(self.path.name, self.tokens, self.documents, sha256)


def open_part_file(path: Path, part: Path) -> BinaryIO:
    """Open the partial shard with a lock: a worker of a killed run may still be writing."""
    while True:
        if not part.exists() and path.exists():
            os.replace(path, part)  # killed after it got its name, before its record
        # Neither "wb", which would empty it, nor "ab", which could not go back to the header.
        file = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | BINARY, 0o666), "r+b")
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        if part.exists() and os.path.samestat(os.fstat(file.fileno()), part.stat()):
            return file
        file.close()  # while we waited, it was finished and got its name


EMPTY_STATE: dict[str, Any] = {"tokens": 0, "documents": 0, "sha256": hashlib.sha256().hexdigest()}
BINARY = getattr(os, "O_BINARY", 0)  # Windows would turn every byte 10 into two


def resume(journal: Path, train: ShardWriter, val: ShardWriter) -> tuple[int, int]:
    """The number of finished row groups, and of the empty documents in them."""
    try:
        journaled = parse_json(journal.read_text(encoding="utf-8"))
        if train.resume(**journaled["train"]) and val.resume(**journaled["val"]):
            return journaled["done"], journaled["empty"]
    except (FileNotFoundError, ValueError):  # none, or one that a power cut has spoilt
        pass
    train.resume(**EMPTY_STATE)
    val.resume(**EMPTY_STATE)
    return 0, 0


def write_journal(
    journal: Path, done: int, empty: int, train: ShardWriter, val: ShardWriter
) -> None:
    """Record the progress. It need not be durable: `resume` compares hashes."""
    content = {"done": done, "empty": empty, "train": train.state(), "val": val.state()}
    write_json(journal, content, durable=False)
