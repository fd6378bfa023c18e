"""`make bench`: every promised number is measured, in the same run as what it is compared with.

    python -m benchmarks.run                 all of them, some ten minutes
    python -m benchmarks.run microgpt        those whose name begins with this

Both sides of a ratio are measured in turn in one run, A B A B, because machines change speed.
Quote ratios and medians. LOG.md also lists changes that did not help.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import (
    Measurement,
    attention_pictures,
    drawing,
    imports,
    ladder,
    llama,
    microgpt,
    model,
    prepare,
    real_model_pictures,
    serving,
    serving_bits,
    serving_llama_cpp,
    serving_load,
    tokenizers,
    training,
    tuning,
)


@dataclass(frozen=True)
class Result:
    """One measurement and its promise, `at_least` or `at_most`."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the promise is kept."""
        above = self.at_least is None or self.value >= self.at_least
        return above and (self.at_most is None or self.value <= self.at_most)

    def row(self) -> str:
        """One line of the table."""
        promise = f"at least {self.at_least:g}" if self.at_least is not None else ""
        promise = f"at most {self.at_most:g}" if self.at_most is not None else promise
        verdict = "" if not promise else "kept" if self.is_kept else "MISSED"
        return f"{self.name:58} {self.value:9.3g} {self.unit:7} {promise:14} {verdict}"


def all_benchmarks() -> dict[str, Callable[[], Iterator[Measurement]]]:
    return {
        "microgpt": microgpt.measurements,
        "ladder": ladder.measurements,
        "llama": llama.measurements,
        "imports": imports.measurements,
        "drawing": drawing.measurements,
        "tokenizers": tokenizers.measurements,
        "prepare": prepare.measurements,
        "model": model.measurements,
        "attention_pictures": attention_pictures.measurements,
        "real_model_pictures": real_model_pictures.measurements,
        "serving_bits": serving_bits.measurements,
        "serving_llama_cpp": serving_llama_cpp.measurements,
        "serving_load": serving_load.measurements,
        "serving": serving.measurements,
        "training": training.measurements,
        "tuning": tuning.measurements,
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(all_benchmarks())}")
    names = parser.parse_args(arguments).names
    unknown = [
        n for n in names if not any(benchmark.startswith(n) for benchmark in all_benchmarks())
    ]
    if unknown:
        parser.error(f"{unknown[0]!r} is not a benchmark; there are {', '.join(all_benchmarks())}")
    missed = 0
    for benchmark, measure in all_benchmarks().items():
        if not names or benchmark.startswith(tuple(names)):
            for row in measure():
                measurement = Result(*row[:3], **row[3])
                print(measurement.row(), flush=True)
                missed += not measurement.is_kept
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
