"""The work of `gptcore train`, after the options were checked: this loads PyTorch.

Options are in `options.py`, the model and the data in `setup.py`, what is printed in `messages.py`.
"""

import sys
import warnings
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from gptcore.cli.console import warnings_to_stderr
from gptcore.cli.training.config_file import write_config_file
from gptcore.cli.training.initial_model import find_source, load_initial_model
from gptcore.cli.training.messages import (
    format_run_header,
    format_step,
    format_summary,
    print_finished,
    print_rank0,
    with_progress,
)
from gptcore.cli.training.options import (
    COMMAND_FILE,
    REMEMBERED,
    TrainOptions,
    previous_command,
    typed_options,
)
from gptcore.cli.training.setup import build_model_and_batches
from gptcore.cli.training.text_sample import text_sampler
from gptcore.cli.training.trackers import (
    open_wandb,
    wandb_id_of,
    with_tensorboard,
    with_wandb,
)
from gptcore.files import write_json
from gptcore.training import (
    Checkpoints,
    NonFiniteError,
    OutOfMemoryError,
    Preset,
    Step,
    StopSignals,
    TrainConfig,
    Trainer,
    World,
    check_empty,
    init_distributed,
    tokenizer_of_folder,
    train,
    write_char_shards,
)
from gptcore.training.saving.changes import check_finished_settings

EXIT_RESUMABLE = 75  # exit code of a run that was stopped and saved; EX_TEMPFAIL of sysexits.h
STOP_MESSAGE = "\n{}: this step will be finished and saved. A second Ctrl-C stops at once."


def run(
    command: TrainOptions,
    preset: Preset,
    config: TrainConfig,
    sizes: dict[str, Any],
    data: Path | None,
) -> None:
    """Train, and print the progress on standard error.

    Args:
        command: The options that were typed.
        preset: The preset of the run.
        config: Settings of the training.
        sizes: Fields of `GPTConfig`.
        data: Folder of the shards; None for the text of the preset.

    Raises:
        SystemExit: With code 75 if the run was stopped, and can be resumed.
    """
    out = command.out_dir
    with (
        init_distributed(config.device) as (world, device),
        warnings_to_stderr(lambda text: print_rank0(world, text)),
    ):
        chosen, config = config, replace(config, device=device)
        if not command.resume:
            check_empty(out)
        elif is_finished(command, config):
            print_finished(world, out)
            return
        if command.init_from is not None and not Checkpoints(out).steps():
            find_source(command.init_from)  # refuses a misspelt one before anything is written
        if data is None and preset.text and world.is_main:
            write_char_shards(preset.text, out / "data")
        world.barrier()
        model, batches = build_model_and_batches(command, config, sizes, data or out / "data")
        tokenizer, sample = tokenizer_of_folder(data or out / "data"), None
        if command.sample_every:
            sample = text_sampler(tokenizer, preset, command.sample_prompt, config.seed)
        stop = StopSignals(lambda name: print_rank0(world, STOP_MESSAGE.format(name)))
        training = train(
            model,
            batches["train"],
            config,
            val=batches["val"],
            out_dir=out,
            resume=command.resume,
            stop=stop,
            sample=sample,
            sample_every=command.sample_every or 0,
            end_of_text=tokenizer.end_of_text if tokenizer and not preset.start else None,
            world=world,
        )
        if training.is_finished:
            print_finished(world, out)
            return
        with closing(training):
            wandb_id, wandb_run = None, None
            if command.wandb and world.is_main:
                wandb_id = wandb_id_of(command)
                wandb_run = open_wandb(command, training, wandb_id)
            training.open()
            if world.is_main:
                save_tokenizer(command, data or out / "data", out)
                save_command(command, data, chosen, training, wandb_id)
            last = run_steps(training, command, preset, stop, world, wandb_run)
        if last is None or last.step < config.max_steps:
            print_rank0(
                world, f"stopped and saved in {out}; the same command with --resume continues."
            )
            raise SystemExit(EXIT_RESUMABLE)
        print_rank0(world, format_summary(last, out), sys.stdout)


def is_finished(command: TrainOptions, config: TrainConfig) -> bool:
    """Whether the folder has an intact checkpoint after the last step.

    Raises:
        ValueError: If the settings differ from those of the finished run.
    """
    previous, store = previous_command(command.out_dir).get("data"), Checkpoints(command.out_dir)
    if command.data is not None and str(command.data.resolve()) != previous:
        return False  # the data must be compared first
    if (store.steps() or [0])[-1] < config.max_steps:
        return False
    loaded = store.load_newest()
    if loaded is None or loaded.state["step"] < config.max_steps or loaded.state.get("unlogged"):
        return False
    typed = {**typed_options(command.settings), "max_steps": config.max_steps}
    check_finished_settings(loaded.state, typed | typed_options(command.model), loaded.folder)
    return True


def save_tokenizer(command: TrainOptions, data: Path, out: Path) -> None:
    """Save the tokenizer of the data, which `gptcore sample` and --resume need.

    If it is not known, that of --init_from is.
    """
    tokenizer = tokenizer_of_folder(data)
    if tokenizer is None and command.init_from is not None:
        if (out / "tokenizer.json").exists():  # of the start of this run
            return
        tokenizer = load_initial_model(command.init_from).tokenizer
    if tokenizer is None:
        warnings.warn(
            f"The tokenizer of {data} is not known, or not on this machine: gptcore sample will "
            f"need --tokenizer.",
            stacklevel=2,
        )
    else:
        tokenizer.save(out / "tokenizer.json")


def save_command(
    command: TrainOptions,
    data: Path | None,
    config: TrainConfig,
    training: Trainer,
    wandb_id: str | None,
) -> None:
    """Save what began the run: for --resume as JSON, and for another run as file for --config."""
    before = previous_command(command.out_dir) if command.resume else {}
    source = command.init_from
    if source is not None and Path(source).expanduser().exists():  # not the name of a model
        source = str(Path(source).expanduser().resolve())
    typed = {
        "data": None if data is None else str(data.resolve()),
        "init_from": source or before.get("init_from"),
    }
    others = {name: getattr(command, name) for name in REMEMBERED}
    top = {"preset": command.preset, **typed, **others}
    wandb_id = wandb_id or before.get("wandb_id")
    write_json(command.out_dir / COMMAND_FILE, {**top, "wandb_id": wandb_id})
    if command.wandb:
        top["wandb"] = True
    sizes = asdict(training.run.model.config)
    write_config_file(command.out_dir, top, asdict(config), sizes)


def run_steps(
    training: Trainer,
    command: TrainOptions,
    preset: Preset,
    stop: StopSignals,
    world: World,
    wandb_run: Any = None,
) -> Step | None:
    """Run all steps, or until a signal; return the last one.

    Raises:
        OSError: If a loss is not finite, memory runs out, or a file cannot be written.
    """
    config, last = training.run.config, None
    print_rank0(world, format_run_header(training, command.out_dir, preset))
    if config.compile:
        print_rank0(world, "compiling the model, which takes half a minute or more ...")
    training.prepare()  # Ctrl-C still stops at once here: there is nothing to save yet
    steps = with_progress(training, config, format_step) if world.is_main else iter(training)
    if command.tensorboard and world.is_main:
        steps = with_tensorboard(steps, command.out_dir, training.run.step)
    if wandb_run is not None:
        steps = with_wandb(steps, wandb_run)
    try:
        with stop:
            for step in steps:
                last = step
    except (NonFiniteError, OutOfMemoryError) as error:
        raise OSError(str(error)) from None
    return last
