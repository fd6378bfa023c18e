"""Everything this project says about a GPU, checked and measured on one: a single command.

    python -m benchmarks.on_gpu --shards shards --nanogpt nanoGPT --out benchmarks/gpu
    python -m benchmarks.on_gpu --parts correctness memory --minutes 3
    python -m benchmarks.on_gpu --device cpu --tiny        the same code, on a processor

Records are written as lines of JSON as soon as they are known, so a run that is cut short keeps
what it has. A check that fails is recorded, and the next one begins. docs/gpu.md says how to run
this on a GPU of your own.
"""

import argparse
import json
import platform
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import TextIO

import torch

from benchmarks.gpu.settings import Record, Settings
from gptcore.training.hardware.device import pick_device

PARTS = {  # share of the time: what a part does not use is left to those after it
    "correctness": 0.25,
    "memory": 0.12,
    "speed": 0.40,
    "recorded_run": 0.18,
    "generation": 0.05,
}


class OutOfTimeError(Exception):
    """The time of a part is over."""


def main(arguments: list[str] | None = None) -> int:
    options = parsed(arguments)
    with tempfile.TemporaryDirectory() as work:
        settings = Settings(
            pick_device(options.device),
            options.tiny,
            Path(work),
            options.shards,
            options.nanogpt,
            options.out,
        )
        about = machine(settings)
        options.out.mkdir(parents=True, exist_ok=True)
        name = about["gpu"].lower().replace(" ", "-").replace("/", "-")
        file = options.out / f"{about['date'][:10]}-{name}.jsonl"
        with file.open("a", encoding="utf-8") as log:
            failures = run(settings, options, about, log)
    print(f"all records are in {file}")
    return 1 if failures else 0


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.on_gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="which ones")
    parser.add_argument("--only", nargs="+", default=[""], help="checks whose name contains this")
    parser.add_argument("--minutes", type=float, default=9, help="for all parts together (9)")
    parser.add_argument("--device", default="auto", help="cuda, cuda:1, cpu; auto")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes, to test this program")
    parser.add_argument("--shards", type=Path, help="FineWeb in shards, from gptcore prepare")
    parser.add_argument("--nanogpt", type=Path, help="a checkout of nanoGPT, to be measured beside")
    parser.add_argument("--out", type=Path, default=Path("build/gpu"), help="folder of the logs")
    return parser.parse_args(arguments)


def machine(settings: Settings) -> Record:
    """What was measured, when, and with which versions."""
    about: Record = {
        "part": "machine",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "gpu": torch.cuda.get_device_name() if settings.on_gpu else platform.machine(),
        "tiny": settings.tiny,
    }
    if settings.on_gpu:
        properties = torch.cuda.get_device_properties(settings.device)
        about |= {"cuda": torch.version.cuda, "memory_bytes": properties.total_memory}
    return about


def run(settings: Settings, options: argparse.Namespace, about: Record, log: TextIO) -> int:
    """All parts, each within its share of what time is left; how many checks were not ok."""
    failures, end, parts = 0, perf_counter() + options.minutes * 60, options.parts
    write(about, log)
    for place, part in enumerate(parts):
        share = PARTS[part] / sum(PARTS[later] for later in parts[place:])
        until = perf_counter() + share * (end - perf_counter())
        for record in records(settings, part, options.only, until):
            write(record, log)
            failures += not record.get("ok", True)
    return failures


def records(settings: Settings, part: str, only: list[str], until: float) -> Iterator[Record]:
    """What a part finds, each record with the name of its check; errors are records, too."""
    module = import_module(f"benchmarks.gpu.{part}")
    for check, found in module.checks(settings):
        if not any(text in check for text in only):
            continue
        head, begun = {"part": part, "check": check}, perf_counter()
        if begun > until:
            yield {**head, "skipped": "the time of this part is over"}
            continue
        try:
            with alarm(until - begun + 20):  # one that hangs is stopped
                for record in found():
                    yield {**head, **record, "took": perf_counter() - begun}
                    if perf_counter() > until:
                        yield {**head, "skipped": "the rest: the time of this part is over"}
                        break
        except Exception as error:
            where = traceback.format_exception_only(error)[-1].strip()
            print(traceback.format_exc(), file=sys.stderr)
            yield {**head, "error": where[-800:], "ok": False, "took": perf_counter() - begun}


class alarm:
    """Raise OutOfTimeError inside the block after so many seconds (where the system can)."""

    def __init__(self, seconds: float):
        self.seconds = max(1, int(seconds))

    def __enter__(self) -> None:
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, self.ring)
            signal.alarm(self.seconds)

    def __exit__(self, *_) -> None:
        if hasattr(signal, "SIGALRM"):
            signal.alarm(0)

    def ring(self, *_) -> None:
        raise OutOfTimeError(f"stopped after {self.seconds} seconds")


def write(record: Record, log: TextIO) -> None:
    """One record for the log, and one line for the reader."""
    log.write(json.dumps(record, ensure_ascii=False) + "\n")
    log.flush()
    verdict = {True: "ok  ", False: "FAIL", None: "    "}[record.get("ok")]
    head = f"{verdict} {record.get('check', record['part'])}:"
    rest = {k: v for k, v in record.items() if k not in ("part", "check", "ok")}
    told = ", ".join(
        f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in rest.items()
    )
    print(f"{head} {told}"[:400], flush=True)


if __name__ == "__main__":
    sys.exit(main())
