"""Logits with a cache against logits without, whatever was asked before."""

from dataclasses import replace
from random import Random

import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.sampling import CachedLogits

SMALL = GPTConfig(block_size=12, vocab_size=29, n_layer=3, n_head=4, n_embd=24)
LLAMA = replace(SMALL, n_kv_head=2, rope=True, norm="rmsnorm", activation="swiglu")
CONFIGS = [SMALL, LLAMA, replace(LLAMA, sliding_window=3)]


def make(config: GPTConfig) -> GPT:
    model = GPT(config, torch.Generator().manual_seed(1)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(8)
    return model


@pytest.mark.parametrize("config", CONFIGS, ids=["gpt2", "llama", "window"])
def test_any_sequence_of_texts_gives_the_same_as_without_a_cache(config):
    model, rng = make(config), Random(0)
    cached, ids = CachedLogits(model), [1]
    for _ in range(60):
        kept = ids[: rng.randint(0, len(ids))] if rng.random() < 0.4 else ids
        ids = [*kept, *(rng.randrange(29) for _ in range(rng.randint(1, 3)))][:15]
        torch.testing.assert_close(cached(ids), model.next_logits(ids), rtol=1e-4, atol=1e-4)


def test_only_new_tokens_are_computed(monkeypatch):
    model = make(LLAMA)
    computed = []
    forward = model.forward_hidden
    monkeypatch.setattr(
        model,
        "forward_hidden",
        lambda ids, **more: computed.append(ids.shape[1]) or forward(ids, **more),
    )
    cached = CachedLogits(model)
    for ids in ([1, 2, 3, 4], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 9, 9], [1, 2, 9]):
        cached(ids)
    assert computed == [4, 1, 1, 2, 1]


def test_an_id_that_is_refused_harms_nothing():
    model = make(SMALL)
    cached = CachedLogits(model)
    cached([1, 2, 3])
    with pytest.raises(ValueError, match="29"):
        cached([1, 2, 29])
    torch.testing.assert_close(cached([1, 2, 3, 4]), model.next_logits([1, 2, 3, 4]))
    with pytest.raises(ValueError):
        cached([])
