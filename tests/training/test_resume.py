"""A run that is killed or stopped and then resumed equals one that is not interrupted."""

import os
import random
import signal
import time
import warnings
from dataclasses import replace

import pytest
import torch
from small_runs import (
    NO_DROPOUT,
    SHAPE,
    SHORT,
    batches,
    log_of,
    new_model,
    run,
    run_in_a_process,
    sha256_of_all,
    untimed,
)

from gptcore.training import train

pytestmark = pytest.mark.slow

WAYS = {
    "adamw": SHORT,
    "accumulating": replace(SHORT, grad_accum=3),
    "muon": replace(SHORT, optimizer="muon", grad_accum=2, schedule="wsd", loss_chunk=16),
}


def kill_at(processes, step: int, *arguments) -> None:
    """Run, and kill with SIGKILL once the log has so many steps; or let it finish."""
    child = processes.Process(target=run_in_a_process, args=arguments)
    child.start()
    log, end = arguments[1] / "log.jsonl", time.monotonic() + 60
    while child.is_alive() and time.monotonic() < end:
        if log.exists() and log.read_bytes().count(b"\n") >= step:
            os.kill(child.pid, signal.SIGKILL)
            break
        time.sleep(0.0005)
    child.join(60)
    assert child.exitcode in (0, -signal.SIGKILL)


@pytest.mark.parametrize("way", WAYS)
def test_a_run_killed_at_five_random_steps_ends_the_same(way, text, tmp_path, processes):
    config = WAYS[way]
    uninterrupted = run(text, tmp_path / "uninterrupted", config)
    killed = tmp_path / "killed"
    for step in sorted(random.Random(way).sample(range(1, config.max_steps), 5)):
        kill_at(processes, step, text, killed, config, killed.exists())
    run(text, killed, config, resume=True)
    assert log_of(killed) == log_of(tmp_path / "uninterrupted") == untimed(uninterrupted)
    assert len(sha256_of_all(killed / "latest")) == 2
    assert sha256_of_all(killed / "latest") == sha256_of_all(tmp_path / "uninterrupted" / "latest")


def test_leaving_the_loop_saves_and_resuming_continues_there(text, tmp_path):
    uninterrupted = run(text, None)
    options = {"val": batches(text, split="val"), "out_dir": tmp_path / "left"}
    first = []
    for step in train(new_model(), batches(text), SHORT, **options):
        first.append(step)
        if step.step == 13:  # between two checkpoints
            break
    assert (tmp_path / "left" / "latest").resolve().name == "step_000013"
    rest = run(text, tmp_path / "left", resume=True)
    assert untimed(first + rest) == untimed(uninterrupted)


def test_a_request_to_stop_ends_after_the_step_and_saves_it(text, tmp_path):
    wishes = iter([False, False, True])
    steps = run(text, tmp_path / "out", stop=lambda: next(wishes))
    assert [step.step for step in steps] == [1, 2, 3]
    assert (tmp_path / "out" / "latest").resolve().name == "step_000003"


def test_max_minutes_stops_a_run_and_counts_again_after_a_resume(text, tmp_path):
    hurried = replace(SHORT, max_minutes=1e-9)
    assert len(run(text, tmp_path / "out", hurried)) == 1
    assert [step.step for step in run(text, tmp_path / "out", hurried, resume=True)] == [2]
    assert untimed(run(text, tmp_path / "out", resume=True)) == untimed(run(text, None))[2:]


def test_a_clock_that_goes_backward_changes_nothing(text, monkeypatch):
    clock = iter(range(10_000_000, 0, -1))
    monkeypatch.setattr("time.time", lambda: float(next(clock)))
    monkeypatch.setattr("gptcore.training.trainer.monotonic", lambda: float(next(clock)))
    monkeypatch.setattr("gptcore.training.run.perf_counter", lambda: float(next(clock)))
    steps = run(text, None, replace(SHORT, max_steps=6, max_minutes=1.0))
    assert len(steps) == 6 and all(0 < s.tokens_per_second < float("inf") for s in steps)


def test_resume_starts_a_new_run_and_yields_nothing_for_a_finished_one(text, tmp_path):
    assert len(run(text, tmp_path / "out", resume=True)) == SHORT.max_steps
    before = (tmp_path / "out" / "log.jsonl").read_bytes()
    assert run(text, tmp_path / "out", resume=True) == []
    assert (tmp_path / "out" / "log.jsonl").read_bytes() == before


def test_half_the_micro_batch_and_twice_the_accumulation_use_the_same_rows(text, tmp_path):
    """The advice of OutOfMemoryError, followed in the middle of a run."""
    uninterrupted = run(text, None, shape=NO_DROPOUT)
    run(text, tmp_path / "out", replace(SHORT, max_steps=20), NO_DROPOUT)
    halved = replace(SHORT, batch_size=2, grad_accum=2)
    run(text, tmp_path / "long", SHORT, NO_DROPOUT, stop=iter([False] * 19 + [True]).__next__)
    rest = run(text, tmp_path / "long", halved, NO_DROPOUT, resume=True)
    for one, other in zip(rest, uninterrupted[20:]):
        assert one.train_loss == pytest.approx(other.train_loss, abs=1e-5)
        assert one.tokens == other.tokens


