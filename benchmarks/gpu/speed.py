"""Tokens per second and MFU, beside nanoGPT's own model and loop with the same settings."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.gpu.measuring import measure
from benchmarks.gpu.nanogpt import nanogpt_speed
from benchmarks.gpu.settings import SHAPES, Check, Record, Settings, free_memory, new_model
from gptcore.training import budget, gpu_of_device, peak_flops, train
from gptcore.training.throughput import RandomBatches

BEST = 32  # the micro-batch at which both are compared
OTHERS = (64, 16, 8, 4)
ROWS = 256  # in a step, whatever the micro-batch
MATRIX = 8192  # rows of the matrices by which the GPU's own peak is measured


def checks(settings: Settings) -> Iterator[Check]:
    """The GPU's own peak; each model, ours and nanoGPT's; where the time goes; other sizes."""
    found: dict[str, Record] = {}  # ours of each size
    peaks: dict[str, float] = {}  # FLOP/s
    yield "peak of the card", lambda: gpu_peak(settings, peaks)
    for size in ("124M", "40M"):
        yield f"speed of {size}", lambda size=size: ours(settings, size, BEST, found, peaks)
        if settings.nanogpt is not None:
            yield f"nanoGPT's speed of {size}", lambda size=size: theirs(settings, size, found)
        yield f"budget's time of {size}", lambda size=size: budgeted(settings, size, found)
    yield "where a step of 124M spends its time", lambda: profiled(settings)
    for batch_size in settings.pick(OTHERS, ()):
        for size in ("124M", "40M"):
            name = f"speed of {size}, batch {batch_size}"
            yield name, lambda s=size, b=batch_size: ours(settings, s, b, {}, peaks)
    for size in SHAPES:
        yield f"memory of {size}, compiled, saving", lambda size=size: saving(settings, size)


def gpu_peak(settings: Settings, peaks: dict[str, float]) -> Iterator[Record]:
    """The fastest large product of bf16 matrices, and the peak that the data sheet prints."""
    n = settings.pick(MATRIX, 256)
    a, b = (torch.randn(n, n, device=settings.device, dtype=torch.bfloat16) for _ in "ab")
    seconds = min(timed(settings, lambda: a @ b) for _ in range(settings.pick(30, 3)))
    peaks["measured"] = 2 * n**3 / seconds
    nominal = peak_flops(settings.device, torch.bfloat16)
    if nominal is not None:
        peaks["nominal"] = nominal.flops_per_second
    yield {f"{name}_tflops": flops / 1e12 for name, flops in peaks.items()}


def timed(settings: Settings, work) -> float:
    """Seconds of the device."""
    if not settings.on_gpu:
        with profile(activities=[ProfilerActivity.CPU]) as seen:
            work()
        return max(seen.key_averages().total_average().self_cpu_time_total, 1) / 1e6
    start, end = (torch.cuda.Event(enable_timing=True) for _ in "ab")
    start.record()
    work()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1000


def ours(
    settings: Settings,
    size: str,
    batch_size: int,
    found: dict[str, Record],
    peaks: dict[str, float],
) -> Iterator[Record]:
    rows, batch_size = settings.pick((ROWS, batch_size), (4, 2))
    usual = {"batch_size": batch_size, "grad_accum": rows // batch_size}
    record = measure(settings, SHAPES[size], compile=settings.on_gpu, **usual)
    for name, flops in peaks.items():
        record[f"mfu_of_{name}_peak"] = record["tflops"] * 1e12 / flops
    found[size] = record
    yield record


def theirs(settings: Settings, size: str, found: dict[str, Record]) -> Iterator[Record]:
    best = found[size]
    model = settings.model_config(SHAPES[size])
    rate = nanogpt_speed(settings, model, best["batch_size"], best["grad_accum"])
    ratio = best["tokens_per_second"] / rate
    yield {
        "batch_size": best["batch_size"],
        "grad_accum": best["grad_accum"],
        "tokens_per_second": rate,
        "ours_to_theirs": ratio,
        "ok": ratio >= 1.2,
    }


def budgeted(settings: Settings, size: str, found: dict[str, Record]) -> Iterator[Record]:
    """The table's tokens per second for this GPU, against what was measured."""
    best, preset = found[size], SHAPES[size]
    name = torch.cuda.get_device_name() if settings.on_gpu else "cpu"
    gpu = gpu_of_device(name) if settings.on_gpu else "cpu"
    if gpu is None:
        raise ValueError(f"The table of GPUs has no {name}.")
    config = replace(
        settings.train_config(preset),
        batch_size=best["batch_size"],
        grad_accum=best["grad_accum"],
        compile=True,
    )
    plan = budget(settings.model_config(preset), config, gpu)
    predicted = plan.tokens_per_second or 0.0
    share = predicted / best["tokens_per_second"]
    yield {
        "predicted_tokens_per_second": predicted,
        "measured_tokens_per_second": best["tokens_per_second"],
        "predicted_share": share,
        "ok": abs(share - 1) <= 0.15,
    }


def profiled(settings: Settings) -> Iterator[Record]:
    """The kernels that take most of a compiled step."""
    free_memory()
    model = settings.model_config(SHAPES["124M"])
    usual = {"batch_size": settings.pick(32, 2), "grad_accum": 2, "compile": settings.on_gpu}
    config = settings.train_config(SHAPES["124M"], max_steps=1000, warmup_steps=50, **usual)
    noise = RandomBatches(config.batch_size, model.block_size, model.vocab_size)
    running = train(new_model(model), noise, config)
    for _ in range(3):
        next(running)
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
        next(running)
    running.close()
    kernels = [event for event in seen.key_averages() if event.self_device_time_total]
    total = sum(event.self_device_time_total for event in kernels)
    for event in sorted(kernels, key=lambda e: -e.self_device_time_total)[:25]:
        share = event.self_device_time_total / total
        yield {"kernel": event.key[:100], "calls": event.count, "share": share}


def saving(settings: Settings, size: str) -> Iterator[Record]:
    """Memory of compiled models with activation checkpointing, and with a chunked loss."""
    batch_size = settings.pick(16, 2)
    for changes in ({"activation_checkpointing": True}, {"loss_chunk": 4096}):
        usual = {"batch_size": batch_size, "grad_accum": 2, "compile": settings.on_gpu}
        yield measure(settings, SHAPES[size], steps=3, **usual, **changes)
