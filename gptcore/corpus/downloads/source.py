"""One file of documents on this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class SourceDamagedError(OSError):
    """A file that documents are read from is not whole, or is another kind of file.

    Example: Path("a.parquet").write_text("no table")
             [*read_table("a.parquet")] -> raises SourceDamagedError
    """


@dataclass(frozen=True)
class Source:
    """One file of documents on this machine.

    Units: bytes is the size of the file.
    """

    path: Path
    name: str  # as a manifest shows it
    bytes: int
    sha256: str = ""  # if it is known before the file is read
    revision: str = ""  # of the dataset on the hub
    document: Literal["file", "line"] | None = None  # of a text, where that is known
