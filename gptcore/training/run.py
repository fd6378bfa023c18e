"""The state of a run (model, optimizers, counters) and one training step.

The seed and the number of a step determine its rows, its dropout masks and its learning rate. So no
random state is saved, and on a CPU a resumed run computes bit for bit what it would have computed
without the interruption. Files, evaluation and stopping are in `trainer.py`.
"""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch.nn.parallel import DistributedDataParallel

from gptcore.formats.weights import check_state_dict
from gptcore.model import GPT
from gptcore.model.ids import target_mask
from gptcore.training.config import TrainConfig
from gptcore.training.cost.parameters import flops_per_token
from gptcore.training.distributed import World
from gptcore.training.errors import is_out_of_memory
from gptcore.training.fsdp import apply_fsdp, full_tensor, reshard, set_gradient_sync, shard_like
from gptcore.training.hardware import onednn
from gptcore.training.hardware.compile_cache import keep_compile_cache
from gptcore.training.hardware.device import autocast_context, pick_device, pick_dtype, synchronize
from gptcore.training.hardware.mfu import compute_mfu, peak_flops
from gptcore.training.loss import LossSum, ValRows, ValWindows, rows_loss, validation_loss
from gptcore.training.optimizers import (
    clip_grad_norm,
    load_optimizer_state,
    make_optimizers,
    optimizer_state_dict,
    set_lr,
)
from gptcore.training.running.micro_batches import MicroBatch, MicroBatches, TrainBatches
from gptcore.training.running.resuming import check_same_run, warn_on_lr_jump, warn_on_threads
from gptcore.training.saving.changes import Changes, differences
from gptcore.training.saving.checkpoint_contents import Checkpoint
from gptcore.training.saving.signals import signals_deferred
from gptcore.training.schedule import learning_rate

MIN_LOSS_SCALE = 1.0  # of fp16; if gradients overflow at a smaller scale, the scale is not to blame


class NonFiniteStepError(FloatingPointError):
    """The loss or the gradient norm of a step is not finite; the weights are not updated."""

    def __init__(self, what: str, batch: list[MicroBatch]) -> None:
        super().__init__(what)
        self.what, self.batch = what, batch


@dataclass(frozen=True)
class StepResult:
    """What one training step measured.

    Attributes:
        train_loss: Mean loss over the batch before the update, in nats per token.
        grad_norm: Gradient norm before clipping; None if fp16 overflowed.
        learning_rate: Learning rate of the update.
        tokens_per_second: Speed of this step, all processes together.
    """

    train_loss: float
    grad_norm: float | None
    learning_rate: float
    tokens_per_second: float


