"""Checkpoints: folders that are either whole, or not there.

    OUT/step_000060/model.safetensors      the weights, and config.json beside them
                    optimizer.safetensors  what the optimizer remembers
                    state.json             step, tokens, settings: all else
                    files.json             SHA-256 of each of these
    OUT/latest, OUT/best                   links to two of them

A checkpoint is written under another name, down to the disk, and renamed when it is whole; only
then `latest` is turned to it, and older ones go. So at every moment, also when the power fails,
`latest` is one that can be resumed. Where links are not allowed they are files with the name.
Reading never writes, so it works in a folder of somebody else, and in a copy without links.
Left out on purpose: pickles; nothing that is read here could run.
"""

import errno
import json
import os
import shlex
import shutil
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError
from torch import Tensor

from gptcore.files import DISK_FULL_ERRNOS, DiskFullError, sha256_of
from gptcore.json_text import read_json_object
from gptcore.model import GPT
from gptcore.model.weights import refuse_pickle, save_tensors
from gptcore.training.saving.checkpoint_contents import (
    OPTIMIZER,
    STATE,
    Loaded,
    State,
    has_weights,
    read_checkpoint,
    read_weights,
    size_of,
    step_of,
)
from gptcore.training.saving.checkpoint_files import (
    FILES,
    for_each,
    is_copied_folder,
    is_whole,
    point,
    pointed,
    remove,
    replace_folder,
    to_disk,
)

LATEST, BEST = "latest", "best"
PICKLES = ("*.pt", "*.pth", "*.bin", "*.ckpt", "*.pkl")

T = TypeVar("T")


