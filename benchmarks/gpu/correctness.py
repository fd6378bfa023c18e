"""Correctness on a GPU.

Each check compares two ways to compute the same numbers: bf16 and fp32, compiled and not, DDP and a
single process, resumed and uninterrupted, transformers and ours, with and without the KV cache.
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
TOLERANCE = 0.01  # relative difference of a loss in bf16 from one in fp32
COMPILED = ("fineweb-40m-fast", "shakespeare-char", "fineweb-40m", "names")


def checks(settings: Settings) -> Iterator[Check]:
    """All checks, the most important first."""
    yield "KV cache: tokens equal to those without", lambda: compare_cached_generation(settings)
    yield "to_hf: logits equal to transformers'", lambda: compare_with_hugging_face(settings)
    yield "DDP of one process: gradients equal to none", lambda: compare_with_ddp(settings)
    yield "killed and resumed, against uninterrupted", lambda: compare_resumed(settings)
    for name in PRESETS:
        yield f"bf16 against fp32: {name}", lambda name=name: compare_number_formats(settings, name)
    yield "ladder: the rung of the GPU", lambda: gpu_rung(settings)
    for name in settings.pick(COMPILED, COMPILED[-1:]):
        yield f"compiled against not: {name}", lambda name=name: compare_compiled(settings, name)


def preset_losses(settings: Settings, preset: str, **changes) -> list[float]:
    """The losses of the first steps of a preset, one micro-batch each.

    Without dropout, because other kernels draw other random numbers.
    """
    free_memory()
    model = replace(settings.model_config(preset), dropout=0.0)
    overrides = {"grad_accum": 1, "max_steps": 1000, "warmup_steps": 50, "decay_steps": 0}
    rows = {"batch_size": 2} if settings.tiny else {}
    config = settings.train_config(preset, **{**overrides, "compile": False, **rows, **changes})
    steps = train(new_model(model), settings.batches(preset, config, model), config)
    try:
        return [step.train_loss for step in islice(steps, settings.pick(STEPS, 3))]
    finally:
        steps.close()


def compare_losses(losses: list[float], reference: list[float], tolerance: float) -> Record:
    """The largest relative difference of two rows of losses."""
    worst = max(abs(a - b) / abs(b) for a, b in zip(losses, reference, strict=True))
    ends = {"first_loss": reference[0], "last_loss": reference[-1]}
    return {"steps": len(losses), **ends, "largest_difference": worst, "ok": worst <= tolerance}


def compare_number_formats(settings: Settings, preset: str) -> Iterator[Record]:
    fp32 = preset_losses(settings, preset, dtype="float32")
    yield compare_losses(preset_losses(settings, preset, dtype="bfloat16"), fp32, TOLERANCE)


def compare_compiled(settings: Settings, preset: str) -> Iterator[Record]:
    plain = preset_losses(settings, preset)
    yield compare_losses(preset_losses(settings, preset, compile=True), plain, TOLERANCE)


def small_gpt(settings: Settings, **changes) -> GPTConfig:
    """A model of GPT-2's size with a short block size."""
    sizes = {"n_layer": settings.pick(12, 2), "n_embd": settings.pick(768, 48)}
    defaults = {"vocab_size": 50257, "block_size": settings.pick(256, 24), "bias": True}
    return GPTConfig(**{**defaults, "activation": "gelu_tanh", **sizes, **changes})


def compare_cached_generation(settings: Settings) -> Iterator[Record]:
    """Tokens with and without the KV cache, also beyond block_size, where the window slides."""
    free_memory()
    model = new_model(small_gpt(settings, vocab_size=512)).to(settings.device).eval()
    prompt, n = [1, 2, 3], int(1.25 * model.config.block_size)
    for options in ({"temperature": 0.0}, {"temperature": 1.0, "top_k": 50}):
        plain = list(generate(model.next_logits, prompt, n, seed=1, **options))
        cached = list(generate_cached(model, prompt, n, seed=1, **options))
        yield {**options, "tokens": n, "ok": plain == cached}


def compare_with_hugging_face(settings: Settings) -> Iterator[Record]:
    from transformers import GPT2LMHeadModel  # noqa: PLC0415 - takes seconds to load

    free_memory()
    model = new_model(small_gpt(settings)).to(settings.device).eval()
    model.to_hf(settings.work / "hf")
    reference = GPT2LMHeadModel.from_pretrained(settings.work / "hf").to(settings.device).eval()
    ids = torch.randint(50257, (2, model.config.block_size), device=settings.device)
    with torch.no_grad():
        difference = (model(ids)[0] - reference(ids).logits).abs().max().item()
    yield {"largest_difference": difference, "ok": difference < 1e-3}


def compare_with_ddp(settings: Settings) -> Iterator[Record]:
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


def compare_resumed(settings: Settings) -> Iterator[Record]:
    """Losses of a run that is killed with SIGKILL and resumed, and of an uninterrupted run."""
    steps, kill_at = settings.pick((60, 33), (12, 5))
    command = f"train names --max_steps {steps} --checkpoint_every 7 --device {settings.device}"
    run_until(None, settings.work / "whole", 1, command)
    run_until(kill_at, settings.work / "killed", 1, command)
    run_until(None, settings.work / "killed", 1, command)
    uninterrupted, killed = (read_losses(settings.work / name) for name in ("whole", "killed"))
    worst = max(abs(a - b) for a, b in zip(uninterrupted, killed, strict=True))
    yield {"steps": steps, "killed_at": kill_at, "largest_difference": worst, "ok": worst < 1e-3}


def read_losses(run: Path) -> list[float]:
    lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["train_loss"] for line in lines]


def gpu_rung(settings: Settings) -> Iterator[Record]:
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
