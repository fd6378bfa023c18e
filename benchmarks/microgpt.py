"""One training step of microgpt: the published program, and ours with reference and fused ops.

`course/one_page.py` is a straightforward version of the published program. Each of the three is
measured in a process of its own, on the same names.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks import Measurement
from gptcore.corpus import is_downloaded
from gptcore.manifest import find_text, text_path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3


def step_milliseconds(command: list[str], steps: int) -> float:
    """Time of a step, from the first printed step to the last, without the start of the program."""
    program = [sys.executable, "-u", *command]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=ROOT) as running:
        times = []
        for line in running.stdout or ():
            if line.startswith("step"):
                times.append(perf_counter())
                if len(times) == steps:
                    running.kill()
    return 1000 * (times[-1] - times[0]) / (len(times) - 1)


def measurements() -> Iterator[Measurement]:
    names = str(text_path(find_text("names-ssa" if is_downloaded("names-ssa") else "names")))
    ours = ["-m", "gptcore.cli", "microgpt", "--names", names, "--samples", "0"]
    page, reference, fused_ops = [], [], []
    for _ in range(ROUNDS):
        page.append(step_milliseconds(["course/one_page.py", names], 20))
        reference.append(step_milliseconds([*ours, "--plain"], 20))
        fused_ops.append(step_milliseconds(ours, 200))
    yield "microgpt, as published", median(page), "ms", {}
    yield "microgpt, plain", median(reference), "ms", {}
    yield "microgpt, fused", median(fused_ops), "ms", {}
    ratio = median(a / b for a, b in zip(page, reference))
    yield "plain: times the published speed", ratio, "x", {"at_least": 0.95}
    ratio = median(a / b for a, b in zip(page, fused_ops))
    yield "fused: times the published speed", ratio, "x", {"at_least": 20}
    yield (
        "fused: times the plain speed",
        median(a / b for a, b in zip(reference, fused_ops)),
        "x",
        {},
    )
