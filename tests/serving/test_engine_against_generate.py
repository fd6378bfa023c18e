"""The engine generates what `generate_cached` does, token for token, however requests come and go.

`generate_cached` computes one text alone, without blocks, a scheduler or shared prefixes.
"""

import random

import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate_cached
from gptcore.serving import Engine, EngineConfig, SamplingParams

KINDS = {
    "learned positions": {},
    "RoPE": {"rope": True},
    "grouped-query attention": {"rope": True, "n_kv_head": 2},
    "one head of keys, a sliding window": {"rope": True, "n_kv_head": 1, "sliding_window": 5},
    "the Llama family": {
        **{"rope": True, "n_kv_head": 2, "norm": "rmsnorm", "rmsnorm_weight": True},
        **{"activation": "swiglu", "qk_norm": True, "logit_softcap": 30.0},
    },
    "experts": {"rope": True, "n_experts": 4, "experts_per_token": 2},
    "written out attention": {"use_sdpa": False},
}


def random_params(rng: random.Random, seed: int) -> SamplingParams:
    return SamplingParams(
        max_new_tokens=rng.randint(1, 12),
        temperature=rng.choice([0, 0, 0.7, 1.5]),
        top_k=rng.choice([None, 3]),
        top_p=rng.choice([1.0, 0.8]),
        seed=seed,
        stop_ids=rng.choice([(), (3,)]),
    )


def random_run(model: GPT, rng: random.Random, count: int = 12) -> tuple[Engine, list]:
    """An engine with too few blocks, and requests that arrived in the middle of its work."""
    size = rng.choice([1, 2, 3, 4, 16])
    config = EngineConfig(
        num_blocks=-(-rng.choice([28, 36]) // size),
        kv_block_size=size,
        max_num_seqs=rng.choice([2, 4, 8]),
        max_num_batched_tokens=rng.choice([8, 64]),
        enable_prefix_caching=rng.random() < 0.8,
    )
    engine, requests = Engine(model, config), []
    for i in range(count):
        for _ in range(rng.randrange(3)):
            engine.step()
        # Two letters and half of the texts begin alike: many prefixes are shared.
        start = [0, 1, 1, 0, 1, 0, 0, 1] if rng.random() < 0.5 else []
        prompt = start + [rng.randrange(2) for _ in range(rng.randint(1, 8))]
        requests.append(engine.add(prompt, random_params(rng, seed=i)))
    for _ in engine.run():
        pass
    return engine, requests


@pytest.mark.parametrize("kind", KINDS)
def test_every_mix_of_arrivals_lengths_and_options_gives_the_same_tokens(
    kind, small_model, by_itself
):
    model, preemptions, cached = small_model(**KINDS[kind]), 0, 0
    for seed in range(3):
        engine, requests = random_run(model, random.Random(seed))
        for request in requests:
            assert request.output == by_itself(model, request), request
        assert engine.pool.num_used == 0 and not any(engine.pool.ref_counts)
        preemptions += engine.totals.preemptions
        cached += engine.totals.cached_tokens
    assert preemptions and cached, "the test is to have both"


def test_a_request_that_was_preempted_goes_on_with_its_shared_prefix(small_model, by_itself):
    """Four texts with the same beginning, and blocks for one and a half of them."""
    model = small_model(rope=True)
    engine = Engine(model, EngineConfig(num_blocks=10, kv_block_size=2, max_num_seqs=4))
    prompt = [0, 1, 1, 0, 1, 0, 0, 1]
    requests = [
        engine.add([*prompt, i % 2], SamplingParams(max_new_tokens=10, seed=i)) for i in range(4)
    ]
    for _ in engine.run():
        pass
    assert engine.totals.preemptions >= 2
    assert any(r.num_preemptions and r.cached_tokens for r in requests)
    for request in requests:
        assert request.output == by_itself(model, request)


def test_in_32_bits_a_seed_says_the_same_alone_and_among_others(by_itself):
    """The distance of two logits is far above the rounding of 32 bits in this model."""
    config = GPTConfig(block_size=64, vocab_size=27, n_layer=2, n_head=4, n_embd=32)
    model = GPT(config, torch.Generator().manual_seed(2))
    engine = Engine(model, EngineConfig(max_num_seqs=8))
    rng = random.Random(1)
    requests = [
        engine.add(
            [rng.randrange(27) for _ in range(rng.randint(1, 20))],
            SamplingParams(max_new_tokens=30, seed=i),
        )
        for i in range(24)
    ]
    for _ in engine.run():
        pass
    for request in requests:
        assert request.output == by_itself(model, request)


def test_the_context_can_be_filled_to_its_last_token(small_model):
    model = small_model()
    engine = Engine(model, EngineConfig(num_blocks=8, kv_block_size=4))
    prompt = [0, 1, 2]
    request = engine.add(prompt, SamplingParams(max_new_tokens=None, temperature=0))
    for _ in engine.run():
        pass
    assert len(prompt) + len(request.output) == model.config.block_size + 1
    wanted = list(generate_cached(model, prompt, len(request.output), temperature=0))
    assert request.output == wanted


def test_generate_returns_the_texts_in_the_order_of_the_prompts(small_model):
    model = small_model()
    prompts = [[0], [1, 2, 3], [4, 4]]
    params = [SamplingParams(max_new_tokens=n, seed=n) for n in (9, 2, 5)]
    texts = Engine(model, EngineConfig(max_num_seqs=2)).generate(prompts, params)
    for prompt, text, one in zip(prompts, texts, params):
        assert text == list(generate_cached(model, prompt, one.max_new_tokens, seed=one.seed))


def test_each_option_belongs_to_its_own_request(small_model):
    """A greedy text beside hot ones, and one that may only take the likeliest of all."""
    model = small_model(scale=1.0)
    hot = SamplingParams(max_new_tokens=20, temperature=5.0, seed=1)
    greedy = SamplingParams(max_new_tokens=20, temperature=0)
    only_one = SamplingParams(max_new_tokens=20, temperature=5.0, top_k=1, seed=3)
    texts = Engine(model).generate([[1, 2]] * 3, [hot, greedy, only_one])
    assert texts[1] == texts[2] != texts[0]
