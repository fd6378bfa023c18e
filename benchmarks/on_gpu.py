"""Check and measure on a GPU every statement of this project about GPUs, in one command.

    python -m benchmarks.on_gpu --shards shards --nanogpt nanoGPT --out benchmarks/gpu
    python -m benchmarks.on_gpu --parts correctness memory --minutes 3
    python -m benchmarks.on_gpu --device cpu --tiny        the same code, on a CPU

Each record is written as a line of JSON at once, so a run that is stopped early keeps its records.
A check that fails is recorded, and the next one begins. docs/gpu.md explains how to run this on
your own GPU.
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

PARTS = {  # fraction of the time; time that a part does not use is left to the next ones
    "correctness": 0.25,
    "memory": 0.12,
    "speed": 0.40,
    "recorded_run": 0.18,
    "generation": 0.05,
}


class OutOfTimeError(Exception):
    """The time of a part is over."""


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    with tempfile.TemporaryDirectory() as work:
        settings = Settings(
            pick_device(options.device),
            options.tiny,
            Path(work),
            options.shards,
            options.nanogpt,
            options.out,
        )
        about = describe_machine(settings)
        options.out.mkdir(parents=True, exist_ok=True)
        name = about["gpu"].lower().replace(" ", "-").replace("/", "-")
        file = options.out / f"{about['date'][:10]}-{name}.jsonl"
        with file.open("a", encoding="utf-8") as log:
            failures = run_parts(settings, options, about, log)
    print(f"all records are in {file}")
    return 1 if failures else 0


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
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
    parser.add_argument("--nanogpt", type=Path, help="a checkout of nanoGPT to compare with")
    parser.add_argument("--out", type=Path, default=Path("build/gpu"), help="folder of the logs")
    return parser.parse_args(arguments)


def describe_machine(settings: Settings) -> Record:
    """The first record: date, device and versions."""
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


def run_parts(settings: Settings, options: argparse.Namespace, about: Record, log: TextIO) -> int:
    """Run all parts, each within its fraction of the remaining time; return the failed checks."""
    failures, end, parts = 0, perf_counter() + options.minutes * 60, options.parts
    write_record(about, log)
    for i, part in enumerate(parts):
        fraction = PARTS[part] / sum(PARTS[other] for other in parts[i:])
        until = perf_counter() + fraction * (end - perf_counter())
        for record in part_records(settings, part, options.only, until):
            write_record(record, log)
            failures += not record.get("ok", True)
    return failures


def part_records(settings: Settings, part: str, only: list[str], until: float) -> Iterator[Record]:
    """The records of one part, each with the name of its check. Errors are records, too."""
    module = import_module(f"benchmarks.gpu.{part}")
    for check, measure in module.checks(settings):
        if not any(text in check for text in only):
            continue
        labels, start = {"part": part, "check": check}, perf_counter()
        if start > until:
            yield {**labels, "skipped": "the time of this part is over"}
            continue
        try:
            with TimeLimit(until - start + 20):  # stops a check that hangs
                for record in measure():
                    yield {**labels, **record, "took": perf_counter() - start}
                    if perf_counter() > until:
                        yield {**labels, "skipped": "the rest: the time of this part is over"}
                        break
        except Exception as error:
            where = traceback.format_exception_only(error)[-1].strip()
            print(traceback.format_exc(), file=sys.stderr)
            yield {**labels, "error": where[-800:], "ok": False, "took": perf_counter() - start}


class TimeLimit:
    """Raise OutOfTimeError inside the block after some seconds (not on Windows)."""

    def __init__(self, seconds: float):
        self.seconds = max(1, int(seconds))

    def __enter__(self) -> None:
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, self.on_alarm)
            signal.alarm(self.seconds)

    def __exit__(self, *_) -> None:
        if hasattr(signal, "SIGALRM"):
            signal.alarm(0)

    def on_alarm(self, *_) -> None:
        raise OutOfTimeError(f"stopped after {self.seconds} seconds")


def write_record(record: Record, log: TextIO) -> None:
    """Write a record to the log, and print it as one line."""
    log.write(json.dumps(record, ensure_ascii=False) + "\n")
    log.flush()
    verdict = {True: "ok  ", False: "FAIL", None: "    "}[record.get("ok")]
    labels = f"{verdict} {record.get('check', record['part'])}:"
    rest = {k: v for k, v in record.items() if k not in ("part", "check", "ok")}
    values = ", ".join(
        f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in rest.items()
    )
    print(f"{labels} {values}"[:400], flush=True)


if __name__ == "__main__":
    sys.exit(main())
