"""The ladder: one model, one seed, one list of documents, and ever faster ways to train it.

A rung is one entry of `WAYS`. All of them start from the same weights and learn from the same
documents in the same order, so their losses can be held against each other digit by digit. Who
takes many documents at once takes other steps; there the first loss is held against the mean of
those that the documents have alone. The rungs with PyTorch load it only when they are climbed.
Left out on purpose: inventing names, and the time it takes to build the model; a rung is timed by
its steps (loss, slopes, update) and nothing else.
"""

import gc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from statistics import fmean, median
from time import perf_counter

from gptcore.checks import as_int
from gptcore.ladder import lacking
from gptcore.ladder.arrays import ArrayGPT, loss_of
from gptcore.scalar import Adam, MicroGPT, UpdateRecord, ops_fused, ops_reference
from gptcore.scalar.microgpt import LEARNING_RATE, check_documents

LEAST_SECONDS, MOST_ROUNDS = 0.1, 30  # a fast rung trains again until it was watched for so long
STEPS = 10  # documents that every rung learns from, unless said otherwise
BATCH, GPU_BATCH = 512, 8192  # documents at once: what fits a processor's cache; what fills a GPU
SAME_MEAN = 1e-4  # nats; float32 sums half a thousand losses to about a millionth
MOST_LOSSES = 5  # what a rung tells of its first losses


@dataclass(frozen=True)
class Way:
    """One way to train: `train(documents, steps)` answers with the steps.

    Example: Way("mine", "Nothing.", lambda docs, steps: MicroGPT(docs).train(steps)).batch -> 1
    """

    name: str
    changed: str  # a sentence: what is different from the rung below
    train: Callable[[list[str], int], Iterable[UpdateRecord]]
    batch: int = 1  # documents in one step
    lacking: Callable[[], str] = lacking.nothing  # why it cannot be climbed here, if it cannot


@dataclass(frozen=True)
class Rung:
    """What was measured on one rung. Units: losses in nats per token.

    Example: for rung in climb(["emma"], steps=2): print(rung.name, rung.losses)
    """

    name: str
    changed: str
    microseconds: float  # for one document: loss, slopes and update; the median
    times_the_first: float  # how many times as fast as the first rung
    losses: tuple[float, ...]  # of the first few steps
    steps: int  # how many steps were held against those of the first rung
    parts_at: int | None  # the first of them whose loss prints otherwise (4 decimals), if any
    batch: int = 1  # documents in one step; of many only the first loss is held, against their mean


def as_published(documents: list[str], steps: int) -> Iterator[UpdateRecord]:
    """Plain scalars, with Python's cycle collector left alone.

    `MicroGPT.train` pauses the collector, which more than doubles the speed of plain scalars. That
    is our doing, so here it stays on.
    """
    gpt = MicroGPT(documents, ops=ops_reference)
    optimizer = Adam(gpt.parameters)
    for s in range(steps):
        document = gpt.documents[s % len(gpt.documents)]
        optimizer.zero_grad()
        loss = gpt.loss(document)
        loss.backward()
        optimizer.step(LEARNING_RATE * (1 - s / steps))
        yield UpdateRecord(s + 1, document, loss.data)


def with_fused_nodes(documents: list[str], steps: int) -> Iterator[UpdateRecord]:
    return MicroGPT(documents, ops=ops_fused).train(steps)


def with_arrays(documents: list[str], steps: int) -> Iterator[UpdateRecord]:
    return ArrayGPT(documents).train(steps)


def with_tensors(documents: list[str], steps: int, **options) -> Iterator[UpdateRecord]:
    tensors = import_module("gptcore.ladder.tensors")  # loads PyTorch, which lower rungs do without
    return tensors.train(documents, steps, **options)


def with_batches(documents: list[str], steps: int, **options) -> Iterator[UpdateRecord]:
    dtype = import_module("torch").float32
    return with_tensors(documents, steps, batch=BATCH, dtype=dtype, **options)


def on_a_gpu(documents: list[str], steps: int) -> Iterator[UpdateRecord]:
    dtype = import_module("torch").float32
    return with_tensors(documents, steps, batch=GPU_BATCH, dtype=dtype, device="cuda")


