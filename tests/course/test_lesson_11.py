"""The numbers of lesson 11, computed in a second way."""

import re
from dataclasses import replace
from math import exp, log

import pytest
import torch
from stored_outputs import printed

from course.catalogue import QUESTIONS
from course.checkpoint import one_row, stories_gpt
from course.failures.lesson_11 import learning
from course.solutions import lesson_11 as solution
from course.syllabus.lesson_table import written_lessons
from gptcore.corpus import load_documents
from gptcore.model import GPTConfig
from gptcore.training import (
    FINEWEB_40M_CURVE,
    GPUS,
    PRESETS,
    Budget,
    budget,
    chinchilla_loss,
    compute_optimal,
    flops_per_token,
)

pytestmark = pytest.mark.slow

LESSON = next(lesson for lesson in written_lessons() if lesson.number == 11)
TEXT = LESSON.source.read_text(encoding="utf-8")
PLAIN = replace(PRESETS["fineweb-40m"].train, compile=False)


def planned(width: int, rows: int, compiled: bool = False) -> Budget:
    changed = replace(PLAIN, batch_size=rows, compile=compiled)
    return budget(GPTConfig(n_embd=width, n_head=12), changed, "rtx4070")


def test_the_answers_about_memory_are_those_of_the_budget():
    evening = planned(384, 16)
    share = (evening.memory.total - evening.memory.activations - evening.memory.logits) / (
        12 * 2**30
    )
    assert QUESTIONS["how much of the card, in per cent"].right == pytest.approx(
        100 * share, rel=0.01
    )
    logits = torch.empty(16, 1024, 50_304, device="meta", dtype=torch.float32)
    assert logits.nbytes / 2**30 == pytest.approx(3.07, abs=0.005)
    assert evening.memory.logits == 3 * logits.nbytes
    share = QUESTIONS["share of the logits with 1 row, in per cent"]
    single = planned(384, 1).memory
    assert 100 * single.logits / single.total == pytest.approx(share.right, abs=0.1)
    assert evening.memory.logits / evening.memory.total == pytest.approx(0.738, abs=0.001)
    by_pencil = 9.21 / 16 / (9.21 / 16 + 2.65 / 16 + 0.61)
    assert share.judge(round(100 * by_pencil)).right
    large = planned(768, 8).memory
    gib = {name: size * 2**30 for name, size in solution.memory.items()}
    assert (gib["weights"], gib["slopes"], gib["adam"]) == (
        large.weights,
        large.gradients,
        large.optimizer,
    )
    assert logits.nbytes > 20 * evening.memory.weights


def test_twice_the_width_needs_a_third_more_and_twice_the_rows_nearly_twice_as_much():
    evening, wider, fewer = planned(384, 16), planned(768, 16), planned(384, 8)
    assert wider.parameters / evening.parameters == pytest.approx(3, abs=0.1)
    assert wider.memory.total / evening.memory.total == pytest.approx(4 / 3, abs=0.03)
    assert evening.memory.total / fewer.memory.total == pytest.approx(1.9, abs=0.05)
    more_heads = budget(GPTConfig(n_embd=384, n_head=24), PLAIN, "rtx4070")
    assert more_heads.memory.total == pytest.approx(evening.memory.total, rel=0.002)


def test_eight_rows_fit_and_sixteen_do_not_and_both_make_the_same_step():
    assert planned(384, 8).fits and not planned(384, 16).fits
    assert 512 == 64 * 8 == 32 * 16 == PLAIN.batch_size * PLAIN.grad_accum
    narrow = planned(384, 1).memory
    assert narrow.logits == pytest.approx(
        narrow.weights + narrow.gradients + narrow.optimizer, rel=0.06
    )


def test_the_copies_in_16_bits_are_as_large_as_the_lesson_says():
    matrices = 12 * 12 * 384**2 + 50_304 * 384
    assert 2 * matrices / 2**30 == pytest.approx(0.08, abs=0.005)


