"""The log of a run: log.jsonl, one line of JSON for each step.

    step               updates of the weights up to here, from 1
    tokens             tokens that were learned from up to here
    train_loss         mean over the whole batch of this step, before its update; nats per token
    val_loss           on the validation slice, after the update; null at most steps; nats per token
    grad_norm          length of all slopes before clipping; null if fp16 overflowed, and no update
                       was made
    learning_rate      of this update
    tokens_per_second  of this step alone, without evaluation and checkpoints, all processes
    mfu                arithmetic done as a share of what the device could do at most (run.json says
                       what that is); null where that is not known

Left out on purpose: anything that a resumed run would have to make up. It goes on in the same file,
cut back to the step that it goes on from.
"""

import errno
import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from gptcore.files import DISK_FULL_ERRNOS, DiskFullError, atomic_path
from gptcore.json_text import parse_json

LOG = "log.jsonl"


@dataclass(frozen=True)
class Step:
    """What is known after one step; the fields are the keys of a line of the log.

    Example: for step in train(model, batches, config): print(step.step, step.train_loss)
    """

    step: int
    tokens: int
    train_loss: float
    val_loss: float | None
    grad_norm: float | None
    learning_rate: float
    tokens_per_second: float
    mfu: float | None


class Log:
    """Adds a line for each step; a line is in the file before the next step begins."""

    def __init__(self, folder: Path, after: int):
        """Cut what is there back to the step `after`, and go on behind it."""
        self.file = folder / LOG
        kept = [line for step, line in lines_of(self.file) if step <= after]
        with told_if_full(folder), atomic_path(self.file) as part:
            part.write_text("".join(kept), encoding="utf-8", newline="\n")
        self.open_file = self.file.open("ab", buffering=0)

    def add(self, step: Step) -> None:
        """Raises: DiskFullError; a line that was written in part is no line, see `lines_of`."""
        line = (json.dumps(asdict(step)) + "\n").encode()
        with told_if_full(self.file.parent):
            if self.open_file.write(line) < len(line):
                raise OSError(errno.ENOSPC, "not all of a line could be written")

    def make_lasting(self) -> None:
        """Not even a power cut takes the lines back that are there now."""
        os.fsync(self.open_file.fileno())

    def close(self) -> None:
        self.open_file.close()


@contextmanager
def told_if_full(folder: Path) -> Iterator[None]:
    """Raises: DiskFullError instead of what the system says."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL_ERRNOS:
            raise
        raise DiskFullError(
            f"The disk of {folder} is too full for the log. Checkpoints are as they were. Make "
            f"room and run the same with --resume."
        ) from None


def lines_of(file: Path) -> Iterator[tuple[int, str]]:
    """Steps and lines of a log; a line that is damaged, or has no end, is no line."""
    if not file.exists():
        return
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
        with suppress(ValueError, KeyError, TypeError):
            if line.endswith("\n"):
                yield int(parse_json(line)["step"]), line


def read_log(folder: str | Path) -> list[Step]:
    """The steps of a run, from the folder that it was written to.

    Raises: ValueError if there is no log.
    Example: steps = [*train(model, batches, config, out_dir="out")]
             len(read_log("out")) -> 3
    """
    file = Path(folder) / LOG
    if not file.exists():
        quoted = shlex.quote(str(folder))
        raise ValueError(f"There is no {file}; gptcore train PRESET --out_dir {quoted} writes one.")
    return [Step(**parse_json(line)) for _, line in lines_of(file)]
