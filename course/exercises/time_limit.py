"""Stop a function of the reader that runs too long.

In the main thread of Linux and macOS a timer signal stops it. Everywhere else (Windows, other
threads, Pyodide) the time is checked before each line of Python, which is slower. Neither can stop
a single call into C that never returns.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic

AGAIN = 0.2  # seconds until the next signal, for code that catches every exception


class TimeLimitError(BaseException):
    """The time is over. It is a BaseException, so that `except Exception` does not catch it."""


def time_limit(seconds: float) -> AbstractContextManager[None]:
    """Raise TimeLimitError in this thread once the block has run for so many seconds.

    Example: with time_limit(5): answer = function()
    """
    main = threading.current_thread() is threading.main_thread()
    has_alarm = hasattr(signal, "setitimer") and sys.platform != "emscripten"
    return by_alarm(seconds) if main and has_alarm else by_tracing(seconds)


@contextmanager
def by_alarm(seconds: float) -> Iterator[None]:
    """Use a timer signal, which only the main thread gets; restore an earlier timer."""

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
