"""Two processes do what one does with twice the accumulation."""

import os
import subprocess
import sys

import pytest
from small_runs import log_of

from gptcore.cli import main

RUN = (
    "names --max_steps 8 --eval_every 4 --checkpoint_every 4 --dropout 0 --batch_size 4 "
    "--eval_tokens 999 --device cpu --out_dir"
).split()


def test_two_processes_learn_what_one_learns_with_twice_the_accumulation(tmp_path):
    torchrun = ["-m", "torch.distributed.run", "--nproc_per_node=2", "-m", "gptcore.training"]
    ran = subprocess.run(
        [sys.executable, *torchrun, *RUN, str(tmp_path / "two")],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("finished: 8 steps") == 1  # one of them speaks
    assert main(["train", *RUN, str(tmp_path / "one"), "--grad_accum", "2"]) == 0
    one, two = log_of(tmp_path / "one"), log_of(tmp_path / "two")
    assert len(one) == len(two) == 8
    for a, b in zip(one, two):
        assert a["tokens"] == b["tokens"] and a["learning_rate"] == b["learning_rate"]
        for key in ("train_loss", "val_loss", "grad_norm"):
            assert a[key] == (None if b[key] is None else pytest.approx(b[key], abs=1e-5))
