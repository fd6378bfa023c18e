"""What lesson 11 lets the reader turn: sizes of a model and of a batch, and what they cost."""

from dataclasses import asdict, replace
from typing import Any

from gptcore.model import GPTConfig
from gptcore.training import PRESETS, budget

ROWS_PER_STEP = 512


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
        PRESETS["fineweb-40m"].train,
        compile=False,
        batch_size=batch_size,
        grad_accum=max(1, ROWS_PER_STEP // batch_size),
        loss_chunk=loss_chunk,
    )
    result = budget(GPTConfig(**sizes), training, gpu)
    facts = {
        "parameters": f"{result.parameters:,}",
        "rows that fit at most": f"{result.max_batch_size:,}",
        f"6,000 steps of {ROWS_PER_STEP} rows": f"{result.hours:,.1f} hours, {result.kwh:,.1f} kWh",
    }
    return {"memory": asdict(result.memory), "capacity": result.gpu.memory_bytes, "facts": facts}
