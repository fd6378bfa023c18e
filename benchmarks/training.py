"""What a training run costs beside its arithmetic, and the same recipe beside other people's loops.

Loops are stepped in turn in one run, ours after theirs, so that a machine that is busy with other
things disturbs both alike; quoted are ratios of medians: below 1 ours is faster. nanoGPT's own code
is measured where NANOGPT names a checkout of it; a loop like it around transformers' GPT-2 always.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np
import torch

from gptcore.corpus import Batches, available
from gptcore.model import GPT, GPTConfig
from gptcore.training import (
    PRESETS,
    Checkpoints,
    TrainConfig,
    make_optimizers,
    train,
    write_own_shards,
)
from gptcore.training.optimizers import state_tensors
from gptcore.training.presets import FAST

STEPS = 40
# nanoGPT's demonstration on a processor: 4 layers, 4 heads, 128 wide, block 64, batch 12.
DEMO = {"block_size": 64, "n_layer": 4, "n_head": 4, "n_embd": 128}
RECIPE = {"batch_size": 12, "learning_rate": 1e-3, "min_learning_rate": 1e-4, "beta2": 0.99}
NEVER = 1_000_000


def figures() -> Iterator[tuple]:
    with tempfile.TemporaryDirectory() as folder:
        yield from first_step(Path(folder))
        yield from checkpoint_of_40m(Path(folder))
        if not available("shakespeare"):
            yield "shakespeare is not here (gptcore fetch shakespeare): nothing is trained", 0, "", {}
            return
        write_own_shards("shakespeare", Path(folder) / "text")
        yield from loader(Path(folder) / "text")
        yield from beside_others(Path(folder) / "text")


def first_step(folder: Path) -> Iterator[tuple]:
    """From the typed command to the first line of the log."""
    out = folder / "first"
    words = ["-m", "gptcore.cli", "train", "names", "--out_dir", str(out), "--max_steps", "1"]
    start = perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    yield "gptcore train names: one step, saved", perf_counter() - start, "s", {"at_most": 10}


def checkpoint_of_40m(folder: Path) -> Iterator[tuple]:
    """Written down to the disk, hashed; and read back, checked."""
    preset = PRESETS["fineweb-40m"]
    model = GPT(preset.config(), torch.Generator().manual_seed(1))
    optimizers = make_optimizers(model, preset.train)
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    for optimizer in optimizers:
        optimizer.step()
    store, seconds = Checkpoints(folder / "40m"), []
    tensors = state_tensors(model, optimizers)
    for step in (1, 2, 3):
        start = perf_counter()
        store.save(step, model, tensors, {"step": step})
        seconds.append(perf_counter() - start)
        store.tidy(None)
    yield "checkpoint of 40.95M, 491 MB, written", median(seconds), "s", {"at_most": 2}
    start = perf_counter()
    store.load(3)
    yield "checkpoint of 40.95M read and checked", perf_counter() - start, "s", {}


def loader(text: Path) -> Iterator[tuple]:
    """The share of a step that bringing its rows takes, of the processor's own seconds."""
    batches, model = demo_batches(text), demo_model({})
    steps = train(model, batches, settings())
    next(steps)
    start = process_time()
    for _ in range(STEPS):
        next(steps)
    whole = process_time() - start
    start = process_time()
    for step in range(STEPS):
        batches.batch(step)
    yield "loader: share of a step", (process_time() - start) / whole, "", {"at_most": 0.01}


def beside_others(text: Path) -> Iterator[tuple]:
    """Times of a step, ours to theirs."""
    others: dict[str, Callable[[], None]] = {}
    if find_spec("transformers"):
        others["a plain loop around transformers' GPT-2"] = loop_of(transformers_model(), text)
    if os.environ.get("NANOGPT"):
        others["nanoGPT's own code"] = loop_of(nanogpt_model(Path(os.environ["NANOGPT"])), text)
    ways = {
        "the same recipe": ({}, {}, {}),
        "the same recipe in bf16": ({"dtype": "bfloat16"}, {}, {"at_most": 0.9}),
        "the fast recipe in bf16": ({"dtype": "bfloat16", "optimizer": "muon"}, FAST, {}),
    }
    for peer, theirs in others.items():
        for way, (change, shape, promise) in ways.items():
            ours = train(demo_model(shape), demo_batches(text), settings(**change))
            ratio = ratio_of_steps(lambda steps=ours: next(steps), theirs)  # type: ignore[misc]
            yield f"a step, {way}: ours to {peer}", ratio, "", promise


def ratio_of_steps(ours: Callable, theirs: Callable) -> float:
    """Both in turn, timed step by step; the first ones warm up."""
    seconds: dict[Callable, list[float]] = {ours: [], theirs: []}
    for _ in range(STEPS):
        for step in (theirs, ours):
            start = perf_counter()
            step()
            seconds[step].append(perf_counter() - start)
    return median(seconds[ours][5:]) / median(seconds[theirs][5:])


def settings(**change) -> TrainConfig:
    return TrainConfig(**{"max_steps": NEVER, "eval_every": NEVER, "device": "cpu", **RECIPE, **change})


def demo_model(shape: dict) -> GPT:
    config = GPTConfig(vocab_size=66, **DEMO, **shape)
    return GPT(config, torch.Generator().manual_seed(1))


def demo_batches(text: Path) -> Batches:
    return Batches(text, batch_size=RECIPE["batch_size"], block_size=DEMO["block_size"], seed=1)


# The others


def transformers_model() -> torch.nn.Module:
    """GPT-2 of the same sizes, which gets ids and targets and answers with a loss."""
    transformers = import_module("transformers")  # only here: it takes seconds to load
    config = transformers.GPT2Config(
        vocab_size=66,
        n_positions=DEMO["block_size"],
        n_layer=DEMO["n_layer"],
        n_head=DEMO["n_head"],
        n_embd=DEMO["n_embd"],
        **{f"{part}_pdrop": 0.0 for part in ("resid", "embd", "attn")},
    )
    model = transformers.GPT2LMHeadModel(config)
    model.loss_at = lambda x, y: torch.nn.functional.cross_entropy(
        model(x).logits.flatten(0, 1), y.flatten()
    )
    return model


def nanogpt_model(checkout: Path) -> torch.nn.Module:
    """The model of nanoGPT's own file."""
    spec = spec_from_file_location("nanogpt_model", checkout / "model.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.GPT(module.GPTConfig(vocab_size=66, dropout=0.0, bias=False, **DEMO))
    model.loss_at = lambda x, y: model(x, y)[1]
    return model


def loop_of(model, text: Path) -> Callable[[], None]:
    """A step as such loops make it: rows from random places, AdamW, clipping."""
    shard = demo_batches(text).shards[0].astype(np.int64)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)
    T, B = DEMO["block_size"], RECIPE["batch_size"]

    def step() -> None:
        starts = torch.randint(len(shard) - T - 1, (B,)).tolist()
        x = torch.stack([torch.from_numpy(shard[i : i + T]) for i in starts])
        y = torch.stack([torch.from_numpy(shard[i + 1 : i + 1 + T]) for i in starts])
        loss = model.loss_at(x, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()

    return step
