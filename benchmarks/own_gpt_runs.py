"""What `make record` trains for lesson 16: for each table a function of a variant and a seed."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any

from course.experiments.own_gpt.line_models import (
    batches_of,
    loss_of,
    measured_training,
    new_model,
    train_config,
)
from gptcore.corpus import load_documents
from gptcore.model import GPT
from gptcore.own_gpt import (
    copied_share,
    memorized_share,
    names_gpt,
    sample_lines,
    split_lines,
    with_alphabet,
)
from gptcore.scalar import NgramTable
from gptcore.tokenizers import CharTokenizer
from gptcore.training import TrainConfig, train

Run = dict[str, Any]
SEEDS, FEWER_SEEDS = 5, 3
HELD_OUT, JUDGED = 2_000, 1_000  # unread names; the loss is measured on some of them
STEPS, SAMPLES = 600, 1_000
POINTS = (25, 50, 100, 150, 200, 300, 400, 500, 600)
START_ROWS, START_STEPS, KEPT_STEPS, SHOWN = 32, 200, 400, 10  # of the short lists
DROPOUT = 0.3
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
    frequencies = NgramTable(names()[2].characters, 0, SMOOTHINGS[0]).fit(known)
    found = {"frequencies": round(frequencies.mean_loss(unread[:JUDGED]), 4)}
    return {**found, **train_and_measure(known, unread, seed)}


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


def run_starts(variant: str, seed: int) -> Run:
    """A short list, learned from random weights or from those of names-gpt; all else is equal."""
    name, count, start = variant.split()
    known, unread = split_lines(load_documents(name), seed=seed)
    known = known[: int(count)]
    tokenizer = CharTokenizer.train([*known, *unread])
    block_size = max(16, max(map(len, [*known, *unread])) + 1)
    if start == "nothing":
        model = new_model(tokenizer.vocab_size, block_size, dropout=DROPOUT, seed=seed)
    else:
        old = names_gpt()
        model = with_alphabet(*old, tokenizer, block_size=block_size, dropout=DROPOUT, seed=seed)
    config = train_config(START_STEPS, batch_size=START_ROWS, seed=seed)
    found = kept_and_last(model, tokenizer, (known, unread), config, every=10)
    return {"list": name, "lines": len(known), "start": start, **found["kept"]}


def run_kept(variant: str, seed: int) -> Run:
    """The step with the best held-out loss, and the last one, of a run that goes on too long."""
    known, unread = split_lines(load_documents(variant), seed=seed)
    tokenizer = CharTokenizer.train([*known, *unread])
    block_size = max(map(len, [*known, *unread])) + 1
    model = new_model(tokenizer.vocab_size, block_size, seed=seed)
    config = train_config(KEPT_STEPS, batch_size=START_ROWS, seed=seed)
    return kept_and_last(model, tokenizer, (known, unread), config, every=20)


def kept_and_last(
    model: GPT,
    tokenizer: CharTokenizer,
    split: tuple[list[str], list[str]],
    config: TrainConfig,
    every: int,
) -> Run:
    """Train; what the weights of the best step are like, and those of the last one."""
    known, unread = split
    kept, best, best_step = deepcopy(model), loss_of(model, tokenizer, unread), 0
    batches = batches_of(known, tokenizer, config, model.config.block_size)
    for step in train(model, batches, config):
        if step.step % every == 0 and (loss := loss_of(model, tokenizer, unread)) < best:
            kept, best, best_step = deepcopy(model), loss, step.step
    found = {}
    for name, one, at in (("kept", kept, best_step), ("last", model, config.max_steps)):
        one.eval()
        written = sample_lines(one, tokenizer, SHOWN, seed=1)
        found[name] = {
            "step": at,
            "train": round(loss_of(one, tokenizer, known), 4),
            "held_out": round(loss_of(one, tokenizer, unread), 4),
            "copied": round(memorized_share(one, tokenizer, known, unread).copied, 4),
            "written": written,
            "known": [copied_share([line], known) == 1 for line in written],
        }
    return found


SIZES = ("200", "2000", str(ALL_NAMES))
STARTS = tuple(
    f"{some} {start}"
    for some in ("creatures 30", "creatures 170", "cities 420")
    for start in ("nothing", "names-gpt")
)
TABLES: tuple[tuple[str, Callable[[str, int], Run], tuple[str, ...], int], ...] = (
    ("sizes", run_sizes, SIZES, SEEDS),
    ("letters", run_letters, ("shuffled",), SEEDS),
    ("tables", run_tables, SIZES, SEEDS),
    ("starts", run_starts, STARTS, SEEDS),
    ("kept", run_kept, ("creatures",), SEEDS),
    ("shapes", run_shapes, ("2x32", "4x128"), FEWER_SEEDS),
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
