"""The recorded runs of lesson 16: five seeds of nearly all.

    python -m benchmarks.record_own_gpt                 all: about fifteen minutes of one processor
    python -m benchmarks.record_own_gpt sizes           some tables
    python -m benchmarks.record_own_gpt --list          what there is, and what is recorded

Every finished run is in `data/own_gpt_runs.json` at once, so a stopped recording continues where it
was. The lesson reads that file. Losses differ between processors in the third digit. The names are
those of `gptcore fetch names-ssa`.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.own_gpt_runs import FUNCTIONS, all_jobs
from benchmarks.recording import JobRecording, record_jobs
from gptcore.manifest import shipped_folder

OUT = shipped_folder() / "own_gpt_runs.json"


def record(path: Path, tables: Sequence[str]) -> Iterator[str]:
    """Make every run that is missing, and yield a line after each."""
    wanted = [job for job in all_jobs() if job["table"] in tables]
    return record_jobs(JobRecording(path, all_jobs()), wanted, FUNCTIONS)


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
        recording = JobRecording(given.out, all_jobs())
        for job in all_jobs():
            done = "recorded" if recording.has(job) else "missing"
            print(f"{done:9}{job['table']}, {job['variant']}, seed {job['seed']}")
        return
    for line in record(given.out, tables):
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
