"""Pictures of a model of 30 layers x 9 heads, 100 tokens and 49,152 tokens in the vocabulary.

The numbers are random, since what a picture takes does not depend on them: processor time, so that
other work on the machine does not count, and bytes as a notebook stores them.
"""

import json
from collections.abc import Callable, Iterator
from statistics import median
from time import process_time

import numpy as np

from benchmarks import Measurement
from benchmarks.attention_pictures import causal_weights
from course.model_stages import gpt_stages
from gptcore.model.config import GPTConfig
from viz import (
    AttentionExplorer,
    Picture,
    SamplingPlayground,
    draw_attention,
    draw_head_ablation,
    draw_lens,
    draw_logit_attribution,
    draw_model_map,
    draw_next_tokens,
    draw_probabilities,
)

L, H, T, V = 30, 9, 100, 49_152
MOST = {"s": {"at_most": 1}, "MB": {"at_most": 1.5}, "ms": {"at_most": 300}}


def pictures() -> dict[str, Callable[[], Picture]]:
    """Each picture, drawn from arrays."""
    rng = np.random.default_rng(0)
    tokens = [b" word%d" % k for k in range(V)]
    weights, text = causal_weights(L, H, T, T).astype(np.float32), tokens[:T]
    logits = rng.normal(size=(L + 1, T, V)).astype(np.float32)
    best = np.argsort(-logits[..., :1000], -1)[..., :5]
    probs = np.full(best.shape, 0.1)
    last = np.exp(logits[-1, -1].astype(float))
    row = [(token, 0.05) for token in tokens[:8]]
    config = GPTConfig.preset("smollm2-135m")
    stages, entries = gpt_stages(config), {f"block {k}": rng.normal(size=12) for k in range(L)}
    return {
        "draw_attention": lambda: draw_attention(weights, text),
        "draw_lens of all logits": lambda: draw_lens(logits, text, tokens),
        "draw_lens of 5 tokens a place": lambda: draw_lens(probs, text, tokens, ids=best),
        "draw_head_ablation": lambda: draw_head_ablation(rng.normal(size=(L, H))),
        "draw_next_tokens": lambda: draw_next_tokens(text, [row] * T, probs=[0.5] * (T - 1)),
        "draw_probabilities": lambda: draw_probabilities(last / last.sum(), tokens),
        "draw_model_map": lambda: draw_model_map(stages, repeat=L),
        "draw_logit_attribution": lambda: draw_logit_attribution(entries, labels=tokens[:12]),
    }


def controls() -> dict[str, Callable[[int], None]]:
    """Each knob that does not run the model, to be turned to its k-th place."""
    rng = np.random.default_rng(0)
    tokens, weights = [b" word%d" % k for k in range(V)], causal_weights(L, H, T, T)
    explorer = AttentionExplorer(lambda text, heads: (tokens[:T], weights), text="a")
    logits = rng.normal(size=V)
    playground = SamplingPlayground(
        lambda ids: logits, lambda text: [1], lambda ids: tokens[ids[0]], prompt="a",
        max_new_tokens=1,
    )  # fmt: skip
    return {
        "AttentionExplorer, another layer": lambda k: setattr(explorer.layer, "value", k),
        "AttentionExplorer, another head": lambda k: setattr(explorer.head, "value", k),
        "AttentionExplorer, another token": lambda k: setattr(explorer.query, "index", k),
        "SamplingPlayground, another top-p": lambda k: setattr(playground.top_p, "value", k / 10),
    }


def processor_seconds(work: Callable[..., object], *given: int) -> float:
    """The processor time that a function takes; a picture is written as a notebook stores it."""
    start = process_time()
    made = work(*given)
    if isinstance(made, Picture):
        made._repr_mimebundle_()
    return process_time() - start


def measurements() -> Iterator[Measurement]:
    for name, draw in pictures().items():
        stored = len(json.dumps(draw()._repr_mimebundle_()))
        taken = [processor_seconds(draw) for _ in range(3)]
        yield name, median(taken), "s", MOST["s"]
        yield f"{name}, stored in a notebook", stored / 1e6, "MB", MOST["MB"]
    for name, turn in controls().items():
        turns = [processor_seconds(turn, k) for k in range(1, 8)]
        yield name, 1000 * median(turns), "ms", MOST["ms"]
