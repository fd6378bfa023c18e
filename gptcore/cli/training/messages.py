"""What `gptcore train` prints: a header, a line of progress now and then, and a summary.

The training itself is in `loop.py`; `log.jsonl` has every step.
"""

import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol, TextIO, TypeVar

from gptcore.cli.console import format_clock, print_line
from gptcore.corpus import story_entropy
from gptcore.training import Checkpoints, Preset, Step, TrainConfig, Trainer, World
from gptcore.training.saving.changes import format_changes

SECONDS_BETWEEN_LINES = 10.0


class HasStep(Protocol):
    """A record of a step."""

    @property
    def step(self) -> int: ...


class HasMaxSteps(Protocol):
    """Settings of a run."""

    @property
    def max_steps(self) -> int: ...


Record = TypeVar("Record", bound=HasStep)
Config = TypeVar("Config", bound=HasMaxSteps)


def print_rank0(world: World, text: str, stream: TextIO | None = None) -> None:
    """Print a line from rank 0 only, on standard error unless it is a result."""
    if world.is_main:
        print_line(text, stream)


def print_finished(world: World, out: Path) -> None:
    """Say that the run is finished, and how to continue it."""
    done = Checkpoints(out).steps()[-1]
    print_rank0(
        world,
        f"already finished: {done:,} steps, in {out}. To continue: --resume --max_steps {2 * done}",
        sys.stdout,
    )


def with_progress(
    steps: Iterable[Record],
    config: Config,
    format_record: Callable[[Record, Config, float | None], str],
) -> Iterator[Record]:
    """Yield the same steps, and print some: first, last, each with a validation loss, and more.

    Args:
        steps: Records of any kind of training.
        config: Its settings.
        format_record: Formats a record, the settings, and the seconds that are left.
    """
    first: Record | None = None
    start = printed = 0.0
    for step in steps:
        now = time.monotonic()
        if first is None:
            first, start, printed = step, now, now
            print_line(format_record(step, config, None))
        elif (
            now - printed > SECONDS_BETWEEN_LINES
            or getattr(step, "val_loss", None) is not None
            or getattr(step, "sample", None) is not None
            or step.step == config.max_steps
        ):
            seconds_left = (now - start) / (step.step - first.step) * (config.max_steps - step.step)
            print_line(format_record(step, config, seconds_left))
            printed = now
        yield step


def format_run_header(training: Trainer, out: Path, preset: Preset) -> str:
    """Describe the run: size of the model, device, folder, and what loss and MFU mean."""
    run, about = training.run, training.about()
    peak = about["mfu_peak"]
    if peak and about["device"] == "cpu":
        peak += ", or of the fastest step if that is faster"
    lines = [
        f"{about['parameters']:,} parameters, {about['device']}, {about['dtype']}; log and "
        f"checkpoints in {out}; Ctrl-C stops and saves",
        f"loss: nats per token, lower is better{format_loss_floor(preset)}",
        f"mfu: FLOPs per second, as a fraction of {peak}" if peak else "mfu: not known here",
    ]
    if run.changed:
        lines.append(f"changed after step {run.step:,}: {format_changes(run.changed)}")
    return "\n".join(lines)


def format_loss_floor(preset: Preset) -> str:
    """The lowest loss that any model can have, if it is known."""
    if preset.text != "stories":
        return ""
    return f"; no model gets below {story_entropy().nats_per_letter:.3f} on these stories"


def format_step(step: Step, config: TrainConfig, seconds_left: float | None) -> str:
    """Format one step as a line of progress."""
    parts = [f"step {step.step:,} of {config.max_steps:,}", f"loss {step.train_loss:.4f}"]
    if step.val_loss is not None:
        parts.append(f"val {step.val_loss:.4f}")
    parts.append(f"{step.tokens_per_second:,.0f} tokens/s")
    if step.mfu is not None:
        parts.append(f"mfu {step.mfu:.1%}")
    if seconds_left is not None:
        parts.append(f"{format_clock(seconds_left)} left")
    line = " | ".join(parts)
    # repr: a byte of the text that a terminal would obey is shown, not sent.
    return line if step.sample is None else f"{line}\n  sample: {step.sample!r}"


def format_summary(last: Step, out: Path) -> str:
    """Describe a finished run by its last step."""
    val = "" if last.val_loss is None else f", val loss {last.val_loss:.4f}"
    return (
        f"finished: {last.step:,} steps, {last.tokens:,} tokens, train loss "
        f"{last.train_loss:.4f}{val} nats per token; folder: {out}\n"
        f"to generate text: gptcore sample --out_dir {shlex.quote(str(out))}"
    )
