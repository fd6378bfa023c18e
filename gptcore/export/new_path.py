"""Where an export goes: a name that nothing has yet, under which it appears whole or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gptcore.checks import as_path


def check_new(path: str | Path) -> Path:
    """Check that nothing would be overwritten.

    Args:
        path: Where an export goes.

    Returns:
        The path.

    Raises:
        ValueError: If something is there, other than an empty folder.
    """
    found = as_path(path, "The path of the export")
    if str(path) == "-":
        raise ValueError(
            "The path of the export is '-'; an export is not written to standard output. Name a "
            "file or a folder; one that is really called - is ./-"
        )
    is_empty = found.is_dir() and not any(found.iterdir())
    if os.path.lexists(found) and not is_empty:
        raise ValueError(
            f"{found} exists, and nothing is overwritten. Name another path, or remove it first."
        )
    if found.parent.exists() and not found.parent.is_dir():
        raise ValueError(f"{found.parent} is a file, so nothing can be written into it.")
    return found


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Write a folder completely or not at all: write it under a temporary name, then rename it.

    Args:
        path: The final name, checked by `check_new`.

    Yields:
        An empty folder beside it. It is gone afterwards.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    part.mkdir()
    try:
        yield part
        if path.is_dir():
            path.rmdir()  # it is empty; Windows renames nothing to a name that exists
        part.rename(path)
    finally:  # also after Ctrl-C
        shutil.rmtree(part, ignore_errors=True)
