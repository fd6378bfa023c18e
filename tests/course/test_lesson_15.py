"""The statements of lesson 15, compared with the engine, with recorded figures and with counts."""

from statistics import median

import pytest
import torch

from course.experiments.serving import clock, live_server
from course.experiments.serving.blocks import text_lengths, three_requests
from course.experiments.serving.reports import acceptance_rows, quantization_rows, recording
from course.experiments.serving.rules import RULES, SURE, P, Q, chi_squared
from course.experiments.serving.stories import loss_of, reference_output, stories, stories_gpt
from course.failures.lesson_15 import engine_with, prompts, served, wrong
from course.solutions import lesson_15 as solution
from gptcore.quantization import quantize_int8
from gptcore.serving import BlockPool, Engine, EngineConfig, SamplingParams, hash_block
from gptcore.serving.speculative.acceptance import residual

H200 = 4.8e12, 989e12


# Exercises


def test_the_rule_gives_the_distribution_of_the_model():
    accept, instead = solution.rule(P, Q)
    rejected = sum(q * (1 - a) for q, a in zip(Q, accept))
    found = [q * a + rejected * i for q, a, i in zip(Q, accept, instead)]
    assert found == pytest.approx(P, abs=1e-12)


def test_after_a_rejection_the_rule_samples_from_what_the_package_samples_from():
    more = residual(torch.tensor(P), torch.tensor(Q))
    assert solution.rule(P, Q)[1] == pytest.approx((more / more.sum()).tolist(), abs=1e-6)


def test_a_row_of_int8_is_that_of_the_package():
    row = [0.3, -1.1, 0.02, 0.7]
    integers, scale = solution.to_int8(row)
    package = quantize_int8(torch.tensor([row]))
    assert integers == package.q[0].tolist()
    assert scale == pytest.approx(float(package.scale))


def test_shared_blocks_are_those_with_the_same_hash():
    def hashes(text: list[int]) -> list[bytes]:
        found = [b""]
        for start in range(0, len(text) - 3, 4):
            found.append(hash_block(found[-1], text[start : start + 4]))
        return found[1:]

    first, second = list(range(20)), [*range(9), 99, *range(10, 20)]
    same = sum(one == other for one, other in zip(hashes(first), hashes(second)))
    assert solution.shared_blocks(first, second, 4) == same == 2


def test_up_to_about_200_texts_reading_the_weights_takes_longer_than_computing():
    speeds = [solution.tokens_per_second(8e9, 16, texts, *H200) for texts in (1, 200, 2_000)]
    assert speeds[1] == pytest.approx(200 * speeds[0])
    assert speeds[2] < 1.1 * speeds[1]


# The computed clock


def test_the_clock_is_near_what_was_measured():
    """Tokens per second in benchmarks/LOG.md, 28 November 2026: 114, 107, 122 and 293."""
    measured = {("one by one", 1): 114, ("static batches", 8): 107, ("static batches", 16): 122}
    for (way, slots), speed in (measured | {("continuous batching", 16): 293}).items():
        jobs = clock.WAYS[way](clock.the_requests(), slots)
        assert clock.tokens_per_second(jobs) == pytest.approx(speed, rel=0.15)


def test_static_batches_of_8_are_as_fast_as_none_though_a_full_one_is_not():
    one, eight = (
        clock.tokens_per_second(clock.static_batches(clock.the_requests(), n)) for n in (1, 8)
    )
    assert eight == pytest.approx(one, rel=0.05)
    assert 8 * clock.step_seconds(1) / clock.step_seconds(8) == pytest.approx(4.4, abs=0.05)


def test_the_requests_are_as_the_lesson_says():
    outputs = [job.output for job in clock.the_requests()]
    assert len(outputs) == 32 and sum(outputs) == 864
    assert outputs.count(128) == 3 and set(outputs) - {128} == {8, 16, 32}


def test_nobody_waits_in_continuous_batching_while_a_slot_is_free():
    jobs = clock.continuous(clock.arriving(6, 100, seed=3), 4)
    for job in jobs:
        running = [j for j in jobs if j.start <= job.arrival < j.end]
        if len(running) < 4 and not any(j.start >= job.arrival for j in jobs if j is not job):
            assert job.start - job.arrival < 0.1
    for slot in range(4):
        in_slot = sorted((j for j in jobs if j.slot == slot), key=lambda j: j.start)
        assert all(one.end <= other.start for one, other in zip(in_slot, in_slot[1:]))


def test_one_text_at_a_time_takes_the_sum_of_all_steps():
    jobs = clock.WAYS["one by one"](clock.the_requests(), 8)
    seconds = sum(
        clock.step_seconds(1, job.prompt) + (job.output - 1) * clock.step_seconds(1) for job in jobs
    )
    assert jobs[-1].end == pytest.approx(seconds)


def test_the_rates_at_which_each_way_breaks_down():
    runs = clock.dial_runs()
    for way, slow, fast in (
        ("one by one", 3, 4),
        ("static batches", 3, 4),
        ("continuous batching", 12, 16),
    ):
        assert runs[slow, 8][way]["wait"] < 2 < runs[fast, 8][way]["wait"]


# Chi-squared, recorded figures


