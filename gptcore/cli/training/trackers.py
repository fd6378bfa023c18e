"""The log of a run in other programs that draw it: TensorBoard, and Weights & Biases (wandb)."""

import secrets
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from gptcore.cli.training.options import TrainOptions, previous_command
from gptcore.training import Step, Trainer

DEFAULT_PROJECT = "gptcore"


def wandb_id_of(command: TrainOptions) -> str:
    """The id under which wandb knows the run: that of before if it is resumed, else a new one."""
    before = previous_command(command.out_dir) if command.resume else {}
    return str(before.get("wandb_id") or secrets.token_hex(4))


def open_wandb(command: TrainOptions, training: Trainer, wandb_id: str) -> Any:
    """Start the run at wandb, or continue it.

    Args:
        command: The options.
        training: The run, before its first step.
        wandb_id: From `wandb_id_of`.

    Raises:
        OSError: If wandb refuses, for instance because nobody is logged in.
    """
    wandb: Any = import_module("wandb")  # optional
    about = training.about()
    command.out_dir.mkdir(parents=True, exist_ok=True)
    try:
        return wandb.init(
            project=command.wandb_project or DEFAULT_PROJECT,
            name=command.out_dir.resolve().name,
            id=wandb_id,
            resume="allow",
            dir=str(command.out_dir),
            config={"preset": command.preset, **about["train"], **about["model"]},
        )
    except wandb.Error as error:
        raise OSError(
            f"--wandb: {str(error).rstrip('.')}. To log in: wandb login; to log without an "
            f"account: WANDB_MODE=offline. No step was made."
        ) from None


def with_wandb(steps: Iterator[Step], run: Any) -> Iterator[Step]:
    """Yield the same steps, and log them at wandb.

    Args:
        steps: The steps.
        run: From `open_wandb`; it is finished with them.
    """
    with run:
        for step in steps:
            run.log(values_of(step), step=step.step)
            yield step


def with_tensorboard(steps: Iterator[Step], out: Path, done: int) -> Iterator[Step]:
    """Yield the same steps, and write them for TensorBoard.

    Args:
        steps: The steps.
        out: Folder of the run.
        done: The last step of before; what was written of later ones is dropped.
    """
    tensorboard = import_module("torch.utils.tensorboard")  # optional
    with tensorboard.SummaryWriter(str(out / "tensorboard"), purge_step=done + 1) as writer:
        for step in steps:
            for name, value in values_of(step).items():
                add = writer.add_text if isinstance(value, str) else writer.add_scalar
                add(name, value, step.step)
            yield step


def values_of(step: Step) -> dict[str, float | str]:
    """What is known of a step, without its number."""
    values = {name: value for name, value in asdict(step).items() if value is not None}
    return {name: value for name, value in values.items() if name != "step"}
