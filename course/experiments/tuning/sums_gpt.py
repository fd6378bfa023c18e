"""sums-gpt: the base model of lesson 14, trained on the tiny internet.

It continues documents and answers nobody. `python -m course.checkpoint sums-gpt` makes it again:
about six minutes of one core.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from course.experiments.schedules import decaying_config
from gptcore.corpus import tiny_internet
from gptcore.manifest import shipped_folder
from gptcore.model import GPT, GPTConfig
from gptcore.own_gpt.line_batches import encode_lines, pad_rows
from gptcore.tokenizers import CharTokenizer
from gptcore.training import train

FOLDER, TOKENIZER = "sums-gpt", "tokenizer.json"
SEED = 1
BLOCK_SIZE, BATCH_SIZE, LEARNING_RATE = 48, 64, 3e-3
ROUNDS = (4_000, 3_000)  # steps; in each round the learning rate falls to 0
UNREAD = -1  # a seed of documents that no training takes


def sums_gpt() -> tuple[GPT, CharTokenizer]:
    """The base model in evaluation mode, in 32-bit numbers, and its tokenizer."""
    folder = shipped_folder() / FOLDER
    return GPT.load(folder).float(), CharTokenizer.load(folder / TOKENIZER)


class DocumentBatches:
    """Documents of the tiny internet for every step, one in a row; `train` and `mix` take them.

    Args:
        tokenizer: The base model's.
        batch_size: Documents in a batch (B).
        seed: Each seed gives other documents.
    """

    block_size = BLOCK_SIZE

    def __init__(self, tokenizer: CharTokenizer, batch_size: int, seed: int) -> None:
        self.tokenizer, self.batch_size, self.seed = tokenizer, batch_size, seed

    def batch(self, step: int) -> tuple[NDArray[Any], ...]:
        """Ids and targets of one step, each of shape (B, T); T is the longest document's."""
        texts = tiny_internet.documents(self.seed * 1_000_000 + step)
        return document_rows(islice(texts, self.batch_size), self.tokenizer)


def document_rows(texts: Iterable[str], tokenizer: CharTokenizer) -> tuple[NDArray[Any], ...]:
    """Ids and targets of documents, BOS before and after each; padding is not graded."""
    return pad_rows(encode_lines(list(texts), tokenizer))


@torch.no_grad()
def text_loss(model: GPT, tokenizer: CharTokenizer, count: int = 512) -> float:
    """The mean loss on documents that no model was trained on, in nats per token."""
    texts = list(islice(tiny_internet.documents(UNREAD), count))
    ids, targets = map(torch.from_numpy, document_rows(texts, tokenizer))
    was_training = model.training
    loss = model.eval()(ids, targets)[1].item()
    model.train(was_training)
    return float(loss)


def new_model(vocab_size: int) -> GPT:
    """The untrained base model: the parts of lesson 13, very small."""
    config = GPTConfig(
        block_size=BLOCK_SIZE,
        vocab_size=vocab_size,
        n_layer=2,
        n_head=4,
        n_embd=64,
        rope=True,
        qk_norm=True,
        norm="rmsnorm",
        activation="relu2",
        zero_init_proj=True,
    )
    return GPT(config, torch.Generator().manual_seed(SEED))


def pretrain(model: GPT, tokenizer: CharTokenizer, steps: int, seed: int) -> Iterator[float]:
    """One round of training; yields the loss of each step."""
    config = decaying_config(
        steps, batch_size=BATCH_SIZE, learning_rate=LEARNING_RATE, warmup=min(50, steps // 2)
    )
    for step in train(model, DocumentBatches(tokenizer, BATCH_SIZE, seed), config):
        yield step.train_loss


def make(folder: Path, rounds: Sequence[int] = ROUNDS) -> Iterator[str]:
    """Train the base model, store it in `folder`, and yield lines of a report.

    After each round it is stored, in half the bytes; the next one begins with what is stored.
    """
    torch.set_num_threads(1)  # several threads would wait for each other
    tokenizer = CharTokenizer(tiny_internet.CHARACTERS)
    model = new_model(tokenizer.vocab_size)
    for number, steps in enumerate(rounds):
        losses = pretrain(model, tokenizer, steps, SEED + number)
        for step, loss in enumerate(losses, start=1):
            if step % 500 == 0 or step == steps:
                round_of = f"round {number + 1} / {len(rounds)}"
                yield f"{round_of}   step {step:,} / {steps:,}   loss {loss:.3f}"
        model.half().save(folder)
        model.float()
    tokenizer.save(folder / TOKENIZER)
    yield f"{text_loss(model, tokenizer):.3f} nats per token of documents that it has not read"
