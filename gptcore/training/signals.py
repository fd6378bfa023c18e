"""Signals as a wish to stop: the step under way is finished, saved, and then it ends.

Left out on purpose: SIGKILL and a power cut, which nobody is asked about; a checkpoint is whole or
not there, so they cost the steps since the last one and nothing else.
"""

import signal
from collections.abc import Callable
from types import FrameType


class StopSignals:
    """Inside `with`, the first SIGINT (Ctrl-C) or SIGTERM is a wish; a second SIGINT stops at once.


    Example: with StopSignals() as stop: steps = [*train(model, batches, config, stop=stop)]
    """

    def __init__(self, told: Callable[[str], None] = lambda signal_name: None):
        self.asked, self.told = False, told
        self.before: dict[int, object] = {}

    def __call__(self) -> bool:
        return self.asked

    def __enter__(self) -> "StopSignals":
        for number in (signal.SIGINT, signal.SIGTERM):
            self.before[number] = signal.signal(number, self.hear)
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def hear(self, number: int, frame: FrameType | None) -> None:
        """What Python calls between two of its instructions."""
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not self.asked:
            self.asked = True
            self.told(signal.Signals(number).name)
