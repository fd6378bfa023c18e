"""Who computes what in a step: continuous batching, chunked prefill, preemption, order."""

import pytest

from gptcore.serving import Engine, EngineConfig, SamplingParams


@pytest.fixture(scope="module")
def model(small_model):
    return small_model(vocab_size=50, block_size=64)


def greedy(n: int, **options) -> SamplingParams:
    return SamplingParams(max_new_tokens=n, temperature=0, **options)


def test_a_request_joins_while_others_decode_and_leaves_at_once(model):
    engine = Engine(model, EngineConfig(max_num_seqs=2))
    engine.add([1, 2, 3], greedy(4))
    engine.step()
    engine.add([4, 5], greedy(2))
    engine.add([6], greedy(1))
    records = list(engine.run())
    assert [(r.prefilled, r.decoded) for r in records] == [
        ({1: 2}, [0]),
        ({}, [0, 1]),  # request 1 has its second token and leaves; 2 may join
        ({2: 1}, [0]),
    ]
    assert [[one.id for one in r.finished] for r in records] == [[], [1], [0, 2]]


def test_a_long_prompt_is_computed_in_chunks_and_stops_nobody(model):
    config = EngineConfig(max_num_seqs=2, max_num_batched_tokens=8, enable_prefix_caching=False)
    engine = Engine(model, config)
    engine.add([1, 2], greedy(6))
    engine.step()
    engine.add(list(range(1, 31)), greedy(1))
    records = list(engine.run())
    assert [r.prefilled for r in records] == [{1: 7}, {1: 7}, {1: 7}, {1: 7}, {1: 2}]
    assert [r.decoded for r in records] == [[0]] * 5
    assert [len(r.tokens) for r in records] == [1, 1, 1, 1, 2]


def test_no_step_computes_more_tokens_than_allowed(model):
    engine = Engine(model, EngineConfig(max_num_seqs=4, max_num_batched_tokens=10))
    for i in range(12):
        engine.add([i] * (3 * i + 1), greedy(9))
    for record in engine.run():
        assert sum(record.prefilled.values()) + len(record.decoded) <= 10
        assert record.num_running <= 4


def test_whoever_came_first_gets_blocks_first(model):
    """Ten blocks of two: the second request is preempted, never the first."""
    engine = Engine(model, EngineConfig(num_blocks=10, kv_block_size=2, max_num_seqs=3))
    first, second, third = (engine.add([i, i, i], greedy(14)) for i in (1, 2, 3))
    records = list(engine.run())
    assert first.num_preemptions == 0 and second.num_preemptions + third.num_preemptions > 0
    order = [one.id for record in records for one in record.finished]
    assert order == [0, 1, 2]
    preempted = [one for record in records for one in record.preempted]
    assert len(preempted) == engine.totals.preemptions


def test_a_preemption_loses_no_token_and_repeats_none(model):
    engine = Engine(model, EngineConfig(num_blocks=10, kv_block_size=2, max_num_seqs=3))
    requests = [engine.add([i, i, i], greedy(14)) for i in (1, 2, 3)]
    streams = {request.id: [] for request in requests}
    for record in engine.run():
        for new in record.tokens:
            streams[new.request.id].append(new.token)
    assert engine.totals.preemptions
    assert [streams[request.id] for request in requests] == [r.output for r in requests]


def test_what_the_cache_holds_is_counted_once_for_shared_blocks(model):
    engine = Engine(model, EngineConfig(num_blocks=16, kv_block_size=4, max_num_seqs=4))
    shared = list(range(8))
    engine.add([*shared, 10], greedy(6))
    engine.step()
    engine.add([*shared, 20], greedy(1))
    record = engine.step()
    assert record.blocks_held == {0: 3, 1: 3}
    assert record.blocks_in_use == 4  # two shared, and one for each


def test_an_engine_without_requests_does_nothing(model):
    engine = Engine(model)
    record = engine.step()
    assert not (record.tokens or record.prefilled or record.decoded or record.finished)
    assert list(engine.run()) == [] and engine.totals.steps == 0


def test_a_cancelled_request_frees_its_blocks_at_once(model):
    engine = Engine(model, EngineConfig(num_blocks=16, kv_block_size=4, max_num_seqs=1))
    running, waiting = engine.add([1] * 9, greedy(20)), engine.add([2], greedy(5))
    engine.step()
    assert engine.pool.num_used == 3
    assert engine.cancel(running) and engine.cancel(waiting, "stop")
    assert engine.pool.num_used == 0 and not engine.has_unfinished
    assert (running.finish_reason, waiting.finish_reason) == ("cancelled", "stop")
    assert len(running.output) == 1 and waiting.output == []
    assert not engine.cancel(running), "it has ended"
    assert engine.totals.finished == {"cancelled": 1, "stop": 1}


def test_a_stop_token_ends_a_text_and_is_not_part_of_it(model):
    free = Engine(model).generate([[1, 2, 3]], greedy(12))[0]
    stop = free[5]
    engine = Engine(model)
    request = engine.add([1, 2, 3], greedy(12, stop_ids=[stop]))
    *_, last = engine.run()
    assert request.output == free[: free.index(stop)]
    assert request.finish_reason == "stop" and last.finished == [request] and not last.tokens


def test_log_probabilities_are_those_of_the_model(model):
    engine = Engine(model)
    params = SamplingParams(max_new_tokens=6, temperature=0.5, top_k=4, logprobs=3)
    request = engine.add([1, 2, 3], params)
    news = [new for record in engine.run() for new in record.tokens]
    for i, new in enumerate(news):
        log_probs = model.next_logits([1, 2, 3, *request.output[:i]]).log_softmax(-1)
        top = log_probs.topk(3)
        assert new.logprob == pytest.approx(float(log_probs[new.token]))
        assert [token for token, _ in new.top_logprobs] == top.indices.tolist()
        assert [p for _, p in new.top_logprobs] == pytest.approx(top.values.tolist())
