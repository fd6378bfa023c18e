"""Blocks are shared, counted, copied before they are written, and recycled without their old name.

Each rule is broken on purpose, and the texts of the broken engine are compared with those of
`generate_cached`: nothing raises, and some of them are wrong.
"""

import random
import weakref
from collections import Counter, deque

import pytest

from gptcore.serving import BlockPool, Engine, EngineConfig, SamplingParams, hash_block

ZERO_OR_ONE = (0, 1)


@pytest.fixture(scope="module")
def model(small_model):
    return small_model(n_layer=1, n_embd=8, n_head=1)


def wrong_answers(model, by_itself, runs: int = 12) -> tuple[int, Engine]:
    """Wrong texts among those of an engine with 14 blocks of two tokens, and the last engine."""
    wrong = 0
    for seed in range(runs):
        rng = random.Random(seed)
        config = EngineConfig(num_blocks=14, kv_block_size=2, max_num_seqs=3)
        engine = Engine(model, config)
        requests = []
        for _ in range(6):
            prompt = [rng.choice(ZERO_OR_ONE) for _ in range(rng.randint(3, 13))]
            params = SamplingParams(max_new_tokens=rng.randint(1, 7), seed=seed)
            requests += engine.add_samples(prompt, params, n=rng.choice([1, 1, 3]))
        for _ in engine.run():
            pass
        wrong += sum(request.output != by_itself(model, request) for request in requests)
        assert engine.pool.num_used == 0 and not any(engine.pool.ref_counts)
    return wrong, engine


def test_texts_are_right_when_blocks_are_scarce_and_shared(model, by_itself):
    assert wrong_answers(model, by_itself)[0] == 0


def keep_old_hash(pool: BlockPool, block: int) -> None:
    """A recycled block that is still found by what it held before."""


def tokens_only(parent: bytes, tokens) -> bytes:
    return hash_block(b"", tokens)


BROKEN = {
    "a recycled block keeps its hash": ("block_pool.BlockPool.forget", keep_old_hash),
    "a hash without the tokens before": ("kv_cache_manager.hash_block", tokens_only),
    "a shared block is written": ("block_pool.BlockPool.is_shared", lambda pool, block: False),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_rule_gives_wrong_texts_without_an_error(fault, model, by_itself, monkeypatch):
    name, broken = BROKEN[fault]
    monkeypatch.setattr(f"gptcore.serving.{name}", broken)
    assert wrong_answers(model, by_itself)[0] > 0


def test_samples_of_one_prompt_compute_it_once_and_copy_the_block_that_is_half_full(
    model, by_itself
):
    engine = Engine(model, EngineConfig(num_blocks=24, kv_block_size=4, max_num_seqs=4))
    samples = engine.add_samples([0, 1, 1, 0, 1, 0], SamplingParams(max_new_tokens=7), n=4)
    records = list(engine.run())
    prefilled = Counter()
    for record in records:
        prefilled.update(record.prefilled)
    assert prefilled == {0: 6, 1: 1, 2: 1, 3: 1}
    assert records[1].blocks_in_use == 1 + 4  # the full block once, the other for each sample
    assert len({tuple(one.output) for one in samples}) > 1
    for one in samples:
        assert one.output == by_itself(model, one)


def test_samples_of_a_leader_that_has_ended_are_computed_from_the_prompt(model, by_itself):
    engine = Engine(model, EngineConfig(num_blocks=24, enable_prefix_caching=False))
    samples = engine.add_samples([0, 1, 1], SamplingParams(max_new_tokens=5), n=3)
    engine.cancel(samples[0])
    for _ in engine.run():
        pass
    assert [one.output for one in samples[1:]] == [by_itself(model, one) for one in samples[1:]]


@pytest.mark.parametrize("length", range(1, 10))
def test_a_prompt_in_the_cache_is_computed_from_the_first_token_that_is_not(length, model):
    """Blocks of four: what fills whole blocks is found, but for the last token."""
    engine = Engine(model, EngineConfig(num_blocks=16, kv_block_size=4))
    prompt = [0, 1, 1, 0, 1, 0, 0, 1, 1][:length]
    first, second = (
        engine.generate([prompt], SamplingParams(max_new_tokens=3, temperature=0)) for _ in range(2)
    )
    assert first == second
    found = min(length // 4 * 4, length - 1)
    assert engine.totals.cached_tokens == found
    assert engine.totals.prompt_tokens == 2 * length


def test_24_requests_with_a_common_beginning_compute_it_once(small_model):
    """Without sharing they would compute 24 * 168 tokens of their prompts."""
    model = small_model(block_size=256, vocab_size=64)
    rng = random.Random(1)
    shared = [rng.randrange(64) for _ in range(160)]
    engine = Engine(model, EngineConfig(max_num_seqs=24, num_blocks=24 * 11))
    for _ in range(24):
        engine.add([*shared, *(rng.randrange(64) for _ in range(8))], SamplingParams(1))
    records = list(engine.run())
    assert engine.totals.computed_tokens == 160 + 24 * 8
    assert max(record.blocks_in_use for record in records) == 10 + 23  # the first one has ended


def test_a_cancelled_request_does_not_take_shared_blocks_from_others(model, by_itself):
    engine = Engine(model, EngineConfig(num_blocks=24, kv_block_size=2))
    params = SamplingParams(max_new_tokens=12)
    first, second, third = engine.add_samples([0, 1, 1, 0, 1], params, n=3)
    for _ in range(4):
        engine.step()
    engine.cancel(first)
    others = [engine.add([0, 1, 1, 0, one], params) for one in ZERO_OR_ONE]
    for _ in engine.run():
        pass
    for one in (second, third, *others):
        assert one.output == by_itself(model, one)
    assert engine.pool.num_used == 0


def test_the_least_recently_used_blocks_are_recycled_first_and_the_end_of_a_text_before_its_start():
    pool = BlockPool(4)
    old, new = [pool.allocate(), pool.allocate()], [pool.allocate(), pool.allocate()]
    pool.release(old)
    pool.release(new)
    assert [pool.allocate() for _ in range(4)] == [*reversed(old), *reversed(new)]


def test_a_block_without_users_is_found_until_it_is_recycled():
    pool = BlockPool(1)
    block, name = pool.allocate(), hash_block(b"", [1, 2])
    pool.register(block, name)
    pool.release([block])
    assert pool.find(name) == block and pool.num_free == 1
    assert pool.allocate() == block
    assert pool.find(name) is None


def test_nothing_is_kept_of_a_request_that_has_ended(model):
    engine = Engine(model, EngineConfig(num_blocks=16))
    request = engine.add([0, 1], SamplingParams(max_new_tokens=3))
    deque(engine.run(), maxlen=0)
    gone = weakref.ref(request)
    del request
    assert gone() is None
