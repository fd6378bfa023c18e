"""Evaluation needs little memory and changes no digit; MFU is relative to a measured peak."""

import threading
from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from small_runs import NO_DROPOUT, SHORT, batches, new_model, run
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gptcore.model import GPTConfig
from gptcore.training import (
    LossSum,
    TrainConfig,
    World,
    estimate_memory,
    peak_flops,
    validation_loss,
)
from gptcore.training.hardware.device import autocast_context
from gptcore.training.hardware.mfu import measured_rate

WIDE = GPTConfig(block_size=64, vocab_size=3000, n_layer=1, n_head=2, n_embd=32)


class PeakMemory(TorchDispatchMode):
    """Records the peak memory of all tensors that are created inside `with`."""

    def __init__(self):
        super().__init__()
        self.created, self.peak_bytes = [], 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        output = func(*args, **(kwargs or {}))
        existing = {storage._cdata for storage in storages((args, kwargs))}  # views
        new = [s for s in storages(output) if s._cdata not in existing]
        self.created = [(ref, size) for ref, size in self.created if not ref.expired()]
        self.created += [(StorageWeakRef(storage), storage.nbytes()) for storage in new]
        self.peak_bytes = max(self.peak_bytes, sum(size for _, size in self.created))
        return output


def storages(tree) -> list:
    """The storages of all tensors in nested lists."""
    return [t.untyped_storage() for t in tree_leaves(tree) if isinstance(t, torch.Tensor)]


def peak_bytes(work) -> int:
    with PeakMemory() as memory:
        work()
    return memory.peak_bytes


class Zeros:
    """A validation text that has only the token 0."""

    windows, block_size = 8, 64

    def load_window(self, window):
        return torch.zeros(65, dtype=torch.long).numpy()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dtype": "bfloat16"},
        {"loss_chunk": 32},
        {"activation_checkpointing": True},
        {"batch_size": 1},
    ],
    ids=str,
)
@pytest.mark.slow
def test_evaluation_needs_less_memory_than_training(settings):
    training = TrainConfig(**{"batch_size": 4} | settings)
    dtype = getattr(torch, training.dtype.replace("auto", "float32"))
    loss = LossSum(new_model(WIDE), training.loss_chunk, training.activation_checkpointing)
    ids = torch.zeros(training.batch_size, 64, dtype=torch.long)

    def train_step():
        with autocast_context("cpu", dtype):
            loss(ids, ids).backward()

    def evaluate():
        validation_loss(
            loss, Zeros(), 512, training.batch_size, autocast_context("cpu", dtype), World()
        )

    train_bytes, eval_bytes = peak_bytes(train_step), peak_bytes(evaluate)
    assert eval_bytes < train_bytes
    # A compiled model needs less memory for training; the estimate says how much.
    compiled = estimate_memory(
        WIDE, replace(training, compile=True), str(dtype).removeprefix("torch.")
    )
    assert compiled.weights + eval_bytes < compiled.total


@pytest.mark.parametrize("chunk", [0, 5])
def test_evaluation_in_chunks_gives_the_same_loss(chunk, text):
    model, val = new_model(NO_DROPOUT), batches(text, split="val")
    found = validation_loss(LossSum(model, chunk), val, 300, 4, nullcontext(), World())
    rows = torch.stack(
        [torch.from_numpy(val.load_window(i).astype("int64")) for i in range(300 // 12)]
    )
    with torch.no_grad():
        logits = model(rows[:, :-1])[0]
    assert found == pytest.approx(
        float(F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())), abs=1e-6
    )


def test_mfu_is_a_fraction_of_the_measured_peak_of_this_cpu(text, tmp_path):
    steps = run(text, tmp_path, replace(SHORT, max_steps=6), NO_DROPOUT)
    run_json = (tmp_path / "run.json").read_text()
    assert "TFLOP/s (this CPU: 1 x the rate of one thread with float32 matrices of" in run_json
    assert all(0 < step.mfu < 1 for step in steps)
    # Between two steps only the speed differs.
    assert steps[1].mfu / steps[2].mfu == pytest.approx(
        steps[1].tokens_per_second / steps[2].tokens_per_second
    )


def test_a_busy_cpu_does_not_lower_the_measured_peak():
    measured_rate.cache_clear()  # it is measured once in a process
    quiet = peak_flops("cpu", torch.float32).flops_per_second
    done = threading.Event()
    a = torch.ones(300, 300)

    def work():
        while not done.is_set():
            a @ a

    others = [threading.Thread(target=work) for _ in range(8)]
    for other in others:
        other.start()
    measured_rate.cache_clear()
    try:
        busy = peak_flops("cpu", torch.float32).flops_per_second
    finally:
        done.set()
        for other in others:
            other.join()
    assert busy > 0.6 * quiet
    torch.set_num_threads(3)
    try:
        assert peak_flops("cpu", torch.float32).flops_per_second > 1.8 * quiet
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(1)
