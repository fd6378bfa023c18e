"""What goes wrong for one request ends that request; what could never work is refused."""

import pytest
import torch

from gptcore.serving import (
    CacheTooSmallError,
    ContextLengthError,
    Engine,
    EngineConfig,
    SamplingParams,
)

BAD = 4  # a token that makes the model fail


@pytest.fixture
def model(small_model):
    made = small_model(tie_weights=False)
    never = torch.tensor([BAD])  # no text comes upon the bad token by itself
    made.lm_head.register_forward_hook(lambda *call: call[-1].index_fill(-1, never, -1e9))
    return made


def greedy(n: int, **options) -> SamplingParams:
    return SamplingParams(max_new_tokens=n, temperature=0, **options)


def run_among_others(model, by_itself, config: EngineConfig) -> Exception:
    """The error of a request with a bad token; all others are right, before and after it."""
    engine = Engine(model, config)
    before = [engine.add([0, 1, 2, one], greedy(9)) for one in (0, 1, 2)]
    engine.step()
    bad = engine.add([0, 1, 2, 0, 1, BAD, 1], greedy(9))
    after = [engine.add([0, 1, 2, 0, 1, 1, one], greedy(9)) for one in (0, 1, 2)]
    records = list(engine.run())
    # Blocks that held what the bad request wrote are used again.
    after += [engine.add([one, 0, 1, 2, 0, 1], greedy(12)) for one in (0, 1, 2) for _ in range(3)]
    records += list(engine.run())
    assert bad.finish_reason == "error" and bad.output == []
    assert [one for record in records for one in record.finished].count(bad) == 1
    for request in (*before, *after):
        assert request.finish_reason == "length"
        assert request.output == by_itself(model, request)
    assert engine.pool.num_used == 0 and engine.totals.finished["error"] == 1
    return bad.error


