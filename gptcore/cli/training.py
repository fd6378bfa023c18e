"""What `gptcore train` does once PyTorch may be loaded: data, model, the loop, and what is said.

Left out on purpose: options; `train.py` reads them.
"""

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from gptcore.cli.train import COMMAND, RUN, Train, read_json
from gptcore.corpus import Batches, story_entropy
from gptcore.corpus.folder import write_json
from gptcore.model import GPT, GPTConfig
from gptcore.optional import PackageMissingError
from gptcore.training import (
    Checkpoints,
    NotFinite,
    OutOfMemory,
    Preset,
    Processes,
    Step,
    StopSignals,
    TrainConfig,
    check_new,
    find_tokenizer_of,
    joined,
    train,
    write_own_shards,
)

RESUME_ME = 75  # the exit code of a run that was stopped and saved; sysexits.h: try again later
SECONDS_BETWEEN_LINES = 10.0


def run(
    command: Train, preset: Preset, config: TrainConfig, sizes: dict[str, Any], data: Path | None
) -> None:
    """Train, and say on standard error how it goes. Raises: SystemExit(75) to be resumed."""
    out = command.out_dir
    with joined(config.device) as (processes, device), notes_said(processes):
        config = replace(config, device=device)
        if not command.resume:
            check_new(out)
        done = (Checkpoints(out).steps() or [0])[-1]
        if done >= config.max_steps:
            say(
                processes,
                f"finished already: {done:,} steps, in {out}. To go on: --resume --max_steps "
                f"{2 * config.max_steps}",
                sys.stdout,
            )
            return
        if data is None and preset.text and processes.first:
            write_own_shards(preset.text, out / "data")
        processes.wait()
        model, texts = model_and_texts(out, config, sizes, data or out / "data")
        if processes.first:
            keep_what_samples_need(command, data, out)
        steps = train_on(model, texts, config, command, processes)
        if command.tensorboard and processes.first:
            steps = shown_to_tensorboard(steps, out, done)
        last = None
        for step in shown(steps, config, out, preset) if processes.first else steps:
            last = step
        if last is None or last.step < config.max_steps:
            say(processes, f"stopped and saved in {out}; the same command with --resume goes on.")
            raise SystemExit(RESUME_ME)
        say(processes, summary(last, out), sys.stdout)


def model_and_texts(
    out: Path, config: TrainConfig, sizes: dict[str, Any], folder: Path
) -> tuple[GPT, dict[str, Batches]]:
    """A new model, and what it learns from and is measured on.

    Raises: ValueError if the vocabulary does not fit; what `Batches` raises.
    """
    tokenizer = find_tokenizer_of(folder)
    if tokenizer is not None and "vocab_size" not in sizes:
        sizes = {**sizes, "vocab_size": tokenizer.vocab_size}
    shape = GPTConfig(**sizes)
    if tokenizer is not None and tokenizer.vocab_size > shape.vocab_size:
        raise ValueError(
            f"vocab_size={shape.vocab_size} is too small: the shards in {folder} have tokens up to "
            f"{tokenizer.vocab_size - 1}. Set --vocab_size {-(-tokenizer.vocab_size // 64) * 64}."
        )
    texts = {
        split: Batches(
            folder,
            batch_size=config.batch_size,
            block_size=shape.block_size,
            seed=config.seed,
            split=split,
            tokenizer=find_tokenizer_of(out),  # of the run that is resumed
        )
        for split in ("train", "val")
    }
    return GPT(shape, torch.Generator().manual_seed(config.seed)), texts


def keep_what_samples_need(command: Train, data: Path | None, out: Path) -> None:
    """The tokenizer, and what was typed, beside the checkpoints."""
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = find_tokenizer_of(data or out / "data")
    if tokenizer is None:
        warnings.warn(
            f"{data} does not say its tokenizer, or it is not here: gptcore sample will need "
            f"--tokenizer.",
            stacklevel=2,
        )
    else:
        tokenizer.save(out / "tokenizer.json")
    where = None if data is None else str(data.resolve())
    write_json(out / COMMAND, {"preset": command.preset, "data": where})


def train_on(
    model: GPT,
    texts: dict[str, Batches],
    config: TrainConfig,
    command: Train,
    processes: Processes,
) -> Iterator[Step]:
    """The steps of the run, which a signal ends.

    Raises: OSError for what stops it on the way.
    """

    def told(name: str) -> None:
        say(
            processes,
            f"\n{name}: this step will be finished and saved. A second Ctrl-C stops at once.",
        )

    try:
        with StopSignals(told) as stop:
            yield from train(
                model,
                texts["train"],
                config,
                val=texts["val"],
                out_dir=command.out_dir,
                resume=command.resume,
                stop=stop,
                processes=processes,
            )
    except (NotFinite, OutOfMemory) as error:
        raise OSError(str(error)) from None


# What is said


def say(processes: Processes, text: str, stream=None) -> None:
    """A line from one of the processes; on standard error unless it is a result."""
    if processes.first:
        print(text, file=stream or sys.stderr, flush=True)


@contextmanager
def notes_said(processes: Processes) -> Iterator[None]:
    """Warnings as lines of their own, without the place in the code."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: say(processes, f"note: {message}")
        yield


def shown(steps: Iterator[Step], config: TrainConfig, out: Path, preset: Preset) -> Iterator[Step]:
    """The same steps, with a line at the first, the last, each measurement, and now and then."""
    first = begun = said = None
    for step in steps:
        now = time.monotonic()
        if first is None or begun is None or said is None:
            first, begun, said = step.step, now, now
            say_what_runs(out, preset)
            print(line_of(step, config, None), file=sys.stderr, flush=True)
        elif (
            now - said > SECONDS_BETWEEN_LINES
            or step.val_loss is not None
            or step.step == config.max_steps
        ):
            left = (now - begun) / (step.step - first) * (config.max_steps - step.step)
            print(line_of(step, config, left), file=sys.stderr, flush=True)
            said = now
        yield step


def say_what_runs(out: Path, preset: Preset) -> None:
    """The size of the model, where it is trained, and what the figures of a line mean."""
    about = read_json(out / RUN)
    share = about["mfu_is_a_share_of"]
    lines = [
        f"{about['parameters']:,} parameters, {about['device']}, {about['dtype']}; log and "
        f"checkpoints in {out}; Ctrl-C stops and saves",
        f"loss: nats per token, lower is better{floor_in_words(preset)}",
        f"mfu: the arithmetic done, as a share of {share}" if share else "mfu: not known here",
    ]
    print("\n".join(lines), file=sys.stderr)


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
        f"what it says: gptcore sample --out_dir {out}"
    )


def shown_to_tensorboard(steps: Iterator[Step], out: Path, done: int) -> Iterator[Step]:
    """The same steps, also written for TensorBoard."""
    try:
        writer = import_module("torch.utils.tensorboard").SummaryWriter(
            str(out / "tensorboard"), purge_step=done + 1
        )
    except ModuleNotFoundError:
        raise PackageMissingError("--tensorboard", "tensorboard") from None
    with writer:
        for step in steps:
            for name, value in asdict(step).items():
                if name != "step" and value is not None:
                    writer.add_scalar(name, value, step.step)
            yield step
