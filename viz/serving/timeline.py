"""When each request was computed, and in which slot of the batch: read from bars or from steps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viz.canvas.arrays import to_int, to_mapping, to_number, to_numbers

BAR_EXAMPLE = "{'request': 0, 'slot': 0, 'start': 0, 'decode': 1, 'end': 9}"
EXAMPLE = f"{{'static batches': [{BAR_EXAMPLE}, ...]}}"
KEYS = ("prefilled", "decoded")  # of a step record
MAX_RUNS, MAX_SLOTS, MAX_BARS = 6, 64, 1_000


@dataclass(frozen=True)
class Bar:
    """One request in one slot.

    Attributes:
        request: Its number or name.
        slot: The slot, from 0.
        start: When its prefill begins.
        decode: When its prefill ends.
        end: When it leaves the slot.
    """

    request: str
    slot: int
    start: float
    decode: float
    end: float


@dataclass(frozen=True)
class Timeline:
    """One way of serving.

    Attributes:
        bars: All requests, in the order in which they start.
        slots: How many slots there are.
        unit: "s" or "steps".
    """

    bars: tuple[Bar, ...]
    slots: int
    unit: str

    @property
    def end(self) -> float:
        """When the last request ends."""
        return max(bar.end for bar in self.bars)

    @property
    def requests(self) -> int:
        """How many requests there are; one that was preempted counts once."""
        return len({bar.request for bar in self.bars})

    @property
    def idle_share(self) -> float:
        """The share of the slots that computes nothing, from the beginning to the end."""
        busy = sum(bar.end - bar.start for bar in self.bars)
        return max(0.0, 1 - busy / (self.slots * self.end))

    def idle(self) -> list[tuple[int, float, float]]:
        """The gaps between bars: slot, start and end of each."""
        gaps = []
        for slot in range(self.slots):
            time = 0.0
            for bar in [bar for bar in self.bars if bar.slot == slot]:
                gaps += [(slot, time, bar.start)] if bar.start > time else []
                time = max(time, bar.end)
            gaps += [(slot, time, self.end)] if time < self.end else []
        return gaps


def read_timelines(runs: object) -> dict[str, Timeline]:
    """Check all runs; those of steps and those of seconds are not mixed.

    Args:
        runs: Name -> bars, records of steps, or (records of steps, seconds of each step).

    Returns:
        Name -> timeline.
    """
    given = to_mapping(runs, "runs", EXAMPLE)
    if not given:
        raise ValueError(f"There is no run to draw: give {EXAMPLE}.")
    if len(given) > MAX_RUNS:
        raise ValueError(f"There are {len(given)} runs; a picture has room for {MAX_RUNS}.")
    lines = {str(name): read_run(str(name), run) for name, run in given.items()}
    if len({line.unit for line in lines.values()}) > 1:
        units = ", ".join(f"{name!r} in {line.unit}" for name, line in lines.items())
        raise ValueError(f"All runs need the same unit of time, but there are {units}.")
    return lines


def read_run(name: str, run: Any) -> Timeline:
    """One run: bars, or records of steps."""
    seconds = None
    if isinstance(run, tuple) and len(run) == 2 and not isinstance(run[0], Mapping):
        run, seconds = run[0], to_numbers(run[1], f"the seconds of {name!r}")
    if isinstance(run, (str, Mapping)) or not isinstance(run, Iterable):
        raise ValueError(
            f"The run {name!r} must be a list of bars such as {BAR_EXAMPLE}, or of step records, "
            f"not {run!r:.60}."
        )
    items = list(run)
    if not items:
        raise ValueError(f"The run {name!r} has no request.")
    if hasattr(items[0], "prefilled") or (
        isinstance(items[0], Mapping) and "prefilled" in items[0]
    ):
        return read_steps(name, items, seconds)
    if seconds is not None:
        raise ValueError(f"The bars of {name!r} have times of their own: leave the seconds out.")
    return read_bars(name, items)


def read_bars(name: str, items: Sequence[Any]) -> Timeline:
    """Check bars that were given."""
    bars = sorted((read_bar(f"{name!r}[{i}]", item) for i, item in enumerate(items)), key=order)
    if len(bars) > MAX_BARS:
        raise ValueError(
            f"The run {name!r} has {len(bars):,} bars; at most {MAX_BARS:,} are drawn."
        )
    for slot in {bar.slot for bar in bars}:
        row = [bar for bar in bars if bar.slot == slot]
        for one, other in zip(row, row[1:]):
            if other.start < one.end - 1e-9:
                raise ValueError(
                    f"In {name!r} the requests {one.request} and {other.request} are in slot "
                    f"{slot} at the same time ({other.start:g} is before {one.end:g})."
                )
    return Timeline(tuple(bars), max(bar.slot for bar in bars) + 1, "s")


def read_bar(name: str, item: Any) -> Bar:
    """Check one bar."""
    keys = ("request", "slot", "start", "decode", "end")
    if not isinstance(item, Mapping) or any(key not in item for key in keys):
        raise ValueError(f"{name} must be a bar such as {BAR_EXAMPLE}, not {item!r:.60}.")
    slot = to_int(item["slot"], f"slot of {name}", 0, MAX_SLOTS - 1)
    times = to_numbers([to_number(item[key], f"{key} of {name}") for key in keys[2:]], name)
    if not 0 <= times[0] <= times[1] <= times[2] or times[0] == times[2]:
        raise ValueError(
            f"{name} has start={times[0]:g}, decode={times[1]:g}, end={times[2]:g}; they must not "
            f"go back, nor be below 0."
        )
    return Bar(str(item["request"]), slot, *times)


def order(bar: Bar) -> tuple[float, int]:
    """Bars are sorted by their start, and then by their slot."""
    return bar.start, bar.slot


def read_steps(name: str, records: Sequence[Any], seconds: Sequence[float] | None) -> Timeline:
    """Give every request the lowest free slot as long as steps compute it.

    Args:
        name: Of the run, for errors.
        records: Step records, with `prefilled` and `decoded`.
        seconds: How long each step takes; None counts steps.

    Returns:
        The timeline.
    """
    if seconds is not None and (len(seconds) != len(records) or min(seconds) <= 0):
        raise ValueError(
            f"{name!r} has {len(records)} steps and {len(seconds)} seconds: give one number above "
            f"0 for each step."
        )
    open_bars: dict[str, tuple[int, float, float]] = {}  # request -> slot, start, decode
    bars, time = [], 0.0
    for record, length in zip(records, seconds or [1.0] * len(records)):
        prefilled, decoded = ({str(r) for r in part(record, name, key)} for key in KEYS)
        gone = set(open_bars) - prefilled - decoded
        bars += [Bar(request, *open_bars.pop(request), time) for request in sorted(gone)]
        taken = {slot for slot, _, _ in open_bars.values()}
        for request in [str(r) for key in KEYS for r in part(record, name, key)]:
            if request not in open_bars:
                slot = min(set(range(len(taken) + 1)) - taken)
                taken.add(slot)
                open_bars[request] = slot, time, time
        time += length
        for request in prefilled:
            slot, start, _ = open_bars[request]
            open_bars[request] = slot, start, time
    bars += [Bar(request, *place, time) for request, place in open_bars.items()]
    if not bars:
        raise ValueError(f"The {len(records)} steps of {name!r} compute no request.")
    timeline = read_bars(name, [vars(bar) for bar in bars])
    return Timeline(timeline.bars, timeline.slots, "steps" if seconds is None else "s")


def part(record: Any, name: str, key: str) -> Iterable[Any]:
    """The ids under `key` of a record, which is an object or a mapping."""
    ids = record.get(key) if isinstance(record, Mapping) else getattr(record, key, None)
    if isinstance(ids, str) or not isinstance(ids, Iterable):
        raise ValueError(
            f"A step of {name!r} has {key}={ids!r:.40}; it must be the ids of requests."
        )
    return ids
