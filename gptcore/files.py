"""Files and folders: locks, atomic writes, free space, checksums."""

import contextlib
import errno
import glob
import hashlib
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gptcore.json_text import parse_json

if sys.platform != "win32":
    import fcntl

STALE_SECONDS = 24 * 3600
DISK_FULL_ERRNOS = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class FolderInUseError(OSError):
    """Another run is using the folder.

    Example:
        >>> try:
        ...     steps = [*prepare("stories", "shards")]
        ... except FolderInUseError as error:
        ...     print(error)
    """


class DiskFullError(OSError):
    """The disk has not enough free space.

    Example:
        >>> try:
        ...     steps = [*prepare("stories", "shards")]
        ... except DiskFullError as error:
        ...     print(error)
    """


@contextlib.contextmanager
def lock_folder(
    folder: Path, activity: str = "preparing shards", option: str = "--out"
) -> Iterator[None]:
    """Lock a folder while a run uses it. The system unlocks it when the process ends or is killed.

    Args:
        folder: The folder, which must exist.
        activity: What the run does, for the error of the other run.
        option: The option that names the folder, for the same error.

    Yields:
        None.

    Raises:
        FolderInUseError: If another process has locked the folder.
    """
    in_use = FolderInUseError(
        f"Another run is {activity} in {folder}. Let it finish, or stop it; "
        f"or give {option} another folder."
    )
    if sys.platform == "win32":  # the system removes the file when the process ends
        try:
            handle = os.open(folder / ".running", os.O_CREAT | os.O_EXCL | os.O_TEMPORARY)
        except FileExistsError:
            raise in_use from None
    else:
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise in_use from None
    try:
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def atomic_path(path: Path, durable: bool = True) -> Iterator[Path]:
    """Write a file completely or not at all: write it under a temporary name, then rename it.

    A writer that was killed leaves its temporary file; it is removed a day later, by the next
    writer of the same file.

    Args:
        path: The final name. A file that has it is replaced when the block ends without an error.
        durable: Whether the content reaches the disk before the rename, so that a power cut
            cannot leave an empty file.

    Yields:
        A temporary path in the same folder. It is gone afterwards.
    """
    remove_stale_parts(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        if durable:
            fsync_file(part)
        os.replace(part, path)
    finally:  # also after Ctrl-C
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def remove_stale_parts(path: Path) -> None:
    """Remove temporary files of this path that have not changed for a day."""
    with contextlib.suppress(OSError):  # another writer may remove them at the same time
        for part in path.parent.glob(f".{glob.escape(path.name)}.{'?' * 8}.part"):
            if time.time() - part.stat().st_mtime > STALE_SECONDS:
                part.unlink()


def fsync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with open(path, "r+b") as file:  # Windows flushes only files that are open for writing
        os.fsync(file.fileno())


def write_json(path: Path, content: Any, durable: bool = True) -> None:
    """Write a value as JSON, atomically.

    Args:
        path: The file.
        content: A value of JSON types.
        durable: Whether a power cut cannot undo the write.

    Raises:
        DiskFullError: If there is no space; a file that existed is unchanged.
    """
    write_text(path, json.dumps(content, indent=1) + "\n", durable)


def write_text(path: Path, text: str, durable: bool = True) -> None:
    """Write a text file in UTF-8, atomically.

    Args:
        path: The file.
        text: Its content.
        durable: Whether a power cut cannot undo the write.

    Raises:
        DiskFullError: If there is no space; a file that existed is unchanged.
    """
    try:
        with atomic_path(path, durable) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        if error.errno not in DISK_FULL_ERRNOS:
            raise
        raise disk_full_error(path.parent, len(text)) from None


def read_json(path: Path) -> Any:
    """Read a JSON file of a folder of shards.

    Args:
        path: The file.

    Returns:
        Its value.

    Raises:
        OSError: If it is damaged; a FileNotFoundError if it is missing.
    """
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except ValueError as error:  # UnicodeDecodeError is one, too
        raise OSError(
            f"The file {path} is damaged ({error}). Without it the shards beside it cannot be "
            f"trusted: remove the folder {path.parent} and prepare it again."
        ) from None


def read_plan(path: Path) -> dict[str, Any]:
    """Read manifest.json or plan.json of a folder of shards.

    Args:
        path: The file.

    Returns:
        Its object.

    Raises:
        ValueError: If another program wrote it.
        OSError: If it is damaged.
    """
    content: dict[str, Any] = read_json(path)
    if not is_plan(content):
        raise ValueError(
            f"{path} was not written by gptcore prepare: it does not describe shards. Name a "
            "folder of shards; new shards need their own folder."
        )
    return content


def is_plan(content: Any) -> bool:
    """Whether a JSON value describes shards, finished or not."""
    return isinstance(content, dict) and content.keys() >= {"tokenizer", "shards"}


def check_free_space(folder: Path, needed_bytes: int) -> None:
    """Raises: DiskFullError if the disk has less free space."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise disk_full_error(folder, needed_bytes)


def disk_full_error(folder: Path, needed_bytes: int) -> DiskFullError:
    """The error for a full disk, before or while files are written."""
    return DiskFullError(
        f"The disk of {folder} is too full: about {needed_bytes:,} bytes are needed, "
        f"{shutil.disk_usage(folder).free:,} are free. No shard is incomplete. "
        "Free some space and run the same command again: it continues where it stopped. "
        "Or give --out a folder on a larger disk."
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read in blocks; other threads run meanwhile."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