CONFIGS = [
    EngineConfig(num_blocks=30, kv_block_size=2),
    EngineConfig(num_blocks=12, kv_block_size=2, max_num_batched_tokens=16),
    EngineConfig(num_blocks=6, kv_block_size=4, max_num_seqs=4, max_num_batched_tokens=4),
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_an_exception_in_the_model_ends_the_request_that_caused_it(
    config, model, by_itself, monkeypatch
):
    forward = model.forward_hidden

    def raising(ids, **options):
        if (ids == BAD).any():
            raise RuntimeError("this token does not work")
        return forward(ids, **options)

    monkeypatch.setattr(model, "forward_hidden", raising)
    error = run_among_others(model, by_itself, config)
    assert isinstance(error, RuntimeError) and "does not work" in str(error)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_a_nan_ends_one_request_and_stays_in_none_of_its_blocks(config, model, by_itself):
    """Softmax gives a masked key the weight 0, and 0 times NaN is NaN."""
    with torch.no_grad():
        model.wte.weight[BAD] = float("nan")
    error = run_among_others(model, by_itself, config)
    assert isinstance(error, ValueError) and "nan" in str(error)


def test_generate_raises_what_ended_a_request(model):
    with torch.no_grad():
        model.wte.weight[BAD] = float("nan")
    with pytest.raises(ValueError, match="at least one of them finite; got nan"):
        Engine(model).generate([[1], [BAD]], greedy(2))


def test_a_request_beyond_the_context_is_refused_and_the_advice_works(model):
    engine = Engine(model)
    with pytest.raises(ContextLengthError, match="30 tokens and max_new_tokens=4 do not") as caught:
        engine.add([1] * 30, greedy(4))
    error = caught.value
    assert (error.prompt_tokens, error.max_new_tokens, error.limit) == (30, 4, 32)
    assert "max_new_tokens to at most 3" in str(error)
    assert len(engine.generate([[1] * 30], greedy(3))[0]) == 3
    with pytest.raises(ContextLengthError, match="Shorten the prompt to at most 32"):
        engine.add([1] * 33, greedy(None))
    assert len(engine.generate([[1] * 32], greedy(None))[0]) == 1


def test_a_request_larger_than_the_whole_cache_is_refused_and_never_waits(model):
    engine = Engine(model, EngineConfig(num_blocks=4, kv_block_size=4, max_num_seqs=2))
    with pytest.raises(CacheTooSmallError, match=r"needs 5 blocks of 4 .* num_blocks=4") as caught:
        engine.add([1] * 10, greedy(8))
    assert (caught.value.needed_blocks, caught.value.num_blocks) == (5, 4)
    assert not engine.has_unfinished
    assert "most 17" in str(caught.value)
    assert len(engine.generate([[1] * 10], greedy(7))[0]) == 7
    larger = Engine(model, EngineConfig(num_blocks=5, kv_block_size=4))
    assert len(larger.generate([[1] * 10], greedy(8))[0]) == 8


def test_two_requests_that_each_fill_the_cache_are_computed_one_after_the_other(model, by_itself):
    engine = Engine(model, EngineConfig(num_blocks=4, kv_block_size=4, max_num_seqs=2))
    both = [engine.add([one] * 4, greedy(13)) for one in (1, 2)]
    for _ in zip(range(200), engine.run()):
        pass
    assert not engine.has_unfinished, "they wait for each other"
    assert [one.output for one in both] == [by_itself(model, one) for one in both]


def test_samples_that_together_do_not_fit_take_turns(model, by_itself):
    engine = Engine(model, EngineConfig(num_blocks=4, kv_block_size=4, max_num_seqs=4))
    params = SamplingParams(max_new_tokens=9, seed=5)
    samples = engine.add_samples([1, 2, 0, 1, 2, 0, 1, 2], params, n=4)
    for _ in zip(range(400), engine.run()):
        pass
    assert not engine.has_unfinished
    assert [one.output for one in samples] == [by_itself(model, one) for one in samples]
    assert engine.pool.num_used == 0


@pytest.mark.parametrize(
    "prompt, words",
    [
        ([], "prompt is empty"),
        ([5], "A prompt has 5; the model has the tokens 0 to 4"),
        ([-1], "A prompt has -1"),
        ("text", "list of token ids"),
        ([[1]], "This is a batch"),
    ],
    ids=str,
)
def test_a_prompt_that_the_model_cannot_read_is_refused(prompt, words, model):
    engine = Engine(model)
    with pytest.raises(ValueError, match=words):
        engine.add(prompt)
    assert not engine.has_unfinished


@pytest.mark.parametrize(
    "option",
    [
        *({"max_new_tokens": n} for n in (0, -1, 2.5, True)),
        *({"temperature": t} for t in (-1, float("nan"), "hot")),
        *({"top_k": 0}, {"top_p": 0.0}, {"min_p": 2}, {"seed": "x"}, {"logprobs": -1}),
        {"stop_ids": "end"},
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(option):
    with pytest.raises(ValueError, match=next(iter(option)).removesuffix("_ids")):
        SamplingParams(**option)


@pytest.mark.parametrize("name", ["num_blocks", "kv_block_size", "max_num_seqs"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True])
def test_sizes_below_one_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name}={value} must be an integer, 1 or more"):
        EngineConfig(**{name: value})


def test_a_step_has_a_token_for_each_request():
    with pytest.raises(ValueError, match="max_num_batched_tokens=7 must be an integer, 8 or more"):
        EngineConfig(max_num_seqs=8, max_num_batched_tokens=7)
    EngineConfig(max_num_seqs=8, max_num_batched_tokens=8)


def test_the_cache_is_at_most_a_gibibyte_if_nobody_says_how_large(model):
    engine = Engine(model, EngineConfig(max_num_seqs=10**6, max_num_batched_tokens=10**6))
    assert engine.cache.nbytes <= 2**30 + 2**12
    few = Engine(model, EngineConfig(max_num_seqs=3))
    assert few.pool.num_blocks * 16 == 3 * model.config.block_size
