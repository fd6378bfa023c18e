"""The recorded runs of lesson 14, `data/tuning_runs.json`: written by `make record`.

A run has a table, a variant and a seed; each variant has five seeds. Means and spreads here are
over seeds; a spread is the standard deviation.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from statistics import mean, pstdev
from typing import Any

from gptcore.manifest import shipped_folder

FILE = "tuning_runs.json"
Run = dict[str, Any]
Curves = dict[str, list[float]]


@cache
def recording() -> Run:
    """The content of the file: date, processor, torch and runs."""
    content: Run = json.loads((shipped_folder() / FILE).read_text(encoding="utf-8"))
    return content


def runs_of(table: str, variant: str) -> list[Run]:
    """The runs of one variant, by seed.

    Args:
        table: Such as "main", "conversations", "masks", "forgetting" or "rewards".
        variant: Such as "1000", "0.003 mixed" or "contains 0.1"; `variants(table)` has them all.

    Raises:
        KeyError: If there are none.
    """
    found = [r for r in recording()["runs"] if (r["table"], r["variant"]) == (table, variant)]
    if not found:
        raise KeyError(f"{table!r} has no {variant!r}; it has {', '.join(variants(table))}.")
    return sorted(found, key=lambda run: run["seed"])


def variants(table: str) -> list[str]:
    """The variants of a table; those that are numbers, by size.

    Args:
        table: Its name.
    """
    names = {run["variant"] for run in recording()["runs"] if run["table"] == table}
    return sorted(names, key=sort_key)


def sort_key(variant: str) -> tuple[Any, ...]:
    """Numbers by size, words by spelling, numbers first."""
    words = variant.split()
    return tuple((0, float(w), "") if w[:1].isdigit() else (1, 0.0, w) for w in words)


def values(table: str, variant: str, *path: str) -> list[float]:
    """One number of each run, by seed.

    Args:
        table: Its name.
        variant: Its name.
        *path: Keys that lead to the number, such as "shares", "carry".
    """
    found = []
    for run in runs_of(table, variant):
        value: Any = run
        for key in path:
            value = value[key]
        found.append(value)
    return found


def mean_of(table: str, variant: str, *path: str) -> float:
    """The mean over seeds of one number; the arguments are those of `values`."""
    return mean(values(table, variant, *path))


def spread_of(table: str, variant: str, *path: str) -> float:
    """The standard deviation over seeds of one number; the arguments are those of `values`."""
    return pstdev(values(table, variant, *path))


def share_rows(table: str, *fields: str) -> list[dict[str, Any]]:
    """Means over seeds of some shares, a row for each variant.

    Args:
        table: One whose runs have shares, such as "conversations".
        *fields: plain, carry, forgot, ended, names, distinct or text.
    """
    return [
        {"variant": one, **{name: mean_of(table, one, "shares", name) for name in fields}}
        for one in variants(table)
    ]


def share_lines(table: str, *fields: str) -> Iterator[str]:
    """The same rows as text, with spreads.

    Args:
        table: One whose runs have shares.
        *fields: plain, carry, forgot, ended, names, distinct or text.
    """
    width = max(map(len, variants(table)))
    for one in variants(table):
        parts = [
            f"{name} {mean_of(table, one, 'shares', name):.2f} "
            f"± {spread_of(table, one, 'shares', name):.2f}"
            for name in fields
        ]
        yield f"{one:>{width}}   {'   '.join(parts)}"


def mean_curves(table: str, variant: str) -> Curves:
    """The curves of a variant, each point the mean over seeds.

    Args:
        table: One whose runs have a curve: main, names, rewards, learning rates or preferences.
        variant: Its name.
    """
    curves = [run["curve"] for run in runs_of(table, variant)]
    return {
        name: [mean(points) for points in zip(*(curve[name] for curve in curves))]
        for name in curves[0]
    }


def curves_of_seed(table: str, variant: str, seed: int = 0) -> Curves:
    """The curves of one run.

    Args:
        table: One whose runs have a curve.
        variant: Its name.
        seed: Which run.
    """
    curve: Curves = runs_of(table, variant)[seed]["curve"]
    return curve


def pass_rates(table: str = "main", variant: str = "exact") -> dict[str, dict[int, float]]:
    """pass@k before and after reinforcement, means over seeds: {"before": {1: ...}, "after": ...}.

    Args:
        table: main or starts.
        variant: Of starts: the share of writers who are right.
    """
    found = {}
    for when in ("before", "after"):
        of_run = [
            run[when]["pass"] if table == "main" else run[when] for run in runs_of(table, variant)
        ]
        found[when] = {int(k): mean(rates[k] for rates in of_run) for k in of_run[0]}
    return found


def said() -> dict[int, dict[str, list[str | None]]]:
    """Eight answers to each of three sums, after so many steps of the main run with seed 0.

    None is an answer that did not end.
    """
    by_step = runs_of("main", "exact")[0]["said"]
    return {int(step): answers for step, answers in by_step.items()}


def reward_cell(reward: str, kl_weight: float) -> dict[str, Any]:
    """What a reward and a KL weight lead to: the cells of the control.

    Args:
        reward: exact, contains or length.
        kl_weight: 0, 0.03, 0.1, 0.3 or 1.

    Returns:
        curves: means over seeds of step, reward, kl, length, entropy, truth. before, after: means
        of truth, hedged and letters. says: eight answers of the first seed to one sum.
    """
    variant = f"{reward} {kl_weight:g}"
    runs = runs_of("rewards", variant)
    return {
        "curves": mean_curves("rewards", variant),
        "before": means([run["before"] for run in runs]),
        "after": means([run["after"] for run in runs]),
        "says": runs[0]["says"],
    }


def name_rows() -> list[dict[str, float]]:
    """Different names of 64 answers and the share of right ones, before and for each KL weight."""
    rows = []
    for one in variants("names"):
        runs = runs_of("names", one)
        rows.append({"kl_weight": float(one), **means([run["after"] for run in runs])})
    before = means([run["before"] for run in runs_of("names", "0")])
    return [{"kl_weight": float("nan"), **before}, *rows]


def means(found: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each field."""
    return {name: mean(one[name] for one in found) for name in found[0]}
