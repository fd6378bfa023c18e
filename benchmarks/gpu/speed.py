"""Tokens per second and MFU, compared with nanoGPT with the same settings."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.gpu.measuring import measure
from benchmarks.gpu.nanogpt import nanogpt_speed
from benchmarks.gpu.settings import SHAPES, Check, Record, Settings, free_memory, new_model
from gptcore.training import budget, gpu_of_device, peak_flops, train
from gptcore.training.throughput import RandomBatches

BATCH_SIZE = 32  # of a micro-batch, for the comparison
OTHER_BATCH_SIZES = (64, 16, 8, 4)
ROWS = 256  # in a step, for every micro-batch
MATRIX_SIZE = 8192  # of the matrices that measure the peak of the GPU


def checks(settings: Settings) -> Iterator[Check]:
    """The peak of the GPU; each model, ours and nanoGPT's; a profile; other batch sizes."""
    results: dict[str, Record] = {}  # ours of each size
    peaks: dict[str, float] = {}  # FLOP/s
    yield "peak of the GPU", lambda: gpu_peak(settings, peaks)
    for size in ("124M", "40M"):
        yield (
            f"speed of {size}",
            lambda size=size: measure_ours(settings, size, BATCH_SIZE, results, peaks),
        )
        if settings.nanogpt is not None:
            yield (
                f"nanoGPT's speed of {size}",
                lambda size=size: measure_nanogpt(settings, size, results),
            )
        yield (
            f"budget's time of {size}",
            lambda size=size: compare_with_budget(settings, size, results),
        )
    yield "where a step of 124M spends its time", lambda: profile_step(settings)
    for batch_size in settings.pick(OTHER_BATCH_SIZES, ()):
        for size in ("124M", "40M"):
            name = f"speed of {size}, batch {batch_size}"
            yield name, lambda s=size, b=batch_size: measure_ours(settings, s, b, {}, peaks)
    for size in SHAPES:
        yield (
            f"memory of {size}, compiled, saving",
            lambda size=size: memory_of_compiled(settings, size),
        )


def gpu_peak(settings: Settings, peaks: dict[str, float]) -> Iterator[Record]:
    """The FLOP/s of a large product of bf16 matrices, and the peak in the data sheet."""
    n = settings.pick(MATRIX_SIZE, 256)
    a, b = (torch.randn(n, n, device=settings.device, dtype=torch.bfloat16) for _ in "ab")
    seconds = min(device_seconds(settings, lambda: a @ b) for _ in range(settings.pick(30, 3)))
    peaks["measured"] = 2 * n**3 / seconds
    nominal = peak_flops(settings.device, torch.bfloat16)
    if nominal is not None:
        peaks["nominal"] = nominal.flops_per_second
    yield {f"{name}_tflops": flops / 1e12 for name, flops in peaks.items()}


def device_seconds(settings: Settings, work) -> float:
    """Seconds that the device needs for some work."""
    if not settings.on_gpu:
        with profile(activities=[ProfilerActivity.CPU]) as prof:
            work()
        return max(prof.key_averages().total_average().self_cpu_time_total, 1) / 1e6
    start, end = (torch.cuda.Event(enable_timing=True) for _ in "ab")
    start.record()
    work()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1000


def measure_ours(
    settings: Settings,
    size: str,
    batch_size: int,
    results: dict[str, Record],
    peaks: dict[str, float],
) -> Iterator[Record]:
    rows, batch_size = settings.pick((ROWS, batch_size), (4, 2))
    defaults = {"batch_size": batch_size, "grad_accum": rows // batch_size}
    record = measure(settings, SHAPES[size], compile=settings.on_gpu, **defaults)
    for name, flops in peaks.items():
        record[f"mfu_of_{name}_peak"] = record["tflops"] * 1e12 / flops
    results[size] = record
    yield record


def measure_nanogpt(settings: Settings, size: str, results: dict[str, Record]) -> Iterator[Record]:
    best = results[size]
    model = settings.model_config(SHAPES[size])
    nanogpt_tokens_per_second = nanogpt_speed(
        settings, model, best["batch_size"], best["grad_accum"]
    )
    ratio = best["tokens_per_second"] / nanogpt_tokens_per_second
    yield {
        "batch_size": best["batch_size"],
        "grad_accum": best["grad_accum"],
        "tokens_per_second": nanogpt_tokens_per_second,
        "ours_to_theirs": ratio,
        "ok": ratio >= 1.2,
    }


def compare_with_budget(
    settings: Settings, size: str, results: dict[str, Record]
) -> Iterator[Record]:
    """The estimated tokens per second for this GPU, compared with the measured ones."""
    best, preset = results[size], SHAPES[size]
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
    low, high = plan.tokens_per_second_range or (0.0, 0.0)  # the same where a card was measured
    measured = best["tokens_per_second"]
    yield {
        "predicted_tokens_per_second": plan.tokens_per_second or 0.0,
        "predicted_range": [low, high],
        "measured_tokens_per_second": measured,
        "predicted_share": (plan.tokens_per_second or 0.0) / measured,
        "ok": low / measured <= 1.15 and high / measured >= 0.85,
    }


def profile_step(settings: Settings) -> Iterator[Record]:
    """The kernels that take most of the time of a compiled step."""
    free_memory()
    model = settings.model_config(SHAPES["124M"])
    defaults = {"batch_size": settings.pick(32, 2), "grad_accum": 2, "compile": settings.on_gpu}
    config = settings.train_config(SHAPES["124M"], max_steps=1000, warmup_steps=50, **defaults)
    batches = RandomBatches(config.batch_size, model.block_size, model.vocab_size)
    running = train(new_model(model), batches, config)
    for _ in range(3):
        next(running)
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as prof:
        next(running)
    running.close()
    kernels = [event for event in prof.key_averages() if event.self_device_time_total]
    total = sum(event.self_device_time_total for event in kernels)
    for event in sorted(kernels, key=lambda e: -e.self_device_time_total)[:25]:
        fraction = event.self_device_time_total / total
        yield {"kernel": event.key[:100], "calls": event.count, "share": fraction}


def memory_of_compiled(settings: Settings, size: str) -> Iterator[Record]:
    """Memory of compiled models with activation checkpointing, and with a chunked loss."""
    batch_size = settings.pick(16, 2)
    for changes in ({"activation_checkpointing": True}, {"loss_chunk": 4096}):
        defaults = {"batch_size": batch_size, "grad_accum": 2, "compile": settings.on_gpu}
        yield measure(settings, SHAPES[size], steps=3, **defaults, **changes)
