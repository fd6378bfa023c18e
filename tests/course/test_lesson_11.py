"""The numbers of lesson 11, computed in a second way."""

import re
from dataclasses import replace
from math import log

import nbformat
import pytest
import torch
from stored_outputs import printed

from course.catalogue import QUESTIONS
from course.checkpoint import one_row, stories_gpt
from course.experiments.hardware.budgets import plan
from course.experiments.hardware.scaling import short_run, small_model, story_batches
from course.failures.lesson_11 import learning
from course.solutions import lesson_11 as solution
from course.syllabus.lesson_table import written_lessons
from gptcore.corpus import load_documents
from gptcore.model import GPTConfig
from gptcore.training import (
    GPUS,
    PRESETS,
    Budget,
    budget,
    compute_optimal,
    flops_per_token,
)

pytestmark = pytest.mark.slow

LESSON = next(lesson for lesson in written_lessons() if lesson.number == 11)
TEXT = LESSON.source.read_text(encoding="utf-8")
PLAIN = replace(PRESETS["fineweb-40m"].train, compile=False)


def picture(code: str) -> str:
    """The alternative text of the picture of that cell."""
    for cell in nbformat.read(LESSON.notebook, as_version=4).cells:
        if cell.cell_type == "code" and code in cell.source:
            return "".join(str(output.get("data", "")) for output in cell.outputs)
    raise AssertionError(f"no cell has {code!r}")


def planned(width: int, rows: int, compiled: bool = False) -> Budget:
    changed = replace(PLAIN, batch_size=rows, compile=compiled)
    return budget(GPTConfig(n_embd=width, n_head=12), changed, "rtx4070")


def test_the_answers_about_memory_are_those_of_the_budget():
    evening = planned(384, 16)
    share = (evening.memory.total - evening.memory.activations - evening.memory.logits) / (
        12 * 2**30
    )
    assert QUESTIONS["how much of the card, in percent"].right == pytest.approx(
        100 * share, rel=0.01
    )
    logits = torch.empty(16, 1024, 50_304, device="meta", dtype=torch.float32)
    assert logits.nbytes / 2**30 == pytest.approx(3.07, abs=0.005)
    assert evening.memory.logits == 3 * logits.nbytes
    share = QUESTIONS["share of the logits with 1 row, in percent"]
    single = planned(384, 1).memory
    assert 100 * single.logits / single.total == pytest.approx(share.right, abs=0.1)
    assert evening.memory.logits / evening.memory.total == pytest.approx(0.738, abs=0.001)
    by_pencil = 9.21 / 16 / (9.21 / 16 + 2.65 / 16 + 0.61)
    assert share.judge(round(100 * by_pencil)).right
    large = planned(768, 8).memory
    gib = {name: size * 2**30 for name, size in solution.memory.items()}
    assert (gib["weights"], gib["gradients"], gib["optimizer state"]) == (
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
    assert ones == QUESTIONS["256 + 1 in bfloat16"].right


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


def test_an_update_in_place_is_right_where_the_default_is_float64():
    def in_place(master, grad, rate):
        master -= rate * grad
        return master, master.bfloat16()

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # as the notebook does
    try:
        assert QUESTIONS["update"].judge(in_place).right
        reply = QUESTIONS["update"].reply(lambda *given: solution.update(*given)[::-1])
    finally:
        torch.set_default_dtype(before)
    assert "swapped" in reply


def test_a_rounded_mistake_gets_the_reply_of_the_mistake():
    card = QUESTIONS["how much of the card, in percent"]
    assert card.reply(1.3) == card.reply(1.27) != card.reply(1.9)
    assert "A percentage of 12?" in card.reply(0.66) and "That is the GiB" in card.reply(0.6)


def test_the_dial_says_at_which_mfu_its_hours_are():
    sizes = {"n_layer": 12, "n_head": 12, "n_embd": 384, "block_size": 1024}
    facts = plan("rtx4070", 16, 0, **sizes)["facts"]
    assert facts["6,000 steps of 512 rows"] == (
        "7.5 to 15.0 hours, 1.5 to 3.0 kWh (assumed: 30% to 60% MFU)"
    )


def test_the_small_models_are_those_of_the_lesson():
    model, (train, val) = small_model(8), story_batches()
    assert (train.batch_size, train.block_size, val.block_size) == (16, 32, 32)
    assert model.config.n_layer == 1 and short_run(40).warmup_steps == 4
    assert train.batch(0)[0].max() < model.config.vocab_size


def test_the_reply_to_a_run_that_is_paid_for_asks_for_the_rule():
    reply = QUESTIONS["9.4e17 FLOPs"].reply(
        {"parameters in millions": 41, "tokens in billions": 3.82}
    )
    assert "20 tokens for each parameter" in reply
    assert "E:" in QUESTIONS["the claims that hold"].reply("C")
    assert "only these two" in QUESTIONS["the claims that hold"].reply("CEAB")


def test_a_4070_computes_what_its_cores_and_its_clock_make():
    assert "184 tensor cores × 128 operations × 2.475 GHz" in TEXT
    peak = 184 * 128 * 2.475e9
    assert GPUS["rtx4070"].flops_per_second == pytest.approx(peak)
    rate = 0.115 * 312e12
    assert QUESTIONS["its own peak, in percent"].right == pytest.approx(
        100 * rate / peak, rel=0.001
    )
    assert (round(0.11 * 312e12 / peak, 2), round(0.12 * 312e12 / peak, 2)) == (0.59, 0.64)
    assert 466e12 / peak == pytest.approx(8, abs=0.01)
    others = [GPUS[name].published[0] for name in ("a100-40", "rtx4090", "h100", "a100-80")]
    assert others == [0.29, 0.55, 0.41, 0.6] and GPUS["h200"].mfu == 0.46
    assert GPUS["rtx4070"].mfu_range == (0.3, 0.6)  # the lesson's common assumption


def test_the_best_width_is_the_lowest_of_those_that_were_run():
    assert "width 16" in picture("draw_scaling(curves")
    rows = printed(LESSON, "best = min(results").splitlines()
    assert all("width 8 is best" in row for row in rows) and len(rows) == 2


def test_width_4_would_need_more_letters_than_there_are():
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
    best = compute_optimal(solution.FLOPS)
    assert solution.well_spent["parameters in millions"] == pytest.approx(best.parameters / 1e6)
    assert solution.well_spent["tokens in billions"] == pytest.approx(best.tokens / 1e9)
    evening = budget("fineweb-40m", gpu="rtx4070")
    assert evening.flops == pytest.approx(solution.FLOPS, rel=0.005)
    assert round(evening.tokens / evening.parameters) == 77


def test_time_and_energy_of_the_run():
    run = budget("fineweb-40m", gpu="rtx4070")
    hours = [run.flops / (mfu * GPUS["rtx4070"].flops_per_second) / 3600 for mfu in (0.6, 0.3)]
    assert "7.5 to  15.0 hours" in printed(LESSON, "for mfu in (0.6, 0.3)")
    assert hours == pytest.approx([7.5, 15.0], abs=0.05)
    assert "200 watts: 1.5 to 3 kWh for this run" in TEXT
    assert [0.2 * time for time in hours] == pytest.approx([1.5, 3], abs=0.02)
    bath = 150 * 30 * 4186 / 3.6e6  # 150 litres, warmed by 30 degrees
    assert bath == pytest.approx(5.2, abs=0.05)


def test_attention_weights_would_take_what_the_lesson_says():
    assert pytest.approx(4.5) == 12 * 16 * 12 * 1024**2 * 2 / 2**30
    assert pytest.approx(116, abs=0.5) == 58.3e12 / 504e9
