"""Signals: they ask a run to stop after the current step, and never interrupt an update.

SIGKILL and a power failure cannot be handled. They cost the steps since the last checkpoint, and
nothing else.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


def available_signals(*names: str) -> list[int]:
    """Return the signals of these names that the system has."""
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


# Ctrl-C; `kill`, Slurm and torchrun; a closed terminal; Slurm's --signal=USR1; Ctrl-Break.
STOP_SIGNALS = available_signals("SIGTERM", "SIGHUP", "SIGUSR1", "SIGBREAK", "SIGINT")
ALWAYS = available_signals("SIGTERM", "SIGINT")  # the others stay ignored where nohup ignores them
DEFERRED_SIGNALS = available_signals("SIGALRM", "SIGUSR2") + STOP_SIGNALS


def in_main_thread() -> bool:
    """Return whether this is the main thread; only there signals can be handled."""
    return threading.current_thread() is threading.main_thread()


class StopSignals:
    """Turns signals into a request to stop, which `train(stop=...)` reads after each step.

    The signals are SIGINT (Ctrl-C), SIGTERM, SIGHUP, SIGUSR1, and Ctrl-Break on Windows. A second
    Ctrl-C raises KeyboardInterrupt at once. They are handled inside `with` only.

    Args:
        on_signal: Called once with the name of the first signal.

    Example:
        >>> with StopSignals() as stop:
        ...     steps = [*train(model, batches, config, stop=stop)]
    """

    def __init__(self, on_signal: Callable[[str], None] = lambda signal_name: None) -> None:
        self.stop_requested, self.on_signal = False, on_signal
        self.previous_handlers: dict[int, Any] = {}

    def __call__(self) -> bool:
        return self.stop_requested

    def __enter__(self) -> "StopSignals":
        for number in STOP_SIGNALS if in_main_thread() else []:
            handler = signal.getsignal(number)
            if number in ALWAYS or handler not in (signal.SIG_IGN, None):
                self.previous_handlers[number] = handler
                signal.signal(number, self.handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.previous_handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal, as `signal.signal` expects it.

        Args:
            number: The signal.
            frame: Not used.

        Raises:
            KeyboardInterrupt: For a second Ctrl-C.
        """
        if self.stop_requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not self.stop_requested:
            self.stop_requested = True
            self.on_signal(signal.Signals(number).name)


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Deliver signals at the end of the block, so that no handler raises inside."""
    previous_handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
    arrived: list[int] = []
    try:
        for number in DEFERRED_SIGNALS if in_main_thread() else []:
            handler = signal.getsignal(number)
            if callable(handler):  # not the default action, and not ignored
                previous_handlers[number] = handler  # first, or Ctrl-C could lose it
                signal.signal(number, lambda number, frame: arrived.append(number))
        yield
    finally:
        for number, handler in previous_handlers.items():  # SIGINT comes last
            signal.signal(number, handler)
        for number in arrived:
            signal.raise_signal(number)