def test_each_claim_has_the_verdict_that_computing_gives():
    gpu = GPUS["rtx4070"].memory_bytes  # 12 GiB
    assert planned(768, 12).memory.total > gpu > planned(768, 12, compiled=True).memory.total
    for compiled in (False, True):
        assert abs(planned(576, 16, compiled).memory.total / 2**30 - 10.5) > 1.5
    evening = budget("fineweb-40m", gpu="rtx4070")
    assert (evening.tokens_per_step, evening.tokens) == (524_288, 3_145_728_000)
    assert (
        abs(float(re.search(r"measured ([\d.]+)", printed(LESSON, "fresh = GPT("))[1]) - 10.88)
        < 0.05
    )
    assert 2.1 / log(2) > 3 > 1.7
    assert 2.1 * log(2) == pytest.approx(1.46, abs=0.005)
    assert QUESTIONS["the claims that hold"].right == "CE"


def test_a_bfloat16_is_as_coarse_as_the_lesson_says():
    for number, gap in ((1.0, 0.0078), (0.1, 0.0005), (256.0, 2.0)):
        x = torch.tensor(number, dtype=torch.bfloat16)
        above = torch.nextafter(x, torch.tensor(torch.inf, dtype=torch.bfloat16))
        assert (above - x).item() == pytest.approx(gap, rel=0.03)
    assert torch.tensor(2.9e-8).half() == 0 < torch.tensor(3.1e-8).half()
    assert torch.finfo(torch.float16).max == 65_504
    assert torch.finfo(torch.bfloat16).max == pytest.approx(3e38, rel=0.15)
    ones = torch.tensor(0.0, dtype=torch.bfloat16)
    for _ in range(1000):
        ones += 1
    assert ones == QUESTIONS["256 + 1 in bf16"].right


@pytest.mark.slow
def test_bo_begins_with_adas_gradients_and_his_bf16_weights_hardly_move():
    _, tokenizer = stories_gpt()
    names = one_row(load_documents("names"), tokenizer)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        records = {
            whose: list(learning(whose, names, 2)) for whose in ("all digits", "Ada's", "Bo's")
        }
    finally:
        torch.set_default_dtype(before)
    assert records["Ada's"][0][:2] == records["Bo's"][0][:2]
    assert records["Bo's"][1].moved < 0.1 < 0.9 < records["Ada's"][1].moved
    assert records["Ada's"][1].loss == pytest.approx(records["all digits"][1].loss, abs=0.01)


def test_a_4070_computes_what_its_cores_and_its_clock_make():
    assert "184 tensor cores, each 128 operations a clock, 2.475 billion clocks a second" in TEXT
    peak = 184 * 128 * 2.475e9
    assert GPUS["rtx4070"].flops_per_second == pytest.approx(peak)
    rate = 0.115 * 312e12
    assert QUESTIONS["its own peak, in per cent"].right == pytest.approx(
        100 * rate / peak, rel=0.001
    )
    assert (round(0.11 * 312e12 / peak, 2), round(0.12 * 312e12 / peak, 2)) == (0.59, 0.64)
    assert 466e12 / peak == pytest.approx(8, abs=0.01)
    mfus = [GPUS[name].mfu for name in ("a100-40", "rtx4090", "h100", "h200", "a100-80")]
    assert mfus == [0.29, 0.55, 0.41, 0.46, 0.6]


def test_the_best_width_is_the_lowest_of_those_that_were_run():
    *_, last = re.findall(r"operations: width (\d+)", printed(LESSON, "letters / size"))
    assert int(last) == QUESTIONS["the best width for 6.4e9 operations"].right
    at_8 = printed(LESSON, "what, place, form").splitlines()[1::2]
    for row in at_8:
        losses = {int(w): float(n) for w, n in re.findall(r"width (\d+): +([\d.]+)", row)}
        assert min(losses, key=losses.get) == 8


