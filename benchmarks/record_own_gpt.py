"""The recorded runs of lesson 16: five seeds of nearly all.

    python -m benchmarks.record_own_gpt                 all: about fifteen minutes of one processor
    python -m benchmarks.record_own_gpt sizes           some tables
    python -m benchmarks.record_own_gpt --list          what there is, and what is recorded

Every finished run is in `data/own_gpt_runs.json` at once, so a stopped recording continues where it
was. The lesson reads that file. Losses differ between processors in the third digit. The names are
those of `gptcore fetch names-ssa`.
"""

from collections.abc import Sequence

from benchmarks.own_gpt_runs import FUNCTIONS, all_jobs
from benchmarks.recording import record_command
from gptcore.manifest import shipped_folder

OUT = shipped_folder() / "own_gpt_runs.json"


def main(words: Sequence[str] | None = None) -> None:
    record_command(words, __doc__, OUT, all_jobs(), FUNCTIONS)


if __name__ == "__main__":
    main()
