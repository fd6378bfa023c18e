"""Two processes do what one does with twice the accumulation, with a whole model each or a part."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_runs import log_of

from gptcore.cli import main
from gptcore.training import Checkpoints

# They wait for each other through a port, and have been seen to wait for ever on a busy machine.
pytestmark = pytest.mark.skipif(
    "GPTCORE_PROCESSES" not in os.environ, reason="two processes: set GPTCORE_PROCESSES=1"
)

RUN = ["names", "--max_steps", "8", "--eval_every", "4", "--checkpoint_every", "4", "--device"]
RUN += ["cpu", "--dropout", "0", "--batch_size", "4", "--eval_tokens", "999", "--n_layer", "1"]
TWICE = ["--grad_accum", "2"]
# Standalone: a free port. Two torchruns on one machine would else wait for each other's processes.
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]


def test_two_processes_learn_what_one_learns_with_twice_the_accumulation(tmp_path):
    each = str(Path(__file__).with_name("two_runs.py"))
    ran = subprocess.run(
        [sys.executable, *TORCHRUN, each, str(tmp_path), *RUN, *TWICE],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("finished: 8 steps") == 2  # of two processes one speaks
    assert ran.stdout.count("exit code 75") == 2
    assert main(["train", *RUN, "--out_dir", str(tmp_path / "one"), "--grad_accum", "4"]) == 0
    one = log_of(tmp_path / "one")
    assert len(one) == 8
    for way in ("whole", "shared"):
        two = log_of(tmp_path / way)
        for a, b in zip(one, two, strict=True):
            assert a["tokens"] == b["tokens"] and a["learning_rate"] == b["learning_rate"]
            for key in ("train_loss", "val_loss", "grad_norm"):
                assert a[key] == (None if b[key] is None else pytest.approx(b[key], abs=1e-5))
    # A checkpoint is the same whoever wrote it, and can be gone on with by any number.
    weights = [Checkpoints(tmp_path / way).load(8).model.wte.weight for way in ("one", "shared")]
    assert (weights[0] - weights[1]).abs().max() < 1e-4
    more = ["--resume", "--max_steps", "9", "--grad_accum", "4"]
    assert main(["train", *RUN[:1], "--out_dir", str(tmp_path / "shared"), *more]) == 0
    assert len(log_of(tmp_path / "shared")) == 9
