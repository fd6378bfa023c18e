"""Files and folders: one run at a time in a folder, whole files only, room on the disk."""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gptcore.json_text import parse_json

if sys.platform != "win32":
    import fcntl

DISK_FULL_ERRNOS = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class FolderInUseError(OSError):
    """Another run is at work in the folder.



    Example: try: steps = [*prepare("stories", "shards")]
             except FolderInUseError as used: print(used)
    """


class DiskFullError(OSError):
    """There is not enough room for what is still to be written.



    Example: try: steps = [*prepare("stories", "shards")]
             except DiskFullError as full: print(full)
    """


@contextlib.contextmanager
def lock_folder(
    folder: Path, doing: str = "preparing shards", option: str = "--out"
) -> Iterator[None]:
    """Let nobody else in who asks in the same way. A killed process leaves nothing locked.

    Raises: FolderInUseError.
    """
    busy = FolderInUseError(
        f"Another run is {doing} in {folder}. Let it finish, or stop it; "
        f"or give {option} another folder."
    )
    if sys.platform == "win32":  # a file that the system removes with the process that opened it
        try:
            handle = os.open(folder / ".running", os.O_CREAT | os.O_EXCL | os.O_TEMPORARY)
        except FileExistsError:
            raise busy from None
    else:
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise busy from None
    try:
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def atomic_path(path: Path, durable: bool = True) -> Iterator[Path]:
    """Write a file completely or not at all: write it under a temporary name, then rename it.

    Args:
        path: The final name. A file that has it is replaced when the block ends without an error.
        durable: Whether the content reaches the disk before the rename, so that a power cut
            cannot leave an empty file.

    Yields:
        A temporary path in the same folder. It is gone afterwards.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        if durable:
            fsync_file(part)
        os.replace(part, path)
    finally:  # also after Ctrl-C
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def fsync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with open(path, "r+b") as file:  # Windows flushes only files that are open for writing
        os.fsync(file.fileno())


def write_json(path: Path, content: Any, durable: bool = True) -> None:
    """Write the whole file or nothing; unless `durable`, a power cut may still take it back.

    Raises: DiskFullError.
    """
    text = json.dumps(content, indent=1) + "\n"
    try:
        with atomic_path(path, durable) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        if error.errno not in DISK_FULL_ERRNOS:
            raise
        raise disk_full_error(path.parent, len(text)) from None


def read_json(path: Path) -> Any:
    """What the file holds.

    Raises: OSError if it is there and cannot be understood; FileNotFoundError if it is not there.
    """
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except ValueError as error:  # UnicodeDecodeError is one, too
        raise OSError(
            f"The file {path} is damaged ({error}). Without it the shards beside it cannot be "
            f"trusted: remove the folder {path.parent} and prepare it anew."
        ) from None


def read_plan(path: Path) -> dict[str, Any]:
    """What manifest.json or plan.json says.

    Raises: ValueError if another program wrote it; OSError if it is damaged.
    """
    found = read_json(path)
    if not is_plan(found):
        raise ValueError(
            f"{path} was not written by gptcore prepare: it does not describe shards. Name a "
            "folder of shards; new ones need a folder of their own."
        )
    return found


def is_plan(content: Any) -> bool:
    """Whether it says what shards are made of, finished or not."""
    return isinstance(content, dict) and content.keys() >= {"tokenizer", "shards"}


def check_free_space(folder: Path, needed_bytes: int) -> None:
    """Raises: DiskFullError if the disk has less than that free."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise disk_full_error(folder, needed_bytes)


def disk_full_error(folder: Path, needed_bytes: int) -> DiskFullError:
    """The error for a disk that is too small, before or on the way."""
    return DiskFullError(
        f"The disk of {folder} is too full: about {needed_bytes:,} bytes are needed, "
        f"{shutil.disk_usage(folder).free:,} are free. Nothing unfinished bears the name of a "
        "shard. Make room and run the same again: it continues where it stopped. "
        "Or give --out a folder on a larger disk."
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces; other threads go on meanwhile."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
