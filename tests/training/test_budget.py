"""What a run will need, compared with counting: parameters, FLOPs, the tensors in memory."""

import json
import math
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gptcore import cli, corpus
from gptcore.model import GPT, GPTConfig
from gptcore.training import (
    LossSum,
    TrainConfig,
    budget,
    estimate_memory,
    find_gpu,
    find_preset,
    make_optimizers,
    propose,
)
from gptcore.training.cost.budget import DEFAULT_TRAINING, preset_vocab_size
from gptcore.training.cost.parameters import flops_per_token, parameters_by_part
from gptcore.training.presets import PRESETS

SMALL = {"n_layer": 3, "n_head": 4, "n_embd": 64, "block_size": 128, "vocab_size": 640}
LLAMA = {"rope": True, "norm": "rmsnorm", "rmsnorm_weight": True, "activation": "swiglu"}
MODELS = [
    {},
    {"bias": True},
    {"tie_weights": False, "bias": True},
    {"norm": "rmsnorm"},
    {"rope": True, "qk_norm": True, "activation": "relu2", "zero_init_proj": True},
    {"norm_embeddings": True, "final_norm": False, "bias": True},
    {**LLAMA, "n_kv_head": 2, "head_size": 32, "intermediate_size": 168},
    {**LLAMA, "n_kv_head": 1, "qkv_bias": True, "qk_norm": True, "tie_weights": False},
    {**LLAMA, "n_experts": 4, "bias": True},
    {"n_experts": 3, "experts_per_token": 1},
]


def on_meta(config: GPTConfig) -> GPT:
    with torch.device("meta"):
        return GPT(config)


# Parameters and arithmetic


@pytest.mark.parametrize("switches", MODELS, ids=str)
def test_parts_are_those_of_the_model_itself(switches):
    config = GPTConfig(**SMALL | switches)
    assert parameters_by_part(config) == on_meta(config).parameters_by_part()


@pytest.mark.parametrize("name", PRESETS)
def test_parameters_of_every_preset_are_exact(name):
    preset = find_preset(name)
    config = preset.config(preset_vocab_size(preset))
    weights = on_meta(config).parameters()
    assert budget(name).parameters == sum(weight.numel() for weight in weights)


# width -> parameters, and operations a token by nanoGPT's formula: the lessons' table of claims
COUNTED = {
    384: (40_953_216, 299_983_104),
    480: (57_827_040, 414_792_000),
    576: (77_355_072, 545_526_144),
    720: (111_623_760, 771_487_200),
    768: (124_373_760, 854_770_176),
}


@pytest.mark.parametrize("width", COUNTED)
@pytest.mark.slow
def test_widths_have_the_parameters_and_flops_that_the_lessons_state(width):
    config = GPTConfig(n_embd=width)
    plan = budget(config)
    assert (plan.parameters, plan.flops_per_token) == COUNTED[width]
    assert plan.parameters == sum(weight.numel() for weight in on_meta(config).parameters())


def test_published_sizes_come_out():
    # llm.c prints GPT-2's; nanoGPT prints the others, and leaves the positions out of its count.
    assert sum(parameters_by_part(GPTConfig.preset("gpt2")).values()) == 124_439_808
    for config, printed in (
        (GPTConfig(n_embd=384), 40.56e6),
        (GPTConfig(vocab_size=65, block_size=256, n_layer=6, n_head=6, n_embd=384), 10.65e6),
        (GPTConfig(vocab_size=65, block_size=64, n_layer=4, n_head=4, n_embd=128), 0.80e6),
    ):
        parts = parameters_by_part(config)
        assert sum(parts.values()) - parts["position_embedding"] == pytest.approx(printed, 6e-3)


