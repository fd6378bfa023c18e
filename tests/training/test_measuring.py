"""Measuring costs little memory and no last digit; and MFU is a share of something real."""

import threading
from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from small_runs import SHORT, STILL, batches, new_model, run
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

WIDE = GPTConfig(block_size=64, vocab_size=3000, n_layer=1, n_head=2, n_embd=32)


class Watched(TorchDispatchMode):
    """Inside `with`, the most bytes that tensors take which were made there."""

    def __init__(self):
        super().__init__()
        self.made, self.most = [], 0

    def __torch_dispatch__(self, operation, types, given=(), named=None):
        found = operation(*given, **(named or {}))
        there = {storage._cdata for storage in storages((given, named))}  # of which this is a view
        new = [s for s in storages(found) if s._cdata not in there]
        self.made = [(ref, size) for ref, size in self.made if not ref.expired()]
        self.made += [(StorageWeakRef(storage), storage.nbytes()) for storage in new]
        self.most = max(self.most, sum(size for _, size in self.made))
        return found


def storages(tree) -> list:
    """What all tensors in a nest of lists lie in."""
    return [t.untyped_storage() for t in tree_leaves(tree) if isinstance(t, torch.Tensor)]


def bytes_at_most(work) -> int:
    with Watched() as watched:
        work()
    return watched.most


class Zeros:
    """A validation text of nothing but the token 0."""

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
def test_measuring_needs_less_memory_than_learning_from_a_micro_batch(settings):
    training = TrainConfig(**{"batch_size": 4} | settings)
    dtype = getattr(torch, training.dtype.replace("auto", "float32"))
    loss = LossSum(new_model(WIDE), training.loss_chunk, training.activation_checkpointing)
    ids = torch.zeros(training.batch_size, 64, dtype=torch.long)

    def learn():
        with autocast_context("cpu", dtype):
            loss(ids, ids).backward()

    def measure():
        validation_loss(
            loss, Zeros(), 512, training.batch_size, autocast_context("cpu", dtype), World()
        )

    learning, measuring = bytes_at_most(learn), bytes_at_most(measure)
    assert measuring < learning
    # A compiled model needs less to learn; what it would is known by formula.
    compiled = estimate_memory(
        WIDE, replace(training, compile=True), str(dtype).removeprefix("torch.")
    )
    assert compiled.weights + measuring < compiled.total


@pytest.mark.parametrize("chunk", [0, 5])
def test_measured_in_pieces_the_loss_is_that_of_all_at_once(chunk, text):
    model, val = new_model(STILL), batches(text, split="val")
    found = validation_loss(LossSum(model, chunk), val, 300, 4, nullcontext(), World())
    rows = torch.stack(
        [torch.from_numpy(val.load_window(i).astype("int64")) for i in range(300 // 12)]
    )
    with torch.no_grad():
        logits = model(rows[:, :-1])[0]
    assert found == pytest.approx(
        float(F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())), abs=1e-6
    )


def test_mfu_is_a_share_of_what_this_processor_was_seen_to_do(text, tmp_path):
    steps = run(text, tmp_path, replace(SHORT, max_steps=6), STILL)
    told = (tmp_path / "run.json").read_text()
    assert "TFLOP/s (this processor: 1 x what one thread does with float32 matrices of" in told
    assert all(0 < step.mfu < 1 for step in steps)
    # A tiny model leaves most of it unused; two steps differ by their speed alone.
    assert steps[1].mfu / steps[2].mfu == pytest.approx(
        steps[1].tokens_per_second / steps[2].tokens_per_second
    )


def test_a_busy_processor_does_not_look_slow_when_its_peak_is_measured():
    quiet = peak_flops("cpu", torch.float32).flops_per_second
    done = threading.Event()
    a = torch.ones(300, 300)

    def work():
        while not done.is_set():
            a @ a

    others = [threading.Thread(target=work) for _ in range(8)]
    for other in others:
        other.start()
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