# The rungs that need no PyTorch.
UP_TO_ARRAYS = (
    Way(
        "scalars, as published",
        "One node for each sum and each product; Python's cycle collector is on.",
        as_published,
    ),
    Way(
        "fused nodes",
        "A dot product, a softmax, a scale are one node each; the cycle collector is paused.",
        with_fused_nodes,
    ),
    Way(
        "arrays (NumPy)",
        "No nodes: matrices instead of loops, all letters at once, slopes written out by hand.",
        with_arrays,
    ),
)
# All rungs, from the slowest; those that cannot be climbed here are passed over.
WAYS = (
    *UP_TO_ARRAYS,
    Way(
        "tensors (PyTorch)",
        "PyTorch finds the slopes; one small name pays for every call it makes.",
        with_tensors,
        lacking=lacking.pytorch,
    ),
    Way(
        "a batch",
        f"{BATCH} names share those calls, and numbers have half the digits (float32).",
        with_batches,
        BATCH,
        lacking.pytorch,
    ),
    Way(
        "compiled",
        "torch.compile joins calls into few; the large ones, which it leaves alone, take the time.",
        partial(with_batches, compiled=True),
        BATCH,
        lacking.compiler,
    ),
    Way(
        "a GPU",
        f"Thousands of small processors, and {GPU_BATCH:,} names to keep them busy.",
        on_a_gpu,
        GPU_BATCH,
        lacking.gpu,
    ),
)


def climb(
    documents: list[str], steps: int = STEPS, ways: Iterable[Way] = UP_TO_ARRAYS
) -> Iterator[Rung]:
    """Train on every rung, and yield what was measured there as soon as it is known.

    A rung that cannot be climbed here is passed over. The first one needs about a fifth of a
    second for each of `steps`, the others next to nothing; compiling takes some ten seconds once.
    Raises:  ValueError if there is nothing to learn from, or steps is no whole number above 0.
    Example: for rung in climb(["emma", "anna"], steps=2): print(rung.name, rung.microseconds)
    """
    steps = as_int(steps, "steps", 1, f"{STEPS} takes a few seconds")
    return measured(check_documents(documents), steps, tuple(ways))


def measured(documents: list[str], steps: int, ways: tuple[Way, ...]) -> Iterator[Rung]:
    first: tuple[float, list[float]] | None = None
    for way in (way for way in ways if not way.lacking()):
        gc.freeze()  # what the caller holds is not searched while a rung is timed
        try:
            microseconds, losses = watch(way, documents, steps)
        finally:
            gc.unfreeze()
        first = first or (microseconds, losses)
        times = first[0] / microseconds
        told = tuple(losses[:MOST_LOSSES])
        steps_held, parts_at = steps, first_difference(first[1], losses)
        if way.batch > 1:
            same = abs(losses[0] - mean_of_singles(documents, way.batch)) < SAME_MEAN
            steps_held, parts_at = 1, None if same else 1
        words = way.name, way.changed
        yield Rung(*words, microseconds, times, told, steps_held, parts_at, way.batch)


def watch(way: Way, documents: list[str], steps: int) -> tuple[float, list[float]]:
    """Microseconds for one document, and the losses of all steps.

    Every rung is timed on the same documents; a fast one goes through them many times, from the
    first weights each time.
    """
    durations: list[float] = []
    for _ in range(MOST_ROUNDS):
        losses = []
        run = iter(way.train(documents, steps))
        start = perf_counter()
        for step in run:
            durations.append(perf_counter() - start)
            losses.append(step.loss)
            start = perf_counter()
        if sum(durations) > LEAST_SECONDS:
            break
    return 1e6 * median(durations) / way.batch, losses


def first_difference(losses: list[float], others: list[float]) -> int | None:
    """The step, from 1, at which two runs print different losses."""
    for step, (loss, other) in enumerate(zip(losses, others), start=1):
        if f"{loss:.4f}" != f"{other:.4f}":
            return step
    return None


def mean_of_singles(documents: list[str], batch: int) -> float:
    """What the first `batch` documents lose on average, each asked alone of the first weights."""
    run = ArrayGPT(documents)
    firsts = [run.documents[b % len(run.documents)] for b in range(batch)]
    losses = {name: loss_of(run.encode(name), run.weights, run.config.n_head) for name in {*firsts}}
    return fmean(losses[name] for name in firsts)