class Run:
    """Model, optimizers and counters of a run.

    Args:
        model: The model; it is moved to the device.
        batches: The training data.
        config: Settings.
        val: The validation text, or None.
        world: The processes that train together.
        document_start: The token that begins a document; None attends across documents.
    """

    def __init__(
        self,
        model: GPT,
        batches: TrainBatches,
        config: TrainConfig,
        val: ValWindows | ValRows | None,
        world: World,
        document_start: int | None = None,
    ) -> None:
        self.model, self.batches, self.config, self.val = model, batches, config, val
        self.world = world
        device = pick_device(config.device)
        self.dtype = pick_dtype(config.dtype, device)
        self.device = torch.device(device)
        self.autocast = autocast_context(device, self.dtype)
        if device == "cpu" and not config.compile and onednn.is_faster():
            onednn.patch_linear_layers(model)
        self.peak = peak_flops(device, self.dtype)
        # The smallest number of fp16 is 6e-8, so losses are scaled up and gradients down again.
        is_fp16 = self.dtype == torch.float16
        self.scaler = torch.amp.GradScaler(device=self.device.type, enabled=is_fp16)
        self.raw_loss = LossSum(
            model, config.loss_chunk, config.activation_checkpointing, document_start
        )
        self.loss: torch.nn.Module = self.raw_loss
        self.is_sharded = config.fsdp and world.world_size > 1
        if self.is_sharded:
            apply_fsdp(self.raw_loss, self.device, world)
        else:
            self.model.to(self.device)
        if world.world_size > 1 and not self.is_sharded:
            self.loss = DistributedDataParallel(self.raw_loss)
        self.optimizers = make_optimizers(model, config)
        self.step = self.tokens = 0
        self.mid_update = False  # True while only some weights may be updated
        self.unlogged: StepResult | None = None  # of an update that is not in the log yet
        self.last_val: tuple[float, int] | None = None  # the last validation loss, and its step
        self.best: tuple[float, int] | None = None  # the best one that has a checkpoint
        self.changed: Changes = {}  # settings that this resume changed
        self.history: list[dict[str, Any]] = []  # the changes of all resumes
        self.micro_batches = MicroBatches(
            batches, config, model.config, self.device, world.rank, world.world_size
        )

    # One step

    def train_step(self) -> None:
        """Make the next update; its `StepResult` is in `unlogged` until it is in the log.

        Raises:
            NonFiniteStepError: If the loss or the gradient norm is not finite; like every error
                before `mid_update` is set, it leaves the weights as they were.
        """
        config, step, start = self.config, self.step + 1, perf_counter()
        self.model.train()
        batch = self.micro_batches.of_step(step)
        n_targets = self.world.all_reduce(
            sum(int(target_mask(part.targets).sum()) for part in batch)
        )
        total = torch.zeros((), device=self.device)
        with self.fork_rng_for_step(step):
            for number, (ids, targets, documents, _) in enumerate(batch, 1):
                with self.no_sync(number < len(batch)), self.autocast:
                    # Several processes average their gradients; this makes the average a sum.
                    # Where every target is ignored, loss and gradients are 0.
                    scale = self.world.world_size / max(1, n_targets)
                    loss = self.loss(ids, targets, documents) * scale
                    self.scaler.scale(loss).backward()
                total += loss.detach()
        for optimizer in self.optimizers:
            self.scaler.unscale_(optimizer)
        grad_norm = float(full_tensor(clip_grad_norm(self.model.parameters(), config.grad_clip)))
        train_loss = self.world.all_reduce(float(total)) / self.world.world_size
        overflowed = self.check_finite(train_loss, grad_norm, batch)
        lr = learning_rate(config, step)
        set_lr(self.optimizers, lr)
        # Weights, optimizer and step number change together: no signal is handled in between.
        with signals_deferred():
            self.mid_update = True
            self.update()
            speed = n_targets / max(perf_counter() - start, 1e-9)
            self.unlogged = StepResult(train_loss, None if overflowed else grad_norm, lr, speed)
            self.step, self.tokens = step, self.tokens + int(n_targets)
            self.mid_update = False

    def update(self) -> None:
        """Step the optimizers, clear the gradients, and wait for the device."""
        for optimizer in self.optimizers:
            self.scaler.step(optimizer)  # skipped if gradients overflowed in fp16
        self.scaler.update()
        self.zero_grad()
        synchronize(self.device)

    def check_finite(self, train_loss: float, grad_norm: float, batch: list[MicroBatch]) -> bool:
        """Return whether gradients overflowed in fp16, which the gradient scaler handles.

        Raises:
            NonFiniteStepError: If something else is not finite.
        """
        if not np.isfinite(train_loss):
            raise NonFiniteStepError("the loss", batch)
        if np.isfinite(grad_norm):
            return False
        if not self.scaler.is_enabled() or self.scaler.get_scale() < MIN_LOSS_SCALE:
            raise NonFiniteStepError("the gradient norm", batch)
        return True

    def no_sync(self, is_accumulating: bool) -> AbstractContextManager[None]:
        """Context of one micro-batch; processes exchange gradients after the last one only."""
        set_gradient_sync(self.raw_loss, not is_accumulating)
        if is_accumulating and isinstance(self.loss, DistributedDataParallel):
            return self.loss.no_sync()
        return nullcontext()

    @contextmanager
    def fork_rng_for_step(self, step: int) -> Iterator[None]:
        """Seed dropout with seed, step and rank inside, and restore the generators afterwards."""
        if not self.model.config.dropout:
            yield
            return
        gpus = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=gpus):
            key = f"{self.config.seed} {step} {self.world.rank}"
            seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) >> 1
            # torch.manual_seed does the same for every kind of device, and takes 2 ms.
            torch.default_generator.manual_seed(seed)
            if gpus:
                torch.cuda.manual_seed(seed)
            yield

    def zero_grad(self) -> None:
        """Clear the gradients of all weights."""
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)

    def evaluate(self) -> float | None:
        """Return the validation loss in nats per token; None without a validation text."""
        if self.val is None:
            return None
        rows = self.config.batch_size
        if isinstance(self.val, ValRows):
            loss = rows_loss(self.raw_loss, self.val, rows, self.autocast)
        else:
            tokens = self.config.eval_tokens
            loss = validation_loss(self.raw_loss, self.val, tokens, rows, self.autocast, self.world)
        self.last_val = loss, self.step
        return loss

    def update_best(self) -> bool:
        """Return whether this step has the best validation loss of all checkpoints."""
        if self.last_val is None or self.last_val[1] != self.step:
            return self.best is not None and self.best[1] == self.step
        if self.best is None or self.last_val[0] < self.best[0]:
            self.best = self.last_val
        return self.best[1] == self.step

    def mfu(self, tokens_per_second: float) -> float | None:
        """Model FLOPs utilization: the fraction of the peak of all devices.

        Args:
            tokens_per_second: Speed, all processes together.

        Returns:
            A fraction, or None if the peak of the device is not known.
        """
        if self.peak is None:
            return None
        flops = flops_per_token(self.model.config) * tokens_per_second / self.world.world_size
        fraction, self.peak = compute_mfu(flops, self.peak)
        return fraction

    # Before the first step

    def compile(self) -> None:
        """Compile the model and try it on one micro-batch; without a compiler, warn and go on."""
        keep_compile_cache()
        uncompiled, batch = self.loss, self.micro_batches.of_step(self.step + 1)[:1]
        self.model.train()
        error: Exception | None = None
        if self.config.loss_chunk:
            self.raw_loss.compile_in_parts()
        else:
            self.loss = torch.compile(self.loss)  # type: ignore[assignment]  # it stays a Module
        try:
            with self.fork_rng_for_step(0), self.autocast:
                self.loss(*batch[0][:3]).backward()
        except BaseException as raised:
            self.undo_compile(uncompiled)
            if not isinstance(raised, Exception) or is_out_of_memory(raised):
                raise
            error = raised
        self.zero_grad()
        if self.world.any_rank(error is not None):
            self.undo_compile(uncompiled)
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            warnings.warn(
                f"The model could not be compiled ({reason:.200}), so it runs uncompiled, which is "
                f"slower. PyTorch needs a C compiler for a CPU and Triton for a GPU; --compile "
                f"False does not try.",
                stacklevel=2,
            )

    def undo_compile(self, uncompiled: torch.nn.Module) -> None:
        """Use the loss of before `compile` again."""
        self.loss = uncompiled
        self.raw_loss.undo_compile()

    # Checkpoints

    def gather_model(self) -> GPT:
        """Return the full model, with FSDP put together from all parts. A collective call."""
        if not self.is_sharded:
            return self.model
        reshard(self.raw_loss)
        tensors = {
            name: full_tensor(tensor) for name, tensor in self.model.unique_state_dict().items()
        }
        return GPT.from_state_dict(self.model.config, tensors, "all processes")

    def full_optimizer_state(self) -> dict[str, torch.Tensor]:
        """Return the state of the optimizers as full tensors. A collective call."""
        tensors = optimizer_state_dict(self.model, self.optimizers)
        return {name: full_tensor(tensor) for name, tensor in tensors.items()}

    def state(self) -> dict[str, Any]:
        """Return the content of state.json: everything but weights and optimizer tensors."""
        return {
            "step": self.step,
            "tokens": self.tokens,
            "best": self.best,
            "unlogged": None if self.unlogged is None else asdict(self.unlogged),
            "history": self.history,
            "scaler": self.scaler.state_dict(),
            "global_batch_size": self.micro_batches.global_batch_size,
            "data_sha256": self.micro_batches.data_sha256,
            "threads": torch.get_num_threads(),
            "train": asdict(self.config),
            "model": asdict(self.model.config),
            **self.environment(),
        }

    def environment(self) -> dict[str, Any]:
        """Return what may change from one start to the next: device, dtype, processes, PyTorch."""
        return {
            "device": str(self.device),
            "dtype": self.dtype_name,
            "world_size": self.world.world_size,
            "torch": torch.__version__,
        }

    @property
    def is_finished(self) -> bool:
        """Whether all steps are made and logged."""
        return self.step >= self.config.max_steps and self.unlogged is None

    @property
    def dtype_name(self) -> str:
        """The number format as in `TrainConfig.dtype`, such as bfloat16."""
        return str(self.dtype).removeprefix("torch.")

    def load_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint.

        Args:
            checkpoint: A checkpoint of this run.

        Raises:
            ValueError: If it belongs to another run.
        """
        check_same_run(checkpoint, self.model.config, self.micro_batches)
        found = checkpoint.model.unique_state_dict()
        check_state_dict(self.model.unique_state_dict(), found, str(checkpoint.folder))
        with torch.no_grad():
            for name, tensor in self.model.unique_state_dict().items():
                tensor.copy_(shard_like(found[name], tensor))
        load_optimizer_state(self.model, self.optimizers, checkpoint.optimizer)
        state = checkpoint.state
        warn_on_lr_jump(TrainConfig(**state["train"]), self.config, state["step"])
        self.step, self.tokens = state["step"], state["tokens"]
        self.best = tuple(state["best"]) if state["best"] else None
        self.unlogged = StepResult(**state["unlogged"]) if state.get("unlogged") else None
        self.history = [*state.get("history", [])]
        self.changed = differences(state, {"train": asdict(self.config), **self.environment()})
        if self.changed:
            self.history.append({"after_step": self.step, "changed": self.changed})
        if self.scaler.is_enabled() and state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        if self.device.type == "cpu":
            warn_on_threads(state["threads"])
