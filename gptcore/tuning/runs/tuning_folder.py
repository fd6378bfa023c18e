"""The folder of a run that is no training on batches: lock, log and checkpoints."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from gptcore.checks import as_path
from gptcore.files import lock_folder
from gptcore.model import GPT
from gptcore.training.optimizers import optimizer_state_dict
from gptcore.training.saving.checkpoint_contents import Checkpoint
from gptcore.training.saving.checkpoints import Checkpoints
from gptcore.training.saving.log import Log
from gptcore.training.saving.signals import signals_deferred
from gptcore.training.trainer import check_empty


class TuningFolder:
    """Lock, log and checkpoints of one run; without a folder it does nothing.

    Args:
        out_dir: The folder, or None.
        keep: How many of the newest checkpoints are kept.
    """

    def __init__(self, out_dir: str | Path | None, keep: int) -> None:
        path = None if out_dir is None else as_path(out_dir, "--out_dir")
        self.checkpoints = None if path is None else Checkpoints(path, keep)
        self.log: Log | None = None
        self.saved_step = 0

    def load(self, resume: bool) -> Checkpoint | None:
        """The newest intact checkpoint; None if there is none, or nothing is resumed.

        Args:
            resume: Whether the folder may have a run.

        Raises:
            ValueError: If the folder has a run, and `resume` is False.
        """
        if self.checkpoints is None:
            return None
        if not resume:
            check_empty(self.checkpoints.out_dir)
            return None
        checkpoint = self.checkpoints.load_newest()
        self.saved_step = 0 if checkpoint is None else checkpoint.state["step"]
        return checkpoint

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Lock the folder, and continue its log behind the last saved step."""
        if self.checkpoints is None:
            yield
            return
        folder = self.checkpoints.out_dir
        folder.mkdir(parents=True, exist_ok=True)
        with lock_folder(folder, "tuning a model", "--out_dir"):
            self.log = Log(folder, self.saved_step)
            try:
                yield
            finally:
                self.log.close()
                self.log = None

    def add(self, record: Any) -> None:
        """Append a record to the log.

        Args:
            record: A dataclass with a field `step`.
        """
        if self.log is not None:
            self.log.add(record)

    @signals_deferred()
    def save(self, model: GPT, optimizers: list[Optimizer], state: dict[str, Any]) -> None:
        """Write a checkpoint of the last step, unless there is one.

        Args:
            model: The model.
            optimizers: Its optimizers.
            state: The content of state.json, with "step".
        """
        if self.checkpoints is None or self.log is None or state["step"] == self.saved_step:
            return
        self.log.fsync()
        optimizer = optimizer_state_dict(model, optimizers)
        self.checkpoints.save(state["step"], model, optimizer, state)
        self.checkpoints.prune(None)
        self.saved_step = state["step"]
