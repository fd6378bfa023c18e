"""The model before its first step: random weights, or names-gpt moved to another alphabet.

A letter that both know keeps its row in the table of embeddings; a new one begins as the mean of
all rows with a little noise. Trap: capitals that begin as their small letters do worse (2.60
instead of 2.47 nats on 194 creatures): embeddings are tied, and the model writes "bELlow".
"""

from dataclasses import replace

import torch
from torch import Tensor

from gptcore.manifest import shipped_folder
from gptcore.model import GPT
from gptcore.own_gpt.recipe import NAMES_GPT, Recipe
from gptcore.tokenizers import CharTokenizer, Tokenizer

NOISE = 0.1  # of the standard deviation of the rows


def names_gpt() -> tuple[GPT, CharTokenizer]:
    """The shipped GPT of given names in 32-bit numbers, and its tokenizer.

    Example:
        >>> model, tokenizer = names_gpt()
        >>> model.config.n_layer, model.config.n_embd
        (2, 64)
    """
    folder = shipped_folder() / NAMES_GPT
    return GPT.load(folder).float(), CharTokenizer.load(folder / "tokenizer.json")


def new_model(recipe: Recipe, tokenizer: Tokenizer) -> GPT:
    """The model before its first step.

    Args:
        recipe: Its sizes, and what it starts from.
        tokenizer: Its tokenizer.
    """
    if recipe.start != NAMES_GPT:
        generator = torch.Generator().manual_seed(recipe.seed)
        return GPT(recipe.model_config(tokenizer.vocab_size), generator)
    model, old = names_gpt()
    wanted = {name: getattr(recipe, name) for name in ("n_layer", "n_head", "n_embd")}
    different = {name: n for name, n in wanted.items() if getattr(model.config, name) != n}
    if different or not isinstance(tokenizer, CharTokenizer):
        raise ValueError(
            f"names-gpt has {model.config.n_layer} layers of {model.config.n_embd} and reads "
            f"letters; with other sizes or another tokenizer start from nothing: --start nothing."
        )
    return with_alphabet(
        model,
        old,
        tokenizer,
        block_size=max(recipe.block_size, model.config.block_size),
        dropout=recipe.dropout,
        seed=recipe.seed,
    )


def with_alphabet(
    model: GPT,
    tokenizer: CharTokenizer,
    new: CharTokenizer,
    *,
    block_size: int,
    dropout: float = 0.0,
    seed: int = 1,
) -> GPT:
    """A model for another alphabet, which computes the same on the letters that both have.

    Args:
        model: A model with tied embeddings; it stays as it is.
        tokenizer: Its tokenizer.
        new: The tokenizer of the other list.
        block_size: Tokens that the new model takes; with RoPE they may be more.
        dropout: Of the new model.
        seed: Seed of the noise in the rows of new letters.

    Returns:
        The new model.

    Example:
        >>> model, tokenizer = names_gpt()
        >>> with_alphabet(model, tokenizer, CharTokenizer("abAB"), block_size=20).config.vocab_size
        5
    """
    table = model.wte.weight.detach()
    tensors = {name: tensor.clone() for name, tensor in model.unique_state_dict().items()}
    for name in ("wte.weight", "lm_head.weight"):
        if name in tensors:
            tensors[name] = moved_rows(table, tokenizer, new, seed)
    config = replace(
        model.config, vocab_size=new.vocab_size, block_size=block_size, dropout=dropout
    )
    return GPT.from_state_dict(config, tensors, "the model of the other alphabet")


def moved_rows(table: Tensor, old: CharTokenizer, new: CharTokenizer, seed: int) -> Tensor:
    """The rows of a new alphabet: (V, C) -> (V of the new one, C).

    Args:
        table: Rows of the old alphabet.
        old: Its tokenizer.
        new: The new one.
        seed: Seed of the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(new.vocab_size, table.shape[1], generator=generator)
    rows = table.mean(0) + NOISE * table.std() * noise
    for letter, id in new.id_of.items():
        if letter in old.id_of:
            rows[id] = table[old.id_of[letter]]
    rows[new.BOS] = table[old.BOS]
    return rows
