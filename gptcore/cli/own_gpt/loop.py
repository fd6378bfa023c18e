"""The work of `gptcore new`, after the options were checked: this loads PyTorch.

Options are in `options.py`, the folder in `folder.py`, what is printed in `messages.py`.
"""

import json
import shlex
import sys

import torch

from gptcore.cli.console import print_line, warnings_to_stderr
from gptcore.cli.own_gpt.folder import (
    Settings,
    check_folder,
    load_settings,
    read_results,
    save_settings,
)
from gptcore.cli.own_gpt.messages import (
    format_plan,
    format_results,
    format_text,
    with_progress_and_samples,
)
from gptcore.cli.own_gpt.options import NewOptions
from gptcore.cli.training.loop import EXIT_RESUMABLE, STOP_MESSAGE
from gptcore.own_gpt import (
    LineTraining,
    TextLines,
    clean_lines,
    evaluate,
    plan,
    read_lines,
    train_lines,
    write_model_folder,
)
from gptcore.own_gpt.run_folder import RESULTS
from gptcore.own_gpt.text_lines import shipped_list
from gptcore.own_gpt.training import split
from gptcore.training import NonFiniteError, OutOfMemoryError, StopSignals, pick_device

SMALL = 1_000_000  # parameters; below, several threads would wait for each other


def run(command: NewOptions) -> None:
    """Train, measure and write; progress on standard error, the result on standard output.

    Args:
        command: The options.

    Raises:
        SystemExit: With code 75 if the run was stopped, and can be resumed.
    """
    out = command.out_dir
    with warnings_to_stderr():
        text = read(command)
        settings = load_settings(command, text) if command.resume else None
        if settings is None:
            check_folder(out)
            split(text, command.seed)  # too few lines: no proposal can help
            settings = Settings.of(
                command, text, plan(text, seed=command.seed, **command.changes())
            )
        print_line(format_text(settings.source, text))
        print_line(format_plan(settings.recipe))
        if command.dry_run:
            return
        if (out / RESULTS).exists():
            print_result(command, f"already finished; the folder is {out}")
            return
        training = begin(command, text, settings)
        is_stopped = run_steps(training)
        if is_stopped:
            print_line(
                f"stopped and saved in {out}; the same command with --resume continues. The best "
                f"step so far is {training.best_step:,}."
            )
            raise SystemExit(EXIT_RESUMABLE)
        finish(command, training, settings)
        print_result(command, "")


def read(command: NewOptions) -> TextLines:
    """The text of the file, or of a list that comes with gptcore."""
    shipped = shipped_list(command.file)
    if shipped is not None:
        return clean_lines(shipped, kind=command.kind)
    return read_lines(command.file, kind=command.kind, encoding=command.encoding)


def begin(command: NewOptions, text: TextLines, settings: Settings) -> LineTraining:
    """The training before its next step; the folder is there and knows the settings."""
    recipe = settings.recipe
    if recipe.model_config(256).n_embd ** 2 * 12 * recipe.n_layer < SMALL:
        torch.set_num_threads(1)
    training = train_lines(
        text,
        recipe,
        out_dir=command.out_dir,
        resume=command.resume,
        stop=StopSignals(lambda name: print_line(STOP_MESSAGE.format(name))),
        device=pick_device(command.device),
    )
    save_settings(command.out_dir, settings)
    # A run that was stopped is a model, too: every other command reads its checkpoints.
    training.tokenizer.save(command.out_dir / "tokenizer.json")
    return training


def run_steps(training: LineTraining) -> bool:
    """Make all steps, or until a signal; whether steps remain."""
    stop = training.user_stop
    assert isinstance(stop, StopSignals)
    try:
        with stop:
            for _ in with_progress_and_samples(training):
                pass
    except (NonFiniteError, OutOfMemoryError) as error:
        raise OSError(str(error)) from None
    return stop() and not training.is_finished


def finish(command: NewOptions, training: LineTraining, settings: Settings) -> None:
    """Measure the best model, and write the files of the folder."""
    steps = training.trainer.run.step
    print_line(
        f"{steps:,} steps; the best is {training.best_step:,}. Measuring, and writing "
        f"{command.num_samples:,} samples ..."
    )
    results = evaluate(training, source=settings.source, n_samples=command.num_samples)
    write_model_folder(training, results, command.out_dir, name=settings.name)


def print_result(command: NewOptions, note: str) -> None:
    """Print the results that are in the folder, as text or as JSON."""
    content = read_results(command.out_dir / RESULTS)
    if command.json:
        print_line(json.dumps(content, indent=1), sys.stdout)
        return
    if note:
        print_line(note)
    print_line(format_results(content, shlex.quote(str(command.out_dir))), sys.stdout)
