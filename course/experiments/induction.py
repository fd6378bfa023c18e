"""Texts in which the past tells the next token: random tokens that repeat with an unknown period.

A model that predicts them has to find the earlier occurrence of the current token and copy what
came after it. The attention head that does this is called an induction head.
Source: Olsson et al. 2022, "In-context Learning and Induction Heads", arXiv 2209.11895.
"""

import torch
from torch import Tensor

from gptcore.model import GPT, GPTConfig
from gptcore.model.ids import IGNORE_INDEX

VOCAB, T, WIDTH = 32, 32, 32
PERIODS = (10, 16)
BATCH_SIZE, LEARNING_RATE = 32, 5e-3


def repeated_rows(rows: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """A batch of rows of 32 tokens, each with a random period of 10 to 16 tokens.

    The tokens of one period differ, and each row has its own period. So a fixed distance back does
    not help.

    Args:
        rows: How many rows, B.
        generator: Source of the periods and of the tokens.

    Returns:
        Inputs and targets, both of shape (B, T), and the period of each row, shape (B,).
        A target that cannot be known yet is -1, for which `GPT` counts no loss.
    """
    periods = torch.randint(PERIODS[0], PERIODS[1] + 1, (rows, 1), generator=generator)  # (B, 1)
    shuffled = torch.rand(rows, VOCAB, generator=generator).argsort(1)  # (B, V)
    positions = torch.arange(T + 1).expand(rows, -1)
    tokens = shuffled.gather(1, positions % periods)  # (B, V) -> (B, T + 1)
    is_known = positions[:, :-1] >= periods
    return tokens[:, :-1], tokens[:, 1:].where(is_known, IGNORE_INDEX), periods[:, 0]


def attention_only_gpt(n_layer: int, generator: torch.Generator) -> GPT:
    """A GPT with one head in each layer, whose MLPs add nothing and are not trained.

    Args:
        n_layer: Number of layers.
        generator: Source of the initial weights.

    Returns:
        An untrained model for the tokens of `repeated_rows`.
    """
    config = GPTConfig(
        vocab_size=VOCAB, block_size=T, n_layer=n_layer, n_head=1, n_embd=WIDTH, tie_weights=False
    )
    gpt = GPT(config, generator)
    for block in gpt.h:
        block.mlp.c_proj.weight.data.zero_()
        block.mlp.requires_grad_(False)
    return gpt


def train_on_repeats(gpt: GPT, generator: torch.Generator, steps: int = 300) -> list[float]:
    """Train a model on new rows in each step.

    Args:
        gpt: A model for the tokens of `repeated_rows`; it is changed.
        generator: Source of the rows.
        steps: Number of updates.

    Returns:
        The loss of each step, on the repeated tokens only.
    """
    trained = [weight for weight in gpt.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0)
    losses = []
    for _ in range(steps):
        ids, targets, _ = repeated_rows(BATCH_SIZE, generator)
        _, loss = gpt(ids, targets)
        assert loss is not None
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def induction_score(weights: Tensor, period: int) -> Tensor:
    """Mean weight from each repeated token to the tokens that came after its earlier occurrences.

    Args:
        weights: Attention weights of one row, shape (..., T, T).
        period: The period of the row.

    Returns:
        One score from 0 to 1 for each head, shape (...).
    """
    queries = torch.arange(period, weights.shape[-1])[:, None]
    keys = torch.arange(weights.shape[-1])
    is_copied = (keys <= queries) & ((queries + 1 - keys) % period == 0)  # (T - period, T)
    return (weights[..., period:, :] * is_copied).sum(-1).mean(-1)


def previous_token_score(weights: Tensor) -> Tensor:
    """Mean weight from each token to the token before it.

    Args:
        weights: Attention weights of one row, shape (..., T, T).

    Returns:
        One score from 0 to 1 for each head, shape (...).
    """
    return weights.diagonal(-1, -2, -1).mean(-1)
