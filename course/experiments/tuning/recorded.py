"""The recorded runs of lesson 14, `data/tuning_runs.json`: written by `make record`.

A run has a table, a variant, a seed, and what the table measures: see `benchmarks/tuning_runs.py`.
"""

from course.experiments.recordings import Run, runs_of

FILE = "tuning_runs.json"


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
    return runs_of(FILE, table)


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
