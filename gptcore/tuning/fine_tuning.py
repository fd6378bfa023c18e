"""Supervised fine-tuning: a model that continues text learns to answer.

    for step in fine_tune(model, "chat.jsonl", chat, config, out_dir="tuned"):
        print(step.step, step.train_loss)

It is training on other batches with a masked loss, so steps, log, checkpoints and resume are those
of `gptcore.training`.
Source: Ouyang et al. 2022, arXiv 2203.02155, who also mix in pretraining text against forgetting.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from gptcore.checks import as_path
from gptcore.model import GPT
from gptcore.training import TrainConfig, train
from gptcore.training.loss import ValWindows
from gptcore.training.running.micro_batches import TrainBatches
from gptcore.training.trainer import Trainer
from gptcore.tuning.chat_format import FILE, ChatFormat, ChatFormatError, Message
from gptcore.tuning.conversations import Conversation, encode_conversations, read_conversations
from gptcore.tuning.packing import ConversationBatches


def fine_tune(
    model: GPT,
    conversations: str | Path | Sequence[Conversation | Sequence[Message]],
    chat: ChatFormat,
    config: TrainConfig | None = None,
    *,
    block_size: int | None = None,
    mix: TrainBatches | None = None,
    val: ValWindows | None = None,
    out_dir: str | Path | None = None,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Trainer:
    """Tune a model on conversations, and yield a `Step` after each update.

    The loss is the mean over the graded tokens of a batch: answers and their end. `train_loss` of a
    step is that mean, with the tokens of `mix`.

    Args:
        model: The model; it is trained in place.
        conversations: A file of JSON lines, or conversations.
        chat: How they become ids; it is stored in `out_dir`.
        config: Settings; by default those of `TrainConfig` with a tenth as many warm-up steps.
        block_size: Tokens of a row, into which conversations are packed; None: the model's.
        mix: Pretraining text; `mix.batch_size` of the rows of each batch are of it. All its tokens
            are graded, so each of its rows weighs more than one of conversations.
        val: A text whose loss is measured, such as that of pretraining: it shows what is forgotten.
        out_dir: Folder for log, checkpoints and chat format; without one, nothing is written.
        resume: Continue from the newest intact checkpoint in `out_dir`; start if there is none.
        stop: Called after each step; tuning ends if it returns True.

    Returns:
        An iterator of steps, as of `gptcore.training.train`.

    Raises:
        ValueError: If model, conversations, format and the run in `out_dir` do not fit together.

    Example:
        >>> [step.step for step in fine_tune(model, "chat.jsonl", chat, config)]
        [1, 2, 3]
    """
    config = config or replace(TrainConfig(), warmup_steps=TrainConfig().warmup_steps // 10)
    check_vocab(model, chat)
    folder = None if out_dir is None else as_path(out_dir, "--out_dir")
    if folder is not None and resume and (folder / FILE).exists():
        chat.check_same(ChatFormat.load(folder), folder)
    if isinstance(conversations, (str, Path)):
        conversations = read_conversations(conversations)
    size = model.config.block_size if block_size is None else block_size
    batches = ConversationBatches(
        encode_conversations(conversations, chat, size),
        batch_size=config.batch_size,
        block_size=size,
        seed=config.seed,
        mix=mix,
    )
    trainer = train(model, batches, config, val=val, out_dir=folder, resume=resume, stop=stop)
    if folder is not None:
        chat.save(folder)
    return trainer


def check_vocab(model: GPT, chat: ChatFormat) -> None:
    """Raise ChatFormatError if the tokenizer has ids that the model has no rows for."""
    tokenizer, vocab_size = chat.tokenizer, model.config.vocab_size
    if tokenizer.vocab_size > vocab_size:
        raise ChatFormatError(
            f"The tokenizer has {tokenizer.vocab_size} tokens and the model {vocab_size}. If it is "
            f"the model's own with new special tokens, make room for them: "
            f"extend_vocab(model, {tokenizer.vocab_size}); otherwise take the model's tokenizer."
        )
