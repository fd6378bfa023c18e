"""The ladder's rung in NumPy against scalars: the published page, plain, fused.

All are programs that train on the same names; a step is loss, gradients and update. Quoted is the
ratio to `course/one_page.py`, which is the published program; `gptcore microgpt --plain` is faster
than that, because it pauses Python's cycle collector, so its ratio is smaller.
"""

import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from benchmarks.microgpt import ROOT, milliseconds_a_step
from gptcore.corpus import is_downloaded, load_documents
from gptcore.ladder import NumpyGPT, loss_of, weights_of
from gptcore.manifest import find_text, text_path
from gptcore.scalar import MicroGPT

ROUNDS, STEPS = 3, 20
ARRAYS = """
import sys
from time import perf_counter
from gptcore.corpus import load_documents
from gptcore.ladder import NumpyGPT
run = NumpyGPT(load_documents(sys.argv[1]))
steps = int(sys.argv[2])
for _ in range(20):  # the same documents again and again, as few are quickly read
    training = run.train(1000)
    start = perf_counter()
    for _ in range(steps):
        next(training)
    print(1000 * (perf_counter() - start) / steps)
"""


def arrays_milliseconds(name: str) -> float:
    """A program of its own, as the others are, on the same first documents."""
    command = [sys.executable, "-c", ARRAYS, name, str(STEPS)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return median(map(float, ran.stdout.split()))


def first_difference(steps: int) -> int:
    """How many steps print the same loss in scalars and in arrays."""
    documents = load_documents("names-ssa" if is_downloaded("names-ssa") else "names")
    runs = MicroGPT(documents).train(steps), NumpyGPT(documents).train(steps)
    for one, other in zip(*runs):
        if f"{one.loss:.4f}" != f"{other.loss:.4f}":
            return one.step - 1
    return steps


def milliseconds_for_losses(names: int) -> float:
    """What a control of lesson 5 waits for."""
    gpt = MicroGPT(load_documents("names"))
    weights = weights_of(gpt)
    rows = [[gpt.BOS, *gpt.encode(name), gpt.BOS] for name in gpt.documents[:names]]
    start = perf_counter()
    for ids in rows:
        loss_of(ids, weights, gpt.config.n_head)
    return 1000 * (perf_counter() - start)


def figures() -> Iterator[tuple]:
    name = "names-ssa" if is_downloaded("names-ssa") else "names"
    names = str(text_path(find_text(name)))
    plainly = ["-m", "gptcore.cli", "microgpt", "--names", names, "--samples", "0", "--plain"]
    page, plain, arrays = [], [], []
    for _ in range(ROUNDS):
        page.append(milliseconds_a_step(["course/one_page.py", names], STEPS))
        plain.append(milliseconds_a_step(plainly, STEPS))
        arrays.append(arrays_milliseconds(name))
    yield "ladder, arrays", 1000 * median(arrays), "µs", {}
    ratio = median(a / b for a, b in zip(page, arrays))
    yield "arrays: times the published speed", ratio, "x", {"at_least": 1000}
    yield "arrays: times the plain speed", median(a / b for a, b in zip(plain, arrays)), "x", {}
    yield (
        "steps whose printed loss is that of scalars",
        first_difference(1000),
        "",
        {"at_least": 1000},
    )
    yield "losses of 200 names, arrays", milliseconds_for_losses(200), "ms", {"at_most": 100}
