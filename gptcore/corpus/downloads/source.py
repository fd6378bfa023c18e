"""A source file of documents, and the error for a damaged one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class SourceDamagedError(OSError):
    """A source file is incomplete, damaged, or of another kind than its name says.

    Example:
        >>> Path("a.parquet").write_text("no table")
        8
        >>> next(read_table("a.parquet"))
        Traceback (most recent call last):
        ...
        gptcore.corpus.downloads.source.SourceDamagedError: a.parquet is not a complete parquet ...
    """


@dataclass(frozen=True)
class Source:
    """A file of documents on this machine.

    Attributes:
        path: The file.
        name: The name in a manifest.
        bytes: The size of the file.
        sha256: The hash, if it is known before the file is read.
        revision: The revision of the dataset on the hub.
        document: What one document is in a text file, if it is known.
    """

    path: Path
    name: str  # as a manifest shows it
    bytes: int
    sha256: str = ""  # if it is known before the file is read
    revision: str = ""  # of the dataset on the hub
    document: Literal["file", "line"] | None = None  # of a text, where that is known
