"""The recorded runs of lesson 16, `data/own_gpt_runs.json`: written by `make record`.

A run has a table, a variant, a seed, and what the table measures: see `benchmarks/own_gpt_runs.py`.
"""

from statistics import mean

from course.experiments.recordings import Run, runs_of

FILE = "own_gpt_runs.json"
HELD_OUT = 2_000  # names that are looked for among the samples


def runs(table: str, **wanted: object) -> list[Run]:
    """The runs of one table, seed by seed.

    Args:
        table: sizes, letters, tables, starts, kept or shapes.
        **wanted: Fields and their values.

    Raises:
        KeyError: If there is no such table.
    """
    found = runs_of(FILE, table)
    return [run for run in found if all(run[name] == value for name, value in wanted.items())]


def average(chosen: list[Run], name: str, place: int | None = None) -> float:
    """The mean of a field over runs, or of one place of a list.

    Args:
        chosen: The runs.
        name: The field.
        place: The place in the list; None if it is a number.
    """
    return mean(run[name] if place is None else run[name][place] for run in chosen)
