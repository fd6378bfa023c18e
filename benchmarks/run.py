"""`make bench`: every promised figure, measured here and now, beside what it is compared with.

    python -m benchmarks.run                 all of them, some ten minutes
    python -m benchmarks.run microgpt        those whose name begins so

Ratios are made within one run, A B A B, because machines differ and drift; quote ratios, and
medians. What did not help is in LOG.md, too.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import (
    attention_pictures,
    drawing,
    imports,
    ladder,
    microgpt,
    model,
    prepare,
    tokenizers,
    training,
)


@dataclass(frozen=True)
class Figure:
    """One measured figure: `at_least` or `at_most` is what was promised."""

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def kept(self) -> bool:
        above = self.at_least is None or self.value >= self.at_least
        return above and (self.at_most is None or self.value <= self.at_most)

    def row(self) -> str:
        promise = f"at least {self.at_least:g}" if self.at_least is not None else ""
        promise = f"at most {self.at_most:g}" if self.at_most is not None else promise
        verdict = "" if not promise else "kept" if self.kept else "MISSED"
        return f"{self.what:58} {self.value:9.3g} {self.unit:7} {promise:14} {verdict}"


def all_figures() -> dict[str, Callable[[], Iterator[tuple]]]:
    return {
        "microgpt": microgpt.figures,
        "ladder": ladder.figures,
        "imports": imports.figures,
        "drawing": drawing.figures,
        "tokenizers": tokenizers.figures,
        "prepare": prepare.figures,
        "model": model.figures,
        "attention_pictures": attention_pictures.figures,
        "training": training.figures,
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(all_figures())}")
    names = parser.parse_args(arguments).names
    unknown = [n for n in names if not any(known.startswith(n) for known in all_figures())]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(all_figures())}")
    missed = 0
    for known, measure in all_figures().items():
        if not names or known.startswith(tuple(names)):
            for row in measure():
                figure = Figure(*row[:3], **row[3])
                print(figure.row(), flush=True)
                missed += not figure.kept
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
