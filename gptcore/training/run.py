"""A run between two of its steps: model and optimizers, and how the next step is made.

Everything that a step does follows from the seed and its number: which rows it learns from, what
dropout drops, how far it goes. So nothing of chance needs to be saved, and a resumed run does on a
processor, bit for bit, what it would have done uninterrupted.
Left out on purpose: files, and when to measure or to stop; that is `trainer.py`.
"""

import hashlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any, Protocol

import numpy as np
import torch
from torch.nn.parallel import DistributedDataParallel

from gptcore.model import GPT, check_ids
from gptcore.model.ids import check_targets, targets_to_predict
from gptcore.model.weights import check_tensors
from gptcore.training.config import TrainConfig
from gptcore.training.cost.parameters import flops_per_token
from gptcore.training.faults import is_out_of_memory
from gptcore.training.hardware import onednn
from gptcore.training.hardware.device import autocast_context, pick_device, pick_dtype, synchronize
from gptcore.training.hardware.mfu import compute_mfu, peak_flops
from gptcore.training.loss import LossSum, Windows, validation_loss
from gptcore.training.optimizers import (
    clip,
    make_optimizers,
    restore_state,
    set_rate,
    state_tensors,
)
from gptcore.training.processes import Processes
from gptcore.training.saving.changes import Changes, check_finished, differences
from gptcore.training.saving.checkpoint_contents import Loaded
from gptcore.training.saving.signals import signals_deferred
from gptcore.training.schedule import learning_rate
from gptcore.training.sharing import add_up_alone, let_go, own_part, share_out, whole

Micro = tuple[torch.Tensor, torch.Tensor, int]  # ids, targets, and the number of their batch

LEAST_SCALE = 1.0  # of fp16's losses; if slopes overflow below it, there is another reason


