"""The steps of reinforcement as numbers to draw: records, rows, columns, or a log file."""

from collections.abc import Iterable, Mapping
from math import inf
from pathlib import Path
from typing import Any

from viz.canvas.arrays import to_number
from viz.curves.log_file import read_log
from viz.curves.series import Series

Columns = dict[str, list[Any]]  # key -> its value at each step
EXAMPLE = "[{'step': 1, 'reward': 0.3, 'kl': 0.0}]"


def read_runs(runs: Any) -> dict[str, list[Columns]]:
    """The seeds of each run, by name; a run without a name is called "".

    Args:
        runs: One run, or a mapping name -> run or list of runs (seeds). A run is a list of rows (
            mappings or records), a mapping key -> values, or the path of a log in JSON lines.

    Raises:
        ValueError: If there is nothing to draw, or it cannot be read.
    """
    if isinstance(runs, Mapping) and not is_columns(runs):
        if not runs:
            raise ValueError(f"There is no run to draw: give its steps, such as {EXAMPLE}.")
        return {str(name): read_seeds(str(name), run) for name, run in runs.items()}
    return {"": read_seeds("", runs)}


def is_columns(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping has rows of numbers among its values: it is a run, and no set of runs."""
    return any(map(is_numeric, value.values()))


def is_numeric(column: Any) -> bool:
    """Whether it is a row of numbers, of which some may be None."""
    first = next(iter(as_list(column)), "")
    return first is None or isinstance(first, (int, float)) or hasattr(first, "dtype")


def as_list(column: Any) -> list[Any]:
    """A row of values as a list; anything else is empty."""
    column = column.tolist() if hasattr(column, "tolist") else column
    return list(column) if isinstance(column, (list, tuple)) else []


def read_seeds(name: str, given: Any) -> list[Columns]:
    """The seeds of one run: one, or one for each run in a list."""
    what = f"the run {name!r}" if name else "the run"
    if isinstance(given, (list, tuple)) and given and all(map(is_run, given)):
        return [read_columns(f"seed {i} of {what}", seed) for i, seed in enumerate(given)]
    return [read_columns(what, given)]


def is_run(value: Any) -> bool:
    """Whether an element of a list is a run of its own, and no row."""
    if isinstance(value, Mapping):
        return is_columns(value)
    return isinstance(value, (str, Path, list, tuple))


def read_columns(what: str, given: Any) -> Columns:
    """The columns of one run; each has a value for each step.

    Args:
        what: What errors call it.
        given: Rows, columns, or the path of a log.
    """
    if isinstance(given, (str, Path)):
        given = read_log(given)
    if isinstance(given, Mapping):
        columns = {str(key): as_list(one) for key, one in given.items() if is_numeric(one)}
    else:
        rows = list(given) if isinstance(given, Iterable) else []
        tables = [row if isinstance(row, Mapping) else fields_of(what, row) for row in rows]
        keys = dict.fromkeys(key for row in tables for key in row)
        columns = {str(key): [row.get(key) for row in tables] for key in keys}
    count = max(map(len, columns.values()), default=0)
    if not count:
        raise ValueError(f"{what} has no steps: give rows such as {EXAMPLE}, not {given!r:.60}.")
    short = {key: len(values) for key, values in columns.items() if len(values) != count}
    if short:
        raise ValueError(
            f"{what} has {count} values of {next(k for k in columns if k not in short)!r} and "
            f"{next(iter(short.values()))} of {next(iter(short))!r}: give one for each step."
        )
    return {"step": list(range(1, count + 1)), **columns}


def fields_of(what: str, row: Any) -> Mapping[str, Any]:
    """The attributes of a record. Raises: ValueError if it has none."""
    fields = getattr(row, "__dict__", None)
    if not fields:
        raise ValueError(f"A step of {what} is {row!r:.60}; give rows such as {EXAMPLE}.")
    return dict(fields)


def series_of(name: str, columns: Columns, key: str) -> Series:
    """Steps and values of one key; steps at which it is None are left out.

    Args:
        name: Of the run, for errors.
        columns: Of the run.
        key: Such as "reward".
    """
    what = f"the run {name!r}" if name else "the run"
    pairs = [(s, v) for s, v in zip(columns["step"], columns.get(key, [])) if v is not None]
    if not pairs:
        known = [k for k, row in columns.items() if any(isinstance(v, (int, float)) for v in row)]
        raise ValueError(f"{key!r} is not among the values of {what}: {', '.join(known):.200}.")
    steps = [to_number(step, f"a step of {what}") for step, _ in pairs]
    values = [to_number(value, f"{key} of {what}") for _, value in pairs]
    if any(not later > step for step, later in zip([-inf, *steps], steps)):
        raise ValueError(f"The steps of {what} must rise, each once: {steps[:6]}.")
    return steps, values
