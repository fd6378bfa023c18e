"""What `gptcore train` says while it works: a header, a line now and then, and what came out.

Left out on purpose: the work (`training.py`), and `log.jsonl`, which has every step.
"""

import shlex
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from gptcore.corpus import story_entropy
from gptcore.training import Checkpoints, Preset, Step, TrainConfig, Training, World
from gptcore.training.saving.changes import format_changes

SECONDS_BETWEEN_LINES = 10.0


def tell(text: str, stream: TextIO | None = None) -> None:
    """A line on standard error; a terminal that was closed, or a pipe, does not stop a run."""
    # RuntimeError: a signal that arrives while a line is printed is told within that line.
    with suppress(OSError, ValueError, RuntimeError):
        print(text, file=stream or sys.stderr, flush=True)


def say(world: World, text: str, stream: TextIO | None = None) -> None:
    """Print a line from rank 0 only, on standard error unless it is a result."""
    if world.is_main:
        tell(text, stream)


def say_finished(world: World, out: Path) -> None:
    """That there is nothing to do, and how there would be."""
    done = Checkpoints(out).steps()[-1]
    say(
        world,
        f"finished already: {done:,} steps, in {out}. To go on: --resume --max_steps {2 * done}",
        sys.stdout,
    )


@contextmanager
def notes_said(world: World) -> Iterator[None]:
    """Warnings as lines of their own, without the place in the code."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: say(world, f"note: {message}")
        yield


def shown(steps: Iterable[Step], config: TrainConfig) -> Iterator[Step]:
    """The same steps, with a line at the first, the last, each measurement, and now and then."""
    first = begun = said = None
    for step in steps:
        now = time.monotonic()
        if first is None or begun is None or said is None:
            first, begun, said = step.step, now, now
            tell(line_of(step, config, None))
        elif (
            now - said > SECONDS_BETWEEN_LINES
            or step.val_loss is not None
            or step.step == config.max_steps
        ):
            left = (now - begun) / (step.step - first) * (config.max_steps - step.step)
            tell(line_of(step, config, left))
            said = now
        yield step


def what_runs(training: Training, out: Path, preset: Preset) -> str:
    """The size of the model, where it is trained, and what the figures of a line mean."""
    run, about = training.run, training.about()
    share = about["mfu_peak"]
    lines = [
        f"{about['parameters']:,} parameters, {about['device']}, {about['dtype']}; log and "
        f"checkpoints in {out}; Ctrl-C stops and saves",
        f"loss: nats per token, lower is better{floor_in_words(preset)}",
        f"mfu: the arithmetic done, as a share of {share}" if share else "mfu: not known here",
    ]
    if run.changed:
        lines.append(f"changed after step {run.step:,}: {format_changes(run.changed)}")
    return "\n".join(lines)


def floor_in_words(preset: Preset) -> str:
    """The lowest loss that any model can have, where that is known."""
    if preset.text != "stories":
        return ""
    return f"; no model gets below {story_entropy().nats_per_letter:.3f} on these stories"


def line_of(step: Step, config: TrainConfig, left: float | None) -> str:
    """One step for a reader."""
    parts = [f"step {step.step:,} of {config.max_steps:,}", f"loss {step.train_loss:.4f}"]
    if step.val_loss is not None:
        parts.append(f"val {step.val_loss:.4f}")
    parts.append(f"{step.tokens_per_second:,.0f} tokens/s")
    if step.mfu is not None:
        parts.append(f"mfu {step.mfu:.1%}")
    if left is not None:
        parts.append(f"{clock(left)} left")
    return " | ".join(parts)


def clock(seconds: float) -> str:
    """Time as a clock shows it."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def summary(last: Step, out: Path) -> str:
    """What a finished run leaves."""
    val = "" if last.val_loss is None else f", val loss {last.val_loss:.4f}"
    return (
        f"finished: {last.step:,} steps, {last.tokens:,} tokens, train loss "
        f"{last.train_loss:.4f}{val} nats per token; all is in {out}\n"
        f"what it says: gptcore sample --out_dir {shlex.quote(str(out))}"
    )