class Batches(Protocol):
    """Inputs and targets for every step (`gptcore.corpus.Batches`, `Mixture`, or your own)."""

    batch_size: int
    block_size: int

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Shapes: two of (B, T)."""


class NonFiniteStepError(FloatingPointError):
    """A loss or slope of this step is not finite; the weights are as they were before it."""

    def __init__(self, what: str, batch: list[Micro]):
        super().__init__(what)
        self.what, self.batch = what, batch


@dataclass(frozen=True)
class Learned:
    """What one update was made of."""

    train_loss: float
    grad_norm: float | None
    rate: float
    tokens_per_second: float


class Run:
    """Model, optimizers, and how far they have come."""

    def __init__(
        self,
        model: GPT,
        batches: Batches,
        config: TrainConfig,
        val: Windows | None,
        processes: Processes,
    ):
        self.model, self.batches, self.config, self.val = model, batches, config, val
        self.processes = processes
        device = pick_device(config.device)
        self.dtype = pick_dtype(config.dtype, device)
        self.device = torch.device(device)
        self.autocast = autocast_context(device, self.dtype)
        if device == "cpu" and not config.compile and onednn.is_faster():
            onednn.patch_linear_layers(model)
        self.peak = peak_flops(device, self.dtype)
        # fp16 reaches no further down than 6e-8: losses are scaled up, and slopes down again.
        narrow = self.dtype == torch.float16
        self.scaler = torch.amp.GradScaler(device=self.device.type, enabled=narrow)
        self.plain = LossSum(model, config.loss_chunk, config.activation_checkpointing)
        self.loss: torch.nn.Module = self.plain
        self.shared = config.fsdp and processes.size > 1
        if self.shared:
            share_out(self.plain, self.device, processes)
        else:
            self.model.to(self.device)
        if processes.size > 1 and not self.shared:
            self.loss = DistributedDataParallel(self.plain)
        self.optimizers = make_optimizers(model, config)
        self.step = self.tokens = 0
        self.updating = False  # whether weights may be half-way between two steps
        self.learned: Learned | None = None  # an update that is made, and not yet in the log
        self.measured: tuple[float, int] | None = None  # the last validation loss, and its step
        self.best: tuple[float, int] | None = None  # the best of those that have a checkpoint
        self.changed: Changes = {}  # by this resume
        self.history: list[dict[str, Any]] = []  # what changed at each resume
        self.first_row = hashlib.sha256(batches.batch(0)[0][0].tobytes()).hexdigest()

    # One step

    def learn(self, clock: Callable[[], float] = perf_counter) -> None:
        """Make the next update; what it was made of is in `learned` until it is in the log.

        Raises: NonFiniteStepError, and what computing raises; the weights then are as before,
            unless `updating`.
        """
        config, step, start = self.config, self.step + 1, clock()
        self.model.train()
        batch = self.micro_batches(step)
        asked = self.processes.sum(sum(int(targets_to_predict(y).sum()) for _, y, _ in batch))
        total = torch.zeros((), device=self.device)
        with self.chance_of(step):
            for number, (x, y, _) in enumerate(batch, 1):
                with self.alone(until=number < len(batch)), self.autocast:
                    # Several processes take the mean of their slopes; this makes it a sum.
                    # Where every target is ignored, loss and gradients are 0.
                    loss = self.loss(x, y) * (self.processes.size / max(1, asked))
                    self.scaler.scale(loss).backward()
                total += loss.detach()
        for optimizer in self.optimizers:
            self.scaler.unscale_(optimizer)
        norm = float(whole(clip(list(self.model.parameters()), config.grad_clip)))
        train_loss = self.processes.sum(float(total)) / self.processes.size
        overflowed = self.check_finite(train_loss, norm, batch)
        rate = learning_rate(config, step)
        set_rate(self.optimizers, rate)
        # Weights, optimizer and step change together: Ctrl-C is heard before or after, not inside.
        with signals_deferred():
            self.updating = True
            self.update()
            speed = asked / max(clock() - start, 1e-9)
            self.learned = Learned(train_loss, None if overflowed else norm, rate, speed)
            self.step, self.tokens = step, self.tokens + int(asked)
            self.updating = False

    def update(self) -> None:
        """Let the optimizers move the weights, and wait until they have."""
        for optimizer in self.optimizers:
            self.scaler.step(optimizer)  # which skips it if slopes overflowed in fp16
        self.scaler.update()
        self.forget_slopes()
        synchronize(self.device)

    def check_finite(self, train_loss: float, norm: float, batch: list[Micro]) -> bool:
        """Whether slopes overflowed in fp16, which the scaler takes care of.

        Raises: NonFiniteStepError if something else is not finite.
        """
        if not np.isfinite(train_loss):
            raise NonFiniteStepError("the loss", batch)
        if np.isfinite(norm):
            return False
        if not self.scaler.is_enabled() or self.scaler.get_scale() < LEAST_SCALE:
            raise NonFiniteStepError("the length of the slopes", batch)
        return True

    def micro_batches(self, step: int) -> list[Micro]:
        """What this process learns from in a step, checked, and on the device."""
        accum, processes = self.config.grad_accum, self.processes
        found = []
        for i in range(accum):
            place = ((step - 1) * accum + i) * processes.size + processes.rank
            ids, targets = (torch.from_numpy(array) for array in self.batches.batch(place))
            check_ids(ids, self.model.config.vocab_size, self.model.config.block_size)
            check_targets(targets, ids, self.model.config.vocab_size)
            found.append((self.there(ids), self.there(targets), place))
        return found

    def named(self, batch: list[Micro]) -> list[tuple[torch.Tensor, torch.Tensor, list[str]]]:
        """The same micro-batches, and for each row where it comes from."""
        where = getattr(self.batches, "describe_rows", None)
        named = []
        for ids, targets, place in batch:
            rows = [f"row {row} of batch {place}" for row in range(len(ids))]
            named.append((ids, targets, where(place) if where else rows))
        return named

    def there(self, ids: torch.Tensor) -> torch.Tensor:
        """The ids on the device; to a GPU they travel while it computes."""
        if self.device.type == "cuda":
            return ids.pin_memory().to(self.device, non_blocking=True)
        return ids.to(self.device)

    def alone(self, until: bool):
        """While slopes are still added up, processes need not tell each other."""
        add_up_alone(self.plain, until)
        if until and isinstance(self.loss, DistributedDataParallel):
            return self.loss.no_sync()
        return nullcontext()

    @contextmanager
    def chance_of(self, step: int) -> Iterator[None]:
        """What dropout drops follows from seed, step and process; other chance is left alone."""
        if not self.model.config.dropout:
            yield
            return
        gpus = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=gpus):
            key = f"{self.config.seed} {step} {self.processes.rank}"
            seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) >> 1
            # torch.manual_seed does the same for every kind of device, and takes 2 ms.
            torch.default_generator.manual_seed(seed)
            if gpus:
                torch.cuda.manual_seed(seed)
            yield

    def forget_slopes(self) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)

    def evaluate(self) -> float | None:
        """The validation loss, if there is a text to measure it on."""
        if self.val is None:
            return None
        loss = validation_loss(
            self.plain,
            self.val,
            self.config.eval_tokens,
            self.config.batch_size,
            self.autocast,
            self.processes,
        )
        self.measured = loss, self.step
        return loss

    def note_best(self) -> bool:
        """Whether the step that is about to be saved has the best validation loss of all saved."""
        if self.measured is None or self.measured[1] != self.step:
            return self.best is not None and self.best[1] == self.step
        if self.best is None or self.measured[0] < self.best[0]:
            self.best = self.measured
        return self.best[1] == self.step

    def utilization(self, tokens_per_second: float) -> float | None:
        """MFU: the share of what all devices could do."""
        if self.peak is None:
            return None
        done = flops_per_token(self.model.config) * tokens_per_second / self.processes.size
        share, self.peak = compute_mfu(done, self.peak)
        return share

    # Before the first step

    def compile(self) -> None:
        """Compile the model and try it on the first rows; without a compiler go on as it is."""
        plain, batch = self.loss, self.micro_batches(self.step + 1)[:1]
        self.model.train()
        error: Exception | None = None
        if self.config.loss_chunk:
            self.plain.compile_in_parts()
        else:
            self.loss = torch.compile(self.loss)  # type: ignore[assignment]
        try:
            with self.chance_of(0), self.autocast:
                self.loss(*batch[0][:2]).backward()
        except BaseException as raised:
            self.do_not_compile(plain)
            if not isinstance(raised, Exception) or is_out_of_memory(raised):
                raise
            error = raised
        self.forget_slopes()
        if self.processes.any(error is not None):
            self.do_not_compile(plain)
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            warnings.warn(
                f"The model could not be compiled ({reason:.200}), so it runs as it is, slower. "
                f"PyTorch needs a C compiler for a processor and Triton for a GPU; --compile False "
                f"does not try.",
                stacklevel=2,
            )

    def do_not_compile(self, plain: torch.nn.Module) -> None:
        """Undo `compile`."""
        self.loss = plain
        self.plain.do_not_compile()

    # What a checkpoint holds besides weights

    def whole_model(self) -> GPT:
        """The model; if it is shared out, put together from all parts. All processes must ask."""
        if not self.shared:
            return self.model
        let_go(self.plain)
        tensors = {name: whole(tensor) for name, tensor in self.model.own_tensors().items()}
        return GPT.of(self.model.config, tensors, "all processes")

    def optimizer_tensors(self) -> dict[str, torch.Tensor]:
        """What the optimizers remember, whole. All processes must ask."""
        tensors = state_tensors(self.model, self.optimizers)
        return {name: whole(tensor) for name, tensor in tensors.items()}

    def state(self) -> dict[str, Any]:
        """All that is neither a weight nor a tensor of the optimizer's; JSON has room for it."""
        return {
            "step": self.step,
            "tokens": self.tokens,
            "best": self.best,
            "learned": None if self.learned is None else asdict(self.learned),
            "history": self.history,
            "scaler": self.scaler.state_dict(),
            "rows_per_step": self.rows_per_step,
            "first_row_sha256": self.first_row,
            "threads": torch.get_num_threads(),
            "train": asdict(self.config),
            "model": asdict(self.model.config),
            **self.circumstances(),
        }

    def circumstances(self) -> dict[str, Any]:
        """Where a run is computed: what may change from one start to the next."""
        return {
            "device": str(self.device),
            "dtype": self.dtype_name,
            "processes": self.processes.size,
            "torch": torch.__version__,
        }

    @property
    def is_finished(self) -> bool:
        return self.step >= self.config.max_steps and self.learned is None

    @property
    def dtype_name(self) -> str:
        return str(self.dtype).removeprefix("torch.")

    @property
    def rows_per_step(self) -> int:
        return self.config.batch_size * self.config.grad_accum * self.processes.size

    def go_on(self, loaded: Loaded) -> None:
        """Be where a checkpoint was.

        Raises: ValueError if it belongs to another run.
        """
        self.check_same(loaded)
        found = loaded.model.own_tensors()
        check_tensors(self.model.own_tensors(), found, str(loaded.folder))
        with torch.no_grad():
            for name, tensor in self.model.own_tensors().items():
                tensor.copy_(own_part(found[name], tensor))
        restore_state(self.model, self.optimizers, loaded.optimizer)
        state = loaded.state
        self.mention_jump(TrainConfig(**state["train"]), state["step"])
        self.step, self.tokens = state["step"], state["tokens"]
        self.best = tuple(state["best"]) if state["best"] else None
        self.learned = Learned(**state["learned"]) if state.get("learned") else None
        self.history = [*state.get("history", [])]
        self.changed = differences(state, {"train": asdict(self.config), **self.circumstances()})
        if self.changed:
            self.history.append({"after_step": self.step, "changed": self.changed})
        if self.scaler.is_enabled() and state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        if self.device.type == "cpu" and state["threads"] != torch.get_num_threads():
            warnings.warn(
                f"The run had {state['threads']} threads and now has {torch.get_num_threads()}: "
                f"sums are added up in another order, and the last digits will differ. "
                f"OMP_NUM_THREADS={state['threads']} brings them back.",
                stacklevel=2,
            )

    def mention_jump(self, before: TrainConfig, step: int) -> None:
        """Warn if the rate rises because the schedule is another one than before."""
        was, now = learning_rate(before, step), learning_rate(self.config, step + 1)
        if step > self.config.warmup_steps and now > 1.5 * was and step < self.config.max_steps:
            warnings.warn(
                f"The learning rate jumps from {was:.2g} at step {step} to {now:.2g}: its schedule "
                f"was made for {before.max_steps} steps, and is now for {self.config.max_steps}. "
                f"The loss will rise before it falls. A run with --schedule wsd can be continued.",
                stacklevel=2,
            )

    def check_same(self, loaded: Loaded) -> None:
        """Raises: ValueError with what is different, if it is not the same run."""
        before, now = loaded.state["model"], asdict(self.model.config)
        other = [f"{k}={before.get(k)!r} (now {now[k]!r})" for k in now if before.get(k) != now[k]]
        if other:
            raise ValueError(
                f"The model in {loaded.folder} has {', '.join(other)}. Resume it with the same "
                f"sizes, or train this one in another --out_dir."
            )
        check_finished(loaded.state, asdict(self.config), loaded.folder)
        rows = loaded.state["rows_per_step"]
        if rows != self.rows_per_step:
            raise ValueError(
                f"The run in {loaded.folder} learns from {rows} rows at each step; batch_size="
                f"{self.config.batch_size} x grad_accum={self.config.grad_accum} x "
                f"{self.processes.size} process(es) are {self.rows_per_step}. Rows would be "
                f"repeated or left out. Choose them so that the product is {rows}."
            )
        if loaded.state["first_row_sha256"] != self.first_row:
            raise ValueError(
                f"The run in {loaded.folder} began with other data: its first row is not the one "
                f"that these shards and seed={self.config.seed} give. Resume it with the same "
                f"--data and --seed, or train on these in another --out_dir."
            )
