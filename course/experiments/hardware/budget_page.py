"""The figures with which `budget_dial.js` computes what `plan` computes.

They are read off the functions of gptcore that `plan` calls, so no figure is written twice. In the
pair (a, b) a quantity is a times the width of the model, plus b.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gptcore.model import GPTConfig
from gptcore.training import GPUS, TrainConfig
from gptcore.training.cost.budget import LAUNCH_SECONDS, MAX_BATCH_SIZE, MFU_EXPONENT
from gptcore.training.cost.memory import (
    BYTES,
    FP32,
    autocast_copies,
    block_tensors,
    bytes_per_logit,
    optimizer_state_size,
    outer_tensors,
    working_bytes,
)
from gptcore.training.cost.parameters import flops_per_token, parameters_by_part

BY_LAUNCHES = "limited by kernel launches"
SMALL = GPTConfig(n_embd=2, n_head=1, n_layer=1, block_size=1)


def figures(training: TrainConfig, rows_per_step: int) -> dict[str, Any]:
    """All figures for GPTs that differ from `GPTConfig()` in their sizes only.

    Args:
        training: The settings of the run.
        rows_per_step: Rows of a step, over all micro-batches.
    """
    parts = parameters_by_part(SMALL)
    norms = (parts_of(n_layer=2)["norms"] - parts["norms"]) // SMALL.n_embd
    return {
        "fp32": FP32,
        "optimizer": optimizer_state_size(SMALL, training.optimizer) // sum(parts.values()),
        "weights": {
            "block": (parts["attention"] + parts["mlp"]) // SMALL.n_embd**2,
            "tokens": parts["token_embedding"] // SMALL.n_embd,
            "positions": parts["position_embedding"] // SMALL.n_embd,
            "norms": (norms, parts["norms"] // SMALL.n_embd - norms),
        },
        "attention": longer_context_flops() // SMALL.n_embd,
        "formats": {name: of_format(size, training) for name, size in BYTES.items()},
        "gpus": {
            gpu.name: {
                "memory": gpu.memory_bytes,
                "usable": gpu.usable_bytes,
                "flops": gpu.flops_per_second,
                "watts": gpu.planned_watts,
                "dtype": gpu.dtype,
                "mfu": gpu.mfu_range,
                "mfu_width": gpu.mfu_n_embd,
            }
            for gpu in GPUS.values()
        },
        "most_rows": MAX_BATCH_SIZE,
        "launch_seconds": LAUNCH_SECONDS,
        "launch_bound": BY_LAUNCHES,
        "mfu_exponent": MFU_EXPONENT,
        "steps": training.max_steps,
        "rows_per_step": rows_per_step,
    }


def parts_of(**changes: Any) -> dict[str, int]:
    return parameters_by_part(replace(SMALL, **changes))


def longer_context_flops() -> int:
    """FLOPs of one token for each token of the context, at the width of `SMALL`."""
    return flops_per_token(replace(SMALL, block_size=2)) - flops_per_token(SMALL)


def of_format(itemsize: int, training: TrainConfig) -> dict[str, Any]:
    """Bytes per token, weight or logit where matrices are multiplied in a format."""

    def block(width: int, heads: int = 1) -> int:
        return sum(block_tensors(replace(SMALL, n_embd=width, n_head=heads), itemsize).values())

    def outer(width: int, chunked: bool) -> int:
        return sum(outer_tensors(replace(SMALL, n_embd=width), itemsize, chunked).values())

    head = block(2, heads=2) - block(2)
    per_width, rest = line(block)
    copies = autocast_copies({"head": 1, "attention": 0, "mlp": 0}, itemsize)
    return {
        "block": (per_width, rest - head),
        "head": head,
        "outer": line(lambda width: outer(width, chunked=False)),
        "outer_chunked": line(lambda width: outer(width, chunked=True)),
        "working": line(lambda width: working_bytes(replace(SMALL, n_embd=width), itemsize)),
        "copy": copies,
        "logit": bytes_per_logit(itemsize, training.compile),
    }


def line(quantity: Callable[[int], int]) -> tuple[int, int]:
    """Slope and intercept of a quantity that depends on the width only."""
    per_width = quantity(3) - quantity(2)
    return per_width, quantity(2) - 2 * per_width
