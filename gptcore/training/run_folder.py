"""The folder of a run while it trains: lock, log and checkpoints.

It is locked from the first step until the loop over the steps ends, so nobody else writes there.
Signals such as Ctrl-C are handled after a file is written, never in between.
"""

from contextlib import ExitStack
from typing import Any

from gptcore.files import lock_folder, write_json
from gptcore.training.run import Run
from gptcore.training.saving.checkpoints import Checkpoints
from gptcore.training.saving.log import Log, Step
from gptcore.training.saving.run_settings import RUN
from gptcore.training.saving.signals import signals_deferred


class RunFolder:
    """Lock, log and checkpoints of one run; only rank 0 writes.

    Args:
        run: The run.
        checkpoints: Its checkpoints.
    """

    def __init__(self, run: Run, checkpoints: Checkpoints) -> None:
        self.run, self.checkpoints = run, checkpoints
        self.saved = self.progress()  # what the newest checkpoint holds
        self.known_steps = checkpoints.steps()
        self.stack = ExitStack()
        self.log: Log | None = None
        self.is_open = self.save_failed = False

    def progress(self) -> tuple[int, bool]:
        """Return the step of the run, and whether that step is still missing in the log."""
        return self.run.step, self.run.unlogged is not None

    @signals_deferred()
    def open(self) -> None:
        """Lock the folder, check the free space, and open the log behind the last step.

        Raises:
            FolderInUseError: If another process trains here.
            DiskFullError: If the checkpoints do not fit on the disk.
            ValueError: If another process has trained here in the meantime.
        """
        if self.is_open:
            return
        if self.run.world.is_main:
            self.checkpoints.out_dir.mkdir(parents=True, exist_ok=True)
            with ExitStack() as stack:
                stack.enter_context(lock_folder(self.checkpoints.out_dir, "training", "--out_dir"))
                self.check_not_resumed_elsewhere()
                config = self.run.config
                to_save = -(-(config.max_steps - self.run.step) // config.checkpoint_every)
                self.checkpoints.check_free_space(self.run.model, to_save)
                self.checkpoints.restore_links(self.run.step)
                step, unlogged = self.progress()
                self.log = Log(self.checkpoints.out_dir, step - unlogged)
                stack.callback(self.log.close)
                write_json(self.checkpoints.out_dir / RUN, run_info(self.run))
                self.stack = stack.pop_all()
        self.is_open = True

    def check_not_resumed_elsewhere(self) -> None:
        """Raise ValueError if the folder has other checkpoints than this run wrote or loaded."""
        if self.checkpoints.steps() != self.known_steps:
            raise ValueError(
                f"Another process has written checkpoints into {self.checkpoints.out_dir} since "
                f"this run stopped at step {self.run.step}. Continue from the newest one: "
                f"train(..., resume=True), or gptcore train with --resume."
            )

    def add(self, step: Step) -> None:
        """Append a step to the log.

        Args:
            step: The step.
        """
        if self.log is not None:
            self.log.add(step)

    @signals_deferred()
    def save(self) -> str:
        """Save the last complete step unless it is saved; return where, as end of a sentence."""
        run, checkpoints = self.run, self.checkpoints
        if self.saved != self.progress():
            self.save_failed = True  # until it succeeds
            model, optimizer = run.gather_model(), run.full_optimizer_state()  # collective
            if self.log is not None:
                self.log.fsync()
                is_best = run.update_best()
                checkpoints.save(run.step, model, optimizer, run.state())
                if is_best:
                    checkpoints.mark_best(run.step)
                checkpoints.prune(run.best[1] if run.best else None)
            self.saved, self.save_failed = self.progress(), False
        return f", saved in {checkpoints.folder(run.step)}" if run.step else ""

    def save_after_error(self, error: BaseException) -> None:
        """Save the last complete step after an error, and unlock the folder.

        Args:
            error: The error; a note says where the step is saved.
        """
        # Half an update cannot be saved; and a sharded model can only be gathered by all processes.
        cannot_save = self.run.mid_update or self.run.is_sharded
        if not self.is_open or cannot_save or (self.save_failed and isinstance(error, OSError)):
            self.release()
            return
        self.run.zero_grad()
        try:
            unsaved = self.saved != self.progress()
            where = self.save()
            if unsaved:
                error.add_note(f"The weights of step {self.run.step} are kept{where}.")
        except Exception as second:
            error.add_note(f"The weights of step {self.run.step} could not be saved: {second}")
        finally:
            self.release()

    def close(self) -> None:
        """Save the last step, and unlock the folder."""
        if self.is_open:
            try:
                self.save()
            finally:
                self.release()

    @signals_deferred()
    def release(self) -> None:
        """Close the log, and unlock the folder."""
        if self.is_open:
            self.is_open, self.log = False, None
            self.known_steps = self.checkpoints.steps()
            self.stack.close()


def run_info(run: Run) -> dict[str, Any]:
    """Return the content of run.json.

    Args:
        run: The run.

    Returns:
        Settings, sizes, number of parameters, device, and the changes of all resumes.
    """
    state = run.state()
    return {
        "train": state["train"],
        "model": state["model"],
        "parameters": sum(run.model.parameters_by_part().values()),
        **run.environment(),
        "mfu_peak": None if run.peak is None else str(run.peak),
        "history": run.history,
    }
