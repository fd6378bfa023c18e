"""However a step or the loop ends, the last complete step is saved and the folder is unlocked.

The resumed run is compared with one that was not interrupted.
"""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from small_runs import (
    SHORT,
    batches,
    log_of,
    new_model,
    run,
    sha256_of_all,
    untimed,
)

from gptcore.training import Checkpoints, train
from gptcore.training.saving.signals import StopSignals, signals_deferred

pytestmark = pytest.mark.slow

FEW = replace(SHORT, max_steps=8, checkpoint_every=3, eval_every=2)


@pytest.fixture(scope="module")
def uninterrupted(text, tmp_path_factory):
    """A run that was not interrupted."""
    out = tmp_path_factory.mktemp("uninterrupted")
    run(text, out, FEW)
    return out


def started(text, out: Path, config=FEW, data=None):
    return train(
        new_model(), data or batches(text), config, val=batches(text, split="val"), out_dir=out
    )


def resumes_like(uninterrupted: Path, text, out: Path) -> None:
    """Resume, and compare the log, the weights and the optimizer state."""
    run(text, out, FEW, resume=True)
    assert log_of(out) == log_of(uninterrupted)
    assert sha256_of_all(out / "latest") == sha256_of_all(uninterrupted / "latest")


def interrupt_at(event: int):
    """A trace function that sends Ctrl-C at one line of ours or of the optimizers."""
    seen = 0

    def trace(frame, what, argument):
        nonlocal seen
        file = frame.f_code.co_filename
        if "gptcore/training" not in file and "torch/optim" not in file:
            return None
        seen += what == "line"
        if what == "line" and seen == event:
            signal.raise_signal(signal.SIGINT)
        return trace

    return trace


