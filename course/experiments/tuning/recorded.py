"""The recorded runs of lesson 14, `data/tuning_runs.json`: written by `make record`.

A run has a table, a variant, a seed, and what the table measures: see `benchmarks/tuning_runs.py`.
"""

import json
from functools import cache
from typing import Any

from gptcore.manifest import shipped_folder

FILE = "tuning_runs.json"
Run = dict[str, Any]


@cache
def recording() -> Run:
    """The content of the file: date, processor, torch and runs."""
    content: Run = json.loads((shipped_folder() / FILE).read_text(encoding="utf-8"))
    return content


def runs(table: str) -> list[Run]:
    """The runs of one table, seed by seed.

    Args:
        table: base, sizes, masks, forgetting, own, clean, main, rates, dial, hacking (of the dial
            the reward "contains" with little KL, and "exact" without), names, starts, dpo or
            baselines.

    Raises:
        KeyError: If there is no such table.
    """
    if table == "hacking":
        return [run for run in runs("dial") if is_hacking(run)]
    found = [run for run in recording()["runs"] if run["table"] == table]
    if not found:
        tables = dict.fromkeys(run["table"] for run in recording()["runs"])
        raise KeyError(f"There is no table {table!r}; there are {', '.join(tables)}, hacking.")
    return found


def is_hacking(run: Run) -> bool:
    """Whether a run of the dial shows how a flawed reward is exploited, and what prevents it."""
    weights = {"contains": (0.0, 0.1), "exact": (0.0,)}
    return run["kl_weight"] in weights.get(run["reward"], ())


def groups() -> dict[str, list[Run]]:
    """Eight answers and their rewards to each of six sums, before and after the main run."""
    found: dict[str, list[Run]] = runs("main")[0]["groups"]
    return found


def pinned_answers() -> dict[int, list[str | None]]:
    """Eight answers to the first of these sums, after so many steps; None: it did not end."""
    return {int(step): answers for step, answers in runs("main")[0]["answers"].items()}