def test_evaluation_changes_no_random_state_and_no_weight(text, tmp_path):
    often, never = replace(SHORT, eval_every=1), replace(SHORT, eval_every=1000)
    measured, unmeasured = run(text, None, often), run(text, None, never)
    model, val = new_model(), batches(text, split="val")
    before = torch.get_rng_state()
    list(train(model, batches(text), replace(often, max_steps=9), val=val))
    assert torch.equal(before, torch.get_rng_state())  # nor does dropout change it
    assert [s.train_loss for s in measured] == [s.train_loss for s in unmeasured]
    assert [s.val_loss is None for s in unmeasured] == [True] * 39 + [False]
    assert measured[-1].val_loss == unmeasured[-1].val_loss


def test_dropout_masks_differ_between_steps_and_seeds(text):
    constant = replace(SHORT, learning_rate=0.0, min_learning_rate=0.0, max_steps=10)

    class Same:
        batch_size, block_size = 4, 12

        def batch(self, step):
            return batches(text).batch(0)

    def losses(seed: int) -> list[float]:
        model = new_model(replace(SHAPE, dropout=0.5))
        return [s.train_loss for s in train(model, Same(), replace(constant, seed=seed))]

    assert len(set(losses(1))) == 10 and losses(1) == losses(1) and losses(1) != losses(2)


def test_a_wsd_run_is_continued_from_before_its_decay(text, tmp_path):
    short = replace(SHORT, schedule="wsd", max_steps=20, decay_steps=6, keep_checkpoints=1)
    long = replace(short, max_steps=30)
    run(text, tmp_path / "out", short)
    assert (tmp_path / "out" / "step_000014").is_dir()  # kept, although keep_checkpoints is 1
    rest = run(text, tmp_path / "out", long, resume=True)
    assert [step.step for step in rest] == list(range(15, 31))
    assert log_of(tmp_path / "out") == untimed(run(text, None, long))


def test_a_jump_of_the_learning_rate_after_a_longer_schedule_is_a_warning(text, tmp_path):
    run(text, tmp_path / "out", replace(SHORT, max_steps=20))
    with pytest.warns(UserWarning, match=r"jumps from 0.0011 at step 20 to 0.0065.* for 20 steps"):
        run(text, tmp_path / "out", SHORT, resume=True)


def test_another_run_in_the_folder_is_not_overwritten(text, tmp_path):
    run(text, tmp_path / "out", replace(SHORT, max_steps=5))
    before = {f: f.read_bytes() for f in (tmp_path / "out").rglob("*") if f.is_file()}
    with pytest.raises(ValueError, match=r"contains another run. Continue it: --resume; or give"):
        run(text, tmp_path / "out")
    assert {f: f.read_bytes() for f in (tmp_path / "out").rglob("*") if f.is_file()} == before


def test_two_runs_at_once_in_one_folder_are_refused(text, tmp_path):
    steps = train(new_model(), batches(text), SHORT, out_dir=tmp_path / "out")
    next(steps)
    with pytest.raises(OSError, match=r"Another run is training in .* give --out_dir another"):
        run(text, tmp_path / "out", resume=True)
    steps.close()
    run(text, tmp_path / "out", resume=True)


@pytest.mark.parametrize(
    "change, shape, words",
    [
        ({}, replace(SHAPE, n_layer=3), r"n_layer=2 \(now 3\). Resume it with the same sizes"),
        ({"batch_size": 3}, SHAPE, r"learns from 4 rows .* Choose them so that the product is 4"),
        ({"seed": 5}, SHAPE, "began with other data: its first row .* --data and --seed"),
        ({"optimizer": "muon"}, SHAPE, "Resume with the optimizer that the run began with"),
    ],
    ids=["sizes", "rows", "data", "optimizer"],
)
def test_a_checkpoint_of_another_run_is_refused(change, shape, words, text, tmp_path):
    run(text, tmp_path / "out", replace(SHORT, max_steps=5))
    with pytest.raises(ValueError, match=words):
        run(text, tmp_path / "out", replace(SHORT, **change), shape, resume=True)


def test_another_number_of_threads_is_a_warning(text, tmp_path):
    run(text, tmp_path / "out", replace(SHORT, max_steps=5))
    torch.set_num_threads(2)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            next(train(new_model(), batches(text), SHORT, out_dir=tmp_path / "out", resume=True))
    finally:
        torch.set_num_threads(1)
    assert "OMP_NUM_THREADS=1 to get the same digits" in str(warned[0].message)
