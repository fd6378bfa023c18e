"""One shard made of row groups: the same row groups and tokenizer always give the same bytes.

This is the whole work of `gptcore prepare`, for one shard. It needs no other shard, so any number
of processes, or of machines, may each make theirs. What is finished is noted after every row group;
when the process is killed, the next one goes on from there.
Left out on purpose: who calls it, and when.
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
    """Some row groups of a file that follow one another: `first` up to, without, `stop`.

    Example: Span(Path("a.parquet"), first=0, stop=2).stop -> 2
    """

    path: Path
    first: int
    stop: int
    document: Literal["file", "line"] | None = None  # of a text file; None: as the settings say
    split_by: Literal["id", "text"] = "id"  # what decides whether it is for validation


def row_group_ranges(
    plan: dict[str, Any], sources: Sequence[Source], number: int
) -> list[RowGroupRange]:
    """What shard `number` of a plan is made of, and how each of its files is read."""
    default = plan["settings"].get("document")
    ranges = []
    for source, first, stop in plan["shards"][number]["row_groups"]:
        row = plan["sources"][source]
        document, split_by_key = row.get("document", default), row.get("split_by", "id")
        ranges.append(RowGroupRange(sources[source].path, first, stop, document, split_by_key))
    return ranges


@dataclass(frozen=True)
class SplitRecord:
    """What a shard got of one split.

    Example: Slice("train_000000.bin", tokens=8, documents=2, sha256="5e88...").tokens -> 8
    """

    file: str  # "" if there is nothing, and so no file
    tokens: int
    documents: int
    sha256: str  # of the file


@dataclass(frozen=True)
class ShardRecord:
    """One shard, or two: most documents are for training, a few for validation.


    Example: Path("two.txt").write_text("one\\ntwo\\n")
             spans = [Span(Path("two.txt"), 0, 1, "line")]
             make_shard(Path("."), 1, spans, CharTokenizer("enotw")).val.tokens -> 0
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

    Every document starts with end-of-text. A file without tokens is not written. Whoever calls this
    sees to it that no other process makes the same shard in the same folder.

    Raises: what reading and encoding raise. What was finished until then is kept, and used by the
        next call.
    Example: Path("two.txt").write_text("one\\ntwo\\n")
             spans = [Span(Path("two.txt"), 0, 1, "line")]
             make_shard(Path("."), 1, spans, CharTokenizer("enotw")).train.tokens -> 8
    """
    groups = [
        (row_groups_range, group)
        for row_groups_range in ranges
        for group in range(row_groups_range.first, row_groups_range.stop)
    ]
    journal = folder / f"shard_{number:06}.journal"
    with (
        ShardWriter(folder / f"train_{number:06}.bin", tokenizer) as train,
        ShardWriter(folder / f"val_{number:06}.bin", tokenizer) as val,
    ):
        done, empty = take_up(journal, train, val)
        for row_groups_range, group in groups[done:]:
            options = replace(settings, document=row_groups_range.document or settings.document)
            for batch in read_documents(row_groups_range.path, group, options):
                rows = [
                    (key if row_groups_range.split_by == "id" else None, text)
                    for key, text in batch
                    if text and not text.isspace()
                ]
                empty += len(batch) - len(rows)
                is_val = [is_for_validation(*row, settings.val_share) for row in rows]
                try:
                    train.add([text for (_, text), out in zip(rows, is_val) if not out])
                    val.add([text for (_, text), out in zip(rows, is_val) if out])
                except ValueError as error:  # the tokenizer knows no files
                    raise ValueError(
                        f"{row_groups_range.path}, row group {group}: {error}"
                    ) from None
            done += 1
            write_journal(journal, done, empty, train, val)
        made = ShardRecord(number, train.finish(), val.finish(), empty)
    write_json(folder / f"shard_{number:06}.json", asdict(made))
    journal.unlink(missing_ok=True)
    return made


def is_for_validation(key: str | None, text: str, val_share: float) -> bool:
    """Whether the document is in the validation slice: a hash of its id decides, else of its text.

    So neither the order of the files nor the number of shards matters, and a document never
    changes sides.
    """
    digest = hashlib.sha256((text if key is None else key).encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") < val_share * 2**64


class ShardWriter:
    """A shard that is being written, under a name that nobody takes for a finished one."""

    def __init__(self, path: Path, tokenizer: Tokenizer):
        self.path, self.part = path, path.with_name(f"{path.name}.part")
        self.tokenizer, self.vocab_size = tokenizer, tokenizer.vocab_size
        self.fmt = format_for(self.vocab_size)
        self.end_of_text = np.array([tokenizer.end_of_text], dtype=self.fmt.dtype)
        self.file = open_part_file(path, self.part)

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, *error) -> None:
        self.file.close()

    def take_up(self, tokens: int, documents: int, sha256: str) -> bool:
        """Keep so many tokens of what is there, and forget the rest; False if they are not there.

        Units: sha256 is that of the ids alone; the header is known only at the end.
        """
        self.tokens, self.documents, self.hash = tokens, documents, hashlib.sha256()
        self.file.seek(HEADER_BYTES)
        left = tokens * self.fmt.dtype.itemsize
        while left and (piece := self.file.read(min(left, 2**20))):
            self.hash.update(piece)
            left -= len(piece)
        self.file.truncate(HEADER_BYTES + tokens * self.fmt.dtype.itemsize)
        self.file.seek(0, os.SEEK_END)
        return self.state()["sha256"] == sha256

    def state(self) -> dict[str, Any]:
        """What `take_up` needs, later."""
        self.file.flush()
        return {
            "tokens": self.tokens,
            "documents": self.documents,
            "sha256": self.hash.hexdigest(),
        }

    def add(self, texts: list[str]) -> None:
        """Append the texts, each after an end-of-text.

        Raises: ValueError if the tokenizer cannot encode one.
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
        """Give the shard its header and its name; without tokens there is no file."""
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
    """What is there of the shard, for us alone: a killed run's worker may be in its last breath."""
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


def take_up(journal: Path, train: ShardWriter, val: ShardWriter) -> tuple[int, int]:
    """Row groups that are done already, and the empty documents in them."""
    try:
        journaled = parse_json(journal.read_text(encoding="utf-8"))
        if train.take_up(**journaled["train"]) and val.take_up(**journaled["val"]):
            return journaled["done"], journaled["empty"]
    except (FileNotFoundError, ValueError):  # none, or one that a power cut has spoilt
        pass
    train.take_up(**EMPTY_STATE)
    val.take_up(**EMPTY_STATE)
    return 0, 0


def write_journal(
    journal: Path, done: int, empty: int, train: ShardWriter, val: ShardWriter
) -> None:
    """Write down how far we are. It need not last: `take_up` compares hashes."""
    content = {"done": done, "empty": empty, "train": train.state(), "val": val.state()}
    write_json(journal, content, durable=False)
