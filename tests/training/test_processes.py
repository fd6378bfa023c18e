"""Two processes do what one does with twice the accumulation, with a whole model each or a part."""

import os
import subprocess
import sys

import pytest
from small_runs import log_of, sha256_of_all
from together import kill_all, run_together

from gptcore.cli import main
from gptcore.training import Checkpoints

pytestmark = pytest.mark.slow

RUN = ["train", "names", "--max_steps", "8", "--eval_every", "4", "--checkpoint_every", "4"]
RUN += ["--device", "cpu", "--dropout", "0", "--batch_size", "4", "--eval_tokens", "999"]
RUN += ["--n_layer", "1", "--out_dir"]
SHARED = ["--grad_accum", "2", "--fsdp", "True", "--activation_checkpointing", "True"]


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """What a single process learns with four micro-batches at a step."""
    out = tmp_path_factory.mktemp("one") / "out"
    assert main([*RUN, str(out), "--grad_accum", "4"]) == 0
    return out


def check_same(one, two) -> None:
    """The same losses as one process had, to 1e-5."""
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        assert a["tokens"] == b["tokens"] and a["learning_rate"] == b["learning_rate"]
        for key in ("train_loss", "val_loss", "grad_norm"):
            assert a[key] == (None if b[key] is None else pytest.approx(b[key], abs=1e-5))


def test_two_with_the_whole_model_each_learn_what_one_learns(one, tmp_path, processes):
    whole = [*RUN, str(tmp_path / "whole"), "--grad_accum", "2"]
    first, second = run_together(processes, tmp_path / "both", [(whole, 0)])
    assert first.startswith("finished: 8 steps") and second == ""  # of two processes one speaks
    check_same(log_of(one), log_of(tmp_path / "whole"))


def test_two_with_a_part_of_the_model_each_learn_it_too_and_one_goes_on_alone(
    one, tmp_path, processes
):
    out = tmp_path / "shared"
    words = [*RUN, str(out), *SHARED]
    hurried = [*words, "--max_minutes", "1e-9"]  # it ends after its first step
    rest = [*words, "--max_minutes", "0", "--resume"]
    run_together(processes, tmp_path / "both", [(hurried, 75), (rest, 0)])
    check_same(log_of(one), log_of(out))
    # A checkpoint is the same whoever wrote it, and can be gone on with by any number.
    weights = [Checkpoints(folder).load(8).model.wte.weight for folder in (one, out)]
    assert (weights[0] - weights[1]).abs().max() < 1e-4
    alone = ["--resume", "--max_steps", "9", "--grad_accum", "4", "--fsdp", "False"]
    assert main([*RUN, str(out), *alone]) == 0
    assert len(log_of(out)) == 9


@pytest.mark.parametrize("way", [["--grad_accum", "2"], SHARED], ids=["whole", "shared"])
def test_both_killed_and_resumed_they_end_as_if_nothing_had_happened(way, tmp_path, processes):
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "killed"
    run_together(processes, tmp_path / "a", [([*RUN, str(undisturbed), *way], 0)])

    def sixth_step_is_made() -> bool:
        log = out / "log.jsonl"
        return log.exists() and log.read_bytes().count(b"\n") >= 6

    words = [*RUN, str(out), *way, "--resume"]
    run_together(processes, tmp_path / "b", [(words, 0)], kill_when=sixth_step_is_made)
    run_together(processes, tmp_path / "c", [(words, 0)])
    assert log_of(out) == log_of(undisturbed)
    assert sha256_of_all(out / "latest") == sha256_of_all(undisturbed / "latest")


def test_torchrun_starts_them(one, tmp_path):
    # Standalone: a free port. Two torchruns on one machine would else wait for each other.
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    asked = [*RUN[1:], str(tmp_path / "out"), "--grad_accum", "2"]
    running = subprocess.Popen(
        [sys.executable, *torchrun, "-m", "gptcore.cli", "train", *asked],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = running.communicate(timeout=400)
    except subprocess.TimeoutExpired:
        kill_all(running.pid)
        running.communicate()
        raise
    assert running.returncode == 0, err
    assert out.count("finished: 8 steps") == 1
    check_same(log_of(one), log_of(tmp_path / "out"))