class Checkpoints:
    """The checkpoints of one run: the newest `keep`, the best, and those that `stays` names.

    Example: steps = [*train(model, batches, config, out_dir="out")]
             Checkpoints("out").steps() -> [3]
    """

    def __init__(self, out_dir: str | Path, keep: int = 2, stays: tuple[int, ...] = ()):
        self.out_dir, self.keep, self.stays = Path(out_dir), keep, stays

    def steps(self) -> list[int]:
        """The steps that have one, whole or not."""
        return sorted({step for step, _ in self.found()})

    def found(self) -> list[tuple[int, Path]]:
        """Steps and folders in order; in a copy without links `latest` may be a folder, too."""
        folders = [folder for folder in self.out_dir.glob("step_*") if folder.is_dir()]
        named = [(folder.name.removeprefix("step_"), folder) for folder in folders]
        found = [(int(number), folder) for number, folder in named if number.isdigit()]
        for link in (self.out_dir / BEST, self.out_dir / LATEST):
            step = step_of(link) if is_copied_folder(link) else None
            if step is not None:
                found.insert(0, (step, link))  # the folder with a step's name comes after it
        return sorted(found, key=lambda pair: pair[0])

    def folder(self, step: int) -> Path:
        return self.out_dir / f"step_{step:06d}"

    def save(self, step: int, model: GPT, optimizer: dict[str, Tensor], state: State) -> Path:
        """Write a checkpoint; what was there before stays as it is until the new one is whole.

        Raises: DiskFullError; OSError.
        """
        folder = self.folder(step)
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir(parents=True)
            model.save(part)
            save_tensors({name: t.contiguous() for name, t in optimizer.items()}, part / OPTIMIZER)
            (part / STATE).write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
            files = sorted(part.iterdir())
            for_each(to_disk, files)
            hashes = for_each(sha256_of, files)
            sums = {file.name: sha256 for file, sha256 in zip(files, hashes)}
            (part / FILES).write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")
            to_disk(part / FILES)
            to_disk(part)
        except BaseException as error:
            shutil.rmtree(part, ignore_errors=True)
            if isinstance(error, (OSError, SafetensorError)):
                raise self.not_written(error, model) from None
            raise  # Ctrl-C
        replace_folder(part, folder)
        to_disk(self.out_dir)
        point(self.out_dir / LATEST, folder.name)
        return folder

    def not_written(self, error: Exception, model: GPT) -> OSError:
        """The error of a checkpoint that could not be written."""
        told = str(error)
        steps = [step for step in self.steps() if self.folder(step).is_dir()]
        left = f"The newest one is {self.folder(steps[-1])}." if steps else "There is none yet."
        full = isinstance(error, OSError) and error.errno in DISK_FULL_ERRNOS
        if full or any(os.strerror(number) in told for number in (errno.ENOSPC, errno.EFBIG)):
            return self.no_room(size_of(model), f"{left} It is as it was. ")
        return OSError(f"The checkpoint could not be written ({told}). {left} It is as it was.")

    def no_room(self, needed_bytes: int, left: str = "") -> DiskFullError:
        return DiskFullError(
            f"The disk of {self.out_dir} is too full for a checkpoint of about {needed_bytes:,} "
            f"bytes; {shutil.disk_usage(self.out_dir).free:,} are free. {left}Make room "
            f"(--keep_checkpoints 1 keeps fewer) and run the same with --resume."
        )

    def check_room(self, model: GPT, steps_to_save: int) -> None:
        """Raises: DiskFullError if the checkpoints that a run will have at a time do not fit."""
        at_hand = len(self.steps())
        most = self.keep + 1 + len(self.stays)  # the newest, the best, and those that stay
        more = max(0, min(most, at_hand + steps_to_save) - at_hand)
        needed = size_of(model) * (more + (at_hand > 0))  # an old one goes when a new one is whole
        if shutil.disk_usage(self.out_dir).free >= needed:
            return
        raise DiskFullError(
            f"The disk of {self.out_dir} has {shutil.disk_usage(self.out_dir).free:,} bytes free, "
            f"and the checkpoints of this run need about {needed:,}. No step was made. Make room; "
            f"or keep fewer: --keep_checkpoints 1; or give --out_dir a folder on a larger disk."
        )

    # Reading, which never writes

    def load(self, step: int) -> Loaded:
        """A checkpoint that was found to be what was written.

        Raises: CheckpointDamagedError.
        """
        return read_checkpoint(self.folder(step))

    def state_of(self, step: int) -> State:
        """What a checkpoint says of its run, not checked."""
        return read_json_object(self.folder(step) / STATE)

    def load_newest(self, most: int | None = None) -> Loaded | None:
        """The newest one that is whole, of at most that step; None if there is none at all.

        Says which ones are broken, in warnings.
        Raises: OSError if all are; ValueError if there are pickles instead.
        """
        return self.newest(read_checkpoint, most)

    def load_weights(self) -> GPT | None:
        """The newest model whose weights are whole; what the optimizer remembers is not needed."""
        return self.newest(read_weights)

    def newest(self, read: Callable[[Path], T], most: int | None = None) -> T | None:
        """What `read` gives for the newest folder that it accepts."""
        found = [pair for pair in self.found() if most is None or pair[0] <= most]
        for _, folder in reversed(found):
            try:
                return read(folder)
            except OSError as error:
                warnings.warn(f"{error} An older one is tried.", stacklevel=3)
        if found:
            raise self.none_whole(len(found), read)
        for pattern in PICKLES:
            for file in sorted(self.out_dir.glob(pattern)):
                refuse_pickle(file)
        return None

    def none_whole(self, number: int, read: Callable) -> OSError:
        """The error where nothing can be read, and what still can be used."""
        way_out = "Train anew in another --out_dir."
        if read is read_checkpoint and any(has_weights(folder) for _, folder in self.found()):
            way_out = (
                f"Weights are whole, and another run can begin with them: gptcore train PRESET "
                f"--out_dir NEW --init_from {shlex.quote(str(self.out_dir))}"
            )
        return OSError(f"None of the {number} checkpoint(s) in {self.out_dir} is whole. {way_out}")

    def best_folder(self) -> Path | None:
        """The checkpoint with the best validation loss, also where its link got lost."""
        folder = pointed(self.out_dir / BEST)
        for _, newest in reversed(self.found()):
            if folder is not None:
                break
            with suppress(OSError, KeyError, TypeError, ValueError):
                named = self.folder(read_json_object(newest / STATE)["best"][1])
                folder = named if named.is_dir() else None
        return folder

    # What only the run itself may do, while the folder is its own

    def restore_links(self, latest: int) -> None:
        """Make links again of what a copy made folders of, and turn `latest` to a step."""
        for link in (self.out_dir / LATEST, self.out_dir / BEST):
            step = step_of(link) if is_copied_folder(link) else None
            if step is None:
                continue
            folder = self.folder(step)
            if folder.exists() and not is_whole(folder):
                remove(folder)
            if folder.exists():
                remove(link)
            else:
                os.rename(link, folder)
            point(link, folder.name)
        if latest:
            point(self.out_dir / LATEST, self.folder(latest).name)

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
