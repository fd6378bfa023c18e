"""Special tokens that are added after pretraining: to the tokenizer, and to the model.

The rows of new tokens are the mean of all rows and a little noise, so that no new token is likelier
than others at first.
Source: Hewitt 2021, "Initializing New Word Embeddings for Pretrained Language Models".
"""

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor

from gptcore.checks import as_int
from gptcore.model import GPT
from gptcore.tokenizers import BPETokenizer, CharTokenizer, HFTokenizer, Tokenizer
from gptcore.tokenizers.hf_export import describe_specials

NOISE = 0.1  # of the standard deviation of the other rows
TABLES = ("wte.weight", "lm_head.weight")


def add_special_tokens(tokenizer: Tokenizer, spellings: Iterable[str]) -> Tokenizer:
    """A tokenizer with more special tokens; all other ids stay.

    Args:
        tokenizer: Any; one of OpenAI's becomes an HFTokenizer with the same ids.
        spellings: Those that it has already keep their ids.

    Returns:
        A new tokenizer.

    Example:
        >>> add_special_tokens(CharTokenizer("abc"), ["<|user|>", "<|end|>"]).special_tokens
        {'<|bos|>': 3, '<|user|>': 4, '<|end|>': 5}
    """
    more = [spelling for spelling in spellings if spelling not in tokenizer.special_tokens]
    if isinstance(tokenizer, CharTokenizer):
        known = [s for s, id in tokenizer.special_tokens.items() if id != tokenizer.BOS]
        return CharTokenizer(tokenizer.characters, [*known, *more])
    if isinstance(tokenizer, BPETokenizer):
        free = {spelling: tokenizer.vocab_size + i for i, spelling in enumerate(more)}
        content = tokenizer.to_dict()
        special_tokens = {**tokenizer.special_tokens, **free}
        return BPETokenizer.from_dict({**content, "special_tokens": special_tokens})
    return with_added_tokens(tokenizer, more)


def with_added_tokens(tokenizer: Tokenizer, spellings: list[str]) -> HFTokenizer:
    """The tokenizer as Hugging Face describes it, with special tokens behind its own.

    Args:
        tokenizer: One that writes a `tokenizer.json`.
        spellings: Of the new tokens.
    """
    config = dict(getattr(tokenizer, "config", {}))
    end = {id: spelling for spelling, id in tokenizer.special_tokens.items()}
    if tokenizer.end_of_text in end and "eos_token" not in config:
        config["eos_token"] = end[tokenizer.end_of_text]
    added = describe_specials(
        {spelling: tokenizer.vocab_size + i for i, spelling in enumerate(spellings)}
    )["added_tokens"]
    spec = tokenizer.tokenizer_json()
    return HFTokenizer(
        {**spec, "added_tokens": [*(spec.get("added_tokens") or []), *added]}, config
    )


def extend_vocab(model: GPT, vocab_size: int, generator: torch.Generator | None = None) -> GPT:
    """A model with rows for more tokens; it computes the same for the others.

    Args:
        model: The model, which stays as it is.
        vocab_size: Number of tokens of the tokenizer.
        generator: Source of the noise; None is PyTorch's global generator.

    Returns:
        The larger model; `model` itself if it has rows enough.

    Example:
        >>> extend_vocab(model, model.config.vocab_size + 4).config.vocab_size
        47
    """
    more = as_int(vocab_size, "vocab_size", 1) - model.config.vocab_size
    if more <= 0:
        return model
    tensors = {
        name: with_more_rows(tensor, more, generator) if name in TABLES else tensor.clone()
        for name, tensor in model.unique_state_dict().items()
    }
    config = replace(model.effective_config(), vocab_size=vocab_size)
    return GPT.from_state_dict(config, tensors, "the smaller model").train(model.training)


def with_more_rows(table: Tensor, more: int, generator: torch.Generator | None) -> Tensor:
    """The table with new rows, the mean of the others and noise: (V, C) -> (V + more, C)."""
    shape = (more, table.shape[1])
    noise = torch.randn(shape, generator=generator, dtype=torch.float32).to(table)
    rows = table.mean(0) + NOISE * table.std() * noise  # (more, C)
    return torch.cat([table, rows])  # (V + more, C)
