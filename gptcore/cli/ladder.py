"""`gptcore ladder`: the same small model in ever faster ways."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from gptcore import ladder
from gptcore.cli.names_file import read_names


@dataclass
class Ladder:
    """Train the same small model in ever faster ways, and say how long one name takes in each."""

    names: Path | None = None
    """text file with one name a line; without it, the names that come with gptcore"""
    steps: int = 10
    """names that every rung learns from; the first rung takes about a fifth of a second for each"""
    json: bool = False
    """the same as JSON, once all rungs are climbed"""

    def run(self) -> None:
        documents = read_names(self.names)
        impls = ladder.IMPLEMENTATIONS
        climbing = ladder.climb(documents, self.steps, impls)
        rungs, left_out = [], []
        if not self.json:
            print(ladder.TABLE_HEADER, flush=True)
        for impl in impls:
            say_meanwhile(f"measuring {impl.name} ...")
            reason = impl.unavailable_reason()
            rung = None if reason else next(climbing)
            say_meanwhile("")
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


def say_meanwhile(text: str) -> None:
    """One passing line on standard error, if that is a terminal; the next one takes its place."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