@pytest.mark.parametrize(
    "switches",
    [{}, {"tie_weights": False}, {"bias": True}, {**LLAMA, "n_kv_head": 2, "head_size": 32}],
    ids=str,
)
def test_flops_are_those_that_pytorch_counts(switches):
    config = GPTConfig(**SMALL | switches, use_sdpa=False)
    with torch.device("meta"):
        model, ids = GPT(config), torch.zeros(2, config.block_size, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        model(ids, ids)[1].backward()
    # By convention 6 N also counts vectors (biases, gains), which PyTorch does not.
    vectors = sum(weight.numel() for weight in model.parameters() if weight.dim() == 1)
    counted = counter.get_total_flops() / ids.numel() + 6 * vectors
    assert counted == flops_per_token(config)


# Memory


def saved_bytes(config: GPTConfig, batch_size: int, dtype: str, chunk: int = 0) -> int:
    """What autograd keeps from the way there, weights left out; each piece of memory once."""
    model = GPT(config)
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept = {}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    ids = torch.zeros(batch_size, config.block_size, dtype=torch.long)
    autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == "bfloat16")
    with autocast, torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = LossSum(model, chunk)(ids, ids.clone())
    assert loss.requires_grad
    return sum(kept[place].untyped_storage().nbytes() for place in kept.keys() - weights)


CASES = [
    ({}, "float32"),
    ({}, "bfloat16"),
    ({"activation": "relu"}, "bfloat16"),
    ({"rope": True, "qk_norm": True, "activation": "relu2"}, "float32"),
    ({"rope": True, "qk_norm": True, "activation": "relu2", "norm": "rmsnorm"}, "bfloat16"),
    ({"bias": True, "tie_weights": False}, "bfloat16"),
    ({"norm": "rmsnorm", "norm_embeddings": True}, "float32"),
    ({"use_sdpa": False}, "float32"),
    ({**LLAMA, "intermediate_size": 168}, "float32"),
    (LLAMA, "bfloat16"),
    ({**LLAMA, "n_experts": 4}, "float32"),
]


@pytest.mark.parametrize("switches, dtype", CASES, ids=str)
def test_activations_are_the_tensors_that_autograd_saves(switches, dtype):
    config, batch_size = GPTConfig(**SMALL | switches), 4
    memory = estimate_memory(config, TrainConfig(batch_size=batch_size), dtype)
    shares = 4 * batch_size * config.block_size * config.vocab_size  # softmax, part of the logits
    counted = saved_bytes(config, batch_size, dtype)
    assert memory.activations + shares == pytest.approx(counted, rel=0.02)


def test_a_loss_in_chunks_saves_as_little_as_estimated():
    config, training = GPTConfig(**SMALL), TrainConfig(batch_size=8, loss_chunk=128)
    whole = estimate_memory(config, replace(training, loss_chunk=0), "bfloat16")
    pieces = estimate_memory(config, training, "bfloat16")
    assert pieces.logits * 8 == whole.logits
    assert pieces.activations == pytest.approx(saved_bytes(config, 8, "bfloat16", 128), rel=0.1)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_weights_gradients_and_optimizer_state_are_exact(optimizer):
    config, training = GPTConfig(**SMALL), TrainConfig(batch_size=1, optimizer=optimizer)
    model, memory = GPT(config), estimate_memory(config, training)
    model(torch.zeros(1, 8, dtype=torch.long), torch.zeros(1, 8, dtype=torch.long))[1].backward()
    remembered = 0
    for moving in make_optimizers(model, training):
        moving.step()
        tensors = [t for weight in moving.state.values() for t in weight.values() if t.dim()]
        remembered += sum(tensor.nbytes for tensor in tensors)
    assert memory.optimizer == remembered
    assert memory.weights == sum(weight.nbytes for weight in model.parameters())
    assert memory.gradients == sum(weight.grad.nbytes for weight in model.parameters())


def peak_bytes(config: GPTConfig, training: TrainConfig, dtype: str) -> int:
    """The most that is in use in two steps, as PyTorch's own tracker sees it.

    The tensors are without their numbers: only sizes are counted.
    """
    tracker = pytest.importorskip("torch.distributed._tools.mem_tracker")
    fake = pytest.importorskip("torch._subclasses.fake_tensor")
    with fake.FakeTensorMode():
        model = GPT(config)
        model.may_sync = lambda ids: False
        ids = torch.zeros(training.batch_size, config.block_size, dtype=torch.long)
        loss = LossSum(model, training.loss_chunk, training.activation_checkpointing)
        optimizers = make_optimizers(model, training)
        watched = tracker.MemTracker()
        watched.track_external(model, *optimizers)
        with watched:
            for _ in range(2):
                for _ in range(training.grad_accum):
                    watched.reset_mod_stats()
                    bf16 = dtype == "bfloat16"
                    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
                        loss_nats = loss(ids, ids)
                    loss_nats.backward()
                for optimizer in optimizers:
                    optimizer.step()
                    optimizer.zero_grad(set_to_none=True)
    return watched.get_tracker_snapshot("peak")[torch.device("cpu")]["Total"]


