"""Training: steps that can be watched, stopped, killed and gone on with.

    for step in train(model, batches, config, val=val, out_dir="out"):
        print(step.step, step.train_loss)

Left out on purpose: printing and drawing; whoever loops does that. What is remarkable but no fault
(no compiler, a broken checkpoint that was passed over) is said as a Python warning.
"""

from collections.abc import Callable, Generator
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic, perf_counter

import torch

from gptcore.corpus.folder import sole_use, write_json
from gptcore.model import GPT
from gptcore.training.checkpoints import Checkpoints
from gptcore.training.config import TrainConfig
from gptcore.training.faults import is_out_of_memory, not_finite, out_of_memory
from gptcore.training.log import LOG, Log, Step
from gptcore.training.loss import Windows
from gptcore.training.processes import ALONE, Processes
from gptcore.training.run import Batches, Odd, Run
from gptcore.training.schedule import decay_begins_after

RUN = "run.json"


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
) -> Generator[Step, None, None]:
    """Yield a `Step` after each update of the weights.

    With `out_dir`, log and checkpoints are written there; `resume` goes on from the newest one that
    is whole, or begins if there is none. `stop` is asked after each step; if it says True, or if
    the loop that takes the steps is left, the run is saved as it is. A finished run yields nothing.
    Units:  losses in nats per token.
    Raises: ValueError for what does not fit together; NotFinite, OutOfMemory, with what to do;
        DiskFull, OSError if something cannot be written.
    Example: [step.step for step in train(model, batches, config)] -> [1, 2, 3]
    """
    config = config or TrainConfig()
    check_fit(model, batches, config, val)
    store = None if out_dir is None else Checkpoints(out_dir, config.keep, milestones(config))
    if store is not None and not resume:
        check_new(store.out_dir)
    run = Run(model, batches, config, val, processes)
    if store is not None and resume:
        loaded = store.load_newest(continued_from(store, config))
        if loaded is not None:
            run.go_on(loaded)
    processes.wait()  # until all have looked, nobody writes
    return steps(run, store, stop)


def steps(
    run: Run, store: Checkpoints | None, stop: Callable[[], bool]
) -> Generator[Step, None, None]:
    """The steps that are left of a run."""
    config, begun, written = run.config, monotonic(), run.step
    with ExitStack() as stack:
        log = opened(run, store, stack) if store and run.processes.first else None

        def save() -> str:
            """Make sure that there is a checkpoint of this step; where it is."""
            nonlocal written
            if store is None:
                return ""
            if written == run.step:
                return f", saved in {store.folder(run.step)}" if run.step else ""
            model, optimizer = run.whole_model(), run.optimizer_tensors()
            if log is not None:
                log.make_lasting()
                store.save(run.step, model, optimizer, run.state())
                if run.best is not None and run.best[1] == run.step:
                    store.mark_best(run.step)
                store.tidy(run.best[1] if run.best else None)
            written = run.step
            return f", saved in {store.folder(run.step)}"

        if config.compile and run.step < config.max_steps:
            run.compile()
        while run.step < config.max_steps:
            step = one_step(run, save)
            if log is not None:
                log.add(step)
            out_of_time = 0 < config.max_minutes * 60 < monotonic() - begun
            ends = run.processes.any(stop() or out_of_time) or run.step == config.max_steps
            if ends or run.step % config.checkpoint_every == 0 or run.step in milestones(config):
                save()
            try:
                yield step
            except GeneratorExit:  # the loop was left
                save()
                raise
            if ends:
                return


def one_step(run: Run, save: Callable[[], str]) -> Step:
    """Learn, measure if it is time to, and say what is known.

    Raises: NotFinite, OutOfMemory, after the state before this step was saved.
    """
    config, start = run.config, perf_counter()
    try:
        learned = run.learn()
    except Odd as odd:
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
        raise out_of_memory(run.step + 1, run.model.config, config, run.dtype_name, saved) from None
    speed = learned.tokens / max(perf_counter() - start, 1e-9)
    measure = run.step % config.eval_every == 0 or run.step == config.max_steps
    return Step(
        step=run.step,
        tokens=run.tokens,
        train_loss=learned.train_loss,
        val_loss=run.evaluate() if measure else None,
        grad_norm=learned.grad_norm,
        learning_rate=learned.rate,
        tokens_per_second=speed,
        mfu=run.utilization(speed),
    )


def opened(run: Run, store: Checkpoints, stack: ExitStack) -> Log:
    """The folder of a run, which is this one's alone until the stack is closed; and its log."""
    store.out_dir.mkdir(parents=True, exist_ok=True)
    stack.enter_context(sole_use(store.out_dir, "training", "--out_dir"))
    about = {
        **{name: value for name, value in run.state().items() if name in ("train", "model")},
        "parameters": sum(run.model.parameters_by_part().values()),
        "device": str(run.device),
        "dtype": run.dtype_name,
        "processes": run.processes.size,
        "mfu_is_a_share_of": None if run.peak is None else str(run.peak),
        "torch": torch.__version__,
    }
    log = Log(store.out_dir, run.step)
    write_json(store.out_dir / RUN, about)
    stack.callback(log.close)
    return log


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
