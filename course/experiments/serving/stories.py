"""The stories GPT as the model that is served: beginnings of stories, and what it writes alone."""

from collections.abc import Sequence
from functools import cache

import torch

from gptcore.manifest import shipped_folder
from gptcore.model import GPT
from gptcore.sampling import generate_cached
from gptcore.serving import NgramDraft, SamplingParams
from gptcore.tokenizers import CharTokenizer

READ = 900  # stories of the file that the model was trained on, but for each tenth


@cache
def stories_gpt() -> tuple[GPT, CharTokenizer]:
    """The model in 32 bits, in which a text is the same alone and in a batch; its tokenizer."""
    folder = shipped_folder() / "stories-gpt"
    model = GPT.load(folder).float().eval()
    return model, CharTokenizer.load(folder / "tokenizer.json")


@cache
def stories(held_out: bool = False) -> list[list[int]]:
    """Token ids of the stories that the model was trained on, or of those held out."""
    _, tokenizer = stories_gpt()
    alphabet = set(tokenizer.decode([i for i in range(tokenizer.vocab_size) if i != tokenizer.BOS]))
    lines = (shipped_folder() / "stories.txt").read_text(encoding="utf-8").split("\n")
    known = [line for line in lines if line][:READ]
    return [
        [tokenizer.BOS, *tokenizer.encode(story)]
        for number, story in enumerate(known, 1)
        if (number % 10 == 0) == held_out and set(story) <= alphabet
    ]


@cache
def table_of_counts(order: int = 6) -> NgramDraft:
    """A table of counts of the stories (lesson 1), with contexts of so many letters at most."""
    return NgramDraft(stories(), stories_gpt()[1].vocab_size, order=order)


@torch.no_grad()
def loss_of(model: GPT, count: int = 40) -> float:
    """Mean loss on held-out stories, in nats per token.

    Args:
        model: A stories GPT, plain or quantized.
        count: How many stories; of each the first tokens that fit into the context.
    """
    longest, total, tokens = model.config.block_size, 0.0, 0
    for story in stories(held_out=True)[:count]:
        ids = torch.tensor([story[: longest + 1]])  # (1, T + 1)
        logits, _ = model(ids[:, :-1])  # (1, T, V)
        losses = -logits.log_softmax(-1).gather(2, ids[:, 1:, None])  # (1, T, 1)
        total, tokens = total + float(losses.sum()), tokens + losses.numel()
    return total / tokens


def reference_output(prompt: Sequence[int], params: SamplingParams) -> list[int]:
    """What the model writes if nobody else is served."""
    return list(reference_tokens(tuple(prompt), params))


@cache  # three programs get the same prompts
def reference_tokens(prompt: tuple[int, ...], params: SamplingParams) -> tuple[int, ...]:
    """The same for a prompt that can be a key."""
    model, _ = stories_gpt()
    new_tokens = generate_cached(
        model,
        prompt,
        params.max_new_tokens or 1,
        temperature=params.temperature,
        seed=params.seed,
        stop=params.stop_ids,
    )
    return tuple(new_tokens)
