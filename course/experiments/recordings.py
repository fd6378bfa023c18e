"""Files in data/ with the runs of `make record`: each has a table, a variant or switch, a seed."""

import json
from functools import cache
from typing import Any

from gptcore.manifest import shipped_folder

Run = dict[str, Any]


@cache
def recording(file: str) -> Run:
    """The content of a file: date, processor, torch and runs.

    Args:
        file: Its name.
    """
    content: Run = json.loads((shipped_folder() / file).read_text(encoding="utf-8"))
    return content


def runs_of(file: str, table: str) -> list[Run]:
    """The runs of one table, seed by seed.

    Args:
        file: Name of the file.
        table: Name of the table.

    Raises:
        KeyError: If there is no such table.
    """
    runs: list[Run] = recording(file)["runs"]
    found = [run for run in runs if run["table"] == table]
    if not found:
        tables = dict.fromkeys(run["table"] for run in runs)
        raise KeyError(f"There is no table {table!r}; there are {', '.join(tables)}.")
    return found
