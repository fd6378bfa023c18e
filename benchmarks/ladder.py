"""The NumPy rung of the ladder, compared with programs on scalars.

All of them train on the same names; a step is loss, gradients and update. The promise is a ratio to
`course/one_page.py`, the published program. `gptcore microgpt --plain` is faster than that, because
it pauses Python's garbage collector.
"""

import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from benchmarks import Measurement
from benchmarks.microgpt import ROOT, step_milliseconds
from gptcore.corpus import is_downloaded, load_documents
from gptcore.ladder import NumpyGPT, loss_of, weights_of
from gptcore.manifest import find_text, text_path
from gptcore.scalar import MicroGPT

ROUNDS, STEPS = 3, 20
NUMPY_PROGRAM = """
import sys
from time import perf_counter
from gptcore.corpus import load_documents
from gptcore.ladder import NumpyGPT
run = NumpyGPT(load_documents(sys.argv[1]))
steps = int(sys.argv[2])
for _ in range(20):  # always the same documents
    training = run.train(1000)
    start = perf_counter()
    for _ in range(steps):
        next(training)
    print(1000 * (perf_counter() - start) / steps)
"""


def numpy_step_milliseconds(name: str) -> float:
    """Milliseconds of a step in NumPy, in a process of its own."""
    command = [sys.executable, "-c", NUMPY_PROGRAM, name, str(STEPS)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return median(map(float, result.stdout.split()))


def equal_loss_steps(steps: int) -> int:
    """The number of steps that print the same loss with scalars and with NumPy."""
    documents = load_documents("names-ssa" if is_downloaded("names-ssa") else "names")
    runs = MicroGPT(documents).train(steps), NumpyGPT(documents).train(steps)
    for one, other in zip(*runs):
        if f"{one.loss:.4f}" != f"{other.loss:.4f}":
            return one.step - 1
    return steps


def losses_milliseconds(names: int) -> float:
    """The time that a control of lesson 6 needs."""
    gpt = MicroGPT(load_documents("names"))
    weights = weights_of(gpt)
    rows = [[gpt.BOS, *gpt.encode(name), gpt.BOS] for name in gpt.documents[:names]]
    start = perf_counter()
    for ids in rows:
        loss_of(ids, weights, gpt.config.n_head)
    return 1000 * (perf_counter() - start)


def measurements() -> Iterator[Measurement]:
    name = "names-ssa" if is_downloaded("names-ssa") else "names"
    names = str(text_path(find_text(name)))
    reference_command = [
        "-m",
        "gptcore.cli",
        "microgpt",
        "--names",
        names,
        "--samples",
        "0",
        "--plain",
    ]
    page, reference, arrays = [], [], []
    for _ in range(ROUNDS):
        page.append(step_milliseconds(["course/one_page.py", names], STEPS))
        reference.append(step_milliseconds(reference_command, STEPS))
        arrays.append(numpy_step_milliseconds(name))
    yield "ladder, arrays", 1000 * median(arrays), "µs", {}
    ratio = median(a / b for a, b in zip(page, arrays))
    yield "arrays: times the published speed", ratio, "x", {"at_least": 1000}
    yield "arrays: times the plain speed", median(a / b for a, b in zip(reference, arrays)), "x", {}
    yield (
        "steps whose printed loss is that of scalars",
        equal_loss_steps(1000),
        "",
        {"at_least": 1000},
    )
    yield "losses of 200 names, arrays", losses_milliseconds(200), "ms", {"at_most": 100}
