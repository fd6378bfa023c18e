"""What all runs share that compare a model with a reference: weights, optimizers, checkpoints.

`reinforcement/` and `preferences/` say what a step computes.
"""

import copy
import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from math import isfinite
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from gptcore.model import GPT
from gptcore.training.errors import NonFiniteError
from gptcore.training.optimizers import (
    clip_grad_norm,
    load_optimizer_state,
    make_optimizers,
    set_lr,
)
from gptcore.training.saving.changes import differences, format_changes
from gptcore.training.saving.checkpoint_contents import Checkpoint
from gptcore.training.saving.signals import signals_deferred
from gptcore.tuning.log_probs import token_log_probs
from gptcore.tuning.runs.tuning_config import TuningConfig
from gptcore.tuning.runs.tuning_folder import TuningFolder

Record = TypeVar("Record")
FREE = ("keep_checkpoints", "checkpoint_every")  # settings that a resume may change


Config = TypeVar("Config", bound=TuningConfig)


class TuningRun(Generic[Config, Record]):
    """The state of a run: the model, its reference, the optimizers, and the step.

    Args:
        model: The model; it is changed in place.
        config: Settings.
        reference: The model that it is compared with; None is a copy of `model`.
    """

    examples_name = "examples"  # how an error calls them

    def __init__(self, model: GPT, config: Config, reference: GPT | None) -> None:
        self.model, self.config = model, config
        self.reference = (copy.deepcopy(model) if reference is None else reference).eval()
        self.train_config = config.train_config()
        self.optimizers = make_optimizers(model, self.train_config)
        self.step, self.sha256 = 0, ""

    def make_step(self) -> Record:
        """Make one update, and describe it."""
        raise NotImplementedError

    def examples(self) -> Any:
        """What the run learns from; its repr tells two runs apart."""
        raise NotImplementedError

    def reference_log_probs(self, ids: Tensor, targets: Tensor, temperature: float = 1.0) -> Tensor:
        """Log-probabilities of the answers in the reference model, shape (B, T).

        Args:
            ids: Token ids, shape (B, T).
            targets: The id that follows each token, shape (B, T).
            temperature: Divides the logits.
        """
        parts, device = [], self.model.device
        with torch.no_grad():
            for rows in self.batches(len(ids)):
                batch = ids[rows].to(device), targets[rows].to(device)
                parts.append(token_log_probs(self.reference, *batch, temperature)[0])
        return torch.cat(parts)

    def update(self, step: int, lr: float, has_something: bool = True) -> float | None:
        """Make the update, or skip it; the gradient norm, None if it was skipped.

        Args:
            step: Number of the step.
            lr: Learning rate.
            has_something: Whether there is something to learn.

        Raises:
            NonFiniteError: If a gradient is infinite or NaN.
        """
        grad_norm = float(clip_grad_norm(self.model.parameters(), self.config.grad_clip))
        if not isfinite(grad_norm):
            self.zero_grad()
            raise NonFiniteError(
                f"Step {step}: the gradient norm is not finite. The update was skipped, and the "
                f"weights are those of step {step - 1}. Try a third of the learning_rate."
            )
        set_lr(self.optimizers, lr)
        # Weights, optimizers and step number change together: no signal is handled in between.
        with signals_deferred():
            # Trap: with gradients of 0 an optimizer would still move the weights by its momentum.
            for optimizer in self.optimizers if has_something else []:
                optimizer.step()
            self.zero_grad()
            self.step = step
        return grad_norm if has_something else None

    def zero_grad(self) -> None:
        """Clear the gradients of all weights."""
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)

    def batches(self, count: int) -> list[slice]:
        """The rows of each forward pass.

        Args:
            count: Rows of the step.
        """
        size = self.config.batch_size
        return [slice(first, first + size) for first in range(0, count, size)]

    # Checkpoints

    def fingerprint(self) -> str:
        """SHA-256 of the examples and of the reference model, which a resume must be given."""
        if not self.sha256:
            digest = hashlib.sha256(repr(self.examples()).encode())
            for name, tensor in sorted(self.reference.unique_state_dict().items()):
                numbers = tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()
                digest.update(name.encode() + numbers.tobytes())
            self.sha256 = digest.hexdigest()
        return self.sha256

    def state(self) -> dict[str, Any]:
        """The content of state.json."""
        return {"step": self.step, "tune": asdict(self.config), "sha256": self.sha256}

    def load_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint.

        Args:
            checkpoint: Of this run.

        Raises:
            ValueError: If it belongs to another run.
        """
        state, where, settings = checkpoint.state, checkpoint.folder, asdict(self.config)
        if state.get("tune", {}).keys() != settings.keys():
            raise ValueError(f"{where} is of another kind of run. Give another --out_dir.")
        changed = differences({"train": state["tune"]}, {"train": settings})
        for name in FREE:
            changed.pop(name, None)
        if changed:
            raise ValueError(
                f"The run in {where} began with other settings: {format_changes(changed)}. Resume "
                f"it with the old ones, or give another --out_dir."
            )
        if state["sha256"] != self.fingerprint():
            raise ValueError(
                f"The run in {where} began with another model or other {self.examples_name}. "
                f"Resume it with the model as it was before the first step, and the same "
                f"{self.examples_name}; or give another --out_dir."
            )
        found = checkpoint.model.unique_state_dict()
        with torch.no_grad():
            for name, tensor in self.model.unique_state_dict().items():
                tensor.copy_(found[name])
        load_optimizer_state(self.model, self.optimizers, checkpoint.optimizer)
        self.step = state["step"]


def open_folder(run: TuningRun[Any, Any], out_dir: Any, resume: bool) -> TuningFolder:
    """The folder of a run; the run continues from its newest checkpoint if it is resumed.

    Args:
        run: The run before its first step.
        out_dir: The folder, or None.
        resume: Whether the folder may have a run.

    Raises:
        ValueError: If the folder has another run.
    """
    folder = TuningFolder(out_dir, run.config.keep_checkpoints)
    if folder.checkpoints is not None:
        run.fingerprint()
    checkpoint = folder.load(resume)
    if checkpoint is not None:
        run.load_checkpoint(checkpoint)
    return folder


def run_steps(run: TuningRun[Any, Record], folder: TuningFolder) -> Iterator[Record]:
    """Make the remaining steps, log them, and save the last one however the loop ends.

    Dropout is off: an answer has the same probability in the model and in its reference.

    Args:
        run: The run.
        folder: Its folder.

    Yields:
        A record after each update.
    """
    was_training = run.model.training
    with folder.opened():
        try:
            while run.step < run.config.max_steps:
                run.model.eval()
                record = run.make_step()
                folder.add(record)
                if run.step % run.config.checkpoint_every == 0:
                    folder.save(run.model, run.optimizers, run.state())
                yield record
        finally:
            run.model.train(was_training)
            folder.save(run.model, run.optimizers, run.state())