@pytest.mark.parametrize("event", range(40, 3000, 118))
def test_ctrl_c_at_any_line_loses_no_step_and_unlocks_the_folder(
    event, uninterrupted, text, tmp_path
):
    training, done = started(text, tmp_path), []
    sys.settrace(interrupt_at(event))
    try:
        for step in training:
            done.append(step.step)
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
    if done:
        assert (Checkpoints(tmp_path).steps() or [0])[-1] >= done[-1]
    resumes_like(uninterrupted, text, tmp_path)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_ctrl_c_inside_an_update_is_handled_after_it(optimizer, text, tmp_path, monkeypatch):
    config = replace(FEW, optimizer=optimizer)
    expected = untimed(run(text, None, config))
    kind = torch.optim.AdamW if optimizer == "adamw" else torch.optim.Muon
    step_of, calls = kind.step, []

    def step_and_interrupt(self, *arguments, **options):
        calls.append(1)
        if len(calls) == 5:
            signal.raise_signal(signal.SIGINT)
            for _ in range(100):  # a handler would be called here
                pass
        return step_of(self, *arguments, **options)

    monkeypatch.setattr(kind, "step", step_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        list(started(text, tmp_path, config))
    assert Checkpoints(tmp_path).steps()[-1] == 5
    run(text, tmp_path, config, resume=True)
    assert log_of(tmp_path) == expected


def test_half_an_update_is_never_saved_and_never_continued(
    uninterrupted, text, tmp_path, monkeypatch
):
    step_of, calls = torch.optim.AdamW.step, []

    def breaks(self, *arguments, **options):
        step_of(self, *arguments, **options)
        calls.append(1)
        if len(calls) == 5:  # the weights are updated, and the step is not counted yet
            raise OSError("the device is gone")

    monkeypatch.setattr(torch.optim.AdamW, "step", breaks)
    training = started(text, tmp_path)
    with pytest.raises(OSError, match="the device is gone"):
        list(training)
    with pytest.raises(RuntimeError, match=r"only some weights are updated. Continue from the"):
        next(training)
    monkeypatch.undo()
    assert Checkpoints(tmp_path).steps() == [3]
    resumes_like(uninterrupted, text, tmp_path)


class Breaking:
    """The rows of `batches`, and an error instead of one batch."""

    def __init__(self, rows, at: int, error: BaseException):
        self.rows, self.at, self.error = rows, at, error
        self.batch_size, self.block_size = rows.batch_size, rows.block_size

    def batch(self, step):
        if step == self.at:
            raise self.error
        return self.rows.batch(step)


@pytest.mark.parametrize(
    "error", [OSError("stale file handle"), ValueError("no such row"), KeyboardInterrupt()]
)
def test_an_error_in_the_data_reaches_the_caller_after_the_last_step_is_saved(
    error, uninterrupted, text, tmp_path
):
    data = Breaking(batches(text), 4, error)
    with pytest.raises(type(error)) as raised:
        list(started(text, tmp_path, data=data))
    assert raised.value is error
    assert raised.value.__notes__ == [
        f"The weights of step 4 are kept, saved in {tmp_path / 'step_000004'}."
    ]
    resumes_like(uninterrupted, text, tmp_path)


def test_an_error_during_evaluation_leaves_no_gap_in_the_log(uninterrupted, text, tmp_path):
    class Val:
        windows, block_size = 40, 12
        rows, broken = batches(text, split="val"), True

        def load_window(self, window):
            if self.broken and Checkpoints(tmp_path).steps() == [3]:
                raise OSError("the network folder is gone")
            return self.rows.load_window(window)

    val = Val()
    training = train(new_model(), batches(text), FEW, val=val, out_dir=tmp_path)
    with pytest.raises(OSError, match="network folder"):
        list(training)
    assert [line["step"] for line in log_of(tmp_path)] == [1, 2, 3]  # the update of step 4 is done
    assert Checkpoints(tmp_path).steps() == [3, 4]
    resumes_like(uninterrupted, text, tmp_path)


def test_the_same_object_continues_after_an_error(uninterrupted, text, tmp_path):
    data = Breaking(batches(text), 4, OSError("once"))
    training = started(text, tmp_path, data=data)
    steps = []
    with pytest.raises(OSError, match="once"):
        steps.extend(training)
    data.at = -1
    list(training)
    assert log_of(tmp_path) == log_of(uninterrupted)


@pytest.mark.parametrize("way", ["break", "islice", "zip", "error", "generator"])
def test_leaving_the_loop_saves_and_unlocks_although_the_steps_are_referenced(
    way, uninterrupted, text, tmp_path
):
    training = started(text, tmp_path)
    held = None
    if way == "break":
        for step in training:
            if step.step == 4:
                break
    elif way == "islice":
        list(islice(training, 4))
    elif way == "zip":
        list(zip(range(4), training))
    elif way == "error":
        try:
            for step in training:
                if step.step == 4:
                    raise ZeroDivisionError
        except ZeroDivisionError as error:
            held = error  # as a notebook holds the last traceback
    else:

        def shown():
            yield from training

        for step in shown():
            if step.step == 4:
                break
    assert Checkpoints(tmp_path).steps() == [3, 4]
    resumes_like(uninterrupted, text, tmp_path)
    with pytest.raises(
        ValueError, match=r"Another process has written checkpoints into .* at step 4"
    ):
        next(training)
    del held


def test_a_second_loop_continues_the_first(uninterrupted, text, tmp_path):
    training = started(text, tmp_path)
    for number in (2, 3, 99):
        list(islice(training, number))
    assert log_of(tmp_path) == log_of(uninterrupted)


def test_a_program_that_ends_inside_the_loop_saves(text, tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"from pathlib import Path\nfrom small_runs import *\n"
        f"training = train(new_model(), batches(Path({str(text)!r})), SHORT, "
        f"out_dir=Path({str(tmp_path)!r}))\n"
        f"next(training); next(training)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
    assert Checkpoints(tmp_path).steps() == [2]


def test_a_disk_full_at_the_end_does_not_hide_the_first_error(text, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gptcore.training.saving.checkpoints.save_tensors", full)
    data = Breaking(batches(text), 1, OSError("stale file handle"))
    with pytest.raises(OSError, match="stale file handle") as raised:
        list(started(text, tmp_path, data=data))
    assert "step 1 could not be saved" in raised.value.__notes__[0]
    monkeypatch.undo()
    run(text, tmp_path, FEW, resume=True)


# Signals


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"])
def test_each_of_these_signals_requests_a_stop(name, monkeypatch):
    heard, number = [], getattr(signal, name)
    handler = lambda *_: pytest.fail("the old handler was called")  # noqa: E731
    before = signal.signal(number, handler)
    try:
        with StopSignals(heard.append) as stop:
            assert not stop()
            os.kill(os.getpid(), number)
            assert stop() and heard == [name]
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)


def test_signals_ignored_by_nohup_stay_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignals() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_training_in_another_thread_works_without_signals(text, tmp_path):
    failed = []

    def work():
        try:
            with StopSignals() as stop:
                run(text, tmp_path, replace(FEW, max_steps=2, warmup_steps=0), stop=stop)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed and Checkpoints(tmp_path).steps() == [2]


def test_deferred_signals_arrive_afterwards_and_handlers_are_restored():
    before, order = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), signals_deferred():
        os.kill(os.getpid(), signal.SIGINT)
        order.append("inside")
    assert order == ["inside"] and signal.getsignal(signal.SIGINT) is before
