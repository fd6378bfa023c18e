"""What must be the same when a run is resumed, and what only gets a warning."""

import warnings
from dataclasses import asdict

import torch

from gptcore.model import GPTConfig
from gptcore.training.config import TrainConfig
from gptcore.training.running.micro_batches import MicroBatches
from gptcore.training.saving.changes import check_finished_settings
from gptcore.training.saving.checkpoint_contents import Checkpoint
from gptcore.training.schedule import learning_rate


def check_same_run(checkpoint: Checkpoint, model: GPTConfig, rows: MicroBatches) -> None:
    """Check that a checkpoint belongs to a run.

    Args:
        checkpoint: The checkpoint.
        model: Sizes of the model of the run.
        rows: The rows of the run.

    Raises:
        ValueError: If model sizes, batch size or data of the checkpoint differ.
    """
    config, state, folder = rows.config, checkpoint.state, checkpoint.folder
    before, now = state["model"], asdict(model)
    other = [f"{k}={before.get(k)!r} (now {now[k]!r})" for k in now if before.get(k) != now[k]]
    if other:
        raise ValueError(
            f"The model in {folder} has {', '.join(other)}. Resume it with the same sizes, or "
            f"train this one in another --out_dir."
        )
    check_finished_settings(state, asdict(config), folder)
    count = state["global_batch_size"]
    if count != rows.global_batch_size:
        raise ValueError(
            f"The run in {folder} learns from {count} rows per step; batch_size="
            f"{config.batch_size} x grad_accum={config.grad_accum} x {rows.world_size} "
            f"process(es) are {rows.global_batch_size}. Rows would be repeated or skipped. Choose "
            f"them so that the product is {count}."
        )
    if state["data_sha256"] != rows.data_sha256:
        raise ValueError(
            f"The run in {folder} began with other data: its first row is not the one that these "
            f"shards and seed={config.seed} give. Resume it with the same --data and --seed, or "
            f"train on these in another --out_dir."
        )


def warn_on_lr_jump(before: TrainConfig, now: TrainConfig, step: int) -> None:
    """Warn if the learning rate jumps up because the schedule has changed.

    Args:
        before: Settings of the checkpoint.
        now: Settings of the run that continues.
        step: Step of the checkpoint.
    """
    was, new = learning_rate(before, step), learning_rate(now, step + 1)
    if step > now.warmup_steps and new > 1.5 * was and step < now.max_steps:
        warnings.warn(
            f"The learning rate jumps from {was:.2g} at step {step} to {new:.2g}: its schedule "
            f"was made for {before.max_steps} steps, and is now for {now.max_steps}. "
            f"The loss will rise before it falls. A run with --schedule wsd can be continued.",
            stacklevel=3,
        )


def warn_on_threads(threads: int) -> None:
    """Warn if a run on a CPU has another number of threads now.

    Args:
        threads: How many it had.
    """
    if threads != torch.get_num_threads():
        warnings.warn(
            f"The run had {threads} threads and now has {torch.get_num_threads()}: "
            f"sums are added in another order, and the last digits will differ. Set "
            f"OMP_NUM_THREADS={threads} to get the same digits.",
            stacklevel=3,
        )
