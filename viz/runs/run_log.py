"""The rows of a training log as numbers to draw.

A row is a mapping with the keys of log.jsonl, or an object with attributes of the same names. A
path stands for the rows of that log.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from viz.canvas.arrays import did_you_mean, to_number
from viz.curves.log_file import read_log
from viz.curves.series import Series

Y_LABELS = {
    "val_loss": "validation loss (nats per token)",
    "train_loss": "training loss (nats per token)",
    "grad_norm": "gradient norm, before clipping",
    "learning_rate": "learning rate",
    "tokens_per_second": "tokens per second",
    "mfu": "model FLOPs utilization (MFU)",
}
NOISY = ("train_loss", "grad_norm", "tokens_per_second", "mfu")
SECONDS_PER_HOUR = 3600.0

RunLog = Iterable[object] | str | Path  # rows, or the file, or the folder of the run
FlopsPerToken = float | Mapping[str, float] | None  # of all runs, or by the name of the run


def read_run(
    name: str, log: RunLog, x: str, y: str, flops_per_token: FlopsPerToken = None
) -> Series:
    """Read one curve from the log of a run.

    Args:
        name: Name of the run, for errors.
        log: The rows of its log, or the path of it; rows in which `y` is None are left out.
        x: "tokens", "hours", "flops" or "step".
        y: A key of the log, such as "val_loss".
        flops_per_token: Needed for x="flops".

    Returns:
        The values on both axes.

    Raises:
        ValueError: If there are no rows, or if they have no `y` or nothing to compute `x` from.
    """
    log = read_log(log) if isinstance(log, (str, Path)) else log
    rows = list(log) if isinstance(log, Iterable) else []
    if not rows:
        raise ValueError(f"The run {name!r} has no rows; give those of its log.jsonl.")
    ys = [row_value(name, row, y) for row in rows]
    xs = x_values(name, rows, x, flops_per_token)
    what = f"{y} of the run {name!r}"
    pairs = [(x_, to_number(value, what)) for x_, value in zip(xs, ys) if value is not None]
    if not pairs:
        found = [key for key in Y_LABELS if has_values(rows, key)]
        raise ValueError(
            f"The run {name!r} has no {y} in any of its {len(rows):,} rows"
            + (f"; it has {', '.join(found)}." if found else ".")
        )
    return [x_value for x_value, _ in pairs], [value for _, value in pairs]


def row_value(name: str, row: Any, key: str) -> Any:
    """The value of one row. Raises: ValueError if the row has no such key."""
    missing = object()
    found = row.get(key, missing) if isinstance(row, Mapping) else getattr(row, key, missing)
    if found is missing:
        hint = did_you_mean(key, row if isinstance(row, Mapping) else dir(row))
        raise ValueError(
            f"A row of the run {name!r} has no {key!r}: {row!r:.60}. A row has the keys of "
            f"log.jsonl.{hint}"
        )
    return found


def has_values(rows: Iterable[object], key: str) -> bool:
    """Whether any row has a value for this key."""
    found = (row.get(key) if isinstance(row, Mapping) else getattr(row, key, None) for row in rows)
    return any(value is not None for value in found)


def x_values(
    name: str, rows: Sequence[object], x: str, flops_per_token: FlopsPerToken
) -> list[float]:
    """The value on the x axis of each row."""
    if x == "step":
        return [to_number(row_value(name, row, "step"), f"step of {name!r}") for row in rows]
    tokens = [to_number(row_value(name, row, "tokens"), f"tokens of {name!r}") for row in rows]
    if x == "flops":
        flops = flops_of_run(name, flops_per_token)
        return [flops * count for count in tokens]
    return elapsed_hours(name, rows, tokens) if x == "hours" else tokens


def flops_of_run(name: str, given: FlopsPerToken) -> float:
    """The FLOPs per token of one run. Raises: ValueError if they are not known."""
    flops = given.get(name) if isinstance(given, Mapping) else given
    if flops is None or not isfinite(flops) or flops <= 0:
        raise ValueError(
            f"x='flops' needs flops_per_token, a number above 0, for the run {name!r}, "
            f"and it is {flops!r}. About 6 times the parameters of the model is a fair estimate."
        )
    return float(flops)


def elapsed_hours(name: str, rows: Sequence[object], tokens: Sequence[float]) -> list[float]:
    """The training time up to each row: its new tokens divided by its tokens_per_second."""
    hours: list[float] = []
    elapsed = previous = 0.0
    for row, count in zip(rows, tokens):
        speed = row_value(name, row, "tokens_per_second")
        if speed is None or not speed > 0:
            raise ValueError(
                f"x='hours' needs tokens_per_second above 0, and the run {name!r} has {speed!r} "
                f"after {count:,.0f} tokens. Take x='tokens', which does not need it."
            )
        elapsed, previous = elapsed + (count - previous) / speed / SECONDS_PER_HOUR, count
        hours.append(elapsed)
    return hours
