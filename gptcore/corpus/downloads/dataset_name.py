"""Names of data sets on the Hugging Face Hub, as `gptcore prepare` takes them.

    HuggingFaceFW/fineweb-edu:sample/10BT#3@87f0914

is the repository, a folder or a file of it, the number of files, and the revision. Only the
repository must be there. This module reads names; `hub_dataset.py` knows the Hub.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

NAME = re.compile(
    r"(?P<repository>\w[\w.-]*/\w[\w.-]*)(:(?P<part>[\w.=-]+(/[\w.=-]+)*))?"
    r"(#(?P<files>[1-9]\d{0,4}))?(@(?P<revision>\w[\w.-]*))?"
)
FINEWEB = re.compile(r"(fineweb|fineweb-edu):(sample-\w+|CC-MAIN-\d{4}-\d\d)(#\d+)?(@\w+)?")
FILE_SUFFIXES = (
    *(".parquet", ".txt", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".md", ".html", ".py"),
    *(".gz", ".bz2", ".zst", ".zip", ".tar", ".xz", ".bin", ".pdf"),
)


@dataclass(frozen=True)
class DatasetName:
    """A data set of the Hub, or a part of it.

    Attributes:
        repository: User and name, such as "HuggingFaceFW/fineweb-edu".
        part: A folder or a file in the repository; "" for all.
        files: The number of files to take; the first ones in alphabetical order.
        revision: Commit, branch or tag; "" for the newest.

    Example:
        >>> parse_dataset_name("HuggingFaceFW/fineweb-edu:sample/10BT#3").files
        3
    """

    repository: str
    part: str = ""
    files: int = 1
    revision: str = ""

    def __str__(self) -> str:
        part = f":{self.part}" if self.part else ""
        revision = f"@{self.revision}" if self.revision else ""
        return f"{self.repository}{part}{f'#{self.files}' if self.files > 1 else ''}{revision}"


def parse_dataset_name(spec: str) -> DatasetName | None:
    """Parse the name of a data set on the Hub.

    Args:
        spec: Such as "roneneldan/TinyStories", "fineweb-edu:sample-10BT" or "user/name:folder#3".

    Returns:
        The name; None if it is none, or if it is the path of a file, or of a folder that exists.
    """
    if match := FINEWEB.fullmatch(spec):
        dataset, dump, files, revision = match.groups()
        part = dump.replace("-", "/", 1) if dump.startswith("sample-") else f"data/{dump}"
        spec = f"HuggingFaceFW/{dataset}:{part}{files or ''}{revision or ''}"
    match = NAME.fullmatch(spec)
    if not match or Path(spec).exists() or Path(spec).is_symlink():
        return None
    repository, part, files, revision = match.group("repository", "part", "files", "revision")
    bare = not (part or files or revision)
    if bare and (repository.lower().endswith(FILE_SUFFIXES) or Path(repository).parent.exists()):
        return None  # a path with a mistake in it
    return DatasetName(repository, part or "", int(files or 1), revision or "")


def with_files(spec: str, files: int) -> str:
    """The same name with another number of files; other sources stay as they are."""
    name = parse_dataset_name(spec)
    return spec if name is None else str(replace(name, files=files))
