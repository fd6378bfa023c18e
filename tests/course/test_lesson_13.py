"""The statements of lesson 13, compared with the recorded runs and with other ways to compute."""

from dataclasses import replace
from statistics import mean

import pytest
import torch

from benchmarks.record_modern_switches import all_jobs
from course.experiments.modern import real_model
from course.experiments.modern.lengths import LENGTHS, length_gpt, length_table, longer_rope
from course.experiments.modern.recorded import (
    AS_LONG,
    FILE,
    GPT2,
    HIGH_RATES,
    LARGE,
    WIDTH,
    lengths,
    pair_loss,
    recorded_losses,
    runs_of,
    spreads,
    wrong_signs,
)
from course.experiments.modern.switches import letters, measure, tiny
from course.experiments.recordings import recording
from course.failures.lesson_13 import with_attention_of
from course.solutions import lesson_13 as solution
from gptcore.model import GPT, MLP, GPTConfig
from gptcore.model.attention import attend
from gptcore.model.experts import MixtureOfExperts
from gptcore.model.rope import apply_rotary_emb, rotary_cos_sin, rotation_frequencies
from gptcore.training.cost.parameters import kv_cache_bytes
from viz import draw_seeds

SIZES = GPTConfig(16, 58, n_layer=1, n_head=4, n_embd=16)


