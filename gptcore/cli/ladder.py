"""`gptcore ladder`: train the same small model in faster and faster implementations."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from gptcore import ladder
from gptcore.cli.names_file import read_names


@dataclass
class Ladder:
    """Train the same small model in faster and faster implementations, and time a step of each."""

    names: Path | None = None
    """text file with one name per line; default: the names that come with gptcore"""
    steps: int = 10
    """names that every rung trains on; the first rung takes about 0.2 seconds for each"""
    json: bool = False
    """print JSON, after the last rung"""

    def run(self) -> None:
        """Print each rung as soon as it is measured."""
        documents = read_names(self.names)
        impls = ladder.IMPLEMENTATIONS
        climbing = ladder.climb(documents, self.steps, impls)
        rungs, left_out = [], []
        if not self.json:
            print(ladder.TABLE_HEADER, flush=True)
        for impl in impls:
            show_status(f"measuring {impl.name} ...")
            reason = impl.unavailable_reason()
            rung = None if reason else next(climbing)
            show_status("")
            if rung is None:
                left_out.append(f"{impl.name}: left out, because {reason}.")
                continue
            rungs.append(rung)
            if not self.json:
                print(*ladder.format_rung(rung), sep="\n", flush=True)
        if self.json:
            print(json.dumps([asdict(rung) for rung in rungs], indent=2))
        else:
            print("", *ladder.format_summary(rungs), *left_out, sep="\n", flush=True)


def show_status(text: str) -> None:
    """Show a line on standard error, if that is a terminal; the next one replaces it."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
