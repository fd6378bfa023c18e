"""Training as an iterator of steps that can be watched, stopped, killed and resumed.

    for step in train(model, batches, config, val=val, out_dir="out"):
        print(step.step, step.train_loss)

The caller prints and draws. What does not stop the run (a missing compiler, a damaged
checkpoint that was skipped) is a Python warning.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from gptcore.checks import as_int
from gptcore.model import GPT
from gptcore.model.gpt import evaluating
from gptcore.training.config import TrainConfig
from gptcore.training.distributed import SINGLE, World
from gptcore.training.errors import is_out_of_memory, non_finite_error, out_of_memory_error
from gptcore.training.loss import ValRows, ValWindows
from gptcore.training.run import NonFiniteStepError, Run
from gptcore.training.run_folder import RunFolder, run_info
from gptcore.training.running.micro_batches import TrainBatches
from gptcore.training.saving.checkpoints import Checkpoints
from gptcore.training.saving.log import LOG, Step
from gptcore.training.schedule import last_step_before_decay


def train(
    model: GPT,
    batches: TrainBatches,
    config: TrainConfig | None = None,
    *,
    val: ValWindows | ValRows | None = None,
    out_dir: str | Path | None = None,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    sample: Callable[[GPT, int], str] | None = None,
    sample_every: int = 0,
    end_of_text: int | None = None,
    world: World = SINGLE,
) -> "Trainer":
    """Train a model, and yield a `Step` after each update.

    If the loop over the steps ends in any way (`stop`, `break`, Ctrl-C, an error), the last
    complete step is saved and the folder is unlocked.

    Args:
        model: The model; it is trained in place.
        batches: The training data.
        config: Settings; the defaults of `TrainConfig` if None.
        val: The validation text, or padded rows (`ValRows`), of which all are taken.
        out_dir: Folder for log and checkpoints; without one, nothing is written.
        resume: Continue from the newest intact checkpoint in `out_dir`; start if there is none.
        stop: Called after each step; training ends if it returns True.
        sample: Makes a text from the model and the number of the step, for `Step.sample`. It
            changes nothing in the training, not even where it uses PyTorch's random numbers.
        sample_every: Steps between two samples, the last step included; 0 makes none.
        end_of_text: The token between two documents, which `document_mask` needs.
        world: The processes that train together.

    Returns:
        An iterator of steps, losses in nats per token; it is empty for a finished run.

    Raises:
        ValueError: If model, data, settings and the run in `out_dir` do not fit together.
        NonFiniteError: If a loss or gradient norm is infinite or NaN.
        OutOfMemoryError: If a step needs more memory than the device has.
        OSError: If something cannot be written; `DiskFullError` if the disk is full.

    Example:
        >>> [step.step for step in train(model, batches, config)]
        [1, 2, 3]
    """
    config = config or TrainConfig()
    check_compatible(model, batches, config, val)
    document_start = end_of_text if config.document_mask else None
    if config.document_mask and document_start is None:
        raise ValueError(
            "document_mask=True needs the token between two documents: train(..., end_of_text=ID). "
            "gptcore train takes it from the tokenizer of the data; this data has none, or it is "
            "not known."
        )
    checkpoints = None
    if out_dir is not None:
        checkpoints = Checkpoints(out_dir, config.keep_checkpoints, protected_steps(config))
        if not resume:
            check_empty(checkpoints.out_dir)
    run = Run(model, batches, config, val, world, document_start)
    if checkpoints is not None and resume:
        checkpoint = checkpoints.load_newest(wsd_resume_step(checkpoints, config))
        if checkpoint is not None:
            run.load_checkpoint(checkpoint)
    world.barrier()  # all have checked the folder before one writes to it
    samples = Samples(run, sample, sample_every)
    return Trainer(run, checkpoints, stop, samples)


class Trainer(Iterator[Step]):
    """The remaining steps of a run, each made when it is asked for.

    A second loop continues where the first one ended.

    Args:
        run: The run.
        checkpoints: Where it is saved, or None.
        stop: Called after each step; training ends if it returns True.
        samples: The texts that the model writes now and then.

    Example:
        >>> training = train(model, batches, config)
        >>> [step.step for step in training]
        [1, 2, 3]
    """

    def __init__(
        self,
        run: Run,
        checkpoints: Checkpoints | None,
        stop: Callable[[], bool],
        samples: "Samples",
    ) -> None:
        self.run, self.stop, self.samples = run, stop, samples
        self.folder = None if checkpoints is None else RunFolder(run, checkpoints)
        self.started: float | None = None
        self.is_compiled = self.is_stopped = False
        if self.folder is not None:  # saves also if the program ends without closing it
            closing = weakref.finalize(self, self.folder.close)
            closing.atexit = not run.is_sharded  # gathering needs all processes

    def __iter__(self) -> Iterator[Step]:
        """Yield the steps; closes when the loop ends, even if the caller keeps `self`."""
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
            return self.step_and_eval()
        except BaseException as error:
            self.handle_error(error)
            raise

    def close(self) -> None:
        """Save the last step and unlock the folder; a later `next` locks it again."""
        if self.folder is not None:
            self.folder.close()

    @property
    def is_finished(self) -> bool:
        """Whether all steps are made and logged."""
        return self.run.is_finished

    def about(self) -> dict[str, Any]:
        """Return the content of run.json: sizes, settings, device; known before the first step."""
        return run_info(self.run)

    def open(self) -> None:
        """Lock the folder and open the log; the first step does it as well."""
        if self.folder is not None and not self.run.is_finished:
            self.folder.open()

    def prepare(self) -> None:
        """Do now what the first step would do: open the folder and compile the model."""
        if self.run.mid_update:
            raise RuntimeError(
                "An update was interrupted, so only some weights are updated. Continue from the "
                "newest checkpoint: train(..., resume=True)."
            )
        try:
            self.open()
            self.started = monotonic() if self.started is None else self.started
            if self.run.config.compile and not (self.is_compiled or self.run.is_finished):
                self.run.compile()
                self.is_compiled = True
        except BaseException as error:
            self.handle_error(error)
            raise

    def step_and_eval(self) -> Step:
        """Make one update (unless only its log entry is missing), evaluate, log, save if due."""
        run = self.run
        if run.unlogged is None:
            make_update(run, self.save)
        step = make_step(run, self.samples)
        if self.folder is not None:
            self.folder.add(step)
        run.unlogged = None
        if self.should_stop() or is_checkpoint_due(run.step, run.config):
            self.save()
        if self.is_stopped:
            self.close()
        return step

    def should_stop(self) -> bool:
        """Return whether this step is the last one, of the run or for now."""
        config, now = self.run.config, monotonic()
        out_of_time = 0 < config.max_minutes * 60 < now - (self.started or now)
        stop_requested = self.run.world.any_rank(self.stop() or out_of_time)
        self.is_stopped = stop_requested or self.run.step == config.max_steps
        return self.is_stopped

    def save(self) -> str:
        """Save the last step; return where, as the end of a sentence."""
        return "" if self.folder is None else self.folder.save()

    def handle_error(self, error: BaseException) -> None:
        """Save the last complete step after an error, and unlock the folder.

        Args:
            error: The error; a note says where the step is saved.
        """
        if self.folder is not None:
            self.folder.save_after_error(error)
        elif not self.run.mid_update:
            self.run.zero_grad()


def make_update(run: Run, save: Callable[[], str]) -> None:
    """Make one update; save the state before it if it fails."""
    try:
        run.train_step()
    except NonFiniteStepError as failed:
        run.zero_grad()
        batch, saved = run.micro_batches.with_row_names(failed.batch), save()
        with run.autocast:  # without it, rows that overflow in 16 bits would be finite
            error = non_finite_error(run.step + 1, failed.what, run.raw_loss, batch, saved)
        raise error from None
    except Exception as failed:
        if not is_out_of_memory(failed):
            raise
        run.zero_grad()
        where = None if run.mid_update or run.is_sharded else save()
        raise out_of_memory_error(
            run.step + 1, run.model.config, run.config, run.dtype_name, where
        ) from None


class Samples:
    """The texts that a model writes now and then while it is trained.

    Args:
        run: The run.
        sample: Makes a text from the model and the number of the step; None makes none.
        every: Steps between two samples; 0 makes none.

    Raises:
        ValueError: If `every` is no number of steps.
    """

    def __init__(self, run: Run, sample: Callable[[GPT, int], str] | None, every: int) -> None:
        self.run, self.sample = run, sample
        self.every = as_int(every, "sample_every", 0)

    def after_step(self) -> str | None:
        """Return the text of the last step; None if none is due, or on another rank than 0."""
        run = self.run
        if self.sample is None or not self.every:
            return None
        if run.step % self.every and run.step != run.config.max_steps:
            return None
        model = run.gather_model()  # collective
        if not run.world.is_main:
            return None
        gpus = [run.device] if run.device.type == "cuda" else []
        with torch.random.fork_rng(devices=gpus), evaluating(model):
            return self.sample(model, run.step)


def make_step(run: Run, samples: Samples) -> Step:
    """Return the record of the last update, with validation loss and sample if they are due."""
    config, result = run.config, run.unlogged
    assert result is not None
    is_eval_due = run.step % config.eval_every == 0 or run.step == config.max_steps
    return Step(
        step=run.step,
        tokens=run.tokens,
        train_loss=result.train_loss,
        val_loss=run.evaluate() if is_eval_due else None,
        grad_norm=result.grad_norm,
        learning_rate=result.learning_rate,
        tokens_per_second=result.tokens_per_second,
        mfu=run.mfu(result.tokens_per_second),
        sample=samples.after_step(),
    )


# Checks, and what follows from the schedule


def check_compatible(
    model: GPT, batches: TrainBatches, config: TrainConfig, val: ValWindows | ValRows | None
) -> None:
    """Raise ValueError if model, data and settings do not fit together."""
    if batches.batch_size != config.batch_size:
        raise ValueError(
            f"The batches have {batches.batch_size} rows, and batch_size={config.batch_size}. Make "
            f"both the same: Batches(..., batch_size=config.batch_size)."
        )
    for name, data in (("batches", batches), ("val", val)):
        if data is not None and data.block_size > model.config.block_size:
            raise ValueError(
                f"The rows of {name} have {data.block_size} tokens, and the model takes at most "
                f"block_size={model.config.block_size}. Make both the same: "
                f"block_size=model.config.block_size."
            )


def check_empty(out_dir: Path) -> None:
    """Check that a folder does not contain a run.

    Args:
        out_dir: The folder; it need not exist.

    Raises:
        ValueError: If it contains a log or a checkpoint.

    Example:
        >>> check_empty(Path("new-folder"))
    """
    if Checkpoints(out_dir).steps() or (out_dir / LOG).exists():
        raise ValueError(
            f"{out_dir} contains another run. Continue it: --resume; or give another --out_dir."
        )


def is_checkpoint_due(step: int, config: TrainConfig) -> bool:
    """Return whether a step is saved."""
    return step % config.checkpoint_every == 0 or step in protected_steps(config)


def protected_steps(config: TrainConfig) -> tuple[int, ...]:
    """Return the steps whose checkpoints are never removed: a wsd run can be continued there."""
    step = last_step_before_decay(config)
    return () if step is None else (step,)


def wsd_resume_step(checkpoints: Checkpoints, config: TrainConfig) -> int | None:
    """Return the last step before the decay if a wsd run is continued with more steps."""
    steps, before = checkpoints.steps(), None
    with suppress(OSError, ValueError, KeyError, TypeError):  # damaged: load_newest warns
        before = TrainConfig(**checkpoints.read_state(steps[-1])["train"]) if steps else None
    if before is None or config.schedule != "wsd" or config.max_steps <= before.max_steps:
        return None
    step = last_step_before_decay(before)
    return step if step in steps else None
