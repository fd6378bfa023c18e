"""What `gptcore train` does once PyTorch may be loaded: data, model, the loop, and what is said.

Left out on purpose: options (`options.py`), and how things are said (`messages.py`).
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from gptcore.cli.training.messages import notes_said, say, say_finished, shown, summary, what_runs
from gptcore.cli.training.options import COMMAND, TrainOptions, given, typed_before
from gptcore.corpus import Batches
from gptcore.corpus.shards.batches import vocab_size_of
from gptcore.files import write_json
from gptcore.model import GPT, GPTConfig
from gptcore.optional import PackageMissingError
from gptcore.tokenizers import Tokenizer
from gptcore.training import (
    Checkpoints,
    NonFiniteError,
    OutOfMemoryError,
    Preset,
    Step,
    StopSignals,
    TrainConfig,
    Training,
    World,
    check_empty,
    init_distributed,
    load_initial_weights,
    tokenizer_of_folder,
    train,
    write_char_shards,
)
from gptcore.training.saving.changes import check_finished_settings

RESUME_ME = 75  # the exit code of a run that was stopped and saved; sysexits.h: try again later
HEARD = "\n{}: this step will be finished and saved. A second Ctrl-C stops at once."


def run(
    command: TrainOptions,
    preset: Preset,
    config: TrainConfig,
    sizes: dict[str, Any],
    data: Path | None,
) -> None:
    """Train, and say on standard error how it goes. Raises: SystemExit(75) to be resumed."""
    out = command.out_dir
    with init_distributed(config.device) as (world, device), notes_said(world):
        config = replace(config, device=device)
        if not command.resume:
            check_empty(out)
        elif is_finished(command, config):
            say_finished(world, out)
            return
        if data is None and preset.text and world.is_main:
            write_char_shards(preset.text, out / "data")
        world.barrier()
        model, texts = model_and_texts(command, config, sizes, data or out / "data")
        stop = StopSignals(lambda name: say(world, HEARD.format(name)))
        training = train(
            model,
            texts["train"],
            config,
            val=texts["val"],
            out_dir=out,
            resume=command.resume,
            stop=stop,
            world=world,
        )
        if training.is_finished:
            say_finished(world, out)
            return
        with closing(training):
            training.open()
            if world.is_main:
                keep_what_samples_need(command, data, out)
            last = take_steps(training, command, preset, stop, world)
        if last is None or last.step < config.max_steps:
            say(world, f"stopped and saved in {out}; the same command with --resume goes on.")
            raise SystemExit(RESUME_ME)
        say(world, summary(last, out), sys.stdout)


def is_finished(command: TrainOptions, config: TrainConfig) -> bool:
    """Whether the folder has all steps that are asked for, in a checkpoint that is whole.

    Raises: ValueError if the run that is finished was another one than is asked for now.
    """
    recorded, store = typed_before(command.out_dir).get("data"), Checkpoints(command.out_dir)
    if command.data is not None and str(command.data.resolve()) != recorded:
        return False  # for now: the data has to be looked at
    if (store.steps() or [0])[-1] < config.max_steps:
        return False
    loaded = store.load_newest()
    if loaded is None or loaded.state["step"] < config.max_steps or loaded.state.get("unlogged"):
        return False
    typed = {**given(command.settings), "max_steps": config.max_steps}
    check_finished_settings(loaded.state, typed | given(command.model), loaded.folder)
    return True


def model_and_texts(
    command: TrainOptions, config: TrainConfig, sizes: dict[str, Any], folder: Path
) -> tuple[GPT, dict[str, Batches]]:
    """A model, and what it learns from and is measured on.

    Raises: ValueError if the vocabulary does not fit; what `Batches` raises.
    """
    check_data(command, folder)
    tokenizer, out = tokenizer_of_folder(folder), command.out_dir
    # The manifest knows the vocabulary also where the tokenizer itself is not at hand.
    vocab_size = tokenizer.vocab_size if tokenizer is not None else vocab_size_of(folder)
    if command.init_from is not None and not Checkpoints(out).steps():
        model = begun_model(command, tokenizer)
    else:
        if vocab_size is not None and "vocab_size" not in sizes:
            sizes = {**sizes, "vocab_size": vocab_size}
        shape = GPTConfig(**sizes)
        if vocab_size is not None and vocab_size > shape.vocab_size:
            raise ValueError(
                f"vocab_size={shape.vocab_size} is too small: the shards in {folder} have tokens "
                f"up to {vocab_size - 1}. Set --vocab_size {-(-vocab_size // 64) * 64}."
            )
        model = GPT(shape, torch.Generator().manual_seed(config.seed))
    texts = {
        split: Batches(
            folder,
            batch_size=config.batch_size,
            block_size=model.config.block_size,
            seed=config.seed,
            split=split,
            tokenizer=tokenizer_of_folder(out),  # of the run that is resumed
        )
        for split in ("train", "val")
    }
    return model, texts


def check_data(command: TrainOptions, folder: Path) -> None:
    """Raises: ValueError if the data that a run is to go on with went away."""
    if command.data is None and not folder.exists():
        raise ValueError(
            f"The run in {command.out_dir} learns from {folder}, which is not there any more. Say "
            f"where it is now: --data DIR"
        )


def begun_model(command: TrainOptions, tokenizer: Tokenizer | None) -> GPT:
    """A model with the weights of --init_from.

    Raises: ValueError if other sizes are asked for, or the text has other tokens.
    """
    source = command.init_from
    assert source is not None
    model, typed = load_initial_weights(source), given(command.model)
    has = asdict(model.config)
    other = [f"{k}={has[k]} (not {v})" for k, v in typed.items() if k != "dropout" and has[k] != v]
    if other:
        raise ValueError(
            f"The model in {source} has {', '.join(other)}. Its weights fit no other sizes: leave "
            f"these options out, or --init_from."
        )
    own = tokenizer_of_folder(source) or tokenizer_of_folder(
        source.parent
    )  # of a checkpoint's folder
    differs = own is not None and tokenizer is not None and own.sha256 != tokenizer.sha256
    if differs or (tokenizer is not None and tokenizer.vocab_size > model.config.vocab_size):
        raise ValueError(
            f"The model in {source} learned with another tokenizer than the one of the data, so "
            f"the same ids mean other texts. Prepare the text with its tokenizer: gptcore prepare "
            f"SOURCE --out DIR --tokenizer TOKENIZER; then --data DIR."
        )
    config = replace(model.config, dropout=typed.get("dropout", model.config.dropout))
    return GPT.of(config, model.own_tensors(), str(source))


def keep_what_samples_need(command: TrainOptions, data: Path | None, out: Path) -> None:
    """The tokenizer, and what was typed, beside the checkpoints."""
    tokenizer = tokenizer_of_folder(data or out / "data")
    if tokenizer is None:
        warnings.warn(
            f"{data} does not say its tokenizer, or it is not here: gptcore sample will need "
            f"--tokenizer.",
            stacklevel=2,
        )
    else:
        tokenizer.save(out / "tokenizer.json")
    where = {"data": data, "init_from": command.init_from}
    typed = {name: None if path is None else str(path.resolve()) for name, path in where.items()}
    write_json(out / COMMAND, {"preset": command.preset, **typed})


def take_steps(
    training: Training,
    command: TrainOptions,
    preset: Preset,
    stop: StopSignals,
    world: World,
) -> Step | None:
    """Take all steps, until a signal ends it; the last one that was made.

    Raises: OSError for what stops it on the way.
    """
    config, last = training.run.config, None
    say(world, what_runs(training, command.out_dir, preset))
    if config.compile:
        say(world, "compiling the model, which takes half a minute or more ...")
    training.prepare()  # still stopped at once by Ctrl-C: nothing was learned that could be lost
    steps = shown(training, config) if world.is_main else iter(training)
    if command.tensorboard and world.is_main:
        steps = shown_to_tensorboard(steps, command.out_dir, training.run.step)
    try:
        with stop:
            for step in steps:
                last = step
    except (NonFiniteError, OutOfMemoryError) as error:
        raise OSError(str(error)) from None
    return last


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