def test_who_read_the_stories_twice_stays_at_home():
    sizes = GPTConfig(
        **{"vocab_size": 58, "block_size": 32, "n_layer": 1, "n_head": 4, "n_embd": 4},
        **{"activation": "relu", "norm": "rmsnorm", "norm_embeddings": True},
        **{"final_norm": False, "tie_weights": False},
    )
    stories = [story for place, story in enumerate(load_documents("stories"), 1) if place % 10]
    n_letters = sum(len(story) + 1 for story in stories)
    assert 6.4e9 / flops_per_token(sizes) == pytest.approx(1.6e6, rel=0.03)
    assert n_letters == pytest.approx(0.9e6, rel=0.01)
    assert 13_000 * 512 / n_letters == pytest.approx(7, abs=0.5)


def test_the_night_is_spent_best_as_chinchillas_rule_says():
    best = compute_optimal(solution.OPERATIONS)
    assert solution.well_spent["parameters in millions"] == pytest.approx(best.parameters / 1e6)
    assert solution.well_spent["tokens in billions"] == pytest.approx(best.tokens / 1e9)
    evening = budget("fineweb-40m", gpu="rtx4070")
    assert evening.flops == pytest.approx(solution.OPERATIONS, rel=0.005)
    assert round(evening.tokens / evening.parameters) == 77


def test_attention_costs_more_than_half_of_the_gain_of_the_best_size():
    level = 3.507 - chinchilla_loss(124_373_760, 6000 * 524_288)
    best, wider = compute_optimal(9.4e17), GPTConfig(n_embd=640, n_head=10)
    as_it_was = chinchilla_loss(40_953_216, 6000 * 524_288)
    by_rule = chinchilla_loss(best.parameters, best.tokens)
    paid = chinchilla_loss(budget(wider).parameters, 9.4e17 / flops_per_token(wider))
    assert [round(loss + level, 2) for loss in (as_it_was, by_rule, paid)] == [3.85, 3.76, 3.81]
    assert 0.08 < as_it_was - by_rule < 0.1
    assert paid - by_rule > (as_it_was - by_rule) / 2


def test_chinchillas_formula_gives_the_losses_of_the_lesson():
    tokens = 6000 * 524_288
    level = 3.507 - chinchilla_loss(124_373_760, tokens)
    ours = chinchilla_loss(40_953_216, tokens) + level
    assert ours == pytest.approx(3.85, abs=0.005)
    assert chinchilla_loss(124_373_760, 1000 * 524_288) + level == pytest.approx(4.15, abs=0.006)
    at_the_end = 19_560 * 524_288
    taken_there = chinchilla_loss(40_953_216, tokens) + 3.272
    taken_there -= chinchilla_loss(124_373_760, at_the_end)
    assert taken_there - ours == pytest.approx(0.01, abs=0.005)
    gap = {
        step: loss - chinchilla_loss(40_953_216, step * 524_288) - level
        for step, loss in zip(*FINEWEB_40M_CURVE["val"])
        if step
    }
    assert [round(gap[step], 2) for step in (1000, 2000, 6000)] == [0.45, 0.28, 0.32]
    assert min(gap, key=gap.get) == 3000
    for_size = chinchilla_loss(40_953_216, tokens) - chinchilla_loss(124_373_760, tokens)
    assert for_size == pytest.approx(0.35, abs=0.005)
    assert FINEWEB_40M_CURVE["val"][1][-1] == 4.17
    assert (round(exp(4.17)), round(exp(ours)), round(log(65), 2)) == (65, 47, 4.17)


def test_what_the_night_costs():
    evening, elsewhere = (budget("fineweb-40m", gpu=gpu) for gpu in ("rtx4070", "h200"))
    assert evening.hours == pytest.approx(7.5, abs=0.05)  # from ten until half past five
    measured = 1_033_000  # tokens per second: benchmarks/gpu/2026-11-27-nvidia-h200-first-run.txt
    assert elsewhere.hours * 60 == pytest.approx(elsewhere.tokens / measured / 60, rel=0.02)
    assert elsewhere.kwh / evening.kwh == pytest.approx(2 / 5, abs=0.03)
    assert budget("fineweb-124m", gpu="rtx4070").hours / 24 == pytest.approx(2.8, abs=0.1)
    bath = 150 * 30 * 4186 / 3.6e6
    assert bath == pytest.approx(5.2, abs=0.05)
