"""A compiled loss in chunks needs less memory than in one piece, and is the same loss."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gptcore.training.hardware import system

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path("/proc/self/clear_refs").exists() or system.cxx_compiler() is None,
        reason="needs Linux, which reports the peak memory of a process, and a C++ compiler",
    ),
]

PROGRAM = """
import json
import torch
from gptcore.model import GPT, GPTConfig
from gptcore.training import TrainConfig, train
from gptcore.training.throughput import RandomBatches

sizes = {"vocab_size": 50304, "block_size": 64, "n_layer": 1, "n_head": 2, "n_embd": 16}
usual = {"batch_size": 64, "max_steps": 2, "warmup_steps": 0, "dtype": "bfloat16", "device": "cpu"}

def status(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))

def loss_and_kilobytes(**changes):
    model = GPT(GPTConfig(**sizes), torch.Generator().manual_seed(1))
    for step in train(model, RandomBatches(64, 64, 50304), TrainConfig(**usual, **changes)):
        if step.step == 1:
            open("/proc/self/clear_refs", "w").write("5")
            before = status("VmRSS")
    return step.train_loss, status("VmHWM") - before

found = {
    "one piece": loss_and_kilobytes(compile=True),
    "chunks": loss_and_kilobytes(compile=True, loss_chunk=512),  # 8 of them
    "not compiled": loss_and_kilobytes(loss_chunk=512),
}
print(json.dumps(found))
"""


def test_chunks_save_memory_when_compiled_too():
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["chunks"][1] < found["one piece"][1] / 2, found
    assert found["chunks"][0] == pytest.approx(found["not compiled"][0], rel=1e-3)
    assert found["one piece"][0] == pytest.approx(found["not compiled"][0], rel=1e-3)