PEAKS = [
    ({}, {}, "bfloat16"),
    ({}, {}, "float32"),
    ({}, {"loss_chunk": 256}, "bfloat16"),
    ({"rope": True, "qk_norm": True, "activation": "relu2"}, {"optimizer": "muon"}, "bfloat16"),
    ({"vocab_size": 64}, {}, "float32"),
    ({"n_layer": 3, "vocab_size": 64}, {"activation_checkpointing": True}, "bfloat16"),
]


@pytest.mark.parametrize("switches, settings, dtype", PEAKS, ids=str)
@pytest.mark.slow
def test_the_peak_of_a_step_is_within_a_tenth(switches, settings, dtype):
    config = GPTConfig(**SMALL | {"n_layer": 2, "n_embd": 128, "vocab_size": 2048} | switches)
    training = TrainConfig(batch_size=16, grad_accum=2, **settings)
    peak = peak_bytes(config, training, dtype)
    assert estimate_memory(config, training, dtype).total == pytest.approx(peak, rel=0.1)


def test_more_rows_need_more_memory_and_the_largest_micro_batch_is_the_largest():
    config, gpu = GPTConfig(n_embd=384), find_gpu("rtx4070")
    plan = budget(config, DEFAULT_TRAINING, gpu)
    for rows, fits in ((plan.max_batch_size, True), (plan.max_batch_size + 1, False)):
        assert budget(config, replace(DEFAULT_TRAINING, batch_size=rows), gpu).fits is fits
    assert budget(config, DEFAULT_TRAINING, replace(gpu, memory_bytes=2**20)).max_batch_size == 0


# The claims that lessons 9, 11 and 12 check


def test_weights_gradients_and_adam_of_40m_take_0_6_gib_and_the_logits_3_1_each_time():
    memory = budget(
        GPTConfig(n_embd=384), replace(DEFAULT_TRAINING, compile=False), "rtx4070"
    ).memory
    fixed = memory.weights + memory.gradients + memory.optimizer
    assert fixed / 2**30 == pytest.approx(0.6, abs=0.02)
    assert memory.logits / 3 == 16 * 1024 * 50304 * 4  # in fp32; shares, and two slopes
    assert memory.logits / 3 / 2**30 == pytest.approx(3.1, abs=0.05)


def test_512_with_12_heads_is_refused_and_the_advice_works(command):
    code, out, err = command("budget", "--n_layer", 12, "--n_head", 12, "--n_embd", 512)
    assert (code, out) == (2, "")
    assert "set n_head to 8 or 16; or keep n_head and set n_embd to 480 or 576" in err
    for sizes in ((8, 512), (16, 512), (12, 480), (12, 576), (12, 504), (12, 516)):
        GPTConfig(n_head=sizes[0], n_embd=sizes[1])


def test_claims_about_sizes_come_out_as_the_table_says():
    assert GPTConfig(n_embd=720).head_dim == 60 and 60 % 8
    four = ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl")
    assert [GPTConfig.preset(name).n_embd for name in four] == [768, 1024, 1280, 1600]
    assert {GPTConfig.preset(name).head_dim for name in four} == {64}
    sizes = [sum(parameters_by_part(GPTConfig.preset(name)).values()) for name in four]
    assert sizes[-1] == pytest.approx(1.6e9, rel=0.03) and max(sizes[:-1]) < 0.8e9


def test_the_first_loss_is_near_the_logarithm_of_the_vocabulary():
    assert math.log(50304) == pytest.approx(10.826, abs=5e-4)
    # The logits of the first weights are about normal, with variance C * 0.02^2.
    assert math.log(50304) + 384 * 0.02**2 / 2 == pytest.approx(10.903, abs=5e-4)


