"""Three programs that train the same model, and keep its weights in three ways. Read this after
you have guessed.

Numbers have 64 bits everywhere; bfloat16 is made by rounding, so that nothing differs but what is
rounded, and all three come out alike on any processor.
"""

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from course.checkpoint import random_rows, stories_gpt
from gptcore.model import GPT

RATE = 3e-5
ROUNDS_TO_MULTIPLY = ("Ada's", "Bo's")  # whose program multiplies with weights in bfloat16
ROUNDS_WHAT_IS_KEPT = ("Bo's",)  # who throws away what does not go into bfloat16


class Record(NamedTuple):
    """What is known of a step: nats per token, the gradient norm, which weights changed."""

    loss: float
    grad_norm: float
    moved: float  # fraction of all weights


def learning(whose: str, ids: Tensor, steps: int) -> Iterator[Record]:
    """Lesson 11: the model that comes with the course goes on learning, from another text."""
    model, _ = stories_gpt()
    kept = [weight.detach().clone() for weight in model.parameters()]
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0)
    for step in range(steps):
        put(model, kept, rounded=whose in ROUNDS_TO_MULTIPLY)
        x, y = random_rows(ids, 64, 4, torch.Generator().manual_seed(step))
        _, loss = model(x, y)
        optimizer.zero_grad()
        loss.backward()
        grad_norm = torch.nn.utils.clip_grad_norm_(model.parameters(), inf)  # only measures
        put(model, kept, rounded=whose in ROUNDS_WHAT_IS_KEPT)
        before = torch.cat([weight.detach().flatten() for weight in model.parameters()])
        optimizer.step()
        put(model, list(model.parameters()), rounded=whose in ROUNDS_WHAT_IS_KEPT)
        kept = [weight.detach().clone() for weight in model.parameters()]
        after = torch.cat([weight.flatten() for weight in kept])
        yield Record(loss.item(), grad_norm.item(), (before != after).double().mean().item())


@torch.no_grad()
def put(model: GPT, numbers: list[Tensor], rounded: bool) -> None:
    """Make these the weights, as they are or as bfloat16 would have them."""
    for weight, number in zip(model.parameters(), numbers):
        weight.copy_(number.bfloat16() if rounded else number)
