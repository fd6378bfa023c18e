"""What a command prints besides its result, and standard streams that may be missing.

A service, cron, pythonw, or `2>&-` in a shell has no standard output or error. What a command
prints then goes nowhere, and the command does its work all the same.
"""

import errno
import os
import re
import sys
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

# Unicode's classes of the characters that turn the text behind them around.
DIRECTION_MARKS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


def print_line(text: str, stream: TextIO | None = None) -> None:
    """Print a line on standard error. A closed terminal or pipe does not stop the program."""
    # RuntimeError: a signal handler may print while another line is being printed.
    with suppress(OSError, ValueError, RuntimeError):
        print(text, file=stream or sys.stderr, flush=True)


def one_line(text: str) -> str:
    """A text of somebody as one line that a terminal only shows: it turns and moves nothing.

    Line ends become spaces; control characters and direction marks become `\\x1b` and `\\u202e`.
    """
    line = " ".join(text.split())
    return "".join(
        c.encode("unicode_escape").decode()
        if unicodedata.category(c) == "Cc" or unicodedata.bidirectional(c) in DIRECTION_MARKS
        else c
        for c in line
    )


@contextmanager
def warnings_to_stderr(
    print_text: Callable[[str], None] = print_line, repeat: bool = False
) -> Iterator[None]:
    """Inside, print warnings as "note: ...", without the place in the code; each once, or always.

    Args:
        print_text: Prints the line.
        repeat: Whether to print a warning every time, not only the first time.
    """
    with warnings.catch_warnings():
        if repeat:
            warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: print_text(f"note: {message}")
        yield


def format_clock(seconds: float) -> str:
    """Format a duration as a clock does: 59 -> "00:59", 3600 -> "1:00:00"."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def fill_closed_descriptors() -> None:
    """Open 0, 1 and 2 on nothing if they are closed, so that the next file gets another number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number


@contextmanager
def usable_streams() -> Iterator[None]:
    """Inside, `sys.stdout` and `sys.stderr` can be written to."""
    streams = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    unusable = [name for name, stream in streams.items() if stream is None or stream.closed]
    with open(os.devnull, "w", encoding="utf-8") as null:
        for name in unusable:
            setattr(sys, name, null)
        try:
            yield
        finally:
            for name in unusable:
                setattr(sys, name, streams[name])


def message_of(error: Exception) -> str:
    """The message of an error; for a file that the system keeps from us, with the way out."""
    if not isinstance(error, OSError) or error.errno not in NOT_ALLOWED or not error.filename:
        return str(error)
    file = Path(os.fsdecode(error.filename))
    part = re.fullmatch(r"\.(.+)\.[0-9a-f]{8}\.part", file.name)  # a temporary name of ours
    return (
        f"{file.with_name(part[1]) if part else file} cannot be read or written: {error.strerror}. "
        f"Name another file or folder, or change the permissions of this one."
    )
