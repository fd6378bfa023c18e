"""Training: steps that can be watched, stopped, killed and gone on with.

    for step in train(model, batches, config, val=val, out_dir="out"):
        print(step.step, step.train_loss)

Left out on purpose: printing and drawing; whoever loops does that. What is remarkable but no fault
(no compiler, a broken checkpoint that was passed over) is said as a Python warning.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, perf_counter

from gptcore.model import GPT
from gptcore.training.config import TrainConfig
from gptcore.training.faults import (
    is_out_of_memory,
    not_finite,
    out_of_memory,
)
from gptcore.training.loss import Windows
from gptcore.training.processes import ALONE, Processes
from gptcore.training.run import Batches, NonFiniteStepError, Run
from gptcore.training.run_folder import RunFolder, about
from gptcore.training.saving.checkpoints import Checkpoints
from gptcore.training.saving.log import LOG, Step
from gptcore.training.schedule import decay_begins_after


def train(
    model: GPT,
    batches: Batches,
    config: TrainConfig | None = None,
    *,
    val: Windows | None = None,
    out_dir: str | Path | None = None,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    processes: Processes = ALONE,
) -> "Training":
    """Yield a `Step` after each update of the weights.

    With `out_dir`, log and checkpoints are written there; `resume` goes on from the newest one that
    is whole, or begins if there is none. `stop` is asked after each step; if it says True, or if
    the loop that takes the steps is left in any way (`break`, Ctrl-C, an error), the last whole
    step is saved, and the folder is free for others. A finished run yields nothing.
    Units:  losses in nats per token.
    Raises: ValueError for what does not fit together; NonFiniteError,
        OutOfMemoryError, with what to do; DiskFullError, OSError if something cannot be written.
    Example: [step.step for step in train(model, batches, config)] -> [1, 2, 3]
    """
    config = config or TrainConfig()
    check_fit(model, batches, config, val)
    store = (
        None
        if out_dir is None
        else Checkpoints(out_dir, config.keep_checkpoints, milestones(config))
    )
    if store is not None and not resume:
        check_new(store.out_dir)
    run = Run(model, batches, config, val, processes)
    if store is not None and resume:
        loaded = store.load_newest(continued_from(store, config))
        if loaded is not None:
            run.go_on(loaded)
    processes.wait()  # until all have looked, nobody writes
    return Training(run, store, stop)


class Training(Iterator[Step]):
    """The steps that are left of a run, made as they are asked for.

    A loop that was left can be gone on with by another one.
    Example: training = train(model, batches, config)
             for step in training: print(step.step)
    """

    def __init__(self, run: Run, store: Checkpoints | None, stop: Callable[[], bool]):
        self.run, self.stop = run, stop
        self.folder = None if store is None else RunFolder(run, store)
        self.started: float | None = None
        self.is_compiled = self.is_stopped = False
        if self.folder is not None:  # also where nobody closes it, and the program ends
            closing = weakref.finalize(self, self.folder.close)
            closing.atexit = not run.shared  # all processes put its parts together, or none

    def __iter__(self) -> Iterator[Step]:
        """What a loop holds: when the loop is left this ends, also if `self` is kept."""
        try:
            while (step := next(self, None)) is not None:
                yield step
        finally:
            self.close()

    def __next__(self) -> Step:
        if self.is_stopped or self.run.is_finished:
            self.close()
            raise StopIteration
        self.prepare()
        try:
            return self.one_step()
        except BaseException as error:
            self.leave(error)
            raise

    def close(self) -> None:
        """Save the last step, and let the folder go; a later `next` opens it again."""
        if self.folder is not None:
            self.folder.close()

    @property
    def is_finished(self) -> bool:
        """Whether all steps are made."""
        return self.run.is_finished

    def about(self) -> dict:
        """What this run is: sizes, settings, device; known before the first step."""
        return about(self.run)

    def open(self) -> None:
        """Lock the folder and open the log; the first step does it, too."""
        if self.folder is not None and not self.run.is_finished:
            self.folder.open()

    def prepare(self) -> None:
        """All that comes before the first step and may take long: compiling."""
        if self.run.updating:
            raise RuntimeError(
                "An update of the weights ended in the middle, so these weights belong to no step. "
                "Go on from the newest checkpoint: train(..., resume=True)."
            )
        try:
            self.open()
            self.started = monotonic() if self.started is None else self.started
            if self.run.config.compile and not (self.is_compiled or self.run.is_finished):
                self.run.compile()
                self.is_compiled = True
        except BaseException as error:
            self.leave(error)
            raise

    def one_step(self) -> Step:
        """Learn, unless that is done and only the log lacks it; measure, log, and save if due."""
        run = self.run
        if run.learned is None:
            learn(run, self.save)
        step = described(run)
        if self.folder is not None:
            self.folder.add(step)
        run.learned = None
        if self.ends() or is_saved_after(run.step, run.config):
            self.save()
        if self.is_stopped:
            self.close()
        return step

    def ends(self) -> bool:
        """Whether this step is the last one, of all or for now."""
        config, now = self.run.config, monotonic()
        out_of_time = 0 < config.max_minutes * 60 < now - (self.started or now)
        asked = self.run.processes.any(self.stop() or out_of_time)
        self.is_stopped = asked or self.run.step == config.max_steps
        return self.is_stopped

    def save(self) -> str:
        return "" if self.folder is None else self.folder.save()

    def leave(self, error: BaseException) -> None:
        """After an error: the last whole step is saved, and the folder is free."""
        if self.folder is not None:
            self.folder.rescue(error)
        elif not self.run.updating:
            self.run.forget_slopes()


def learn(run: Run, save: Callable[[], str]) -> None:
    """Make one update.

    Raises: NonFiniteError, OutOfMemoryError, after the state before this step was saved.
    """
    try:
        run.learn(perf_counter)
    except NonFiniteStepError as odd:
        run.forget_slopes()
        batch, where = run.named(odd.batch), save()
        with run.autocast:  # with 32 bits, rows that overflow in 16 would look innocent
            error = not_finite(run.step + 1, odd.what, run.plain, batch, where)
        raise error from None
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        run.forget_slopes()
        saved = None if run.updating or run.shared else save()
        raise out_of_memory(
            run.step + 1, run.model.config, run.config, run.dtype_name, saved
        ) from None


def described(run: Run) -> Step:
    """What is known of the last update; the validation loss is measured if it is time to."""
    config, learned = run.config, run.learned
    assert learned is not None
    measure = run.step % config.eval_every == 0 or run.step == config.max_steps
    return Step(
        step=run.step,
        tokens=run.tokens,
        train_loss=learned.train_loss,
        val_loss=run.evaluate() if measure else None,
        grad_norm=learned.grad_norm,
        learning_rate=learned.rate,
        tokens_per_second=learned.tokens_per_second,
        mfu=run.utilization(learned.tokens_per_second),
    )


# Checks, and what follows from the schedule


def check_fit(model: GPT, batches: Batches, config: TrainConfig, val: Windows | None) -> None:
    """Raises: ValueError if model, data and settings do not belong together."""
    if batches.batch_size != config.batch_size:
        raise ValueError(
            f"The batches have {batches.batch_size} rows, and batch_size={config.batch_size}. Make "
            f"both the same: Batches(..., batch_size=config.batch_size)."
        )
    for name, text in (("batches", batches), ("val", val)):
        if text is not None and text.block_size > model.config.block_size:
            raise ValueError(
                f"The rows of {name} have {text.block_size} tokens, and the model looks back on "
                f"block_size={model.config.block_size} at most. Make both the same: "
                f"block_size=model.config.block_size."
            )


def check_new(out_dir: Path) -> None:
    """Let a folder through in which no run has begun.

    Raises: ValueError if a folder holds a run already.
    Example: check_new(Path("not-there-yet"))
    """
    if Checkpoints(out_dir).steps() or (out_dir / LOG).exists():
        raise ValueError(
            f"{out_dir} holds another run. Go on with it: --resume; or give another --out_dir."
        )


def is_saved_after(step: int, config: TrainConfig) -> bool:
    """Whether a checkpoint is due."""
    return step % config.checkpoint_every == 0 or step in milestones(config)


def milestones(config: TrainConfig) -> tuple[int, ...]:
    """Steps whose checkpoint stays: where a wsd schedule can be continued from."""
    step = decay_begins_after(config)
    return () if step is None else (step,)


def continued_from(store: Checkpoints, config: TrainConfig) -> int | None:
    """The latest step that a longer wsd run can go on from: the one before the rate fell."""
    steps, saved = store.steps(), None
    with suppress(OSError, ValueError, KeyError, TypeError):  # a damaged one is dealt with later
        saved = TrainConfig(**store.state_of(steps[-1])["train"]) if steps else None
    if saved is None or config.schedule != "wsd" or config.max_steps <= saved.max_steps:
        return None
    milestone = decay_begins_after(saved)
    return milestone if milestone in steps else None
