"""The small GPT that comes with the course, trained on its stories.

    python -m course.checkpoint                 makes all again: seventeen minutes on one core
    python -m course.checkpoint stories-gpt     this one alone: about eight minutes
    python -m course.checkpoint sums-gpt        the base model of lesson 14: about six minutes
    python -m course.checkpoint names-gpt       the start of lesson 16's short lists: two minutes

It is a character model, and is in `data/stories-gpt` (weights, sizes, tokenizer). The same machine
makes the same weights again; on another processor the last digits differ, and after some thousand
steps the first ones, too. `course/experiments/tuning/sums_gpt.py` has the other one.
Left out on purpose: a run that can be stopped and taken up again (`gptcore.training`).
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor

from course.experiments.own_gpt import names_gpt
from course.experiments.tuning import sums_gpt
from gptcore.corpus import load_documents, story_entropy
from gptcore.manifest import shipped_folder
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import CharTokenizer

FOLDER, TOKENIZER = "stories-gpt", "tokenizer.json"
STEPS, BATCH_SIZE, LEARNING_RATE, SEED = 13_000, 4, 3e-3, 1
UNSEEN = 200  # stories at the end of the file, kept for validation


def stories_gpt() -> tuple[GPT, CharTokenizer]:
    """The model in evaluation mode, in PyTorch's default number format, and its tokenizer."""
    folder = shipped_folder() / FOLDER
    model = GPT.load(folder).to(torch.get_default_dtype())
    return model, CharTokenizer.load(folder / TOKENIZER)


def one_row(stories: list[str], tokenizer: CharTokenizer) -> Tensor:
    """All stories in one row, BOS before each. Shapes: (N,)."""
    return torch.tensor([id for s in stories for id in (tokenizer.BOS, *tokenizer.encode(s))])


def random_rows(
    ids: Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Random windows of a text, and the next token of each token.

    Shapes: (N,) -> x, y (B, T).
    """
    starts = torch.randint(len(ids) - block_size, (batch_size, 1), generator=generator)
    rows = ids[starts + torch.arange(block_size + 1)]  # (B, 1) + (T + 1,) -> (B, T + 1)
    return rows[:, :-1], rows[:, 1:]


def train(model: GPT, ids: Tensor, steps: int, generator: torch.Generator) -> Iterator[float]:
    """Train, and yield the loss of each step; the learning rate warms up, then falls to 0."""
    optimizer = torch.optim.AdamW(
        model.parameters(), betas=(0.9, 0.95), weight_decay=0.1, fused=True
    )
    up_and_down = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.05, cycle_momentum=False
    )
    model.train()
    for _ in range(steps):
        x, y = random_rows(ids, model.config.block_size, BATCH_SIZE, generator)
        optimizer.zero_grad()
        _, loss = model(x, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        up_and_down.step()
        yield loss.item()
    model.eval()


@torch.no_grad()
def loss_on(model: GPT, ids: Tensor) -> float:
    """The mean loss over the rows of `block_size` of a text, without dropout.

    Units: nats per token.
    """
    T, was_training = model.config.block_size, model.training
    rows = ids.unfold(
        0, T + 1, T
    )  # (N,) -> (rows, T + 1), each from the last token of the one before
    model.eval()
    losses = [model(r[:, :-1], r[:, 1:])[1] * len(r) for r in rows.split(64)]
    model.train(was_training)
    return torch.stack(losses).sum().item() / len(rows)


def make(folder: Path, steps: int = STEPS) -> Iterator[str]:
    """Train the model, store it in `folder`, and yield lines of a report."""
    torch.set_num_threads(1)  # several threads would wait for each other
    stories = load_documents("stories")
    tokenizer = CharTokenizer.train(stories)
    seen, unseen = (one_row(s, tokenizer) for s in (stories[:-UNSEEN], stories[-UNSEEN:]))
    generator = torch.Generator().manual_seed(SEED)
    config = GPTConfig(128, tokenizer.vocab_size, n_layer=3, n_head=4, n_embd=128)
    model = GPT(config, generator)
    for step, loss in enumerate(train(model, seen, steps, generator), start=1):
        if step % 500 == 0 or step == steps:
            yield f"step {step:,} / {steps:,}   loss {loss:.3f}"
    model.half().save(folder)  # half the bytes; the loss does not change visibly
    tokenizer.save(folder / TOKENIZER)
    reached, floor = loss_on(model.float(), unseen), story_entropy().nats_per_letter
    yield f"{reached:.3f} nats per letter on stories that it has not read. The least possible is"
    yield f"{floor:.3f}, out of reach in rows that begin inside a story."


def manifest_lines(folder: Path) -> Iterator[str]:
    """What data/manifest.toml says about the files of a model."""
    yield "For data/manifest.toml:"
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        yield f"{file.name}  bytes = {len(content)}  sha256 = {sha256(content).hexdigest()}"


def main(words: Sequence[str] | None = None) -> None:
    makers: dict[str, Callable[[Path], Iterator[str]]]
    makers = {FOLDER: make, sums_gpt.FOLDER: sums_gpt.make, names_gpt.FOLDER: names_gpt.make}
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "models", nargs="*", help="stories-gpt, sums-gpt, names-gpt; without a name, all"
    )
    names = parser.parse_args(words).models or list(makers)
    if unknown := set(names) - set(makers):
        parser.error(f"there is no model {', '.join(sorted(unknown))}; there are {list(makers)}")
    for name in names:
        folder = shipped_folder() / name
        for line in chain(makers[name](folder), manifest_lines(folder)):
            print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
