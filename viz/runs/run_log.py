"""The rows of a training log as numbers to draw; the keys are those of log.jsonl.

Left out on purpose: reading a file. A row is a mapping, or a record with fields of the same names.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from typing import Any

from viz.curves.series import Series

Y_LABELS = {
    "val_loss": "validation loss (nats per token)",
    "train_loss": "training loss (nats per token)",
    "grad_norm": "length of all slopes, before clipping",
    "learning_rate": "learning rate",
    "tokens_per_second": "tokens per second",
    "mfu": "share of the most the device can do",
}
NOISY = ("train_loss", "grad_norm", "tokens_per_second", "mfu")
SECONDS_PER_HOUR = 3600.0  # seconds

OperationsPerToken = (
    float | Mapping[str, float] | None
)  # operations for one token, of all runs or of each


def read_run(
    name: str, rows: Iterable, x: str, y: str, operations_per_token: OperationsPerToken
) -> Series:
    """Where each row of a log that has `y` stands, and its `y`.

    Raises: ValueError for a log without rows, or rows without what is asked for.
    """
    rows = list(rows) if hasattr(rows, "__iter__") else []
    if not rows:
        raise ValueError(f"The run {name!r} has no rows; give those of its log.jsonl.")
    ys = [row_value(name, row, y) for row in rows]
    xs = x_values(name, rows, x, operations_per_token)
    pairs = [(x_value, float(value)) for x_value, value in zip(xs, ys) if value is not None]
    if not pairs:
        found = [key for key in Y_LABELS if has_values(rows, key)]
        raise ValueError(
            f"The run {name!r} has no {y} in any of its {len(rows):,} rows"
            + (f"; it has {', '.join(found)}." if found else ".")
        )
    return [x_value for x_value, _ in pairs], [value for _, value in pairs]


def row_value(name: str, row: Any, key: str) -> Any:
    """What one row has under this key. Raises: ValueError if it has no such key."""
    missing = object()
    found = row.get(key, missing) if isinstance(row, Mapping) else getattr(row, key, missing)
    if found is missing:
        near = get_close_matches(key, list(row) if isinstance(row, Mapping) else dir(row), 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"A row of the run {name!r} has no {key!r}: {row!r:.60}. A row has the keys of "
            f"log.jsonl.{hint}"
        )
    return found


def has_values(rows: Iterable, key: str) -> bool:
    """Whether any row has a number under this key."""
    found = (row.get(key) if isinstance(row, Mapping) else getattr(row, key, None) for row in rows)
    return any(value is not None for value in found)


def x_values(
    name: str, rows: Sequence, x: str, operations_per_token: OperationsPerToken
) -> list[float]:
    if x == "step":
        return [float(row_value(name, row, "step")) for row in rows]
    tokens = [float(row_value(name, row, "tokens")) for row in rows]
    if x == "operations":
        rate = rate_of_run(name, operations_per_token)
        return [rate * count for count in tokens]
    return elapsed_hours(name, rows, tokens) if x == "hours" else tokens


def rate_of_run(name: str, given: OperationsPerToken) -> float:
    """Operations for one token of this run. Raises: ValueError if they are not known."""
    rate = given.get(name) if isinstance(given, Mapping) else given
    if rate is None or not isfinite(rate) or rate <= 0:
        raise ValueError(
            f"x='operations' needs operations_per_token, a number above 0, for the run {name!r}, "
            f"and it is {rate!r}. About 6 times the parameters of the model is a fair estimate."
        )
    return float(rate)


def elapsed_hours(name: str, rows: Sequence, tokens: Sequence[float]) -> list[float]:
    """The time that the steps took up to each row: its new tokens by its tokens_per_second."""
    hours, elapsed, previous = [], 0.0, 0.0
    for row, count in zip(rows, tokens):
        speed = row_value(name, row, "tokens_per_second")
        if speed is None or not speed > 0:
            raise ValueError(
                f"x='hours' needs tokens_per_second above 0, and the run {name!r} has {speed!r} "
                f"after {count:,.0f} tokens. x='tokens' needs none."
            )
        elapsed, previous = elapsed + (count - previous) / speed / SECONDS_PER_HOUR, count
        hours.append(elapsed)
    return hours
