"""A file of recorded runs that grows run by run: a stopped recording goes on where it was."""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import torch

from gptcore.files import atomic_path

JOB_KEYS = ("table", "variant", "seed")
Job = dict[str, Any]


class Recording:
    """The file of finished runs.

    Args:
        path: Where it is; it need not exist.
        keys: The fields that tell one run from another.
    """

    def __init__(self, path: Path, keys: tuple[str, ...] = ("table", "switch", "seed")) -> None:
        self.path, self.keys = path, keys
        self.content: dict[str, Any] = {}
        if path.exists():
            self.content = json.loads(path.read_text(encoding="utf-8"))

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The finished runs."""
        found: list[dict[str, Any]] = self.content.setdefault("runs", [])
        return found

    def key(self, run: Mapping[str, Any]) -> tuple[Any, ...]:
        """What tells a run from others."""
        return tuple(run[name] for name in self.keys)

    def place(self, run: Mapping[str, Any]) -> Any:
        """What the runs are sorted by."""
        return self.key(run)

    def has(self, job: Mapping[str, Any]) -> bool:
        """Whether this run is finished."""
        return any(self.key(run) == self.key(job) for run in self.runs)

    def add(self, run: dict[str, Any]) -> None:
        """Store one run."""
        self.runs.append(run)
        self.runs.sort(key=self.place)
        self.write()

    def write(self) -> None:
        """Write the file, one run a line, so that a change can be read."""
        head = {name: value for name, value in self.content.items() if name != "runs"}
        lines = [json.dumps(name) + ": " + json.dumps(value) for name, value in head.items()]
        runs = ",\n".join("  " + json.dumps(run) for run in self.runs)
        body = ",\n".join([*lines, f'"runs": [\n{runs}\n]'])
        with atomic_path(self.path) as part:
            part.write_text("{\n" + body + "\n}\n", encoding="utf-8")


class JobRecording(Recording):
    """The file of finished runs, in the order of a list of jobs.

    Args:
        path: Where it is; it need not exist.
        jobs: All jobs: table, variant, seed.
        functions: For each table what makes a run of a variant and a seed.
    """

    def __init__(
        self, path: Path, jobs: Sequence[Job], functions: Mapping[str, Callable[..., Job]]
    ) -> None:
        super().__init__(path, JOB_KEYS)
        self.jobs, self.functions = jobs, functions
        self.order = {tuple(job.values()): place for place, job in enumerate(jobs)}

    def place(self, run: Mapping[str, Any]) -> int:
        return self.order[self.key(run)]

    def record(self, tables: Collection[str]) -> Iterator[str]:
        """Make every run of these tables that is missing, and yield a line after each."""
        torch.set_num_threads(1)  # several threads would wait for each other
        self.content = {
            "date": date.today().isoformat(),
            "processor": processor(),
            "torch": torch.__version__,
            "runs": self.runs,
        }
        missing = [job for job in self.jobs if job["table"] in tables and not self.has(job)]
        started = perf_counter()
        for done, job in enumerate(missing, 1):
            before = process_time()
            found = self.functions[job["table"]](job["variant"], job["seed"])
            self.add({**job, **found, "seconds": round(process_time() - before, 1)})
            minutes = (perf_counter() - started) / done * (len(missing) - done) / 60
            name = f"{job['table']}, {job['variant']}, seed {job['seed']}"
            yield f"{done}/{len(missing)} {name}: {minutes:.0f} minutes left"


def record_command(
    words: Sequence[str] | None,
    doc: str | None,
    out: Path,
    jobs: Sequence[Job],
    functions: Mapping[str, Callable[..., Job]],
) -> None:
    """A command line that records tables, or lists their runs.

    Args:
        words: The words of the command line; None for those of this process.
        doc: What is recorded.
        out: The file.
        jobs: All jobs: table, variant, seed.
        functions: For each table what makes a run of a variant and a seed.
    """
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("tables", nargs="*", help=f"of {', '.join(functions)}; none: all")
    parser.add_argument("--list", action="store_true", help="say which runs there are, and stop")
    parser.add_argument("--out", type=Path, default=out)
    given = parser.parse_args(words)
    tables = given.tables or list(functions)
    if unknown := set(tables) - set(functions):
        parser.error(f"there is no table {sorted(unknown)}; there are {', '.join(functions)}")
    recording = JobRecording(given.out, jobs, functions)
    if given.list:
        for job in jobs:
            done = "recorded" if recording.has(job) else "missing"
            print(f"{done:9}{job['table']}, {job['variant']}, seed {job['seed']}")
        return
    for line in recording.record(tables):
        print(line, file=sys.stderr, flush=True)


def processor() -> str:
    """The name of this processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
