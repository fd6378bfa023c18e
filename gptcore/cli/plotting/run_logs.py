"""Folders of runs as rows of their logs."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gptcore.json_text import parse_json
from gptcore.training.saving.log import LOG, read_lines

RUN_SETTINGS = "run.json"


@dataclass(frozen=True)
class RunLog:
    """The log of one run.

    Attributes:
        rows: A mapping for each step.
        vocab_size: Of the model; None if the folder does not say it.
    """

    rows: list[Mapping[str, Any]]
    vocab_size: int | None


def open_run(path: Path) -> RunLog:
    """Read the log of a run.

    Args:
        path: Its folder, or the log itself.

    Raises:
        ValueError: If there is no log, or no step in it.
    """
    file = path / LOG if path.is_dir() else path
    if not path.exists():
        raise ValueError(f"{path} does not exist. Name the folder of a run, or its {LOG}.")
    if not file.is_file():
        inside = ", ".join(sorted(one.name for one in path.iterdir())[:6])
        runs = sorted(one.parent.name for one in path.glob(f"*/{LOG}"))
        hint = f" Runs in it: {', '.join(runs[:6])}." if runs else ""
        raise ValueError(
            f"{path} has no {LOG}, so it is not the folder of a run. "
            f"It has {inside or 'nothing in it'}.{hint}"
        )
    rows: list[Mapping[str, Any]] = [parse_json(line) for _, line in read_lines(file)]
    if not rows:
        raise ValueError(f"{file} has no step yet. A line of a log is {example_line()}.")
    return RunLog(rows, vocab_size(file.parent))


def example_line() -> str:
    """A line of a log, shortened."""
    return json.dumps({"step": 1, "tokens": 64, "train_loss": 3.3})


def vocab_size(folder: Path) -> int | None:
    """The vocabulary of the model of a run, if run.json says it."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        settings = parse_json((folder / RUN_SETTINGS).read_text(encoding="utf-8"))
        return int(settings["model"]["vocab_size"])
    return None


def run_names(paths: Sequence[Path]) -> list[str]:
    """A short name for each run: its folder, with as many parents as tell them apart.

    Raises:
        ValueError: If a run is named twice.
    """
    folders = [path.resolve().parent if path.is_file() else path.resolve() for path in paths]
    twice = next((one for one in folders if folders.count(one) > 1), None)
    if twice is not None:
        raise ValueError(f"The run {twice} is named twice; name each run once.")
    for count in range(1, max(len(folder.parts) for folder in folders) + 1):
        names = ["/".join(folder.parts[-count:]) for folder in folders]
        if len(set(names)) == len(names):
            return names
    return [str(folder) for folder in folders]
