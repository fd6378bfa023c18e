"""One training step of microgpt: the published page, the plain graph, the fused one.

The yardstick is `course/one_page.py`, a straightforward version of the published program: slots,
recursion, one node for each operation. All three are programs of their own, on the same names.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from gptcore.corpus import is_downloaded
from gptcore.manifest import find_text, text_path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3


def milliseconds_a_step(command: list[str], steps: int) -> float:
    """From the first printed step to the last, so that starting up does not count."""
    program = [sys.executable, "-u", *command]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=ROOT) as running:
        seen = []
        for line in running.stdout or ():
            if line.startswith("step"):
                seen.append(perf_counter())
                if len(seen) == steps:
                    running.kill()
    return 1000 * (seen[-1] - seen[0]) / (len(seen) - 1)


def figures() -> Iterator[tuple]:
    names = str(text_path(find_text("names-ssa" if is_downloaded("names-ssa") else "names")))
    ours = ["-m", "gptcore.cli", "microgpt", "--names", names, "--samples", "0"]
    page, plain, fused = [], [], []
    for _ in range(ROUNDS):
        page.append(milliseconds_a_step(["course/one_page.py", names], 20))
        plain.append(milliseconds_a_step([*ours, "--plain"], 20))
        fused.append(milliseconds_a_step(ours, 200))
    yield "microgpt, as published", median(page), "ms", {}
    yield "microgpt, plain", median(plain), "ms", {}
    yield "microgpt, fused", median(fused), "ms", {}
    ratio = median(a / b for a, b in zip(page, plain))
    yield "plain: times the published speed", ratio, "x", {"at_least": 0.95}
    ratio = median(a / b for a, b in zip(page, fused))
    yield "fused: times the published speed", ratio, "x", {"at_least": 20}
    yield "fused: times the plain speed", median(a / b for a, b in zip(plain, fused)), "x", {}
