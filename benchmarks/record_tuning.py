"""The recorded runs of lesson 14: five seeds of each.

    python -m benchmarks.record_tuning                  all: about an hour of one processor
    python -m benchmarks.record_tuning main names       some tables
    python -m benchmarks.record_tuning --list           what there is, and what is recorded

Every finished run is in `data/tuning_runs.json` at once, so a stopped recording continues where it
was. The lesson reads that file. Shares differ between processors in the second digit, and seconds
are those of one processor: compare them within this file only.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.recording import JobRecording, record_jobs
from benchmarks.tuning_runs import FUNCTIONS, all_jobs
from gptcore.manifest import shipped_folder

OUT = shipped_folder() / "tuning_runs.json"


class TuningRecording(JobRecording):
    """The file of finished runs, in the order of `all_jobs`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, all_jobs())


def record(path: Path, tables: Sequence[str]) -> Iterator[str]:
    """Make every run that is missing, and yield a line after each."""
    wanted = [job for job in all_jobs() if job["table"] in tables]
    return record_jobs(TuningRecording(path), wanted, FUNCTIONS)


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tables", nargs="*", help=f"of {', '.join(FUNCTIONS)}; none: all")
    parser.add_argument("--list", action="store_true", help="say which runs there are, and stop")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args(words)
    tables = given.tables or list(FUNCTIONS)
    if unknown := set(tables) - set(FUNCTIONS):
        parser.error(f"there is no table {sorted(unknown)}; there are {', '.join(FUNCTIONS)}")
    if given.list:
        recording = TuningRecording(given.out)
        for job in all_jobs():
            done = "recorded" if recording.has(job) else "missing"
            print(f"{done:9}{job['table']}, {job['variant']}, seed {job['seed']}")
        return
    for line in record(given.out, tables):
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
