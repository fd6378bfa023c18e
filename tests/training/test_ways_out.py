"""However a step, or the loop around it, is left: the last whole step is saved, and nobody is
locked out. The run that then goes on is held against one that nobody interrupted."""

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
def whole(text, tmp_path_factory):
    """A run that was left in peace."""
    out = tmp_path_factory.mktemp("whole")
    run(text, out, FEW)
    return out


def begun(text, out: Path, config=FEW, data=None):
    return train(
        new_model(), data or batches(text), config, val=batches(text, split="val"), out_dir=out
    )


def goes_on_as(whole: Path, text, out: Path) -> None:
    """Resume, and compare every line of the log, every weight, all that the optimizer remembers."""
    run(text, out, FEW, resume=True)
    assert log_of(out) == log_of(whole)
    assert sha256_of_all(out / "latest") == sha256_of_all(whole / "latest")


def interrupting_at(event: int):
    """What Python calls at each line of ours and of the optimizers: at one of them, Ctrl-C."""
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
def test_ctrl_c_at_any_line_loses_no_step_and_leaves_the_folder_free(event, whole, text, tmp_path):
    training, made = begun(text, tmp_path), []
    sys.settrace(interrupting_at(event))
    try:
        for step in training:
            made.append(step.step)
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
    if made:
        assert (Checkpoints(tmp_path).steps() or [0])[-1] >= made[-1]
    goes_on_as(whole, text, tmp_path)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_ctrl_c_inside_the_update_is_heard_when_the_update_is_whole(
    optimizer, text, tmp_path, monkeypatch
):
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
        list(begun(text, tmp_path, config))
    assert Checkpoints(tmp_path).steps()[-1] == 5
    run(text, tmp_path, config, resume=True)
    assert log_of(tmp_path) == expected


def test_half_an_update_is_never_saved_and_never_gone_on_with(whole, text, tmp_path, monkeypatch):
    step_of, calls = torch.optim.AdamW.step, []

    def breaks(self, *arguments, **options):
        step_of(self, *arguments, **options)
        calls.append(1)
        if len(calls) == 5:  # weights are moved, and the step is not counted
            raise OSError("the device is gone")

    monkeypatch.setattr(torch.optim.AdamW, "step", breaks)
    training = begun(text, tmp_path)
    with pytest.raises(OSError, match="the device is gone"):
        list(training)
    with pytest.raises(RuntimeError, match=r"only some weights are updated. Continue from the"):
        next(training)
    monkeypatch.undo()
    assert Checkpoints(tmp_path).steps() == [3]
    goes_on_as(whole, text, tmp_path)


class Breaking:
    """Rows as of `batches`, and an error in the place of one batch."""

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
def test_an_error_of_the_data_reaches_the_caller_after_the_last_step_was_saved(
    error, whole, text, tmp_path
):
    data = Breaking(batches(text), 4, error)
    with pytest.raises(type(error)) as raised:
        list(begun(text, tmp_path, data=data))
    assert raised.value is error
    assert raised.value.__notes__ == [
        f"The weights of step 4 are kept, saved in {tmp_path / 'step_000004'}."
    ]
    goes_on_as(whole, text, tmp_path)


def test_an_error_while_it_is_measured_leaves_no_hole_in_the_log(whole, text, tmp_path):
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
    assert [line["step"] for line in log_of(tmp_path)] == [1, 2, 3]  # the update of 4 is made
    assert Checkpoints(tmp_path).steps() == [3, 4]
    goes_on_as(whole, text, tmp_path)


def test_the_same_object_goes_on_after_an_error_too(whole, text, tmp_path):
    data = Breaking(batches(text), 4, OSError("once"))
    training = begun(text, tmp_path, data=data)
    steps = []
    with pytest.raises(OSError, match="once"):
        steps.extend(training)
    data.at = -1
    list(training)
    assert log_of(tmp_path) == log_of(whole)


@pytest.mark.parametrize("way", ["break", "islice", "zip", "error", "generator"])
def test_a_loop_that_is_left_saves_and_unlocks_though_its_steps_are_still_held(
    way, whole, text, tmp_path
):
    training = begun(text, tmp_path)
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
    goes_on_as(whole, text, tmp_path)
    with pytest.raises(
        ValueError, match=r"Another process has written checkpoints into .* at step 4"
    ):
        next(training)
    del held


def test_a_loop_that_was_left_can_be_gone_on_with(whole, text, tmp_path):
    training = begun(text, tmp_path)
    for number in (2, 3, 99):
        list(islice(training, number))
    assert log_of(tmp_path) == log_of(whole)


def test_steps_that_are_held_until_the_program_ends_are_saved(text, tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"from pathlib import Path\nfrom small_runs import *\n"
        f"training = train(new_model(), batches(Path({str(text)!r})), SHORT, "
        f"out_dir=Path({str(tmp_path)!r}))\n"
        f"next(training); next(training)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
    assert Checkpoints(tmp_path).steps() == [2]


def test_a_disk_that_is_full_at_the_end_does_not_hide_the_first_error(text, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gptcore.training.saving.checkpoints.save_tensors", full)
    data = Breaking(batches(text), 1, OSError("stale file handle"))
    with pytest.raises(OSError, match="stale file handle") as raised:
        list(begun(text, tmp_path, data=data))
    assert "step 1 could not be saved" in raised.value.__notes__[0]
    monkeypatch.undo()
    run(text, tmp_path, FEW, resume=True)


# Signals


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"])
def test_each_of_these_signals_is_a_wish_to_stop(name, monkeypatch):
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


def test_what_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignals() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_there_are_no_signals_and_that_is_no_error(text, tmp_path):
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


def test_signals_that_are_deferred_come_afterwards_and_handlers_are_as_before():
    before, order = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), signals_deferred():
        os.kill(os.getpid(), signal.SIGINT)
        order.append("inside")
    assert order == ["inside"] and signal.getsignal(signal.SIGINT) is before
