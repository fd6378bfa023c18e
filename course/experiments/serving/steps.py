"""How long one step of a server takes: measured on the machine of the reader."""

from functools import cache
from statistics import median
from time import process_time

import torch

from gptcore.model import GPT, GPTConfig
from gptcore.serving import Engine, EngineConfig, SamplingParams

PROMPT, STEPS = 16, 24


@cache
def medium_gpt() -> GPT:
    """13.9 million random parameters, too many for the fastest caches of most processors."""
    config = GPTConfig(block_size=256, vocab_size=8192, n_layer=6, n_head=6, n_embd=384)
    return GPT(config, torch.Generator().manual_seed(0)).eval()


def step_milliseconds(texts: int) -> float:
    """Processor time of a step that gives each of several texts one token.

    Args:
        texts: How many.
    """
    engine = Engine(medium_gpt(), EngineConfig(max_num_seqs=texts, enable_prefix_caching=False))
    for text in range(texts):
        engine.add([text] * PROMPT, SamplingParams(max_new_tokens=STEPS, temperature=0))
    taken = []
    while engine.has_unfinished:
        start = process_time()
        engine.step()
        taken.append(process_time() - start)
    return 1000 * median(taken[2:])  # without prefill