def test_the_40m_run_sees_3_1_billion_tokens_in_7_5_to_15_hours_and_1_5_to_3_kwh():
    plan = budget("fineweb-40m", gpu="rtx4070")
    assert (plan.tokens_per_step, plan.tokens) == (524_288, 3_145_728_000)
    assert plan.flops == pytest.approx(9.4e17, rel=0.005)
    assert plan.hours_range == pytest.approx((7.5, 15), abs=0.05)
    assert plan.kwh_range == pytest.approx((1.5, 3), abs=0.02)
    assert plan.is_assumed and plan.hours == pytest.approx(sum(plan.hours_range) / 2)


def test_two_cards_that_are_not_measured_compare_as_their_peaks():
    # nanoGPT reached 55 % of a 4090, and 29 % of an A100: other programs, so no comparison.
    rates = [budget(GPTConfig(), gpu=name).tokens_per_second_range for name in ("4090", "a100-40")]
    peaks = [find_gpu(name).flops_per_second for name in ("4090", "a100-40")]
    assert rates[0][0] / rates[1][0] == pytest.approx(peaks[0] / peaks[1])
    measured = budget(GPTConfig(), gpu="h200")
    assert not measured.is_assumed and measured.tokens_per_second == pytest.approx(532e3, rel=2e-3)


def test_11_percent_of_another_gpus_peak_is_59_of_its_own():
    own = find_gpu("rtx4070").flops_per_second
    assert own == pytest.approx(58.3e12, rel=1e-3)
    assert 0.11 * 312e12 / own == pytest.approx(0.59, abs=0.005)
    assert 0.12 * 312e12 / own == pytest.approx(0.64, abs=0.005)


def test_gpt2_by_nanogpt_saw_295_billion_tokens_and_nats_are_not_bits():
    tokens = 600_000 * 491_520
    assert tokens == pytest.approx(295e9, rel=1e-3)
    assert 1.88 / math.log(2) == pytest.approx(2.71, abs=0.005)
    assert 1.4697 / math.log(2) == pytest.approx(2.120, abs=0.0005)
    assert math.exp(4.17) == pytest.approx(65, abs=0.5)


def test_a_sample_of_fineweb_has_as_many_tokens_as_its_column_says():
    file = corpus.data_folder() / "fineweb" / "000_00000.parquet"
    parquet = pytest.importorskip("pyarrow.parquet")
    if not file.exists():
        pytest.skip(f"{file} is not on this machine")
    column = parquet.read_table(file, columns=["token_count"])["token_count"]
    tokens = sum(column.to_pylist())
    passes = budget("fineweb-40m").tokens / tokens
    assert tokens < 10e9 and passes > 0.3  # no file of FineWeb has 10 billion


# Time, disk, proposals


def test_a_measured_throughput_is_used_as_it_is():
    plan = budget("fineweb-40m", gpu="rtx4070", tokens_per_second=100_000)
    assert plan.hours == 3_145_728_000 / 100_000 / 3600
    assert plan.kwh == pytest.approx(plan.hours * 0.2)
    with pytest.raises(ValueError, match="tokens_per_second=0 must be a number above 0"):
        budget("fineweb-40m", tokens_per_second=0)


def test_checkpointing_and_chunks_cost_time_and_small_models_are_limited_by_launches():
    model, gpu = GPTConfig(), find_gpu("h100")
    plain = budget(model, DEFAULT_TRAINING, gpu).tokens_per_second
    again = budget(model, replace(DEFAULT_TRAINING, activation_checkpointing=True), gpu)
    assert again.tokens_per_second == pytest.approx(0.75 * plain)
    assert again.memory.activations < budget(model, DEFAULT_TRAINING, gpu).memory.activations / 7
    assert budget(model, replace(DEFAULT_TRAINING, loss_chunk=1024), gpu).tokens_per_second < plain
    small = budget("names", gpu=gpu)
    assert "kernel launches" in small.rate_source and small.tokens_per_second < 1e6


