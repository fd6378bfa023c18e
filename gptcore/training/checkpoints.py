"""Checkpoints: folders that are either whole, or not there.

    OUT/step_000060/model.safetensors      the weights, and config.json beside them
                    optimizer.safetensors  what the optimizer remembers
                    state.json             step, tokens, settings: all else
                    files.json             SHA-256 of each of these
    OUT/latest, OUT/best                   links to two of them

A checkpoint is written under another name, down to the disk, and renamed when it is whole; only
then `latest` is turned to it, and older ones go. So at every moment, also when the power fails,
`latest` is one that can be resumed. Where links are not allowed they are files with the name.
Left out on purpose: pickles; nothing that is read here could run.
"""

import errno
import json
import os
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from gptcore.corpus.folder import NO_ROOM, DiskFull
from gptcore.corpus.shards import sha256_of
from gptcore.model import GPT
from gptcore.model.weights import SIZES, TENSORS, read_tensors, refuse_pickle

OPTIMIZER, STATE, FILES = "optimizer.safetensors", "state.json", "files.json"
LATEST, BEST = "latest", "best"
PICKLES = ("*.pt", "*.pth", "*.bin", "*.ckpt", "*.pkl")

State = dict[str, Any]


class CheckpointDamaged(OSError):
    """A checkpoint is not what was written.

    Example: steps = [*train(model, batches, config, out_dir="out")]
             try: model = load_model("out")
             except CheckpointDamaged as damaged: print(damaged)
    """


@dataclass(frozen=True)
class Loaded:
    """A checkpoint in memory."""

    folder: Path
    model: GPT
    optimizer: dict[str, Tensor]
    state: State


class Checkpoints:
    """The checkpoints of one run: the newest `keep`, the best, and those that `stays` names.

    Example: steps = [*train(model, batches, config, out_dir="out")]
             Checkpoints("out").steps() -> [3]
    """

    def __init__(self, out_dir: str | Path, keep: int = 2, stays: tuple[int, ...] = ()):
        self.out_dir, self.keep, self.stays = Path(out_dir), keep, stays

    def steps(self) -> list[int]:
        """The steps that have one, whole or not."""
        found = [folder.name.removeprefix("step_") for folder in self.out_dir.glob("step_*")]
        return sorted(int(number) for number in found if number.isdigit())

    def folder(self, step: int) -> Path:
        return self.out_dir / f"step_{step:06d}"

    def save(self, step: int, model: GPT, optimizer: dict[str, Tensor], state: State) -> Path:
        """Write a checkpoint; what was there before stays as it is until the new one is whole.

        Raises: DiskFull; OSError.
        """
        folder = self.folder(step)
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir(parents=True)
            model.save(part)
            save_file({name: t.contiguous() for name, t in optimizer.items()}, part / OPTIMIZER)
            (part / STATE).write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
            files = sorted(part.iterdir())
            with ThreadPoolExecutor(len(files)) as threads:
                hashes = threads.map(sha256_of, files)
                list(threads.map(to_disk, files))
                sums = {file.name: sha256 for file, sha256 in zip(files, hashes)}
            (part / FILES).write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")
            to_disk(part / FILES)
            to_disk(part)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(part, ignore_errors=True)
            raise self.not_written(error, model) from None
        if folder.exists():
            remove(folder)  # one that was found broken, or the run went back behind it
        os.replace(part, folder)
        to_disk(self.out_dir)
        point(self.out_dir / LATEST, folder.name)
        return folder

    def not_written(self, error: Exception, model: GPT) -> OSError:
        """The error of a checkpoint that could not be written."""
        told = str(error)
        steps = [step for step in self.steps() if self.folder(step).is_dir()]
        left = f"The newest one is {self.folder(steps[-1])}." if steps else "There is none yet."
        full = isinstance(error, OSError) and error.errno in NO_ROOM
        if full or any(os.strerror(number) in told for number in (errno.ENOSPC, errno.EFBIG)):
            needed = 3 * sum(weight.numel() * 4 for weight in model.parameters())
            return DiskFull(
                f"The disk of {self.out_dir} is too full for a checkpoint of about {needed:,} "
                f"bytes; {shutil.disk_usage(self.out_dir).free:,} are free. {left} It is as it "
                f"was. Make room (--keep 1 keeps fewer) and run the same with --resume."
            )
        return OSError(f"The checkpoint could not be written ({told}). {left} It is as it was.")

    def load(self, step: int) -> Loaded:
        """A checkpoint that was found to be what was written.

        Raises: CheckpointDamaged.
        """
        folder = self.folder(step)
        check_whole(folder)
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        return Loaded(folder, GPT.load(folder), read_tensors(folder / OPTIMIZER)[0], state)

    def state_of(self, step: int) -> State:
        """What a checkpoint says of its run, not checked."""
        return json.loads((self.folder(step) / STATE).read_text(encoding="utf-8"))

    def load_newest(self, most: int | None = None) -> Loaded | None:
        """The newest one that is whole, of at most that step; None if there is none at all.

        Says which ones are broken, in warnings, and turns `latest` away from them.
        Raises: OSError if all are; ValueError if there are pickles instead.
        """
        steps = [step for step in self.steps() if most is None or step <= most]
        for step in reversed(steps):
            try:
                loaded = self.load(step)
            except OSError as error:
                warnings.warn(f"{error} An older one is tried.", stacklevel=2)
                continue
            point(self.out_dir / LATEST, loaded.folder.name)
            return loaded
        if steps:
            raise OSError(
                f"None of the {len(steps)} checkpoint(s) in {self.out_dir} is whole. Begin anew in "
                f"another folder."
            )
        for pattern in PICKLES:
            for file in sorted(self.out_dir.glob(pattern)):
                refuse_pickle(file)
        return None

    def mark_best(self, step: int) -> None:
        """`best` is this one now."""
        point(self.out_dir / BEST, self.folder(step).name)

    def tidy(self, best: int | None) -> None:
        """Remove what is not new, not the best and not to stay, and what was left half done."""
        steps = self.steps()
        for step in set(steps[: -self.keep]) - {best, *self.stays}:
            remove(self.folder(step))
        for rest in (*self.out_dir.glob("step_*.part"), *self.out_dir.glob("step_*.removed")):
            shutil.rmtree(rest, ignore_errors=True)


