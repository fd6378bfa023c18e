"""What checkpoints are made of on the disk: hashes, links, and removals that can be interrupted.

A copy of a run may have lost its links (zip, scp, object stores): there `latest` is a file with the
name, a folder of its own, or missing. Everything here copes with all of these.
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
LONGEST_NAME = 200  # of a folder that a file stands for


class CheckpointDamagedError(OSError):
    """A checkpoint is not what was written.

    Example: steps = [*train(model, batches, config, out_dir="out")]
             try: model = load_model("out")
             except CheckpointDamagedError as damaged: print(damaged)
    """


def check_whole(folder: Path, names: Iterable[str]) -> None:
    """Raises: CheckpointDamagedError if a file is missing, or not as it was written."""
    try:
        sums = read_json_object(folder / FILES)
        known = [name for name in names if name in sums]
        found = dict(zip(known, for_each(lambda name: sha256_of(folder / name), known)))
    except OSError as error:
        raise CheckpointDamagedError(f"The checkpoint {folder} is not whole ({error}).") from None
    for name in names:
        if name not in found or found[name] != sums[name]:
            raise CheckpointDamagedError(
                f"The checkpoint {folder} is damaged: {name} is not as it was."
            )


def for_each(work: Callable[[T], R], things: Iterable[T]) -> list[R]:
    """The results for all, by several threads at once; one after another while Python ends."""
    things = list(things)
    try:
        with ThreadPoolExecutor() as threads:
            return list(threads.map(work, things))
    except RuntimeError:  # a program that ends starts no threads any more
        return [work(thing) for thing in things]


def is_whole(folder: Path) -> bool:
    """Whether all files that the checkpoint lists are as they were written."""
    try:
        check_whole(folder, read_json_object(folder / FILES))
    except OSError:
        return False
    return True


def remove(folder: Path) -> None:
    """Take its name away first: a removal that is killed leaves nothing that looks whole."""
    gone = folder.with_name(f"{folder.name}.removed")
    shutil.rmtree(gone, ignore_errors=True)
    os.replace(folder, gone)
    shutil.rmtree(gone, ignore_errors=True)


def replace_folder(part: Path, folder: Path) -> None:
    """Give a new folder its name, which an older one may have; that goes only afterwards."""
    old = folder.with_name(f"{folder.name}.removed")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.replace(folder, old)
    os.replace(part, folder)
    shutil.rmtree(old, ignore_errors=True)


def point(link: Path, name: str) -> None:
    """Turn a link to a folder beside it, at once."""
    with atomic_path(link, durable=False) as part:
        try:
            part.symlink_to(name, target_is_directory=True)
        except OSError:  # Windows, without the right to make links
            part.write_text(name + "\n", encoding="utf-8")


def pointed(link: Path) -> Path | None:
    """The folder that a link, or a file in its place, leads to; a copied folder is it itself."""
    name = link.name
    if link.is_symlink():
        name = Path(os.readlink(link)).name
    elif link.is_file():
        name = Path(link.read_bytes()[:LONGEST_NAME].decode(errors="replace").strip()).name
    folder = link.parent / name
    return folder if name and folder.is_dir() else None


def is_copied_folder(link: Path) -> bool:
    """Whether a copy made a folder of what was a link."""
    return link.is_dir() and not link.is_symlink()


def to_disk(path: Path) -> None:
    """Wait until a file or a folder is really written."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