def test_a_throughput_that_the_table_cannot_give_is_not_made_up():
    plan = budget(GPTConfig(), replace(DEFAULT_TRAINING, dtype="float32"), "rtx4070")
    assert (plan.tokens_per_second, plan.hours, plan.kwh) == (None, None, None)
    with pytest.raises(ValueError, match=r"Tesla T4 does not have it\. Use --dtype float16"):
        budget(GPTConfig(), replace(DEFAULT_TRAINING, dtype="bfloat16"), "t4")
    assert budget(GPTConfig(), gpu="t4").dtype == "float16"


def test_disk_is_what_is_downloaded_prepared_and_kept():
    plan = budget("fineweb-40m")
    assert plan.shard_bytes == 2 * plan.tokens
    assert plan.checkpoint_bytes == 4 * 12 * plan.parameters  # 2 newest, best, next; 3 x 32 bits
    assert plan.disk_bytes == plan.download_bytes + plan.shard_bytes + plan.checkpoint_bytes
    assert budget("stories-cpu").download_bytes == 0


@pytest.mark.parametrize(
    "sizes, gpu",
    [
        ({"n_embd": 384}, "rtx4070"),
        ({"n_embd": 768}, "rtx3060"),
        ({"n_embd": 720, "vocab_size": 50257}, "rtx4090"),
        ({"n_embd": 384, "vocab_size": 256}, "rtx3060"),
    ],
    ids=str,
)
def test_each_proposal_is_accepted_when_followed(sizes, gpu):
    model, training = GPTConfig(**sizes), replace(DEFAULT_TRAINING, compile=False)
    plan = budget(model, training, gpu)
    found = propose(plan)
    assert found
    for proposal in found:
        of_model = {k: v for k, v in proposal.changes.items() if k in ("n_embd", "vocab_size")}
        of_training = {k: v for k, v in proposal.changes.items() if k not in of_model}
        changed = budget(replace(model, **of_model), replace(training, **of_training), gpu)
        assert changed.tokens == plan.tokens
        assert changed.fits or of_model
        if "n_embd" in proposal.changes:
            assert changed.model.head_dim % 8 == 0
        if "vocab_size" in proposal.changes:
            assert changed.model.vocab_size == 50304


# The command


