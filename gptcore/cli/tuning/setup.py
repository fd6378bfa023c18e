"""Model and examples of `gptcore tune`, built from the options; and how each kind begins."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gptcore.cli.tuning.options import TuneOptions
from gptcore.cli.tuning.presets import KINDS, Config, TunePreset
from gptcore.cli.tuning.reward_function import find_reward
from gptcore.corpus import Batches
from gptcore.model import GPT
from gptcore.tokenizers import Tokenizer
from gptcore.training import TrainConfig, pick_device, tokenizer_of_folder
from gptcore.tuning import (
    CHAT_TOKENS,
    ChatFormat,
    ChatFormatError,
    ConversationBatches,
    DPOConfig,
    ReinforceConfig,
    add_special_tokens,
    fine_tune,
    has_lora,
    load_chat_model,
    merge_lora,
    optimize_preferences,
    read_questions,
    reinforce,
    with_chat_format,
)

LONGEST_BLOCK = 512  # tokens of a conversation, unless more are asked for


def build_model(
    command: TuneOptions, preset: TunePreset, config: Config
) -> tuple[GPT, ChatFormat, Tokenizer]:
    """The model on its device, its chat format, and the tokenizer that it came with.

    Args:
        command: The options.
        preset: The preset.
        config: Settings of the run.

    Raises:
        ValueError: If there is no such model, or it does not fit to the options.
    """
    source = command.init_from
    assert source is not None
    loaded = load_chat_model(source)
    if command.block_size is not None and command.block_size > loaded.model.config.block_size:
        raise ValueError(
            f"--block_size {command.block_size} is more than the {source} reads: "
            f"{loaded.model.config.block_size} tokens."
        )
    if preset.makes_data and preset.kind != "sft" and loaded.chat is None:
        raise ChatFormatError(
            f"{source} was not tuned to answer sums yet. First: gptcore tune sums-sft --out_dir "
            f"DIR; then --init_from DIR."
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
    return model.to(pick_device(command.device)), chat, loaded.tokenizer


def with_own_examples(
    command: TuneOptions, kind: str, model: GPT, chat: ChatFormat, tokenizer: Tokenizer
) -> TuneOptions:
    """The command with the files that a preset writes.

    Args:
        command: The options.
        kind: sft, reinforce or dpo.
        model: The model before it is tuned.
        chat: Its chat format.
        tokenizer: Of the pretraining text.
    """
    from gptcore.cli.tuning.sums import write_sums  # noqa: PLC0415 - only some presets need it

    file = write_sums(kind, command.out_dir / "data", model, chat, tokenizer)
    files: dict[str, Any] = {KINDS[kind][1]: file}
    if kind == "sft":
        files["mix"] = file.parent
    return replace(command, **files)


# How each kind begins


def start(
    command: TuneOptions, config: Config, model: GPT, chat: ChatFormat
) -> tuple[Iterator[Any], str]:
    """The steps of the run, and what it learns from.

    Args:
        command: The options, with files.
        config: Settings of the run.
        model: The model on its device.
        chat: Its chat format.

    Raises:
        ValueError: If model, examples and the run in the folder do not fit together.
    """
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
            model, questions, reward, chat.tokenizer.decode, chat.end_id, config, **folder
        )
        count = config.questions_per_step * config.max_steps
        return steps, f"{len(questions):,} questions, {count:,} are asked"
    assert isinstance(config, DPOConfig) and command.pairs is not None
    return optimize_preferences(model, command.pairs, chat, config, **folder), (
        f"pairs of {command.pairs.name}, {config.pairs_per_step} in a step"
    )


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
