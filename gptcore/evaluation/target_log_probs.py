"""The log-probabilities of chosen tokens in a batch of rows; few logits are in memory at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gptcore.model import GPT
from gptcore.model.gpt import evaluating
from gptcore.model.ids import IGNORE_INDEX

LOGIT_ROWS = 256  # tokens whose logits are in memory at a time


@dataclass(frozen=True)
class Row:
    """Some tokens, of which the last are scored.

    Attributes:
        ids: The tokens; each is scored after those before it.
        num_scored: How many of the last are scored; at least one is not.
    """

    ids: Sequence[int]
    num_scored: int


def target_log_probs(model: GPT, rows: Sequence[Row]) -> list[Tensor]:
    """The log-probability of each scored token after the tokens before it in its row.

    Args:
        model: The model.
        rows: At most one token longer than the model's context.

    Returns:
        For each row its log-probabilities in nats, shape (num_scored,), float64, on the processor.

    Raises:
        ValueError: If the model's logits are not finite.
    """
    device = model.wte.weight.device
    longest = max(len(row.ids) for row in rows) - 1
    inputs = torch.zeros(len(rows), longest, dtype=torch.int64)
    targets = torch.full((len(rows), longest), IGNORE_INDEX)
    for i, row in enumerate(rows):
        # Padding is on the right, where no scored token attends to it.
        last = len(row.ids) - 1
        inputs[i, :last] = torch.tensor(row.ids[:-1])
        targets[i, last - row.num_scored : last] = torch.tensor(row.ids[-row.num_scored :])
    with evaluating(model):
        hidden = model.forward_hidden(inputs.to(device))  # (B, T, C)
        scored = (targets != IGNORE_INDEX).to(device)
        log_probs = in_chunks(model, hidden[scored], targets[targets != IGNORE_INDEX].to(device))
    if not torch.isfinite(log_probs).all():
        raise ValueError(
            "The model's logits are not finite, so there is no loss: its training diverged, or its "
            "weights are damaged. Take an earlier checkpoint."
        )
    return list(torch.split(log_probs, [row.num_scored for row in rows]))


def in_chunks(model: GPT, hidden: Tensor, targets: Tensor) -> Tensor:
    """The log-probability of each target.

    Args:
        model: The model.
        hidden: Residual stream at the scored tokens, shape (N, C).
        targets: Token ids, shape (N,).

    Returns:
        Shape (N,), float64, on the processor.
    """
    parts = []
    for x, ids in zip(torch.split(hidden, LOGIT_ROWS), torch.split(targets, LOGIT_ROWS)):
        log_probs = model.unembed(x).float().log_softmax(-1)  # (n, C) -> (n, V)
        parts.append(log_probs.gather(1, ids[:, None])[:, 0].double().cpu())  # (n, V) -> (n,)
    return torch.cat(parts)