@pytest.fixture
def command(capsys, monkeypatch):
    """Runs the command in this process; answers (exit code, standard output, standard error)."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as left:  # how the parser of options leaves
            code = left.code
        return code, *capsys.readouterr()

    return run


def test_json_has_what_is_promised(command):
    code, out, err = command(
        *("budget", "--n_layer", 12, "--n_head", 12, "--n-embd", 384, "--gpu", "rtx4070", "--json")
    )
    plan = json.loads(out)
    assert (code, err) == (0, "")
    assert plan["parameters"] == 40_953_216 == sum(plan["parameters_by_part"].values())
    assert plan["flops_per_token"] == 299_983_104
    parts = {"weights", "gradients", "optimizer", "activations", "logits"}
    assert set(plan["memory_bytes"]) == parts
    assert sum(plan["memory_bytes"].values()) == plan["memory_bytes_total"]
    assert plan["tokens_per_second"] > 0 and plan["hours"] > 0 and plan["kwh"] > 0
    assert plan["model"]["vocab_size"] == 50304 and plan["model"]["block_size"] == 1024
    assert plan["model"]["bias"] is False and plan["model"]["tie_weights"] is True


def test_the_text_has_units_and_sources(command):
    code, out, err = command("budget", "fineweb-40m", "--gpu", "4070", "--compile", "False")
    assert (code, err) == (0, "")
    for piece in (
        "GeForce RTX 4070, 12.0 GiB, bfloat16",
        "40,953,216",
        "12.48 GiB       DOES NOT FIT into 10.80 GiB",
        "--batch_size 8 --grad_accum 64: this fits, and computes the same",
        "--loss_chunk 1024",
        "7.5 to 15.0 hours     assumed, not measured",
        "1.5 to 3.0 kWh",
        "30% to 60% of 58.29 TFLOP/s; assumed",
        "FlashAttention              used           F.scaled_dot_product_attention; T x T weights",
        "--activation_checkpointing True: 10.18 GiB in all",
        "sudo nvidia-smi -pl 160",
        "88.7M parameters and 1.77B tokens",
        "NVIDIA's page of specifications",
    ):
        assert piece in out


def test_the_table_of_gpus_is_printed_with_all_sources(command):
    code, out, err = command("budget", "--gpus")
    assert (code, err) == (0, "")
    table = json.loads(command("budget", "--gpus", "--json")[1])
    assert len(table) > 40
    for gpu in table:
        assert gpu["name"] in out and gpu["mfu_source"] in out and gpu["published"][1] in out
        assert gpu["specs_source"] in out and gpu["peak_source"] in out


def test_memory_and_throughput_of_ones_own_gpu_are_used(command):
    arguments = ("budget", "fineweb-40m", "--gpu", "rtx4070", "--json")
    plan = json.loads(command(*arguments, "--memory_gib", 4, "--tokens_per_second", 50_000)[1])
    assert plan["fits"] is False and plan["gpu"]["memory_bytes"] == 4 * 2**30
    assert plan["tokens_per_second"] == 50_000 and plan["tokens_per_second_source"].startswith(
        "meas"
    )
    assert command(*arguments, "--memory_gib", 0)[0] == 2


def test_flash_attention_and_checkpointing_are_named_with_what_they_change(command):
    arguments = ("budget", "fineweb-124m", "--gpu", "4090")
    used = command(*arguments, "--activation_checkpointing", "True")[1]
    assert "checkpointing               used           activations are computed twice" in used
    config, train = GPTConfig(), find_preset("fineweb-124m").train
    plain = estimate_memory(config, train).total
    stored = estimate_memory(replace(config, use_sdpa=False), train).total - plain
    # 12 layers, 16 rows, 12 heads, T x T in fp32 and in bf16
    assert stored / 2**30 == pytest.approx(12 * 16 * 12 * 1024**2 * 6 / 2**30, rel=0.01)
    out = command(*arguments)[1]
    assert f"T x T weights would take {stored / 2**30:.2f} GiB more" in out
    assert f"without, {plain / 2**30:.2f} GiB in all" in used


def test_a_power_limit_changes_the_energy_and_says_what_it_leaves_out(command):
    arguments = ("budget", "fineweb-40m", "--gpu", "rtx4090")
    whole = json.loads(command(*arguments, "--json")[1])
    limited = json.loads(command(*arguments, "--power_limit", 300, "--json")[1])
    assert limited["kwh"] == pytest.approx(whole["kwh"] * 300 / 450)
    assert limited["hours_range"] == whole["hours_range"]
    out = command(*arguments, "--power_limit", 300)[1]
    assert "if it draws 300 W all the time" in out and "the time is that without a limit" in out
    assert "nvidia-smi" not in out
    assert "laptops allow 35 to 115 W" in command("budget", "names", "--gpu", "4060 laptop")[1]
    for wrong, part in ((4500, "about 450 or less"), (0, "must be a number above 0")):
        code, out, err = command(*arguments, "--power_limit", wrong)
        assert (code, out) == (2, "") and part in err


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("fineweb-40n",), "Did you mean 'fineweb-40m'?"),
        (("fineweb-40m", "--gpu", "rtx4O70"), "Did you mean rtx4070"),
        (("fineweb-40m", "--n_embed", "384"), "--n-embd"),
        (("fineweb-40m", "--optimizer", "adam"), "Did you mean 'adamw'?"),
        (("fineweb-40m", "--n_layer", "0"), "n_layer=0 must be an integer, 1 or more"),
        ((), "Name a preset (names, "),
    ],
    ids=lambda what: " ".join(what) if isinstance(what, tuple) else "",
)
def test_what_is_misspelt_is_refused_with_the_nearest(command, arguments, message):
    code, out, err = command("budget", *arguments)
    assert (code, out) == (2, "") and message in err


@pytest.mark.slow
def test_a_budget_does_not_load_pytorch():
    code = (
        "import sys; from gptcore import cli; cli.main(sys.argv[1:]); print('torch' in sys.modules)"
    )
    arguments = [sys.executable, "-c", code, "budget", "fineweb-124m", "--gpu", "rtx4090"]
    ran = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("False\n") and ran.stderr == ""
