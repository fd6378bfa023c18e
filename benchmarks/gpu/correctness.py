"""Does a GPU compute what a processor computes?

Each check compares two ways to the same numbers: bf16 with fp32, compiled with not, distributed
with alone, killed and resumed with uninterrupted, transformers with ours, cached with uncached.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from benchmarks.gpu.settings import Check, Record, Settings, free_memory, new_model
from benchmarks.training import run_until
from gptcore.corpus import load_documents
from gptcore.ladder.ladder import IMPLEMENTATIONS, WITHOUT_TORCH, climb
from gptcore.model import GPTConfig
from gptcore.sampling import generate, generate_cached
from gptcore.training import PRESETS, LossSum, train

STEPS = 20
WITHIN = 0.01  # a loss in bf16 may differ from one in fp32 by so much of itself
COMPILED = ("fineweb-40m-fast", "shakespeare-char", "fineweb-40m", "names")


def checks(settings: Settings) -> Iterator[Check]:
    """All of them, most valuable first."""
    yield "KV cache: tokens equal to those without", lambda: cached_generation(settings)
    yield "to_hf: logits equal to transformers'", lambda: hugging_face(settings)
    yield "DDP of one process: gradients equal to none", lambda: one_process(settings)
    yield "killed and resumed, against uninterrupted", lambda: resumed(settings)
    for name in PRESETS:
        yield f"bf16 against fp32: {name}", lambda name=name: number_formats(settings, name)
    yield "ladder: the rung of the GPU", lambda: ladder(settings)
    for name in settings.pick(COMPILED, COMPILED[-1:]):
        yield f"compiled against not: {name}", lambda name=name: compiled(settings, name)


def losses(settings: Settings, preset: str, **changes) -> list[float]:
    """The losses of the preset's first steps, one micro-batch each.

    Without dropout: other kernels draw other numbers, and the comparison would be one of chance.
    """
    free_memory()
    model = replace(settings.model_config(preset), dropout=0.0)
    fewer = {"grad_accum": 1, "max_steps": 1000, "warmup_steps": 50, "decay_steps": 0}
    rows = {"batch_size": 2} if settings.tiny else {}
    config = settings.train_config(preset, **{**fewer, "compile": False, **rows, **changes})
    steps = train(new_model(model), settings.batches(preset, config, model), config)
    try:
        return [step.train_loss for step in islice(steps, settings.pick(STEPS, 3))]
    finally:
        steps.close()


def compared(one: list[float], other: list[float], within: float) -> Record:
    """The largest difference, as a share of the loss."""
    worst = max(abs(a - b) / abs(b) for a, b in zip(one, other, strict=True))
    ends = {"first_loss": other[0], "last_loss": other[-1]}
    return {"steps": len(one), **ends, "largest_difference": worst, "ok": worst <= within}


def number_formats(settings: Settings, preset: str) -> Iterator[Record]:
    wide = losses(settings, preset, dtype="float32")
    yield compared(losses(settings, preset, dtype="bfloat16"), wide, WITHIN)


def compiled(settings: Settings, preset: str) -> Iterator[Record]:
    plain = losses(settings, preset)
    yield compared(losses(settings, preset, compile=True), plain, WITHIN)


def small_gpt(settings: Settings, **changes) -> GPTConfig:
    """GPT-2's shape with room for a short text."""
    sizes = {"n_layer": settings.pick(12, 2), "n_embd": settings.pick(768, 48)}
    usual = {"vocab_size": 50257, "block_size": settings.pick(256, 24), "bias": True}
    return GPTConfig(**{**usual, "activation": "gelu_tanh", **sizes, **changes})


def cached_generation(settings: Settings) -> Iterator[Record]:
    """Past block_size, too, where the window slides."""
    free_memory()
    model = new_model(small_gpt(settings, vocab_size=512)).to(settings.device).eval()
    prompt, n = [1, 2, 3], int(1.25 * model.config.block_size)
    for options in ({"temperature": 0.0}, {"temperature": 1.0, "top_k": 50}):
        plain = list(generate(model.next_logits, prompt, n, seed=1, **options))
        cached = list(generate_cached(model, prompt, n, seed=1, **options))
        yield {**options, "tokens": n, "ok": plain == cached}


def hugging_face(settings: Settings) -> Iterator[Record]:
    from transformers import GPT2LMHeadModel  # noqa: PLC0415 - takes seconds to load

    free_memory()
    model = new_model(small_gpt(settings)).to(settings.device).eval()
    model.to_hf(settings.work / "hf")
    other = GPT2LMHeadModel.from_pretrained(settings.work / "hf").to(settings.device).eval()
    ids = torch.randint(50257, (2, model.config.block_size), device=settings.device)
    with torch.no_grad():
        difference = (model(ids)[0] - other(ids).logits).abs().max().item()
    yield {"largest_difference": difference, "ok": difference < 1e-3}


def one_process(settings: Settings) -> Iterator[Record]:
    free_memory()
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29511"}
    dist.init_process_group("nccl" if settings.on_gpu else "gloo", rank=0, world_size=1)
    try:
        gradients = []
        for wrap in (lambda loss: loss, DistributedDataParallel):
            model = new_model(small_gpt(settings, vocab_size=512)).to(settings.device)
            ids = torch.arange(2 * 20, device=settings.device).view(2, 20) % 512
            wrap(LossSum(model))(ids, ids.roll(-1, 1)).backward()
            gradients.append([p.grad for p in model.parameters()])
        worst = max((a - b).abs().max().item() for a, b in zip(*gradients, strict=True))
        yield {"largest_difference": worst, "ok": worst == 0}
    finally:
        dist.destroy_process_group()


def resumed(settings: Settings) -> Iterator[Record]:
    """A run in another process, killed with SIGKILL in the middle and resumed."""
    steps, kill_at = settings.pick((60, 33), (12, 5))
    words = f"train names --max_steps {steps} --checkpoint_every 7 --device {settings.device}"
    run_until(None, settings.work / "whole", 1, words)
    run_until(kill_at, settings.work / "killed", 1, words)
    run_until(None, settings.work / "killed", 1, words)
    whole, killed = (logged(settings.work / name) for name in ("whole", "killed"))
    worst = max(abs(a - b) for a, b in zip(whole, killed, strict=True))
    yield {"steps": steps, "killed_at": kill_at, "largest_difference": worst, "ok": worst < 1e-3}


def logged(run: Path) -> list[float]:
    lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["train_loss"] for line in lines]


def ladder(settings: Settings) -> Iterator[Record]:
    gpu = [impl for impl in IMPLEMENTATIONS if impl.name == "a GPU"]
    impls = (WITHOUT_TORCH[-1], *(gpu if settings.on_gpu else IMPLEMENTATIONS[3:4]))
    for rung in climb(load_documents("names"), steps=5, implementations=impls):
        yield {
            "rung": rung.name,
            "microseconds_per_name": rung.microseconds,
            "speedup": rung.speedup,
            "losses": list(rung.losses),
            "ok": rung.diverges_at is None,
        }
