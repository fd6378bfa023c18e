"""One measurement of training: peak memory and speed, in the same few steps."""

from contextlib import closing
from statistics import median
from time import perf_counter

import torch

from benchmarks.gpu.settings import Record, Settings, free_memory, new_model
from gptcore.training import estimate_memory, train
from gptcore.training.cost.parameters import flops_per_token
from gptcore.training.throughput import RandomBatches

WARM_UP = 3  # steps that are not timed: compiling, caches, clocks


def measure(settings: Settings, preset: str, steps: int = 8, **changes) -> Record:
    """Train for some steps on random ids, and measure tokens per second and peak memory.

    Args:
        settings: The run.
        preset: Name of the preset with the model and the training config.
        steps: Number of steps that are timed.
        changes: Fields of `TrainConfig` that differ from the preset.

    Returns:
        A record; on a GPU it compares the peak memory with its estimate.
    """
    free_memory()
    model = settings.model_config(preset)
    config = settings.train_config(preset, max_steps=1000, warmup_steps=50, **changes)
    allocated_before = torch.cuda.memory_allocated() if settings.on_gpu else 0
    batches = RandomBatches(config.batch_size, model.block_size, model.vocab_size)
    start, speeds = perf_counter(), []
    with closing(train(new_model(model), batches, config)) as steps_iterator:
        for step in steps_iterator:
            if step.step == 1:
                until_first_step = perf_counter() - start
            if step.step > WARM_UP:
                speeds.append(step.tokens_per_second)
            if len(speeds) == steps:
                break
    median_speed = median(speeds)
    record: Record = {
        "batch_size": config.batch_size,
        "grad_accum": config.grad_accum,
        "compile": config.compile,
        "activation_checkpointing": config.activation_checkpointing,
        "loss_chunk": config.loss_chunk,
        "tokens_per_second": median_speed,
        "tflops": median_speed * flops_per_token(model) / 1e12,
        "seconds_until_first_step": until_first_step,
    }
    if settings.on_gpu:
        peak = torch.cuda.max_memory_allocated() - allocated_before
        predicted = estimate_memory(model, config, "bfloat16").total
        predicted_share = predicted / peak
        memory = {
            "peak_bytes": peak,
            "predicted_bytes": predicted,
            "predicted_share": predicted_share,
        }
        record |= {**memory, "ok": abs(predicted_share - 1) <= 0.1}
    return record
