"""The work of `gptcore tune`, after the options were checked: this loads PyTorch.

Options are in `options.py`, examples of the presets in `sums.py`, what is printed in `messages.py`
and `samples.py`.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from gptcore.cli.console import print_line, warnings_to_stderr
from gptcore.cli.training.loop import EXIT_RESUMABLE, STOP_MESSAGE
from gptcore.cli.training.messages import with_progress
from gptcore.cli.training.options import COMMAND_FILE
from gptcore.cli.tuning.messages import format_header, format_record, format_summary
from gptcore.cli.tuning.options import REMEMBERED, TuneOptions
from gptcore.cli.tuning.presets import KINDS, Config, TunePreset
from gptcore.cli.tuning.reward_function import find_reward
from gptcore.cli.tuning.samples import first_questions, print_samples
from gptcore.corpus import Batches
from gptcore.files import write_json
from gptcore.model import GPT
from gptcore.tokenizers import Tokenizer
from gptcore.training import (
    Checkpoints,
    NonFiniteError,
    OutOfMemoryError,
    StopSignals,
    TrainConfig,
    check_empty,
    pick_device,
    tokenizer_of_folder,
)
from gptcore.tuning import (
    CHAT_TOKENS,
    ChatFormat,
    ChatFormatError,
    ConversationBatches,
    DPOConfig,
    ReinforceConfig,
    add_lora,
    add_special_tokens,
    fine_tune,
    has_lora,
    load_chat_model,
    merge_lora,
    optimize_preferences,
    read_questions,
    reinforce,
    save_lora,
    with_chat_format,
)
from gptcore.tuning.chat_format import end_of_answer
from gptcore.tuning.chat_model import NAMES

LONGEST_BLOCK = 512  # tokens of a conversation, unless more are asked for
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
    out, device = command.out_dir, pick_device(command.device)
    with warnings_to_stderr():
        if not command.resume:
            check_empty(out)
        elif is_finished(out, config):
            print_line(f"already finished: {config.max_steps:,} steps, in {out}", sys.stdout)
            return
        model, chat, tokenizer = build_model(command, config, device)
        if preset.makes_data:
            command = with_own_examples(command, preset, model, chat, tokenizer)
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


def is_finished(out: Path, config: Config) -> bool:
    """Whether the folder has a checkpoint of the last step."""
    return (Checkpoints(out).steps() or [0])[-1] >= config.max_steps


def build_model(
    command: TuneOptions, config: Config, device: str
) -> tuple[GPT, ChatFormat, Tokenizer]:
    """The model on its device, its chat format, and the tokenizer it was pretrained with."""
    source = command.init_from
    assert source is not None
    loaded = load_chat_model(source)
    if command.block_size is not None and command.block_size > loaded.model.config.block_size:
        raise ValueError(
            f"--block_size {command.block_size} is more than the {source} reads: "
            f"{loaded.model.config.block_size} tokens."
        )
    model, chat = with_chat_format(loaded, config.seed)
    if has_lora(model):  # a run begins with plain weights, and perhaps with adapters of its own
        model = merge_lora(model)
    if loaded.chat is None and command.lora is not None:
        warnings.warn(
            "The special tokens of the chat are new, and --lora leaves their embeddings as they "
            "are: what they mean is hardly learned. Tune without --lora first, or take a chat "
            "model.",
            stacklevel=1,
        )
    return model.to(device), chat, loaded.tokenizer


def with_own_examples(
    command: TuneOptions,
    preset: TunePreset,
    model: GPT,
    chat: ChatFormat,
    tokenizer: Tokenizer,
) -> TuneOptions:
    """The command with the files that a preset writes."""
    from gptcore.cli.tuning.sums import write_sums  # noqa: PLC0415 - only some presets need it

    if preset.kind != "sft" and not has_run(command.init_from):
        raise ChatFormatError(
            f"{command.init_from} was not tuned to answer sums yet. First: gptcore tune sums-sft "
            f"--out_dir DIR; then --init_from DIR."
        )
    file = write_sums(preset.kind, command.out_dir / "data", model, chat, tokenizer)
    files: dict[str, Any] = {KINDS[preset.kind][1]: file}
    if preset.kind == "sft":
        files["mix"] = file.parent
    return replace(command, **files)


def has_run(source: str | None) -> bool:
    """Whether a model has a chat format."""
    return source is not None and load_chat_model(source).chat is not None


# How each kind begins


def start(
    command: TuneOptions, config: Config, model: GPT, chat: ChatFormat
) -> tuple[Iterator[Any], str]:
    """The steps of the run, and what it learns from."""
    folder: dict[str, Any] = {"out_dir": command.out_dir, "resume": command.resume}
    block_size = command.block_size or min(model.config.block_size, LONGEST_BLOCK)
    if isinstance(config, TrainConfig):
        assert command.data is not None
        mix, val = mixed_text(command, config, chat, block_size)
        config = replace(config, device=str(model.device))
        training = fine_tune(
            model, command.data, chat, config, block_size=block_size, mix=mix, val=val, **folder
        )
        rows = training.run.batches
        assert isinstance(rows, ConversationBatches)
        return iter(training), (
            f"{len(rows.rows):,} rows of {block_size} tokens with conversations, a pass of "
            f"{rows.steps_per_epoch:,} steps"
        )
    if isinstance(config, ReinforceConfig):
        assert command.questions is not None
        size = min(model.config.block_size, command.block_size or model.config.block_size)
        questions = read_questions(
            command.questions, chat, size, config.max_new_tokens, command.marker or ""
        )
        reward = find_reward(command.reward, command.marker)
        steps = reinforce(
            model, questions, reward, chat.tokenizer.decode, end_id(chat), config, **folder
        )
        count = config.questions_per_step * config.max_steps
        return steps, f"{len(questions):,} questions, {count:,} are asked"
    assert isinstance(config, DPOConfig) and command.pairs is not None
    return optimize_preferences(model, command.pairs, chat, config, **folder), (
        f"pairs of {command.pairs.name}, {config.pairs_per_step} in a step"
    )


def end_id(chat: ChatFormat) -> int:
    """The token that ends an answer."""
    if chat.tokens is not None:
        return chat.id_of("end")
    return chat.tokenizer.special_tokens[end_of_answer(chat.tokenizer)]


def mixed_text(
    command: TuneOptions, config: TrainConfig, chat: ChatFormat, block_size: int
) -> tuple[Batches | None, Batches | None]:
    """Batches of pretraining text to mix in, and of its validation part."""
    if command.mix is None:
        return None, None
    tokenizer = tokenizer_of_folder(command.mix)
    if tokenizer is not None and not is_before_chat(tokenizer, chat):
        raise ValueError(
            f"The shards in {command.mix} were made with another tokenizer than that of the model, "
            f"so their token ids mean other texts. Prepare the text with the model's: gptcore "
            f"prepare SOURCE --out DIR --tokenizer {command.out_dir / 'tokenizer.json'}"
        )
    rows = command.mix_rows or max(1, config.batch_size // 8)
    if rows >= config.batch_size:
        raise ValueError(
            f"--mix_rows {rows} of --batch_size {config.batch_size} leave none for conversations. "
            f"Take fewer rows of text, or a larger batch."
        )
    options: dict[str, Any] = {"block_size": block_size, "seed": config.seed}
    train = Batches(command.mix, batch_size=rows, **options)
    return train, Batches(command.mix, batch_size=config.batch_size, split="val", **options)


def is_before_chat(tokenizer: Tokenizer, chat: ChatFormat) -> bool:
    """Whether a tokenizer is that of the chat, perhaps before special tokens were added."""
    more = add_special_tokens(tokenizer, CHAT_TOKENS.values()) if chat.tokens else tokenizer
    return chat.tokenizer.sha256 in (tokenizer.sha256, more.sha256)


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
