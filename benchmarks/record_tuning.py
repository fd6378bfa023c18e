"""The recorded runs of lesson 14: five seeds of each.

    python -m benchmarks.record_tuning                  all: about an hour of one processor
    python -m benchmarks.record_tuning main names       some tables
    python -m benchmarks.record_tuning --list           what there is, and what is recorded

Every finished run is in `data/tuning_runs.json` at once, so a stopped recording continues where it
was. The lesson reads that file. Shares differ between processors in the second digit, and seconds
are those of one processor: compare them within this file only.
"""

from collections.abc import Sequence

from benchmarks.recording import record_command
from benchmarks.tuning_runs import FUNCTIONS, all_jobs
from gptcore.manifest import shipped_folder

OUT = shipped_folder() / "tuning_runs.json"


def main(words: Sequence[str] | None = None) -> None:
    record_command(words, __doc__, OUT, all_jobs(), FUNCTIONS)


if __name__ == "__main__":
    main()
