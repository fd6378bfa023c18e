"""Tokens per second of generation with the KV cache, for several batch sizes."""

from collections.abc import Iterator
from time import perf_counter

import torch

from benchmarks.gpu.settings import SHAPES, Check, Record, Settings, free_memory, new_model
from gptcore.sampling import generate_cached

BATCH_SIZES = (1, 8, 64)
PROMPT_TOKENS, NEW_TOKENS = 32, 128


def checks(settings: Settings) -> Iterator[Check]:
    """A model of GPT-2's size in bf16 and in fp32."""
    for dtype in (torch.bfloat16, torch.float32):
        name = str(dtype).removeprefix("torch.")
        yield f"generation, 124M, {name}", lambda dtype=dtype: generation_speed(settings, dtype)


def generation_speed(settings: Settings, dtype: torch.dtype) -> Iterator[Record]:
    free_memory()
    model = new_model(settings.model_config(SHAPES["124M"])).to(settings.device, dtype).eval()
    n = settings.pick(NEW_TOKENS, 8)
    for batch_size in settings.pick(BATCH_SIZES, (1, 2)):
        prompts = [
            [(7 * i + b) % 200 for i in range(PROMPT_TOKENS // 2)] for b in range(batch_size)
        ]
        for _ in generate_cached(model, prompts, 2):  # warms up
            pass
        start = perf_counter()
        steps = sum(1 for _ in generate_cached(model, prompts, n))
        seconds = perf_counter() - start
        yield {
            "batch_size": batch_size,
            "new_tokens": steps,
            "tokens_per_second": batch_size * steps / seconds,
            "seconds_per_step": seconds / steps,
        }
