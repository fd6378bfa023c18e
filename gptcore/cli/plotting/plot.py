"""`gptcore plot`: the curves of runs as a picture.

The command line is the only part of gptcore that knows viz, and only when it draws.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import tyro

from gptcore.checks import did_you_mean
from gptcore.cli.console import print_line
from gptcore.cli.plotting.run_logs import RunLog, open_run, run_names
from gptcore.optional import require_packages

SUFFIXES = (".png", ".svg", ".html")
X_CHOICES = ("tokens", "step", "hours")
DEFAULT_Y = ("val_loss", "train_loss", "reward", "loss")  # the first that every run has


@dataclass
class Plot:
    """Draw curves of runs as a picture: gptcore plot RUN [RUN ...] [--out loss.png]

    A run is the folder of `gptcore train`, `tune` or `new`, or its log.jsonl. A run that still
    trains can be drawn. The table has the last, lowest and highest value of each run.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """folders of runs, or their log.jsonl"""
    out: Path = Path("loss.png")
    """the picture; the name ends in .png, .svg or .html. It is replaced if it exists"""
    y: str | None = None
    """a key of the log, such as val_loss, grad_norm, reward or kl; default: the first of val_loss,
    train_loss, reward and loss that all runs have"""
    x: str | None = None
    """tokens, step or hours (of training, without evaluation); default: tokens, where logged"""
    title: str = ""
    """title of the chart; default: which run has the lowest loss"""
    json: bool = False
    """print JSON instead of the table"""

    def run(self) -> None:
        """Read the logs, draw, and print a table."""
        self.check()
        names = run_names(self.runs)
        runs = {name: open_run(path) for name, path in zip(names, self.runs)}
        y = choose_y(runs, self.y)
        x = self.x or default_x(runs)
        for note in notes(runs, y, x if self.x is None else None):
            print_line(f"note: {note}")
        require_packages("gptcore plot", "matplotlib", "numpy")
        draw_runs = import_module("viz").draw_runs
        rows = {name: run.rows for name, run in runs.items()}
        picture = draw_runs(rows, x=x, y=y, title=self.title)
        self.out.parent.mkdir(parents=True, exist_ok=True)
        picture.save(self.out)
        summaries = [summary(name, rows[name], y) for name in rows]
        if self.json:
            result = {"picture": str(self.out), "x": x, "y": y, "runs": summaries}
            print(json.dumps(result, indent=2))
        else:
            print(format_table(summaries, y))
            print(self.out)

    def check(self) -> None:
        """Raises: ValueError for an option that cannot be used."""
        if not self.runs:
            raise ValueError("Name at least one run: gptcore plot runs/first runs/second")
        if self.out.suffix not in SUFFIXES:
            raise ValueError(f"--out {self.out} must end in {', '.join(SUFFIXES)}.")
        if self.out.is_dir():
            raise ValueError(f"--out {self.out} is a folder; name a file, such as loss.png.")
        if self.x is not None and self.x not in X_CHOICES:
            hint = did_you_mean(self.x, X_CHOICES)
            raise ValueError(f"--x {self.x} must be one of {', '.join(X_CHOICES)}.{hint}")


def keys_of(run: RunLog) -> set[str]:
    """The keys with a number in at least one row."""
    return {
        key
        for row in run.rows
        for key, value in row.items()
        if isinstance(value, int | float) and key != "step"
    }


def choose_y(runs: Mapping[str, RunLog], y: str | None) -> str:
    """The key that is drawn: the given one, or the first of the usual ones that every run has.

    Raises:
        ValueError: If a run has no such key; the message has the keys of each run.
    """
    keys = {name: keys_of(run) for name, run in runs.items()}
    common = set.intersection(*keys.values())
    found = next((key for key in ([y] if y else DEFAULT_Y) if key in common), None)
    if found is None:
        have = "; ".join(
            f"{name}: {', '.join(sorted(own)) or 'none'}" for name, own in keys.items()
        )
        wanted, hint = (
            (f"no {y}", did_you_mean(y, common))
            if y
            else (f"none of {', '.join(DEFAULT_Y)}", " Choose --y.")
        )
        raise ValueError(f"The runs have {wanted} in common.{hint} Keys of {have}.")
    return found


def default_x(runs: Mapping[str, RunLog]) -> str:
    """Tokens, if every row of every run has them; else steps."""
    rows = [row for run in runs.values() for row in run.rows]
    return "tokens" if all(row.get("tokens") is not None for row in rows) else "step"


def notes(runs: Mapping[str, RunLog], y: str, chosen_x: str | None) -> list[str]:
    """What a reader of the picture has to know."""
    found = []
    if chosen_x == "step" and len(runs) > 1:
        found.append("not every log has tokens, so the x axis has steps")
    sizes = {name: run.vocab_size for name, run in runs.items() if run.vocab_size is not None}
    if y.endswith("loss") and len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        found.append(
            f"vocabularies differ ({listed}), so the losses per token do not compare; "
            f"gptcore eval prints bits per byte, which do"
        )
    return found


def summary(name: str, rows: list[Mapping[str, Any]], y: str) -> dict[str, Any]:
    """Last, lowest and highest value of a run, with their steps."""
    points = [(row[y], row["step"]) for row in rows if row.get(y) is not None]
    lowest, highest = min(points), max(points, key=lambda point: (point[0], -point[1]))
    return {
        "run": name,
        "step": rows[-1]["step"],
        "tokens": rows[-1].get("tokens"),
        "last": points[-1][0],
        "lowest": lowest[0],
        "lowest_step": lowest[1],
        "highest": highest[0],
        "highest_step": highest[1],
    }


def format_table(summaries: list[dict[str, Any]], y: str) -> str:
    """A line for each run."""
    names = max(len("run"), *(len(one["run"]) for one in summaries))
    last = max(9, len(f"last {y}"))
    lines = [
        f"{'run':{names}}  {'steps':>8}  {'tokens':>14}  {'last ' + y:>{last}}  "
        f"{'lowest (step)':>18}  {'highest (step)':>18}"
    ]
    for one in summaries:
        tokens = "-" if one["tokens"] is None else f"{one['tokens']:,}"
        lowest = f"{one['lowest']:.4f} ({one['lowest_step']:,})"
        highest = f"{one['highest']:.4f} ({one['highest_step']:,})"
        lines.append(
            f"{one['run']:{names}}  {one['step']:8,}  {tokens:>14}  {one['last']:{last}.4f}  "
            f"{lowest:>18}  {highest:>18}"
        )
    return "\n".join(lines)