def check_whole(folder: Path) -> None:
    """Raises: CheckpointDamaged if a file is not there, or not as it was written."""
    try:
        sums = json.loads((folder / FILES).read_text(encoding="utf-8"))
        with ThreadPoolExecutor() as threads:
            found = dict(zip(sums, threads.map(lambda name: sha256_of(folder / name), sums)))
    except (OSError, ValueError, AttributeError) as error:
        raise CheckpointDamaged(f"The checkpoint {folder} is not whole ({error}).") from None
    for name in (TENSORS, SIZES, OPTIMIZER, STATE):
        if name not in sums or found[name] != sums[name]:
            raise CheckpointDamaged(f"The checkpoint {folder} is damaged: {name} is not as it was.")


def remove(folder: Path) -> None:
    """Take its name away first: a removal that is killed leaves nothing that looks whole."""
    gone = folder.with_name(f"{folder.name}.removed")
    shutil.rmtree(gone, ignore_errors=True)
    os.replace(folder, gone)
    shutil.rmtree(gone, ignore_errors=True)


def point(link: Path, name: str) -> None:
    """Turn a link to a folder beside it, at once."""
    part = link.with_name(f"{link.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.symlink_to(name, target_is_directory=True)
    except OSError:  # Windows, without the right to make links
        part.write_text(name + "\n", encoding="utf-8")
    os.replace(part, link)


def pointed(link: Path) -> Path:
    """The folder that a link, or a file in its place, leads to."""
    if link.is_file():
        return link.parent / link.read_text(encoding="utf-8").strip()
    return link.parent / os.readlink(link) if link.is_symlink() else link


def to_disk(path: Path) -> None:
    """Wait until a file or a folder is really written."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
