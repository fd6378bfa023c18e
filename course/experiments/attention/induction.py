"""Texts in which the past tells the next token: random tokens that repeat with an unknown period.

A model that predicts them has to find the earlier occurrence of the current token and copy what
came after it. The attention head that does this is called an induction head.
Source: Olsson et al. 2022, "In-context Learning and Induction Heads", arXiv 2209.11895.
"""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from gptcore.model import GPT, GPTConfig
from gptcore.model.ids import IGNORE_INDEX

VOCAB, T, WIDTH = 32, 32, 32
PERIODS = (10, 16)
BATCH_SIZE, LEARNING_RATE = 32, 5e-3
STEPS, PER_POINT = 300, 10
LOWEST_DRAWN = 0.1  # below it, the digits depend on the processor
Curves = dict[str, tuple[list[int], list[float]]]


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
        for name, weight in block.mlp.named_parameters():
            if "c_proj" in name:
                weight.data.zero_()
        block.mlp.requires_grad_(False)
    return gpt


def train_on_repeats(gpt: GPT, generator: torch.Generator, steps: int = STEPS) -> list[float]:
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


def train_copiers(block_counts: Iterable[int]) -> tuple[dict[int, GPT], Curves]:
    """Train one attention-only GPT for each number of blocks, all with the same seed.

    Args:
        block_counts: Numbers of blocks.

    Returns:
        The models by their number of blocks, and curves for `draw_loss`: the mean loss of every ten
        steps, drawn at 0.1 where it is lower.
    """
    copiers, curves = {}, {}
    for n_layer in block_counts:
        generator = torch.Generator().manual_seed(0)
        copiers[n_layer] = attention_only_gpt(n_layer, generator)
        losses = torch.tensor(train_on_repeats(copiers[n_layer], generator))
        means = losses.view(-1, PER_POINT).mean(1).clamp(min=LOWEST_DRAWN)
        steps = list(range(PER_POINT, STEPS + 1, PER_POINT))
        curves[f"{n_layer} block{'s' * (n_layer > 1)}"] = steps, means.tolist()
    return copiers, curves


def heads_of_the_smallest_copier(copiers: dict[int, GPT]) -> Iterator[str]:
    """What the heads of the smallest model do that copies, in words that hold on every processor.

    Args:
        copiers: The models of `train_copiers`.

    Yields:
        Two lines for each layer: where its head attends to, and what its ablation costs.
    """
    ids, targets, periods = repeated_rows(200, torch.Generator().manual_seed(1))
    uniform = torch.tensor(float(VOCAB)).log()
    copier = next(copiers[size] for size in sorted(copiers) if copiers[size](ids, targets)[1] < 1)
    weights = copier.attention_weights(ids[:1])
    for layer in range(copier.config.n_layer):
        score = induction_score(weights[layer, 0, 0], int(periods[0]))
        without = copier(ids, targets, ablated_heads=[(layer, 0)])[1]
        after = "more than 0.9 of its weight after an earlier occurrence"
        yield f"layer {layer}: {after}: {bool(score > 0.9)}"
        yield f"         ablated, the loss is worse than uniform: {bool(without > uniform)}"


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
