"""What lesson 11 lets the reader turn: sizes of a model and of a batch, and what they cost."""

from dataclasses import asdict, replace
from typing import Any

from course.experiments.hardware.budget_page import BY_LAUNCHES, figures
from gptcore.model import GPTConfig
from gptcore.training import PRESETS, budget
from gptcore.training.cost.budget import LAUNCH_BOUND
from viz.canvas.control import computed_in_page

ROWS_PER_STEP = 512
PLAIN = replace(PRESETS["fineweb-40m"].train, compile=False)


def memory(rows: int, width: int = 384, **changes: Any) -> dict[str, float]:
    """Bytes of a GPT with 12 layers on an RTX 4070, by part.

    Args:
        rows: Rows of a micro-batch, of 1,024 tokens each.
        width: Numbers for each token.
        changes: Settings of the run, as in `TrainConfig`; nothing is compiled by default.

    Example:
        >>> round(memory(rows=16)["logits"] / 2**30, 2)
        9.21
    """
    training = replace(PLAIN, batch_size=rows, **changes)
    return asdict(budget(GPTConfig(n_embd=width, n_head=12), training, "rtx4070").memory)


@computed_in_page(lambda: figures(PLAIN, ROWS_PER_STEP))
def plan(gpu: str, batch_size: int, loss_chunk: int, **sizes: Any) -> dict[str, Any]:
    """The budget of a run in the form that `BudgetDial` draws; nothing is compiled.

    Args:
        gpu: Name in `GPUS`.
        batch_size: Rows of a micro-batch. A step has 512 rows.
        loss_chunk: Positions for each chunk of the loss; 0 for all at once.
        sizes: Sizes of the model, as in `GPTConfig`.

    Returns:
        `memory` by part in bytes, `capacity` of the GPU, and `facts` for the table.
    """
    training = replace(
        PLAIN,
        batch_size=batch_size,
        grad_accum=max(1, ROWS_PER_STEP // batch_size),
        loss_chunk=loss_chunk,
    )
    result = budget(GPTConfig(**sizes), training, gpu)
    assert result.hours_range and result.kwh_range  # each GPU of the table has a peak
    hours, kwh = (as_range(numbers) for numbers in (result.hours_range, result.kwh_range))
    low, high = result.gpu.mfu_range
    how = f"assumed: {low:.0%} to {high:.0%} MFU" if result.gpu.is_assumed else f"{high:.0%} MFU"
    if result.rate_source == LAUNCH_BOUND:
        how = BY_LAUNCHES
    facts = {
        "parameters": f"{result.parameters:,}",
        "rows that fit at most": f"{result.max_batch_size:,}",
        f"6,000 steps of {ROWS_PER_STEP} rows": f"{hours} hours, {kwh} kWh ({how})",
    }
    return {"memory": asdict(result.memory), "capacity": result.gpu.memory_bytes, "facts": facts}


def as_range(numbers: tuple[float, float]) -> str:
    """Format the lowest and the highest number, or one number where they are the same."""
    low, high = (f"{number:,.1f}" for number in numbers)
    return low if low == high else f"{low} to {high}"
