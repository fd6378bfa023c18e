"""Checkpoints on disk: hashes, links, and removals that can be interrupted.

A copy of a run may have lost its links (zip, scp, object stores): `latest` is then a text file with
the name, a folder of its own, or missing. Every function here handles all of these.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from gptcore.files import atomic_path, sha256_of
from gptcore.json_text import read_json_object

T = TypeVar("T")
R = TypeVar("R")

FILES = "files.json"
MAX_NAME_BYTES = 200  # of a folder whose name is in a text file


class CheckpointDamagedError(OSError):
    """A file of a checkpoint is missing or changed.

    Example:
        >>> steps = [*train(model, batches, config, out_dir="out")]
        >>> try:
        ...     model = load_model("out")
        ... except CheckpointDamagedError as error:
        ...     print(error)
    """


def verify_files(folder: Path, names: Iterable[str]) -> None:
    """Compare files of a checkpoint with their hashes.

    Args:
        folder: The folder of the checkpoint.
        names: Names of files in it.

    Raises:
        CheckpointDamagedError: If a file is missing or changed.
    """
    try:
        sums = read_json_object(folder / FILES)
        known = [name for name in names if name in sums]
        found = dict(zip(known, map_threads(lambda name: sha256_of(folder / name), known)))
    except OSError as error:
        raise CheckpointDamagedError(f"The checkpoint {folder} is incomplete ({error}).") from None
    for name in names:
        if name not in found or found[name] != sums[name]:
            raise CheckpointDamagedError(
                f"The checkpoint {folder} is damaged: {name} has changed since it was written."
            )


def map_threads(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Apply a function to all items, in threads; one after another while Python shuts down.

    Args:
        work: The function.
        items: Its arguments.

    Returns:
        The results in order.
    """
    items = list(items)
    try:
        with ThreadPoolExecutor() as threads:
            return list(threads.map(work, items))
    except RuntimeError:  # Python starts no threads while it shuts down
        return [work(item) for item in items]


def is_intact(folder: Path) -> bool:
    """Return whether all files of a checkpoint are as they were written.

    Args:
        folder: The folder of the checkpoint.
    """
    try:
        verify_files(folder, read_json_object(folder / FILES))
    except OSError:
        return False
    return True


def remove(folder: Path) -> None:
    """Remove a checkpoint; it is renamed first, so a killed removal leaves nothing that looks good.

    Args:
        folder: The folder of the checkpoint.
    """
    removed = folder.with_name(f"{folder.name}.removed")
    shutil.rmtree(removed, ignore_errors=True)
    os.replace(folder, removed)
    shutil.rmtree(removed, ignore_errors=True)


def replace_folder(part: Path, folder: Path) -> None:
    """Rename a new folder; an older one of that name is removed afterwards.

    Args:
        part: The new folder.
        folder: Its final name.
    """
    removed = folder.with_name(f"{folder.name}.removed")
    shutil.rmtree(removed, ignore_errors=True)
    if folder.exists():
        os.replace(folder, removed)
    os.replace(part, folder)
    shutil.rmtree(removed, ignore_errors=True)


def set_link(link: Path, name: str) -> None:
    """Point a link to a folder beside it, in one atomic rename.

    Args:
        link: The link.
        name: Name of the folder.
    """
    with atomic_path(link, durable=False) as part:
        try:
            part.symlink_to(name, target_is_directory=True)
        except OSError:  # Windows, without the right to make links
            part.write_text(name + "\n", encoding="utf-8")


def read_link(link: Path) -> Path | None:
    """Return the folder that a link, or a text file in its place, points to.

    Args:
        link: The link; a copy may have made a folder of it, which is then returned itself.

    Returns:
        A folder that exists, or None.
    """
    name = link.name
    if link.is_symlink():
        name = Path(os.readlink(link)).name
    elif link.is_file():
        name = Path(link.read_bytes()[:MAX_NAME_BYTES].decode(errors="replace").strip()).name
    folder = link.parent / name
    return folder if name and folder.is_dir() else None


def is_copied_folder(link: Path) -> bool:
    """Return whether a copy has made a folder of a link.

    Args:
        link: The link.
    """
    return link.is_dir() and not link.is_symlink()


def fsync(path: Path) -> None:
    """Wait until a file or a folder is on the disk.

    Args:
        path: The file or folder.
    """
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