def test_the_wrong_rule_is_not_seen_with_1000_draws_and_seen_with_10000_on_five_seeds():
    for seed in range(1, 6):
        assert chi_squared(RULES["right rule"], 10_000, seed) < SURE
        assert chi_squared(RULES["sampled again from p"], 1_000, seed) < SURE
        assert chi_squared(RULES["sampled again from p"], 10_000, seed) > SURE


def test_the_limit_of_chi_squared_is_exceeded_once_in_a_thousand_times():
    draws = torch.randn(200_000, 7, generator=torch.Generator().manual_seed(0))
    share = (draws.square().sum(1) > SURE).float().mean()
    assert share.item() == pytest.approx(0.001, abs=0.0003)


def test_recorded_drafts_are_as_the_lesson_says():
    rows = acceptance_rows()
    assert all(0.8 <= speed < 0.95 for _, speed in rows["counts of 1 letter"].values())
    tokens, speed = rows["counts of 6 letters"][8]
    assert tokens == pytest.approx(4.3, abs=0.05) and speed == pytest.approx(2.5, abs=0.05)
    rates = {
        order: median(
            row["accepted_of_tested"] for row in recording()["acceptance"] if row["order"] == order
        )
        for order in (1, 6)
    }
    assert rates[1] == pytest.approx(0.2, abs=0.05) and rates[6] == pytest.approx(0.8, abs=0.02)


def test_a_step_for_five_tokens_takes_1_4_times_as_long_as_one():
    tokens, speed = acceptance_rows()["counts of 6 letters"][4]
    assert tokens / speed == pytest.approx(1.4, abs=0.05)


def test_a_million_readers_need_so_many_gpus():
    speeds = [solution.tokens_per_second(8e9, 16, texts, *H200) for texts in (1, 200)]
    gpus = [5e6 / speed for speed in speeds]
    assert speeds == pytest.approx([300, 60_000]) and gpus == pytest.approx([17_000, 84], rel=0.02)


def test_recorded_quantization_is_as_the_lesson_says():
    rows = quantization_rows()
    assert rows["int4"]["speedup"][1] == pytest.approx(4.5, abs=0.1)
    assert rows["int4"]["speedup"][256] < 1 < 1.5 < rows["int8"]["speedup"][256]
    assert rows["int8"]["loss_added"] < 0.001 and rows["int4"]["loss_added"] < 0.05


# The failure, the engine, the server


@pytest.mark.slow
def test_only_the_program_with_the_stale_hash_gives_wrong_texts():
    for seed in range(3):
        assert not wrong(served("Dee", seed)[1]) and not wrong(served("Eli", seed)[1])
        engine, requests = served("Fay", seed)
        assert len(wrong(requests)) >= 2
        assert engine.pool.num_free == engine.pool.num_blocks


def test_the_unchanged_pool_finds_more_prompt_tokens_and_gives_right_texts():
    engine = engine_with(BlockPool(40))
    params = SamplingParams(max_new_tokens=20, temperature=0)
    requests = [engine.add(prompt, params) for prompt in prompts()]
    for _ in engine.run():
        pass
    assert engine.totals.cached_tokens == 551
    assert not wrong(requests)


def test_two_of_three_requests_share_two_blocks():
    shown = three_requests()
    ada, bo, cai = shown["tables"].values()
    assert solution.shared_blocks(ada, bo, 1) == 2 == solution.shared_blocks([0] * 40, [0] * 40, 16)
    assert not set(cai) & {*ada, *bo}


def test_blocks_of_128_leave_half_of_the_memory_empty():
    lengths = text_lengths()
    held = sum(-(-length // 128) * 128 for length in lengths)
    assert 1 - sum(lengths) / held == pytest.approx(0.45, abs=0.01)
    assert max(lengths) < 256


def test_the_stories_gpt_has_as_many_parameters_as_the_lesson_says():
    assert sum(weight.numel() for weight in stories_gpt()[0].parameters()) == 614_528


def test_a_prompt_of_30_and_3_new_tokens_need_two_blocks():
    engine = Engine(stories_gpt()[0], EngineConfig(kv_block_size=16))
    engine.add(stories()[0][:30], SamplingParams(max_new_tokens=3))
    assert max(record.blocks_in_use for record in engine.run()) == 2


def test_the_loss_is_that_of_cross_entropy():
    model, _ = stories_gpt()
    ids = torch.tensor([stories(held_out=True)[0][:129]])
    _, loss = model(ids[:, :-1], ids[:, 1:])
    assert loss_of(model, count=1) == pytest.approx(loss.item(), abs=1e-6)


def test_held_out_stories_are_not_among_those_that_were_read():
    read = {tuple(story) for story in stories()}
    assert not any(tuple(story) in read for story in stories(held_out=True))


@pytest.mark.slow
def test_every_reader_of_the_server_gets_the_text_of_the_model_alone():
    pytest.importorskip("uvicorn")
    beginnings = ["Once there was", "Tom was a", "The old cat ", "Mia "]
    with live_server.running_server(max_num_seqs=2) as address:
        answers = live_server.ask_all(address, beginnings, max_tokens=12)
    assert answers == live_server.expected(beginnings, max_tokens=12)
    params = SamplingParams(max_new_tokens=12, seed=1)
    _, tokenizer = stories_gpt()
    tokens = reference_output([tokenizer.BOS, *tokenizer.encode("Tom was a")], params)
    assert tokenizer.decode(tokens).startswith(answers[1])
