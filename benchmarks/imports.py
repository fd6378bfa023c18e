"""What one waits for before anything happens: imports, and a whole lesson."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from nbclient import NotebookClient

from course.publishing.build import cells_of
from course.syllabus.lesson_table import written_lessons

LONGEST = {"06_microgpt": 45}  # seconds; 20 for every other lesson


def seconds_to_import(name: str, runs: int = 7) -> float:
    """Inside a fresh Python, without the start of Python itself."""
    code = f"import time; t = time.perf_counter(); import {name}; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    return median(float(subprocess.check_output(command, text=True)) for _ in range(runs))


def figures() -> Iterator[tuple]:
    for name, most in (("gptcore.scalar", 0.1), ("viz", 0.2), ("gptcore.corpus", 0.1)):
        yield f"import {name}", seconds_to_import(name), "s", {"at_most": most}
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
            {"at_most": LONGEST.get(lesson.name, 20)},
        )
