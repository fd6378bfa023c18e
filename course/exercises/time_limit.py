"""The reader's function is stopped when it does not come to an end.

In the main thread of Linux and macOS an alarm of the system rings. Everywhere else (Windows, a
kernel's other threads, Pyodide) each line of Python looks at the clock, which is slower.
Left out on purpose: a single call into C that never returns; neither way can reach inside it.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic

AGAIN = 0.2  # seconds until the alarm rings again, for code that catches everything and goes on


class TimeLimitError(BaseException):
    """The time is over. No `Exception`, so that `except Exception` in a loop cannot swallow it."""


def time_limit(seconds: float) -> AbstractContextManager[None]:
    """Raise TimeLimitError in this thread once the block has run for so many seconds.

    Example: with time_limit(5): answer = function()
    """
    main = threading.current_thread() is threading.main_thread()
    has_alarm = hasattr(signal, "setitimer") and sys.platform != "emscripten"
    return by_alarm(seconds) if main and has_alarm else by_tracing(seconds)


@contextmanager
def by_alarm(seconds: float) -> Iterator[None]:
    """Only the main thread gets signals. An alarm that somebody else had set is set again."""

    def ring(*_) -> None:
        raise TimeLimitError

    began, handler = monotonic(), signal.signal(signal.SIGALRM, ring)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - monotonic() + began, 0.001), again)


@contextmanager
def by_tracing(seconds: float) -> Iterator[None]:
    """Python calls `watch` before each line of every function that begins inside the block."""
    end, before = monotonic() + seconds, sys.gettrace()

    def watch(*_):
        if monotonic() > end:
            raise TimeLimitError
        return watch

    sys.settrace(watch)
    try:
        yield
    finally:
        sys.settrace(before)
