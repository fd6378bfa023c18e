"""The ladder: one model, one seed, one list of documents, and ever faster ways to train it.

A rung is one entry of `IMPLEMENTATIONS`. All of them start from the same weights and learn from the
same documents in the same order, so their losses are comparable digit by digit. A batch takes other
steps than single documents do; there only the first loss is compared, with the mean of the losses
of its documents. Only the steps are timed (loss, gradients, update), not building the model.
"""

import gc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import fmean, median
from time import perf_counter

from gptcore.checks import as_int
from gptcore.ladder import requirements
from gptcore.ladder.numpy_gpt import NumpyGPT, loss_of
from gptcore.scalar import Adam, MicroGPT, UpdateRecord, ops_fused, ops_reference
from gptcore.scalar.microgpt import LEARNING_RATE, check_documents

MIN_SECONDS, MAX_ROUNDS = 0.1, 30  # a fast rung repeats its training until it was timed for so long
STEPS = 10  # documents that every rung learns from by default
BATCH_SIZE = 512  # what fits into the cache of a CPU
GPU_BATCH_SIZE = 8192  # what keeps a GPU busy
MEAN_TOLERANCE = 1e-4  # nats; float32 sums 512 losses to about a millionth
MAX_LOSSES = 5  # first losses that a rung reports


@dataclass(frozen=True)
class Implementation:
    """One way to train the model.

    Attributes:
        name: Its name in tables and pictures.
        changed: A sentence: what is different from the rung below.
        train: `train(documents, steps)` yields an `UpdateRecord` for each step.
        batch_size: Documents in one step.
        unavailable_reason: Returns why it cannot run on this machine, "" if it can.

    Example:
        >>> Implementation("mine", "Nothing.", lambda docs, n: MicroGPT(docs).train(n)).batch_size
        1
    """

    name: str
    changed: str
    train: Callable[[list[str], int], Iterable[UpdateRecord]]
    batch_size: int = 1
    unavailable_reason: Callable[[], str] = requirements.none_missing


@dataclass(frozen=True)
class Rung:
    """What was measured for one implementation.

    Attributes:
        name: As in `Implementation`.
        changed: As in `Implementation`.
        microseconds: Median time for one document: loss, gradients and update.
        speedup: How many times as fast as the first rung.
        losses: Of the first few steps, in nats per token.
        steps: How many steps were compared with those of the first rung.
        diverges_at: The first of them whose loss differs at 4 decimals; None if there is none.
        batch_size: Documents in one step.

    Example:
        >>> for rung in climb(["emma"], steps=2):
        ...     print(rung.name, rung.diverges_at)
        scalars, as published None
        fused nodes None
        arrays (NumPy) None
    """

    name: str
    changed: str
    microseconds: float
    speedup: float
    losses: tuple[float, ...]
    steps: int
    diverges_at: int | None
    batch_size: int = 1


