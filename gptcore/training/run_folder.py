"""The folder of a run while it is at work: nobody else writes there, and each whole step is kept.

It is locked and its log is open from the first step until the loop that takes the steps is left;
whoever goes on with the loop opens it again. Ctrl-C waits while files are written.
Left out on purpose: the steps (`trainer.py`).
"""

from contextlib import ExitStack
from typing import Any

from gptcore.files import lock_folder, write_json
from gptcore.training.run import Run
from gptcore.training.saving.checkpoints import Checkpoints
from gptcore.training.saving.log import Log, Step
from gptcore.training.saving.settings_before import RUN
from gptcore.training.saving.signals import signals_deferred


class RunFolder:
    """Lock, log and checkpoints of one run; of several processes only the first one writes."""

    def __init__(self, run: Run, store: Checkpoints):
        self.run, self.store = run, store
        self.saved = self.progress()  # what the newest checkpoint holds
        self.steps_seen = store.steps()
        self.stack = ExitStack()
        self.log: Log | None = None
        self.is_open = self.failed = False

    def progress(self) -> tuple[int, bool]:
        """How far the run has come: its step, and whether that still has to be logged."""
        return self.run.step, self.run.learned is not None

    @signals_deferred()
    def open(self) -> None:
        """Lock the folder, look whether there is room, and open the log behind the last step.

        Raises: FolderInUseError; DiskFullError; ValueError if another run went on here meanwhile.
        """
        if self.is_open:
            return
        if self.run.processes.first:
            self.store.out_dir.mkdir(parents=True, exist_ok=True)
            with ExitStack() as stack:
                stack.enter_context(lock_folder(self.store.out_dir, "training", "--out_dir"))
                self.check_nobody_went_on()
                config = self.run.config
                to_save = -(-(config.max_steps - self.run.step) // config.checkpoint_every)
                self.store.check_room(self.run.model, to_save)
                self.store.restore_links(self.run.step)
                step, unlogged = self.progress()
                self.log = Log(self.store.out_dir, step - unlogged)
                stack.callback(self.log.close)
                write_json(self.store.out_dir / RUN, about(self.run))
                self.stack = stack.pop_all()
        self.is_open = True

    def check_nobody_went_on(self) -> None:
        """Raises: ValueError if the checkpoints are not those that this run knows."""
        if self.store.steps() != self.steps_seen:
            raise ValueError(
                f"Another run has written checkpoints into {self.store.out_dir} since this one "
                f"stopped at step {self.run.step}. Go on from the newest one: "
                f"train(..., resume=True), or gptcore train with --resume."
            )

    def add(self, step: Step) -> None:
        if self.log is not None:
            self.log.add(step)

    @signals_deferred()
    def save(self) -> str:
        """Make sure that there is a checkpoint of the last whole step; where it is, in words."""
        run, store = self.run, self.store
        if self.saved != self.progress():
            self.failed = True  # until it is done
            model, optimizer = run.whole_model(), run.optimizer_tensors()  # by all processes
            if self.log is not None:
                self.log.make_lasting()
                is_best = run.note_best()
                store.save(run.step, model, optimizer, run.state())
                if is_best:
                    store.mark_best(run.step)
                store.tidy(run.best[1] if run.best else None)
            self.saved, self.failed = self.progress(), False
        return f", saved in {store.folder(run.step)}" if run.step else ""

    def rescue(self, error: BaseException) -> None:
        """Save the last whole step after an error, say so in the error, and let the folder go."""
        # Half an update is no step; and parts of a model are put together by all processes only.
        cannot = self.run.updating or self.run.shared
        if not self.is_open or cannot or (self.failed and isinstance(error, OSError)):
            self.release()
            return
        self.run.forget_slopes()
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
        """Save the last step, and let the folder go."""
        if self.is_open:
            try:
                self.save()
            finally:
                self.release()

    @signals_deferred()
    def release(self) -> None:
        if self.is_open:
            self.is_open, self.log = False, None
            self.steps_seen = self.store.steps()
            self.stack.close()


def about(run: Run) -> dict[str, Any]:
    """What a run is: the content of run.json."""
    state = run.state()
    return {
        "train": state["train"],
        "model": state["model"],
        "parameters": sum(run.model.parameters_by_part().values()),
        **run.circumstances(),
        "mfu_is_a_share_of": None if run.peak is None else str(run.peak),
        "history": run.history,
    }
