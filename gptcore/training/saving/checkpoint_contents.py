"""One checkpoint, read from its folder: all of it, or its weights alone.

Writing, and which one of several is read, are in `checkpoints.py`.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from gptcore.formats.weights import CONFIG_NAME, WEIGHTS_NAME, load_tensors
from gptcore.json_text import read_json_object
from gptcore.model import GPT
from gptcore.training.saving.checkpoint_files import FILES, verify_files

OPTIMIZER, STATE = "optimizer.safetensors", "state.json"

State = dict[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in memory.

    Attributes:
        folder: Where it was read.
        model: The model.
        optimizer: State tensors of the optimizers.
        state: Step, tokens, settings: the content of state.json.
    """

    folder: Path
    model: GPT
    optimizer: dict[str, Tensor]
    state: State


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint, and compare it with its hashes.

    Args:
        folder: The folder of the checkpoint.

    Returns:
        The checkpoint.

    Raises:
        CheckpointDamagedError: If a file is missing or changed.
    """
    verify_files(folder, (WEIGHTS_NAME, CONFIG_NAME, OPTIMIZER, STATE))
    state = read_json_object(folder / STATE)
    return Checkpoint(folder, GPT.load(folder), load_tensors(folder / OPTIMIZER)[0], state)


def read_weights(folder: Path) -> GPT:
    """Read the model of a checkpoint; files of the optimizer are not needed.

    Args:
        folder: The folder of the checkpoint.

    Returns:
        The model.

    Raises:
        CheckpointDamagedError: If a file of the model is missing or changed.
    """
    if (folder / FILES).exists():  # missing if only the weights were copied
        verify_files(folder, (WEIGHTS_NAME, CONFIG_NAME))
    return GPT.load(folder)


def has_intact_weights(folder: Path) -> bool:
    """Return whether the model of a checkpoint can be read.

    Args:
        folder: The folder of the checkpoint.
    """
    try:
        read_weights(folder)
    except (OSError, ValueError):
        return False
    return True


def read_step(folder: Path) -> int | None:
    """Read the step of a checkpoint from state.json.

    Args:
        folder: The folder of the checkpoint.

    Returns:
        The step; None if it is missing or damaged.
    """
    with suppress(OSError):
        step = read_json_object(folder / STATE).get("step")
        return step if isinstance(step, int) and step > 0 else None
    return None


def checkpoint_bytes(model: GPT) -> int:
    """Estimate the size of a checkpoint: the weights, and two numbers per weight for AdamW.

    Args:
        model: The model.

    Returns:
        Bytes.
    """
    return 3 * sum(weight.numel() * 4 for weight in model.parameters())
