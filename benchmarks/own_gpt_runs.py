"""What `make record` trains for lesson 16: for each table a function of a variant and a seed."""

from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from typing import Any

from course.experiments.own_gpt.line_models import (
    measured_training,
    new_model,
    train_config,
)
from gptcore.corpus import load_documents
from gptcore.scalar import NgramTable
from gptcore.tokenizers import CharTokenizer

Run = dict[str, Any]
SEEDS, FEWER_SEEDS = 5, 3
HELD_OUT, JUDGED = 2_000, 1_000  # unread names; the loss is measured on some of them
STEPS, SAMPLES = 600, 1_000
POINTS = (25, 50, 100, 150, 200, 300, 400, 500, 600)
ALL_NAMES = 27_494  # without repeats and without the held-out ones
SMOOTHINGS, LONGEST_CONTEXT = (1, 0.3, 0.1, 0.03), 4


@cache
def names() -> tuple[list[str], list[str], CharTokenizer]:
    """Training names in a fixed random order, held-out names, and the tokenizer of both."""
    unique = list(dict.fromkeys(load_documents("names-ssa")))
    Random("held out").shuffle(unique)
    return unique[HELD_OUT:], unique[:HELD_OUT], CharTokenizer.train(unique)


def some_names(count: int, seed: int) -> list[str]:
    """So many training names, others for each seed."""
    known = names()[0]
    return Random(f"names {seed}").sample(known, count)


def train_and_measure(
    lines: Sequence[str],
    held_out: Sequence[str],
    seed: int,
    shape: tuple[int, int] = (2, 64),
    samples: int = 0,
) -> Run:
    """The points of one run on names, a list of numbers for each measure."""
    tokenizer = names()[2]
    block_size = max(map(len, [*lines, *held_out])) + 1
    model = new_model(tokenizer.vocab_size, block_size, shape, seed=seed)
    config = train_config(STEPS, seed=seed)
    points = list(
        measured_training(model, tokenizer, lines, held_out, config, POINTS, samples, JUDGED)
    )
    return {"lines": len(lines), "parameters": parameters(model), **columns(points, seed)}


def columns(points: Sequence[Run], seed: int) -> Run:
    """A list for each measure; what was written is kept of one seed."""
    written = {"written": [point.pop("written", []) for point in points]}
    found = {name: [round(point[name], 4) for point in points] for name in points[0]}
    return {**found, **(written if seed == 0 and any(written["written"]) else {})}


def parameters(model: Any) -> int:
    """The number of parameters."""
    return sum(one.numel() for one in model.parameters())


def run_sizes(count: str, seed: int) -> Run:
    """Names of one origin, so many of them."""
    return train_and_measure(some_names(int(count), seed), names()[1], seed, samples=SAMPLES)


def run_shapes(shape: str, seed: int) -> Run:
    """All names, and a smaller or a larger model."""
    layers, width = map(int, shape.split("x"))
    return train_and_measure(some_names(ALL_NAMES, seed), names()[1], seed, (layers, width))


def run_letters(variant: str, seed: int) -> Run:
    """All names; the letters of each name, training or held out, are in another order."""
    rng = Random(f"letters {seed}")
    known, unread = (
        ["".join(rng.sample(name, len(name))) for name in part]
        for part in (some_names(ALL_NAMES, seed), names()[1])
    )
    return train_and_measure(known, unread, seed)


def run_tables(count: str, seed: int) -> Run:
    """The letter table with the lowest held-out loss, of all contexts and smoothings."""
    known, unread = some_names(int(count), seed), names()[1][:JUDGED]
    losses = {
        (context, smoothing): NgramTable(names()[2].characters, context, smoothing)
        .fit(known)
        .mean_loss(unread)
        for context in range(LONGEST_CONTEXT + 1)
        for smoothing in SMOOTHINGS
    }
    context, smoothing = min(losses, key=lambda one: losses[one])
    best = round(losses[context, smoothing], 4)
    return {"lines": int(count), "context": context, "smoothing": smoothing, "held_out": best}


SIZES = ("200", "2000", str(ALL_NAMES))
TABLES: tuple[tuple[str, Callable[[str, int], Run], tuple[str, ...], int], ...] = (
    ("sizes", run_sizes, SIZES, SEEDS),
    ("letters", run_letters, ("shuffled",), SEEDS),
    ("tables", run_tables, SIZES, SEEDS),
    ("shapes", run_shapes, ("2x32",), SEEDS),
    ("shapes", run_shapes, ("4x128",), FEWER_SEEDS),
)
FUNCTIONS = {table: function for table, function, *_ in TABLES}


def all_jobs() -> list[Run]:
    """Every run (table, variant, seed), in the order of recording."""
    return [
        {"table": table, "variant": variant, "seed": seed}
        for table, _, variants, seeds in TABLES
        for seed in range(seeds)
        for variant in variants
    ]
