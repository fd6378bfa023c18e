"""Checkpoints: folders that are written completely, or do not exist.

    OUT/step_000060/model.safetensors      the weights, with config.json
                    optimizer.safetensors  the state of the optimizers
                    state.json             step, tokens, settings: everything else
                    files.json             SHA-256 of each of these files
    OUT/latest, OUT/best                   links to two of the folders

A checkpoint is written under another name, synced to the disk, and renamed; then `latest` is
pointed to it, and old ones are removed. So `latest` can be resumed at any moment, also after a
power failure. Where links are not allowed they are text files with the name.
Reading never writes: it works in a read-only folder, and in a copy without links. Nothing is
unpickled, so no code in a checkpoint can run.
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
from gptcore.formats.weights import reject_pickle, save_tensors
from gptcore.json_text import read_json_object
from gptcore.model import GPT
from gptcore.training.saving.checkpoint_contents import (
    OPTIMIZER,
    STATE,
    Checkpoint,
    State,
    checkpoint_bytes,
    has_intact_weights,
    read_checkpoint,
    read_step,
    read_weights,
)
from gptcore.training.saving.checkpoint_files import (
    FILES,
    fsync,
    is_copied_folder,
    is_intact,
    map_threads,
    read_link,
    remove,
    replace_folder,
    set_link,
)

LATEST, BEST = "latest", "best"
PICKLES = ("*.pt", "*.pth", "*.bin", "*.ckpt", "*.pkl")

T = TypeVar("T")


class Checkpoints:
    """The checkpoints of one run.

    Args:
        out_dir: Folder of the run.
        keep: How many of the newest are kept; the best one is kept, too.
        protected_steps: Steps whose checkpoints are never removed.

    Example:
        >>> steps = [*train(model, batches, config, out_dir="out")]
        >>> Checkpoints("out").steps()
        [3]
    """

    def __init__(
        self, out_dir: str | Path, keep: int = 2, protected_steps: tuple[int, ...] = ()
    ) -> None:
        self.out_dir, self.keep, self.protected_steps = Path(out_dir), keep, protected_steps

    def steps(self) -> list[int]:
        """Return the steps that have a checkpoint, intact or not, in order."""
        return sorted({step for step, _ in self.step_folders()})

    def step_folders(self) -> list[tuple[int, Path]]:
        """Return steps and folders in order; in a copy without links also those of `latest`."""
        folders = [folder for folder in self.out_dir.glob("step_*") if folder.is_dir()]
        named = [(folder.name.removeprefix("step_"), folder) for folder in folders]
        found = [(int(number), folder) for number, folder in named if number.isdigit()]
        for link in (self.out_dir / BEST, self.out_dir / LATEST):
            step = read_step(link) if is_copied_folder(link) else None
            if step is not None:
                found.insert(0, (step, link))  # sorted before the folder named after the step
        return sorted(found, key=lambda pair: pair[0])

    def folder(self, step: int) -> Path:
        """Return the folder of a step.

        Args:
            step: The step.

        Returns:
            A path, which need not exist.
        """
        return self.out_dir / f"step_{step:06d}"

    # Writing

    def save(self, step: int, model: GPT, optimizer: dict[str, Tensor], state: State) -> Path:
        """Write a checkpoint; existing ones stay until it is complete.

        Args:
            step: The step.
            model: The model.
            optimizer: State tensors of the optimizers.
            state: The content of state.json.

        Returns:
            The folder of the checkpoint.

        Raises:
            DiskFullError: If the disk is full.
            OSError: If it cannot be written for another reason.
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
            map_threads(fsync, files)
            hashes = map_threads(sha256_of, files)
            sums = {file.name: sha256 for file, sha256 in zip(files, hashes)}
            (part / FILES).write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")
            fsync(part / FILES)
            fsync(part)
        except BaseException as error:
            shutil.rmtree(part, ignore_errors=True)
            if isinstance(error, (OSError, SafetensorError)):
                raise self.write_error(error, model) from None
            raise  # Ctrl-C
        replace_folder(part, folder)
        fsync(self.out_dir)
        set_link(self.out_dir / LATEST, folder.name)
        return folder

    def write_error(self, error: Exception, model: GPT) -> OSError:
        """Return the error for a checkpoint that could not be written.

        Args:
            error: What went wrong while writing.
            model: The model that was to be saved.
        """
        reason = str(error)
        steps = [step for step in self.steps() if self.folder(step).is_dir()]
        left = (
            f"The newest checkpoint is {self.folder(steps[-1])}; it is unchanged."
            if steps
            else "There is no checkpoint yet."
        )
        is_full = isinstance(error, OSError) and error.errno in DISK_FULL_ERRNOS
        if is_full or any(os.strerror(number) in reason for number in (errno.ENOSPC, errno.EFBIG)):
            return DiskFullError(
                f"The disk of {self.out_dir} is too full for a checkpoint of about "
                f"{checkpoint_bytes(model):,} bytes; {shutil.disk_usage(self.out_dir).free:,} are "
                f"free. {left} Make room (--keep_checkpoints 1 keeps fewer) and run the same "
                f"command with --resume."
            )
        return OSError(f"The checkpoint could not be written ({reason}). {left}")

    def check_free_space(self, model: GPT, steps_to_save: int) -> None:
        """Check that all checkpoints that will exist at a time fit on the disk.

        Args:
            model: The model.
            steps_to_save: How many checkpoints the run will write.

        Raises:
            DiskFullError: If they do not fit.
        """
        existing = len(self.steps())
        at_most = self.keep + 1 + len(self.protected_steps)  # the newest, the best, the protected
        more = max(0, min(at_most, existing + steps_to_save) - existing)
        # One more: an old checkpoint is removed after a new one is complete.
        needed = checkpoint_bytes(model) * (more + (existing > 0))
        if shutil.disk_usage(self.out_dir).free >= needed:
            return
        raise DiskFullError(
            f"The disk of {self.out_dir} has {shutil.disk_usage(self.out_dir).free:,} bytes free, "
            f"and the checkpoints of this run need about {needed:,}. No step was made. Make room; "
            f"or keep fewer: --keep_checkpoints 1; or give --out_dir a folder on a larger disk."
        )

    # Reading, which never writes

    def load(self, step: int) -> Checkpoint:
        """Read the checkpoint of a step.

        Args:
            step: The step.

        Returns:
            The checkpoint.

        Raises:
            CheckpointDamagedError: If a file is missing or changed.
        """
        return read_checkpoint(self.folder(step))

    def read_state(self, step: int) -> State:
        """Read state.json of a step, without comparing hashes.

        Args:
            step: The step.

        Returns:
            The content of the file.
        """
        return read_json_object(self.folder(step) / STATE)

    def load_newest(self, max_step: int | None = None) -> Checkpoint | None:
        """Read the newest intact checkpoint; damaged ones are skipped with a warning.

        Args:
            max_step: Skip checkpoints of later steps.

        Returns:
            The checkpoint; None if there is none at all.

        Raises:
            OSError: If all are damaged.
            ValueError: If there are pickled checkpoints instead.
        """
        return self.first_readable(read_checkpoint, max_step)

    def load_weights(self) -> GPT | None:
        """Read the newest intact model; files of the optimizer are not needed.

        Returns:
            The model; None if there is no checkpoint at all.

        Raises:
            OSError: If all are damaged.
            ValueError: If there are pickled checkpoints instead.
        """
        return self.first_readable(read_weights)

    def first_readable(self, read: Callable[[Path], T], max_step: int | None = None) -> T | None:
        """Return what `read` returns for the newest folder for which it succeeds.

        Args:
            read: Reads a folder; raises OSError if it cannot.
            max_step: Skip checkpoints of later steps; None skips none.
        """
        found = [pair for pair in self.step_folders() if max_step is None or pair[0] <= max_step]
        for _, folder in reversed(found):
            try:
                return read(folder)
            except OSError as error:
                warnings.warn(f"{error} Trying an older one.", stacklevel=3)
        if found:
            way_out = "Train again in another --out_dir."
            if read is read_checkpoint and any(map(has_intact_weights, (f for _, f in found))):
                way_out = (
                    f"Some weights are intact, and another run can start from them: gptcore train "
                    f"PRESET --out_dir NEW --init_from {shlex.quote(str(self.out_dir))}"
                )
            raise OSError(
                f"All checkpoints in {self.out_dir} ({len(found)}) are damaged. {way_out}"
            )
        for pattern in PICKLES:
            for file in sorted(self.out_dir.glob(pattern)):
                reject_pickle(file)
        return None

    def best_folder(self) -> Path | None:
        """Return the checkpoint with the best validation loss, also if its link is lost."""
        folder = read_link(self.out_dir / BEST)
        for _, newest in reversed(self.step_folders()):
            if folder is not None:
                break
            with suppress(OSError, KeyError, TypeError, ValueError):
                best = self.folder(read_json_object(newest / STATE)["best"][1])
                folder = best if best.is_dir() else None
        return folder

    # Only for the run itself, while it has locked the folder

    def restore_links(self, latest: int) -> None:
        """Make links again where a copy has made folders of them.

        Args:
            latest: The step that `latest` is pointed to; 0 leaves it.
        """
        for link in (self.out_dir / LATEST, self.out_dir / BEST):
            step = read_step(link) if is_copied_folder(link) else None
            if step is None:
                continue
            folder = self.folder(step)
            if folder.exists() and not is_intact(folder):
                remove(folder)
            if folder.exists():
                remove(link)
            else:
                os.rename(link, folder)
            set_link(link, folder.name)
        if latest:
            set_link(self.out_dir / LATEST, self.folder(latest).name)

    def mark_best(self, step: int) -> None:
        """Point `best` to a checkpoint.

        Args:
            step: Its step.
        """
        set_link(self.out_dir / BEST, self.folder(step).name)

    def prune(self, best: int | None) -> None:
        """Remove old checkpoints, and what an interrupted save or removal has left.

        Args:
            best: A step that is kept although it may be old.
        """
        steps = self.steps()
        for step in set(steps[: -self.keep]) - {best, *self.protected_steps}:
            remove(self.folder(step))
        for rest in (*self.out_dir.glob("step_*.part"), *self.out_dir.glob("step_*.removed")):
            shutil.rmtree(rest, ignore_errors=True)
