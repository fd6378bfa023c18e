"""Signals: a wish to stop between two steps, and nothing at all inside an update of the weights.

Left out on purpose: SIGKILL and a power cut, which no program hears of; a checkpoint is whole or
not there, so they cost the steps since the last one and nothing else.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


def numbers_of(*names: str) -> list[int]:
    """The signals of these names that this system has."""
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


# Ctrl-C; `kill`, Slurm and torchrun; a terminal that closed; Slurm's --signal=USR1; Ctrl-Break.
STOPPING = numbers_of("SIGTERM", "SIGHUP", "SIGUSR1", "SIGBREAK", "SIGINT")
ALWAYS = numbers_of("SIGTERM", "SIGINT")  # the others stay ignored where nohup ignores them
DEFERRED = numbers_of("SIGALRM", "SIGUSR2") + STOPPING


def in_main_thread() -> bool:
    """Only there Python calls handlers of signals, and lets them be set."""
    return threading.current_thread() is threading.main_thread()


class StopSignals:
    """Inside `with`, the first of these signals is a wish; a second SIGINT (Ctrl-C) stops at once.

    SIGINT, SIGTERM, SIGHUP, SIGUSR1, and Ctrl-Break on Windows.
    Example: with StopSignals() as stop: steps = [*train(model, batches, config, stop=stop)]
    """

    def __init__(self, told: Callable[[str], None] = lambda signal_name: None):
        self.asked, self.told = False, told
        self.before: dict[int, object] = {}

    def __call__(self) -> bool:
        return self.asked

    def __enter__(self) -> "StopSignals":
        for number in STOPPING if in_main_thread() else []:
            handler = signal.getsignal(number)
            if number in ALWAYS or handler not in (signal.SIG_IGN, None):
                self.before[number] = handler
                signal.signal(number, self.hear)
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self.before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # type: ignore[arg-type]

    def hear(self, number: int, frame: FrameType | None) -> None:
        """What Python calls between two of its instructions."""
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not self.asked:
            self.asked = True
            self.told(signal.Signals(number).name)


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Signals that arrive inside are delivered at the end: no handler raises in between."""
    before: dict[int, Callable] = {}
    arrived: list[int] = []
    try:
        for number in DEFERRED if in_main_thread() else []:
            handler = signal.getsignal(number)
            if callable(handler):  # not one that ends the process, or ignores
                before[number] = handler  # noted first: an interrupt here must not lose it
                signal.signal(number, lambda number, frame: arrived.append(number))
        yield
    finally:
        for number, handler in before.items():  # SIGINT comes last
            signal.signal(number, handler)
        for number in arrived:
            signal.raise_signal(number)