def as_published(documents: list[str], steps: int) -> Iterator[UpdateRecord]:
    """Plain scalars with Python's cycle collector on.

    `MicroGPT.train` pauses the collector, which the published program does not do, and is more than
    twice as fast for it.
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
    """One node for each number that a building block returns."""
    return MicroGPT(documents, ops=ops_fused).train(steps)


def with_arrays(documents: list[str], steps: int) -> Iterator[UpdateRecord]:
    """NumPy, gradients by hand."""
    return NumpyGPT(documents).train(steps)


def with_tensors(documents: list[str], steps: int) -> Iterator[UpdateRecord]:
    """PyTorch, one document for each step."""
    from gptcore.ladder import torch_gpt  # noqa: PLC0415 - loads PyTorch

    return torch_gpt.train(documents, steps)


def with_batches(
    documents: list[str],
    steps: int,
    *,
    batch_size: int = BATCH_SIZE,
    compiled: bool = False,
    device: str = "cpu",
) -> Iterator[UpdateRecord]:
    """PyTorch in float32, many documents for each step."""
    import torch  # noqa: PLC0415 - the lower rungs do not need it

    from gptcore.ladder import torch_gpt  # noqa: PLC0415 - loads PyTorch

    return torch_gpt.train(
        documents,
        steps,
        batch_size=batch_size,
        dtype=torch.float32,
        compiled=compiled,
        device=device,
    )


# The implementations that need no PyTorch.
WITHOUT_TORCH = (
    Implementation(
        "scalars, as published",
        "One node for each sum and each product; Python's cycle collector is on.",
        as_published,
    ),
    Implementation(
        "fused nodes",
        "A dot product, a softmax, a scale are one node each; the cycle collector is paused.",
        with_fused_nodes,
    ),
    Implementation(
        "arrays (NumPy)",
        "No nodes: matrices instead of loops, all letters at once, gradients derived by hand.",
        with_arrays,
    ),
)
# All implementations, the slowest first; those that this machine cannot run are skipped.
IMPLEMENTATIONS = (
    *WITHOUT_TORCH,
    Implementation(
        "tensors (PyTorch)",
        "PyTorch computes the gradients; one small name pays for every call it makes.",
        with_tensors,
        unavailable_reason=requirements.pytorch,
    ),
    Implementation(
        "a batch",
        f"{BATCH_SIZE} names share those calls, and numbers have half the digits (float32).",
        with_batches,
        BATCH_SIZE,
        requirements.pytorch,
    ),
    Implementation(
        "compiled",
        "torch.compile joins calls into few; the large ones, which it leaves alone, take the time.",
        partial(with_batches, compiled=True),
        BATCH_SIZE,
        requirements.compiler,
    ),
    Implementation(
        "a GPU",
        f"Thousands of small processors, and {GPU_BATCH_SIZE:,} names to keep them busy.",
        partial(with_batches, batch_size=GPU_BATCH_SIZE, device="cuda"),
        GPU_BATCH_SIZE,
        requirements.gpu,
    ),
)


def climb(
    documents: list[str],
    steps: int = STEPS,
    implementations: Iterable[Implementation] = WITHOUT_TORCH,
) -> Iterator[Rung]:
    """Train with every implementation; yield what was measured as soon as it is known.

    Args:
        documents: Texts to learn from, such as names.
        steps: Steps that are compared. The first rung takes about a fifth of a second for each;
            compiling takes about ten seconds once.
        implementations: In this order; those that this machine cannot run are skipped.

    Yields:
        One `Rung` for each implementation that ran.

    Raises:
        ValueError: If there is no text, or `steps` is not an integer above 0.

    Example:
        >>> len(list(climb(["emma", "anna"], steps=2)))
        3
    """
    steps = as_int(steps, "steps", 1, f"{STEPS} takes a few seconds")
    return measured(check_documents(documents), steps, tuple(implementations))


def measured(documents: list[str], steps: int, impls: tuple[Implementation, ...]) -> Iterator[Rung]:
    """`climb` without its checks."""
    first: tuple[float, list[float]] | None = None
    for impl in (impl for impl in impls if not impl.unavailable_reason()):
        gc.freeze()  # the objects of the caller are not searched while a rung is timed
        try:
            microseconds, losses = time_steps(impl, documents, steps)
        finally:
            gc.unfreeze()
        first = first or (microseconds, losses)
        compared, diverges_at = steps, first_difference(first[1], losses)
        if impl.batch_size > 1:
            difference = abs(losses[0] - mean_of_singles(documents, impl.batch_size))
            compared, diverges_at = 1, None if difference < MEAN_TOLERANCE else 1
        yield Rung(
            name=impl.name,
            changed=impl.changed,
            microseconds=microseconds,
            speedup=first[0] / microseconds,
            losses=tuple(losses[:MAX_LOSSES]),
            steps=compared,
            diverges_at=diverges_at,
            batch_size=impl.batch_size,
        )


def time_steps(impl: Implementation, documents: list[str], steps: int) -> tuple[float, list[float]]:
    """Microseconds for one document, and the losses of all steps.

    A fast implementation repeats the same steps many times, each time from the initial weights.
    """
    durations: list[float] = []
    for _ in range(MAX_ROUNDS):
        losses = []
        run = iter(impl.train(documents, steps))
        start = perf_counter()
        for step in run:
            durations.append(perf_counter() - start)
            losses.append(step.loss)
            start = perf_counter()
        if sum(durations) > MIN_SECONDS:
            break
    return 1e6 * median(durations) / impl.batch_size, losses


def first_difference(losses: list[float], others: list[float]) -> int | None:
    """The step, from 1, at which two runs print different losses."""
    for step, (loss, other) in enumerate(zip(losses, others), start=1):
        if f"{loss:.4f}" != f"{other:.4f}":
            return step
    return None


def mean_of_singles(documents: list[str], batch_size: int) -> float:
    """The mean of the losses that the first `batch_size` documents have before any step."""
    run = NumpyGPT(documents)
    firsts = [run.documents[b % len(run.documents)] for b in range(batch_size)]
    losses = {name: loss_of(run.encode(name), run.weights, run.config.n_head) for name in {*firsts}}
    return fmean(losses[name] for name in firsts)
