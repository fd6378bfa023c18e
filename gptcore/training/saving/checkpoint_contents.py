"""One checkpoint, read from its folder: all of it to go on with, or its weights alone.

Left out on purpose: writing, and which of several is the right one (`checkpoints.py`).
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from gptcore.json_text import read_json_object
from gptcore.model import GPT
from gptcore.model.weights import SIZES, TENSORS, read_tensors
from gptcore.training.saving.checkpoint_files import FILES, check_whole

OPTIMIZER, STATE = "optimizer.safetensors", "state.json"

State = dict[str, Any]


@dataclass(frozen=True)
class Loaded:
    """A checkpoint in memory."""

    folder: Path
    model: GPT
    optimizer: dict[str, Tensor]
    state: State


def read_checkpoint(folder: Path) -> Loaded:
    """All of a checkpoint. Raises: CheckpointDamagedError if it is not what was written."""
    check_whole(folder, (TENSORS, SIZES, OPTIMIZER, STATE))
    state = read_json_object(folder / STATE)
    return Loaded(folder, GPT.load(folder), read_tensors(folder / OPTIMIZER)[0], state)


def read_weights(folder: Path) -> GPT:
    """The model alone. Raises: CheckpointDamagedError if its files are not what was written."""
    if (folder / FILES).exists():  # somebody may have copied nothing but the weights
        check_whole(folder, (TENSORS, SIZES))
    return GPT.load(folder)


def has_weights(folder: Path) -> bool:
    try:
        read_weights(folder)
    except (OSError, ValueError):
        return False
    return True


def step_of(folder: Path) -> int | None:
    """The step that a checkpoint says it is of; None if it says nothing."""
    with suppress(OSError):
        step = read_json_object(folder / STATE).get("step")
        return step if isinstance(step, int) and step > 0 else None
    return None


def size_of(model: GPT) -> int:
    """Bytes of a checkpoint: the weights, and two numbers for each that AdamW remembers."""
    return 3 * sum(weight.numel() * 4 for weight in model.parameters())
