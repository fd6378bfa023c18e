"""What can go wrong in a training step: a loss or gradient that is not finite, and out of memory.

Both stop the run before the update: gradients that are not finite would make every weight NaN.
"""

from dataclasses import replace

import torch
from torch.distributed.tensor import DTensor

from gptcore.model import GPTConfig
from gptcore.training.config import TrainConfig
from gptcore.training.cost.memory import estimate_memory
from gptcore.training.loss import LossSum
from gptcore.training.running.micro_batches import NamedBatch

MAX_ROWS = 3  # listed in one message


class NonFiniteError(FloatingPointError):
    """A loss or gradient norm is infinite or NaN; the weights are those before the step.

    Example:
        >>> try:
        ...     steps = [*train(model, batches, config)]
        ... except NonFiniteError as error:
        ...     print(error)
    """


class OutOfMemoryError(MemoryError):
    """A step needs more memory than the device has; the message says what needs less.

    Example:
        >>> try:
        ...     steps = [*train(model, batches, config)]
        ... except OutOfMemoryError as error:
        ...     print(error)
    """


def non_finite_error(
    step: int, what: str, loss: LossSum, batch: list[NamedBatch], saved: str
) -> NonFiniteError:
    """Make the error that names the rows that cause it; each row is computed again on its own.

    Args:
        step: The step that failed.
        what: "the loss" or "the gradient norm".
        loss: The model with its loss.
        batch: The micro-batches of the step.
        saved: Where the weights are saved, as the end of a sentence.

    Returns:
        The error to raise.
    """
    rows = nonfinite_rows(loss, batch)
    if rows:
        more = f"; and {len(rows) - MAX_ROWS} more" if len(rows) > MAX_ROWS else ""
        cause = f"It comes from {len(rows)} row(s): {'; '.join(rows[:MAX_ROWS])}{more}."
    else:
        cause = "No single row causes it."
    return NonFiniteError(
        f"Step {step}: {what} is not finite. {cause} The update was skipped, and the weights are "
        f"those of step {step - 1}{saved}. Usual reasons: a learning_rate that is too high (try a "
        f"third of it), too few warmup_steps, dtype float16."
    )


def nonfinite_rows(loss: LossSum, batch: list[NamedBatch]) -> list[str]:
    """Return the rows whose loss or gradient is not finite."""
    found = []
    weights = [weight for weight in loss.parameters() if weight.requires_grad]
    is_sharded = any(isinstance(weight, DTensor) for weight in weights)  # then only the loss
    for ids, targets, documents, row_names in batch:
        for row, name in enumerate(row_names):
            with torch.set_grad_enabled(not is_sharded):
                one = slice(row, row + 1)
                texts = None if documents is None else documents[one]
                row_loss = loss(ids[one], targets[one], texts)
            grads = () if is_sharded else torch.autograd.grad(row_loss, weights, allow_unused=True)
            sums = [grad.sum() for grad in grads if grad is not None]
            if not torch.stack([row_loss.detach(), *sums]).isfinite().all():
                found.append(name)
    return found


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that memory is full; on a CPU only its text says so.

    Args:
        error: Any exception.

    Returns:
        Whether it is about memory.
    """
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def out_of_memory_error(
    step: int, model: GPTConfig, training: TrainConfig, dtype: str, saved: str | None
) -> OutOfMemoryError:
    """Make the error that says what needs less memory.

    Args:
        step: The step that failed.
        model: Sizes of the model.
        training: Settings of the run.
        dtype: Number format of the arithmetic.
        saved: Where the weights are saved, as the end of a sentence; None if they cannot be saved.

    Returns:
        The error to raise.
    """
    kept = f"Nothing is lost: the weights are those of step {step - 1}{saved}."
    if saved is None:  # some weights may be updated already, or other processes hold a part
        kept = "The newest checkpoint is unchanged."
    batch_size, accum, block_size = training.batch_size, training.grad_accum, model.block_size
    now = estimate_memory(model, training, dtype).total
    if batch_size > 1:
        smaller = next(b for b in range(batch_size // 2, 0, -1) if batch_size % b == 0)
        accum = accum * batch_size // smaller
        then = estimate_memory(model, replace(training, batch_size=smaller), dtype).total
        way_out = (
            f"A smaller one with more grad_accum computes the same: --batch_size {smaller} "
            f"--grad_accum {accum} --resume, with about {then / 1e9:.3g} GB."
        )
    else:
        way_out = "The micro-batch is one row already."
    if not training.activation_checkpointing:
        way_out += (
            " Blocks that compute their activations again keep less: "
            "--activation_checkpointing True."
        )
    return OutOfMemoryError(
        f"Step {step} needs more memory than there is, with a micro-batch of {batch_size} x "
        f"{block_size} tokens: about {now / 1e9:.3g} GB. {way_out} Logits in chunks need less, "
        f"too: --loss_chunk {max(256, block_size)}. {kept}"
    )
