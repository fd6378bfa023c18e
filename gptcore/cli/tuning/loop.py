"""The work of `gptcore tune`, after the options were checked: this loads PyTorch.

Options are in `options.py`, the model and the examples in `setup.py` and `sums.py`, what is printed
in `messages.py` and `samples.py`.
"""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from gptcore.cli.console import print_line, warnings_to_stderr
from gptcore.cli.training.loop import EXIT_RESUMABLE, STOP_MESSAGE
from gptcore.cli.training.messages import with_progress
from gptcore.cli.training.options import COMMAND_FILE
from gptcore.cli.tuning.messages import format_header, format_record, format_summary
from gptcore.cli.tuning.options import REMEMBERED, TuneOptions
from gptcore.cli.tuning.presets import Config, TunePreset
from gptcore.cli.tuning.samples import first_questions, print_samples
from gptcore.cli.tuning.setup import build_model, start, with_own_examples
from gptcore.files import write_json
from gptcore.formats.weights import CONFIG_NAME
from gptcore.model import GPT
from gptcore.training import (
    Checkpoints,
    NonFiniteError,
    OutOfMemoryError,
    StopSignals,
    check_empty,
)
from gptcore.tuning import ChatFormat, add_lora, has_lora, merge_lora, save_lora
from gptcore.tuning.chat_model import NAMES

ADAPTERS, MERGED = "adapters.safetensors", "merged"


def run(command: TuneOptions, preset: TunePreset, config: Config) -> None:
    """Tune, and print the progress on standard error.

    Args:
        command: The options, with those of the run that is resumed.
        preset: The preset.
        config: Settings of the run.

    Raises:
        SystemExit: With code 75 if the run was stopped, and can be resumed.
    """
    out = command.out_dir
    with warnings_to_stderr():
        if not command.resume:
            check_empty(out)
        elif (finished := finished_model(out, config)) is not None:
            was_killed = not (out / MERGED / CONFIG_NAME).exists()  # after the last step
            if has_lora(finished) and was_killed:
                save_adapters(finished, ChatFormat.load(out), out)
            print_line(f"already finished: {config.max_steps:,} steps, in {out}", sys.stdout)
            return
        model, chat, tokenizer = build_model(command, preset, config)
        if preset.makes_data:
            command = with_own_examples(command, preset.kind, model, chat, tokenizer)
        if command.lora is not None:
            add_lora(model, command.lora, generator=torch.Generator().manual_seed(config.seed))
        steps, examples = start(command, config, model, chat)
        save_command(command, config, chat)
        print_line(format_header(model, preset.kind, out, examples))
        last, is_stopped = run_steps(steps, command, config, model, chat)
        if is_stopped:
            print_line(f"stopped and saved in {out}; the same command with --resume continues.")
            raise SystemExit(EXIT_RESUMABLE)
        if has_lora(model):
            save_adapters(model, chat, out)
        print_line(format_summary(last, out), sys.stdout)


def finished_model(out: Path, config: Config) -> GPT | None:
    """The model of an intact checkpoint after the last step; None if steps remain."""
    checkpoints = Checkpoints(out)
    if (checkpoints.steps() or [0])[-1] < config.max_steps:
        return None
    newest = checkpoints.load_newest()
    return newest.model if newest and newest.state["step"] >= config.max_steps else None


# The steps, and what is saved beside them


def run_steps(
    steps: Iterator[Any], command: TuneOptions, config: Config, model: GPT, chat: ChatFormat
) -> tuple[Any, bool]:
    """Make all steps, or until a signal; the last record, and whether steps remain."""
    examples = next(p for p in (command.data, command.questions, command.pairs) if p is not None)
    questions, last, has_nothing = first_questions(examples), None, 0
    every = command.sample_every or max(1, config.max_steps // 4)
    if not (Checkpoints(command.out_dir).steps() and command.resume):
        print_samples(model, chat, questions, 0)
    stop = StopSignals(lambda name: print_line(STOP_MESSAGE.format(name)))
    try:
        with stop, closing(steps):  # type: ignore[type-var]  # it is a generator
            for last in with_progress(steps, config, format_record):
                message = getattr(last, "message", "")
                has_nothing += bool(message)
                if message and has_nothing == 1:
                    print_line(f"note: step {last.step:,}: {message}")
                if last.step % every == 0 or last.step == config.max_steps:
                    print_samples(model, chat, questions, last.step)
                if stop():
                    break
    except (NonFiniteError, OutOfMemoryError) as error:
        raise OSError(str(error)) from None
    if has_nothing:
        print_line(f"note: {has_nothing:,} of {config.max_steps:,} steps had nothing to learn")
    return last, last is not None and last.step < config.max_steps


def save_command(command: TuneOptions, config: Config, chat: ChatFormat) -> None:
    """Save what --resume, `gptcore chat` and `gptcore sample` need beside the checkpoints."""
    out = command.out_dir
    out.mkdir(parents=True, exist_ok=True)
    chat.save(out)
    chat.tokenizer.save(out / "tokenizer.json")
    known = {name: stored(name, getattr(command, name)) for name in REMEMBERED}
    content = {"tune": 1, "preset": command.preset, **known, "settings": command.typed()}
    write_json(out / COMMAND_FILE, content)


def stored(name: str, value: Any) -> Any:
    """A value of an option for JSON; what is a file is absolute."""
    if name == "reward" and value is not None:
        file, colon, function = value.rpartition(":")
        return f"{absolute(file)}:{function}" if colon else value
    is_folder = name == "init_from" and value not in NAMES and Path(value).expanduser().exists()
    return absolute(value) if isinstance(value, Path) or is_folder else value


def absolute(path: str | Path) -> str:
    """The path from the root."""
    return str(Path(path).expanduser().resolve())


def save_adapters(model: GPT, chat: ChatFormat, out: Path) -> None:
    """Save the adapters alone, and a plain model with them merged in."""
    save_lora(model, out / ADAPTERS)
    merge_lora(model).save(out / MERGED)
    chat.save(out / MERGED)
    chat.tokenizer.save(out / MERGED / "tokenizer.json")
    print_line(f"adapters: {out / ADAPTERS}; merged model: {out / MERGED}")
