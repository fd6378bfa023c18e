"""Blocks of the KV cache for the pictures of lesson 15."""

from random import Random
from typing import Any

from course.experiments.serving.stories import stories, stories_gpt
from gptcore.serving import Engine, EngineConfig, SamplingParams

NUM_BLOCKS, BLOCK_SIZE, STEPS = 16, 16, 12


def three_requests() -> dict[str, Any]:
    """What `viz.draw_kv_blocks` draws of three requests; two of them begin with 40 same tokens."""
    model, _ = stories_gpt()
    story, another = stories(held_out=True)[:2]
    engine = Engine(model, EngineConfig(num_blocks=NUM_BLOCKS, kv_block_size=BLOCK_SIZE))
    prompts = {"Ada": story[:40], "Bo": story[:50], "Cai": another[:20]}
    params = SamplingParams(max_new_tokens=30)
    requests = {who: engine.add(prompt, params) for who, prompt in prompts.items()}
    for _ in range(STEPS):
        engine.step()
    return {
        "tables": {who: request.block_table for who, request in requests.items()},
        "num_blocks": NUM_BLOCKS,
        "block_size": BLOCK_SIZE,
        "tokens": {who: request.num_computed_tokens for who, request in requests.items()},
    }


def text_lengths(count: int = 32, longest: int = 256) -> list[int]:
    """Tokens in the cache of so many texts when they end: most are short, a few long."""
    rng = Random(4)
    return [min(longest, rng.randint(8, 96) + round(rng.expovariate(1 / 30))) for _ in range(count)]
