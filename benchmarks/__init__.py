"""Benchmarks: each promised speed, measured in the same run as what it is compared with."""

from collections.abc import Callable
from time import perf_counter

# Name, value, unit, and the promise: {"at_least": value}, {"at_most": value}, both or neither.
Measurement = tuple[str, float, str, dict[str, float]]


def seconds(work: Callable[[], object]) -> float:
    """The time that a function takes."""
    start = perf_counter()
    work()
    return perf_counter() - start
