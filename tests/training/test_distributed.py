"""Two processes, DDP or FSDP, compute what one process with twice the accumulation computes."""

import os
import subprocess
import sys

import pytest
from small_runs import log_of, sha256_of_all
from two_processes import kill_all, run_together

from gptcore.cli import main
from gptcore.training import Checkpoints

pytestmark = pytest.mark.slow

RUN = ["train", "names", "--max_steps", "8", "--eval_every", "4", "--checkpoint_every", "4"]
RUN += ["--device", "cpu", "--dropout", "0", "--batch_size", "4", "--eval_tokens", "999"]
RUN += ["--n_layer", "1", "--out_dir"]
FSDP = ["--grad_accum", "2", "--fsdp", "True", "--activation_checkpointing", "True"]


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """A run of one process with four micro-batches per step."""
    out = tmp_path_factory.mktemp("one") / "out"
    assert main([*RUN, str(out), "--grad_accum", "4"]) == 0
    return out


def check_same(one, two) -> None:
    """Compare the losses of two logs to 1e-5."""
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        assert a["tokens"] == b["tokens"] and a["learning_rate"] == b["learning_rate"]
        for key in ("train_loss", "val_loss", "grad_norm"):
            assert a[key] == (None if b[key] is None else pytest.approx(b[key], abs=1e-5))


def test_ddp_with_two_processes_computes_what_one_computes(one, tmp_path, processes):
    words = [*RUN, str(tmp_path / "ddp"), "--grad_accum", "2"]
    first, second = run_together(processes, tmp_path / "both", [(words, 0)])
    assert first.startswith("finished: 8 steps") and second == ""  # only rank 0 prints
    check_same(log_of(one), log_of(tmp_path / "ddp"))


def test_fsdp_with_two_processes_computes_it_too_and_one_process_can_resume(
    one, tmp_path, processes
):
    out = tmp_path / "fsdp"
    words = [*RUN, str(out), *FSDP]
    one_step = [*words, "--max_minutes", "1e-9"]  # it ends after its first step
    rest = [*words, "--max_minutes", "0", "--resume"]
    run_together(processes, tmp_path / "both", [(one_step, 75), (rest, 0)])
    check_same(log_of(one), log_of(out))
    # Any number of processes can resume the checkpoint of any other number.
    weights = [Checkpoints(folder).load(8).model.wte.weight for folder in (one, out)]
    assert (weights[0] - weights[1]).abs().max() < 1e-4
    single = ["--resume", "--max_steps", "9", "--grad_accum", "4", "--fsdp", "False"]
    assert main([*RUN, str(out), *single]) == 0
    assert len(log_of(out)) == 9


@pytest.mark.parametrize("way", [["--grad_accum", "2"], FSDP], ids=["ddp", "fsdp"])
def test_two_killed_processes_resume_and_end_the_same(way, tmp_path, processes):
    uninterrupted, out = tmp_path / "uninterrupted", tmp_path / "killed"
    run_together(processes, tmp_path / "a", [([*RUN, str(uninterrupted), *way], 0)])

    def has_six_steps() -> bool:
        log = out / "log.jsonl"
        return log.exists() and log.read_bytes().count(b"\n") >= 6

    words = [*RUN, str(out), *way, "--resume"]
    run_together(processes, tmp_path / "b", [(words, 0)], kill_when=has_six_steps)
    run_together(processes, tmp_path / "c", [(words, 0)])
    assert log_of(out) == log_of(uninterrupted)
    assert sha256_of_all(out / "latest") == sha256_of_all(uninterrupted / "latest")


def test_torchrun_starts_two_processes(one, tmp_path):
    # Standalone uses a free port; otherwise two torchruns on one machine wait for each other.
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    options = [*RUN[1:], str(tmp_path / "out"), "--grad_accum", "2"]
    running = subprocess.Popen(
        [sys.executable, *torchrun, "-m", "gptcore.cli", "train", *options],
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
