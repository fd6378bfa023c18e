"""What can go wrong in a step, and what is said about it: not a number, and out of memory.

Left out on purpose: going on all the same. Slopes that are no numbers make weights that are none,
and then every later step is lost.
"""

from dataclasses import replace

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor

from gptcore.model import GPTConfig
from gptcore.training.config import TrainConfig
from gptcore.training.cost.memory import estimate_memory
from gptcore.training.loss import LossSum

MOST_ROWS = 3  # in one message


class NonFiniteError(FloatingPointError):
    """A loss or a slope is infinite or no number; the weights are those before the step.

    Example: try: steps = [*train(model, batches, config)]
             except NonFiniteError as odd: print(odd)
    """


class OutOfMemoryError(MemoryError):
    """A step needs more memory than there is; the weights are those before it.

    Example: try: steps = [*train(model, batches, config)]
             except OutOfMemoryError as full: print(full)
    """


Named = tuple[Tensor, Tensor, list[str]]  # ids, targets, and where each row comes from


def not_finite(
    step: int, what: str, loss: LossSum, batch: list[Named], saved: str
) -> NonFiniteError:
    """The error, with the rows that do it; for that each is computed once more, alone."""
    rows = odd_rows(loss, batch)
    if rows:
        where = "; ".join(rows[:MOST_ROWS]) + f"; and {len(rows) - MOST_ROWS} more" * (
            len(rows) > MOST_ROWS
        )
        blame = f"It comes from {len(rows)} row(s): {where}."
    else:
        blame = "No row does it alone."
    return NonFiniteError(
        f"Step {step}: {what} is not a finite number. {blame} The step was not made, and the "
        f"weights are those of step {step - 1}{saved}. Usual reasons: a learning_rate that is too "
        f"high (try a third of it), warmup_steps that are too few, dtype float16."
    )


def odd_rows(loss: LossSum, batch: list[Named]) -> list[str]:
    """The rows whose loss, or whose slopes, are not finite."""
    found = []
    weights = [weight for weight in loss.parameters() if weight.requires_grad]
    shared = any(isinstance(weight, DTensor) for weight in weights)  # then only the loss is known
    for ids, targets, places in batch:
        for row, place in enumerate(places):
            with torch.set_grad_enabled(not shared):
                alone = loss(ids[row : row + 1], targets[row : row + 1])
            slopes = () if shared else torch.autograd.grad(alone, weights, allow_unused=True)
            sums = [slope.sum() for slope in slopes if slope is not None]
            if not torch.stack([alone.detach(), *sums]).isfinite().all():
                found.append(place)
    return found


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory was what was missing; a processor says so in words only."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def out_of_memory(
    step: int, model: GPTConfig, training: TrainConfig, dtype: str, saved: str | None
) -> OutOfMemoryError:
    """The error, with what to do; `saved` says where the state before the step is."""
    kept = f"Nothing is lost: the weights are those of step {step - 1}{saved}."
    if saved is None:  # half of the weights may have been moved, or others hold a part of them
        kept = "The newest checkpoint is as it was."
    batch_size, accum, block_size = training.batch_size, training.grad_accum, model.block_size
    now = estimate_memory(model, training, dtype).total
    if batch_size > 1:
        smaller = next(b for b in range(batch_size // 2, 0, -1) if batch_size % b == 0)
        accum = accum * batch_size // smaller
        then = estimate_memory(model, replace(training, batch_size=smaller), dtype).total
        way_out = (
            f"A smaller one and more grad_accum compute the same: --batch_size {smaller} "
            f"--grad_accum {accum} --resume, with about {then / 1e9:.3g} GB."
        )
    else:
        way_out = "The micro-batch is one row already."
    if not training.activation_checkpointing:
        way_out += (
            " Blocks that compute their inside again keep less: --activation_checkpointing True."
        )
    return OutOfMemoryError(
        f"Step {step} needs more memory than there is, with a micro-batch of {batch_size} x "
        f"{block_size} tokens: about {now / 1e9:.3g} GB. {way_out} Logits in pieces need less, "
        f"too: --loss_chunk {max(256, block_size)}. {kept}"
    )
