"""A function of the reader's that never ends is stopped, whichever clock there is."""

import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest
from IPython.core.interactiveshell import InteractiveShell

import course.exercises.exercises
from course import check
from course.catalogue import QUESTIONS
from course.exercises.time_limit import TimeLimitError, by_alarm, by_tracing, time_limit

pytestmark = pytest.mark.slow

clocks = [by_tracing] if sys.platform == "win32" else [by_alarm, by_tracing]
each_clock = pytest.mark.parametrize("clock", clocks)


def round_and_round(*_):
    while True:
        pass


def deep(n=60, *_):
    return 1 if n < 2 else deep(n - 1) + deep(n - 2)


def swallows_errors(*_):
    while True:
        with suppress(Exception):
            time.sleep(0.001)


@each_clock
@pytest.mark.parametrize("endless", [round_and_round, deep, swallows_errors])
def test_a_block_that_never_ends_is_stopped(clock, endless):
    began = time.monotonic()
    with pytest.raises(TimeLimitError), clock(0.2):
        endless()
    assert 0.15 < time.monotonic() - began < 5


@each_clock
def test_what_ends_in_time_is_left_alone_and_nothing_rings_later(clock):
    with clock(0.1):
        assert deep(10) == 89
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        pass
    assert sys.gettrace() is None or clock is by_alarm


def test_in_another_thread_than_the_main_one_it_is_stopped_too():
    seen = []

    def reader():
        try:
            with time_limit(0.2):
                round_and_round()
        except TimeLimitError:
            seen.append("stopped")

    thread = threading.Thread(target=reader, daemon=True)
    thread.start()
    thread.join(10)
    assert seen == ["stopped"]


@pytest.mark.skipif(sys.platform == "win32", reason="no alarm there")
def test_an_alarm_that_somebody_else_has_set_rings_afterwards():
    program = """
import signal, time
from course.exercises.time_limit import time_limit
signal.signal(signal.SIGALRM, lambda *_: print("rings"))
signal.setitimer(signal.ITIMER_REAL, 0.3)
with time_limit(0.1):
    pass
time.sleep(0.6)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout == "rings\n", run.stderr


@pytest.mark.parametrize("question", ["join", "keep_going", "token_loss", "tanh", "slope_at"])
def test_a_check_says_that_the_function_did_not_end(question, monkeypatch, capsys):
    monkeypatch.setattr(course.exercises.exercises, "SECONDS", 0.2)
    check(question, round_and_round)
    message = capsys.readouterr().out
    assert message.startswith(f"{question}: not yet. After ")
    assert "your function had not come to an end, so it was stopped" in message
    assert "\n    in your line: " in message


def test_every_right_answer_is_far_from_the_limit():
    for question in QUESTIONS.values():
        question.reply(question.right)  # what it imports is imported now
        began = time.monotonic()
        question.reply(question.right)
        assert time.monotonic() - began < course.exercises.exercises.SECONDS / 2, question.name


def in_a_notebook(code: str, capsys) -> str:
    """All that a cell shows."""
    InteractiveShell.instance().run_cell(code)
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_an_interruption_is_told_in_one_line_without_the_checkers_source(capsys):
    message = in_a_notebook(
        "from course import check\n"
        "def token_loss(p):\n    raise KeyboardInterrupt\n"
        "check('token_loss', token_loss)",
        capsys,
    )
    assert message == "KeyboardInterrupt: token_loss: interrupted while your answer ran\n"


def test_same_and_a_misspelt_name_show_nothing_of_ours_either(capsys):
    message = in_a_notebook("from course import same\nsame(1, 2, within=0)", capsys)
    assert (
        message == "AssertionError: not the same: number 0 is 1.0 on one side, 2.0 on the other\n"
    )
    message = in_a_notebook("from course import check\ncheck('tanhh', 1)", capsys)
    assert message == "ValueError: There is no question 'tanhh'. Did you mean 'tanh'?\n"
