"""Time to import a package, and to run a whole lesson."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from nbclient import NotebookClient

from benchmarks import Measurement
from course.publishing.build import cells_of
from course.syllabus.lesson_table import written_lessons

MAX_SECONDS = {"07_microgpt": 45}  # seconds; 20 for every other lesson


def import_seconds(name: str, runs: int = 7) -> float:
    """Time of an import in a fresh Python, without the start of Python itself."""
    code = f"import time; t = time.perf_counter(); import {name}; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    return median(float(subprocess.check_output(command, text=True)) for _ in range(runs))


def measurements() -> Iterator[Measurement]:
    for name, limit in (("gptcore.scalar", 0.1), ("viz", 0.2), ("gptcore.corpus", 0.1)):
        yield f"import {name}", import_seconds(name), "s", {"at_most": limit}
    for lesson in written_lessons():
        notebook = cells_of(lesson)
        folder = {"metadata": {"path": str(Path(lesson.notebook).parent)}}
        start = perf_counter()
        NotebookClient(notebook, resources=folder, kernel_name="python3").execute()
        seconds = perf_counter() - start
        yield (
            f"run all cells of {lesson.name}, kernel included",
            seconds,
            "s",
            {"at_most": MAX_SECONDS.get(lesson.name, 20)},
        )
