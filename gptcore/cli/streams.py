"""Standard output and error where there are none: a service, cron, pythonw, or `2>&-` in a shell.

What is said there goes nowhere, and the command does its work all the same.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def fill_closed_descriptors() -> None:
    """Open 0, 1 and 2 on nothing if they are closed: the next file must not get their number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest that is free


@contextmanager
def usable_streams() -> Iterator[None]:
    """Inside, `sys.stdout` and `sys.stderr` can be written to."""
    names = [name for name in ("stdout", "stderr") if not is_usable(getattr(sys, name))]
    before = {name: getattr(sys, name) for name in names}
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        for name in names:
            setattr(sys, name, nowhere)
        try:
            yield
        finally:
            for name in names:
                setattr(sys, name, before[name])


def is_usable(stream) -> bool:
    return stream is not None and not stream.closed