def generator(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# Exercises


def test_a_rotation_by_hand_is_that_of_the_model():
    pairs = torch.randn(4, 2, generator=generator())
    frequencies = rotation_frequencies(8, 10_000.0, None).tolist()
    cos_sin = rotary_cos_sin(torch.tensor([5]), 8)
    theirs = apply_rotary_emb(pairs.view(1, 1, 1, 8), cos_sin, interleaved=True)
    ours = torch.tensor(solution.rotate(pairs.tolist(), 5, frequencies))
    assert torch.allclose(ours.flatten(), theirs.flatten(), atol=1e-5)


def test_repeated_keys_are_those_that_attention_uses():
    q, k = torch.randn(2, 6, 5, 4, generator=generator()), torch.randn(2, 2, 5, 4)
    grouped, _ = attend(q, k, k)
    full, _ = attend(q, solution.repeat_kv(k, 6), solution.repeat_kv(k, 6))
    assert torch.equal(grouped, full)


def test_the_gated_mlp_is_that_of_the_model():
    mlp = MLP(replace(SIZES, activation="swiglu"))
    gate, up = mlp.c_fc.weight.chunk(2)
    x = torch.randn(3, 16, generator=generator())
    assert torch.allclose(solution.swiglu(x, gate, up, mlp.c_proj.weight), mlp(x), atol=1e-6)


def test_the_router_gives_the_weights_of_the_model():
    experts = MixtureOfExperts(replace(SIZES, n_experts=4, experts_per_token=2))
    with torch.no_grad():
        for weight in experts.parameters():
            weight.normal_(generator=generator())
    x = torch.randn(5, 16, generator=generator())
    weights = solution.route(experts.router(x), 2)
    outputs = torch.stack([experts.run_expert(e, x) for e in range(4)], dim=1)  # (5, 4, 16)
    assert torch.allclose((weights[:, :, None] * outputs).sum(1), experts(x), atol=1e-4)


def test_the_cache_of_smollm2_has_as_many_bytes_as_the_formula_says():
    config = GPTConfig.preset("smollm2-135m")
    for heads, name in ((9, "MHA, 9 heads"), (3, "GQA, 3 heads"), (1, "MQA, 1 head")):
        expected = kv_cache_bytes(replace(config, n_kv_head=heads), 8192) / 1e6
        assert solution.kv_megabytes[name] == pytest.approx(expected)


# Recorded runs


def test_every_run_is_recorded():
    known = {(run["table"], run["switch"], run["seed"]) for run in recording(FILE)["runs"]}
    assert known == {(job.table, job.switch, job.seed) for job in all_jobs()}


def verdicts(table: str = WIDTH, *switches: str) -> dict[str, str]:
    return draw_seeds(recorded_losses(table, *switches), "rope").data["verdicts"]


def test_rope_helps_most_of_the_four_that_are_asked_about():
    losses = {name: mean(values) for name, values in recorded_losses().items()}
    gain = losses["learned positions"] - losses["rope"]
    others = [losses["rope"] - losses[name] for name in ("rmsnorm", "swiglu", "qk-norm")]
    assert gain > 2 * max(others)
    assert verdicts()["learned positions"] == "higher"


def test_the_initial_weights_turn_swiglu_from_better_to_worse():
    width, gpt2 = recorded_losses(WIDTH, "rope", "swiglu"), recorded_losses(GPT2, "rope", "swiglu")
    assert sum(own < plain for own, plain in zip(width["swiglu"], width["rope"])) == 4
    assert sum(own > plain for own, plain in zip(gpt2["swiglu"], gpt2["rope"])) == 4
    assert mean(gpt2["swiglu"]) - mean(gpt2["rope"]) == pytest.approx(0.09, abs=0.005)
    assert verdicts()["swiglu"] == verdicts(GPT2)["swiglu"] == "undecided"
    assert max(gpt2["rope"]) - min(gpt2["rope"]) == pytest.approx(0.2, abs=0.02)


def test_most_switches_are_undecided():
    named = verdicts()
    decided = {name for name, verdict in named.items() if verdict != "undecided"}
    assert decided == {*LARGE, "qk-norm without weight"}
    losses = recorded_losses(WIDTH, "rope", "learned positions")
    gain = mean(losses["learned positions"]) - mean(losses["rope"])
    assert gain == pytest.approx(0.145, abs=0.001)


def test_qk_norm_lowers_the_damage_of_high_rates_on_average():
    for rate in HIGH_RATES:
        losses = recorded_losses(rate)
        assert mean(losses["qk-norm"]) < mean(losses["rope"]) - 0.05
    assert verdicts()["qk-norm without weight"] == "higher"
    assert "higher" not in (verdicts()["qk-norm"], verdicts()["gqa"], verdicts()["mqa"])


def test_muon_is_better_at_equal_steps_and_adamw_at_equal_seconds():
    losses = recorded_losses(WIDTH, "rope", "muon", AS_LONG)
    assert draw_seeds(losses, "rope").data["verdicts"]["muon"] == "lower"
    assert draw_seeds(losses, "muon").data["verdicts"][AS_LONG] == "lower"
    assert runs_of(WIDTH, AS_LONG)[0]["steps"] == 920
    seconds = {n: mean(run["seconds"] for run in runs_of(WIDTH, n)) for n in ("rope", "muon")}
    assert seconds["muon"] > 1.3 * seconds["rope"]
    assert all(
        run["steps"] == runs_of(WIDTH, AS_LONG)[0]["steps"] for run in runs_of(WIDTH, AS_LONG)
    )


def test_learned_positions_stay_near_the_table_of_pairs_for_longer():
    pairs = pair_loss(letters("stories"))

    def steps_above(name: str) -> float:
        return mean(sum(loss > pairs for loss in run["curve"]) for run in runs_of(GPT2, name))

    assert steps_above("learned positions") > 1.5 * steps_above("rope")


def test_the_same_seed_cancels_a_part_of_the_noise():
    losses = {name: values for name, values in recorded_losses().items() if name not in LARGE}
    same, other = spreads(losses)
    assert same == pytest.approx(0.020, abs=0.0005) and same < other
    assert max(wrong_signs(losses).values()) >= 2


def test_experts_without_work_are_prevented_by_load_balancing_alone():
    def idle(switch: str) -> int:
        return sum(min(load) < 0.02 for run in runs_of(WIDTH, switch) for load in run["load"])

    assert idle("4 experts") > 2 and idle("4 experts + balancing") == 0
    assert "lower" not in (verdicts()["4 experts"],)


# Lengths


@pytest.mark.slow
def test_the_shipped_model_gives_the_recorded_losses():
    rope, _ = length_gpt()
    recorded = {
        (row["variant"], row["T"]): row["loss"] for row in lengths() if row["positions"] == "rope"
    }
    learned = GPT(replace(rope.config, rope=False)).eval()  # any will do
    for row in length_table(learned, rope, letters("stories").val):
        if row["positions"] == "rope":
            assert row["loss"] == pytest.approx(recorded[row["variant"], row["T"]], abs=2e-3)
    assert recorded["as it is", 256] > 2 * recorded["as it is", 64]
    best = min(recorded[cure, 256] for cure in ("linear", "ntk", "yarn", "as it is"))
    assert recorded["window", 256] < min(best, recorded["as it is", 64])
    assert recorded["linear", 256] > recorded["as it is", 256]


def test_the_lengths_are_those_of_the_lesson():
    assert LENGTHS == (64, 128, 256)
    assert longer_rope(GPT(replace(SIZES, rope=True)), 32).config.block_size == 32


# The failure


def test_bo_has_the_wrong_keys_and_ada_the_right_ones():
    config = replace(tiny(58).config, n_kv_head=2)
    model, ids = GPT(config, generator()).eval(), torch.randint(58, (513,), generator=generator())
    whole, _ = measure(model, ids)
    assert measure(with_attention_of("Ada's", model), ids)[0] == pytest.approx(whole, abs=1e-5)
    wrong = with_attention_of("Bo's", model)
    assert not torch.allclose(wrong(ids[None, :32])[0], model(ids[None, :32])[0], atol=1e-3)
    same = GPT(replace(config, n_kv_head=4), generator()).eval()  # nothing is shared
    assert torch.allclose(
        with_attention_of("Bo's", same)(ids[None, :32])[0], same(ids[None, :32])[0], atol=1e-5
    )


# The real model


def test_differences_of_configs_are_listed():
    lines = list(real_model.differences(SIZES, replace(SIZES, n_layer=3)))
    assert len(lines) == 1 and lines[0].split() == ["n_layer", "1", "GPT-2:", "3"]


def test_scores_of_heads_find_what_they_are_named_after():
    T, half = 2 * real_model.HALF, real_model.HALF
    weights = torch.zeros(1, 2, T, T)
    for t in range(T):
        weights[0, 0, t, max(t - half + 1, 0)] = weights[0, 1, t, max(t - 1, 0)] = 1
    scores = real_model.head_scores(weights)
    assert real_model.best_heads(scores["induction"], 1) == [(0, 0)]
    assert real_model.best_heads(scores["previous token"], 1) == [(0, 1)]
    ids = real_model.random_tokens_twice(1000)
    assert torch.equal(ids[0, :half], ids[0, half:])


@pytest.mark.slow
def test_the_heads_of_smollm2_are_those_that_the_lesson_names(smollm2):
    model = GPT.from_gguf(smollm2, block_size=512)
    for seed in (0, 1):
        ids = real_model.random_tokens_twice(model.config.vocab_size, seed)
        scores = real_model.head_scores(model.attention_weights(ids)[:, 0])
        assert real_model.best_heads(scores["induction"], 1) == [(18, 6)]
        assert real_model.best_heads(scores["previous token"], 1) == [(16, 0)]
        second = [
            real_model.loss_of_halves(model, ids, heads)[1] for heads in ([], [(18, 6)], [(16, 0)])
        ]
        assert second[0] + 1 < second[1] < second[2] - 1
