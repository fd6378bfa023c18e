"""Recorded or simulated serving: waiting time and throughput for a rate of requests and slots."""

from collections.abc import Mapping
from typing import Any

from viz.canvas.arrays import to_int, to_mapping, to_number, to_numbers
from viz.curves.series import Series

EXAMPLE = "{(2.0, 16): {'continuous batching': {'wait': 0.7, 'tokens_per_second': 65}}}"
KEYS = ("wait", "tokens_per_second")
MAX_WAYS = 5
Point = dict[str, dict[str, float]]  # way of serving -> key -> value
Record = dict[tuple[float, int], Point]


def read_record(simulated: object) -> Record:
    """Check what was simulated; all points have the same ways of serving."""
    given = to_mapping(simulated, "simulated", EXAMPLE)
    if not given:
        raise ValueError(f"Nothing was simulated: give {EXAMPLE}.")
    record: Record = {}
    for key, point in given.items():
        if not (isinstance(key, tuple) and len(key) == 2):
            raise ValueError(f"A key must be (requests a second, slots), not {key!r:.60}.")
        [rate] = to_numbers([to_number(key[0], f"the rate of {key}")], f"the rate of {key}")
        if rate <= 0:
            raise ValueError(f"The rate of {key} must be above 0.")
        record[rate, to_int(key[1], f"slots of {key}", 1)] = read_point(key, point)
    ways = list(next(iter(record.values())))
    for key, point in record.items():
        if list(point) != ways:
            raise ValueError(f"{key} has {', '.join(point)}, but others have {', '.join(ways)}.")
    return record


def read_point(key: Any, given: object) -> Point:
    """The ways of serving at one point."""
    ways = to_mapping(given, f"simulated[{key}]", EXAMPLE)
    if not 0 < len(ways) <= MAX_WAYS:
        raise ValueError(f"simulated[{key}] must have 1 to {MAX_WAYS} ways of serving.")
    return {str(name): read_way(f"{name!r} at {key}", way) for name, way in ways.items()}


def read_way(name: str, given: object) -> dict[str, float]:
    """Waiting time and throughput of one way of serving."""
    way = to_mapping(given, name, "{'wait': 0.7, 'tokens_per_second': 65}")
    numbers = {}
    for key in KEYS:
        if key not in way:
            raise ValueError(f"{name} has no {key!r}; it has {', '.join(map(str, way)) or 'none'}.")
        [numbers[key]] = to_numbers([to_number(way[key], f"{key} of {name}")], f"{key} of {name}")
        if numbers[key] < 0:
            raise ValueError(f"{key} of {name} is {numbers[key]:g}; it must be 0 or more.")
    return numbers


def curves_of(record: Record, slots: int, key: str) -> dict[str, Series]:
    """Way of serving -> rates and values, for one number of slots."""
    rates = sorted(rate for rate, count in record if count == slots)
    ways: Mapping[str, Any] = next(iter(record.values()))
    return {way: (rates, [record[rate, slots][way][key] for rate in rates]) for way in ways}
