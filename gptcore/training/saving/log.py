"""The log of a run: log.jsonl, one line of JSON per step; the keys are the fields of `Step`.

A field with a default is left out of a line while it has that default.

A resumed run continues the file; lines after the step that it resumes from are removed.
"""

import errno
import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gptcore.files import DISK_FULL_ERRNOS, DiskFullError, atomic_path
from gptcore.json_text import parse_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LOG = "log.jsonl"
Record = TypeVar("Record")


@dataclass(frozen=True)
class Step:
    """What is known after one step; the fields are the keys of a line in the log.

    Attributes:
        step: Updates of the weights so far, from 1.
        tokens: Training tokens so far.
        train_loss: Mean loss of the batch of this step before its update, in nats per token.
        val_loss: Validation loss after the update, in nats per token; None at most steps.
        grad_norm: Gradient norm before clipping; None if fp16 overflowed and the update was
            skipped.
        learning_rate: Learning rate of this update.
        tokens_per_second: Speed of this step, all processes together, without evaluation and
            checkpoints.
        mfu: Model FLOPs utilization, a fraction of the peak in run.json; None if that is not known.
        sample: A text that the model wrote after the update; None at most steps.

    Example:
        >>> for step in train(model, batches, config):
        ...     print(step.step, step.tokens)
        1 64
        2 128
        3 192
    """

    step: int
    tokens: int
    train_loss: float
    val_loss: float | None
    grad_norm: float | None
    learning_rate: float
    tokens_per_second: float
    mfu: float | None
    sample: str | None = None


class Log:
    """The open log of a run; each line is in the file before the next step begins.

    Args:
        folder: Folder of the run.
        truncate_after: Remove lines of later steps.
    """

    def __init__(self, folder: Path, truncate_after: int) -> None:
        self.file = folder / LOG
        kept = [line for step, line in read_lines(self.file) if step <= truncate_after]
        with raise_disk_full(folder), atomic_path(self.file) as part:
            part.write_text("".join(kept), encoding="utf-8", newline="\n")
        self.open_file = self.file.open("ab", buffering=0)

    def add(self, step: "DataclassInstance") -> None:
        """Append a line.

        Args:
            step: The record of a step; its field `step` has the number.

        Raises:
            DiskFullError: If the disk is full; half a line is ignored later.
        """
        default = {one.name: one.default for one in fields(step) if one.default is not MISSING}
        record = {k: v for k, v in asdict(step).items() if k not in default or v != default[k]}
        line = (json.dumps(record) + "\n").encode()
        with raise_disk_full(self.file.parent):
            if self.open_file.write(line) < len(line):
                raise OSError(errno.ENOSPC, "a line was written only in part")

    def fsync(self) -> None:
        """Wait until all lines are on the disk."""
        os.fsync(self.open_file.fileno())

    def close(self) -> None:
        """Close the file."""
        self.open_file.close()


@contextmanager
def raise_disk_full(folder: Path) -> Iterator[None]:
    """Raise DiskFullError instead of the system's error for a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL_ERRNOS:
            raise
        raise DiskFullError(
            f"The disk of {folder} is too full for the log. Checkpoints are unchanged. Make room "
            f"and run the same command with --resume."
        ) from None


def read_lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield steps and lines of a log; damaged and incomplete lines are skipped."""
    if not file.exists():
        return
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
        with suppress(ValueError, KeyError, TypeError):
            if line.endswith("\n"):
                yield int(parse_json(line)["step"]), line


def read_log(folder: str | Path) -> list[Step]:
    """Read the steps of a run of training or fine-tuning.

    Args:
        folder: Folder of the run.

    Returns:
        All steps, in order.

    Raises:
        ValueError: If there is no log, or it has other records.

    Example:
        >>> steps = [*train(model, batches, config, out_dir="out")]
        >>> len(read_log("out"))
        3
    """
    return read_records(folder, Step)


def read_records(folder: str | Path, record: type[Record]) -> list[Record]:
    """Read the log of any run.

    Args:
        folder: Folder of the run.
        record: Class of its records: `Step`; `ReinforceStep` or `DPOStep` of `gptcore.tuning`.

    Returns:
        All records, in order.

    Raises:
        ValueError: If there is no log, or it has other records.

    Example:
        >>> steps = [*train(model, batches, config, out_dir="out")]
        >>> read_records("out", Step) == steps
        True
    """
    file = Path(folder) / LOG
    if not file.exists():
        quoted = shlex.quote(str(folder))
        raise ValueError(f"There is no {file}; gptcore train PRESET --out_dir {quoted} writes one.")
    try:
        return [record(**parse_json(line)) for _, line in read_lines(file)]
    except TypeError as error:
        raise ValueError(
            f"{file} has no records of the class {record.__name__} ({error}). Name the class of "
            f"its run: Step, ReinforceStep or DPOStep."
        ) from None
