"""The trainer against plain loops in PyTorch; settings, errors, number formats."""

import math
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from small_runs import NO_DROPOUT, SHAPE, SHORT, T, V, batches, new_model, run

from gptcore.corpus import open_shard
from gptcore.model import GPTConfig
from gptcore.training import (
    Checkpoints,
    LossSum,
    NonFiniteError,
    OutOfMemoryError,
    TrainConfig,
    learning_rate,
    load_model,
    train,
)

pytestmark = pytest.mark.slow

PLAIN = replace(SHORT, max_steps=12, grad_accum=2)


def weights_of(model) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def plain_loop(text, config, make_optimizers):
    """Losses, gradient norms and weights of a loop that uses only the model of ours."""
    model, data = new_model(NO_DROPOUT), batches(text, config)
    optimizers, losses, norms = make_optimizers(model), [], []
    for step in range(config.max_steps):
        rows = [data.batch(step * config.grad_accum + i) for i in range(config.grad_accum)]
        x, y = (torch.from_numpy(np.concatenate(part)) for part in zip(*rows))
        loss = F.cross_entropy(model(x)[0].flatten(0, 1), y.flatten())  # one large batch
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), config.grad_clip)))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(config, step + 1)
            optimizer.step()
            optimizer.zero_grad()
        losses.append(float(loss))
    return losses, norms, weights_of(model)


def adamw(model):
    decayed = [w for w in model.parameters() if w.dim() == 2]
    others = [w for w in model.parameters() if w.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return [torch.optim.AdamW(groups, betas=(0.9, 0.95))]


def muon(model):
    hidden = [w for block in model.h for w in block.parameters() if w.dim() == 2]
    ends = [{"params": [model.wte.weight, model.wpe.weight], "weight_decay": 0.1}]
    ends += [{"params": [w for w in model.parameters() if w.dim() < 2], "weight_decay": 0.0}]
    return [
        torch.optim.Muon(hidden, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(ends, betas=(0.9, 0.95)),
    ]


@pytest.mark.parametrize(
    "change, optimizers",
    [({}, adamw), ({"optimizer": "muon"}, muon), ({"loss_chunk": 7, "grad_clip": 0.3}, adamw)],
    ids=["adamw", "muon", "in pieces, clipped"],
)
def test_it_computes_the_same_as_a_plain_loop_with_one_large_batch(change, optimizers, text):
    config = replace(PLAIN, **change)
    losses, norms, weights = plain_loop(text, config, optimizers)
    model = new_model(NO_DROPOUT)
    steps = list(train(model, batches(text, config), config))
    assert [s.train_loss for s in steps] == pytest.approx(losses, abs=2e-5)
    assert [s.grad_norm for s in steps] == pytest.approx(norms, rel=1e-3)
    for name, weight in weights_of(model).items():
        # Muon multiplies in bf16, which makes more of a last digit.
        torch.testing.assert_close(
            weight, weights[name], rtol=1e-3, atol=2e-3 if "optimizer" in change else 1e-4
        )


def test_micro_batches_are_weighted_by_their_number_of_targets(text):
    class Uneven:
        """Nearly all targets of the second micro-batch of each step are ignored."""

        batch_size, block_size = 4, T

        def batch(self, step):
            x, y = (part.copy() for part in batches(text).batch(step))
            if step % 2:
                y[:, 1:] = -1
            return x, y

    model, config = new_model(NO_DROPOUT), replace(PLAIN, max_steps=1, warmup_steps=0)
    step = next(train(model, Uneven(), config))
    x, y = (
        torch.from_numpy(np.concatenate(part)) for part in zip(Uneven().batch(0), Uneven().batch(1))
    )
    assert step.train_loss == pytest.approx(float(new_model(NO_DROPOUT)(x, y)[1]), abs=1e-6)
    assert step.tokens == int((y != -1).sum()) == 4 * T + 4


def test_the_validation_loss_is_the_mean_and_independent_of_batch_size_and_seed(text):
    found = []
    for batch_size, seed in ((1, 1), (3, 2), (8, 3)):
        frozen = replace(
            PLAIN, batch_size=batch_size, seed=seed, learning_rate=0.0, min_learning_rate=0.0
        )
        found.append(run(text, None, frozen, NO_DROPOUT)[-1].val_loss)
    val = batches(text, split="val")
    rows = torch.from_numpy(
        np.stack([val.load_window(i) for i in range(100 // T)]).astype(np.int64)
    )
    loss = float(new_model(NO_DROPOUT)(rows[:, :-1], rows[:, 1:])[1])
    assert found == pytest.approx([loss] * 3, abs=2e-6)


@pytest.mark.parametrize("chunk", [1, 5, 16, 47])
def test_in_chunks_loss_and_gradients_are_the_same_to_a_millionth(chunk, text):
    x, y = (torch.from_numpy(part) for part in batches(text).batch(0))
    grads, losses = [], []
    for size in (0, chunk):
        model = new_model(NO_DROPOUT)
        loss = LossSum(model, size)(x, y) / y.numel()
        loss.backward()
        losses.append(float(loss))
        grads.append({name: weight.grad for name, weight in model.named_parameters()})
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)
    for name, grad in grads[0].items():
        torch.testing.assert_close(grads[1][name], grad, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [NO_DROPOUT, SHAPE], ids=["without dropout", "with dropout"])
def test_activation_checkpointing_changes_no_digit_of_loss_or_weights(shape, text):
    found = []
    for again in (False, True):
        model = new_model(shape)
        config = replace(PLAIN, activation_checkpointing=again)
        steps = list(train(model, batches(text, config), config))
        found.append(([step.train_loss for step in steps], weights_of(model)))
    assert found[0][0] == found[1][0]
    assert all(torch.equal(weight, found[1][1][name]) for name, weight in found[0][1].items())


def test_in_chunks_few_logits_are_kept_for_the_backward_pass():
    shape = GPTConfig(block_size=64, vocab_size=1000, n_layer=1, n_head=1, n_embd=8)
    model, ids = new_model(shape), torch.zeros(4, 64, dtype=torch.long)

    def kept_bytes(chunk: int) -> int:
        """Bytes that autograd saves in the forward pass."""
        sizes = {}

        def keep(tensor):
            sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            LossSum(model, chunk)(ids, ids)
        return sum(sizes.values())

    logits = 4 * 64 * 1000 * 4
    assert kept_bytes(0) - kept_bytes(32) > 0.9 * logits


# The learning rate


def nanogpt_rate(it: int, config: TrainConfig) -> float:
    """The formula of nanoGPT's train.py, with steps from 0."""
    if it < config.warmup_steps:
        return config.learning_rate * (it + 1) / (config.warmup_steps + 1)
    ratio = (it - config.warmup_steps) / (config.max_steps - config.warmup_steps)
    coefficient = 0.5 * (1.0 + math.cos(math.pi * ratio))
    spread = config.learning_rate - config.min_learning_rate
    return config.min_learning_rate + coefficient * spread


@pytest.mark.parametrize("warmup", [0, 1, 30, 200])
def test_the_cosine_schedule_is_that_of_nanogpt(warmup):
    config = TrainConfig(max_steps=200, warmup_steps=warmup)
    for step in range(1, 201):
        assert learning_rate(config, step) == pytest.approx(nanogpt_rate(step - 1, config))


def test_wsd_is_constant_and_then_falls_linearly():
    config = TrainConfig(max_steps=100, warmup_steps=10, schedule="wsd", decay_steps=20)
    rates = [learning_rate(config, step) for step in range(1, 101)]
    assert len(set(rates[10:81])) == 1 and rates[10] == config.learning_rate
    falls = np.diff(rates[80:])
    assert np.allclose(falls, falls[0]) and falls[0] < 0
    assert rates[-1] == pytest.approx(config.min_learning_rate - falls[0])
    assert learning_rate(replace(config, schedule="constant"), 99) == config.learning_rate


# Errors before the first step


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"max_steps": 0}, "max_steps=0 must be an integer, 1 or more."),
        ({"batch_size": 2.0}, "batch_size=2.0 must be an integer, 1 or more."),
        ({"warmup_steps": -1}, "warmup_steps=-1 must be an integer, 0 or more."),
        ({"learning_rate": float("nan")}, "learning_rate=nan must be a number, 0 or more."),
        ({"beta2": 1.0}, "beta2=1.0 must be a number from 0 to below 1."),
        ({"schedule": "cosin"}, "There is no schedule 'cosin'. Did you mean 'cosine'?"),
        ({"optimizer": "adam"}, "There is no optimizer 'adam'. Did you mean 'adamw'?"),
        ({"dtype": "bf16"}, "There is no dtype 'bf16'. Did you mean 'bfloat16'?"),
        ({"compile": "False"}, "compile='False' must be True or False."),
        (
            {"learning_rate": 1e-4, "min_learning_rate": 1e-3},
            "min_learning_rate=0.001 is above learning_rate=0.0001, but the learning rate must "
            "fall. A tenth is usual: min_learning_rate=1e-05.",
        ),
        (
            {"max_steps": 50},
            "warmup_steps=100 do not fit into max_steps=50. Set warmup_steps to 5.",
        ),
    ],
    ids=str,
)
def test_an_impossible_setting_is_refused_with_the_rule(wrong, words):
    with pytest.raises(ValueError) as caught:
        TrainConfig(**wrong)
    assert str(caught.value).startswith(words)


def test_settings_are_frozen():
    with pytest.raises(FrozenInstanceError):
        SHORT.max_steps = 3


def test_batches_of_another_size_are_refused_with_the_fix(text):
    with pytest.raises(ValueError, match=r"The batches have 4 rows, and batch_size=5"):
        train(new_model(), batches(text), replace(SHORT, batch_size=5))
    with pytest.raises(ValueError, match=r"rows of batches have 12 tokens.* at most block_size=6"):
        train(new_model(replace(NO_DROPOUT, block_size=6)), batches(text), SHORT)


def test_an_unknown_token_is_reported_with_its_position(text):
    small = new_model(replace(NO_DROPOUT, vocab_size=5))
    with pytest.raises(ValueError, match=r"the tokens from 0 to 4 .*by another tokenizer"):
        list(train(small, batches(text), SHORT))


# Errors in a step


def spoil(model, bad_row, monkeypatch) -> None:
    """Make the hidden states of one row NaN."""
    original = type(model).forward_hidden

    def forward_hidden(self, ids, **options):
        factors = [float("nan") if torch.equal(row, bad_row) else 1.0 for row in ids]
        return original(self, ids, **options) * torch.tensor(factors)[:, None, None]

    monkeypatch.setattr(type(model), "forward_hidden", forward_hidden)


def test_a_nan_loss_stops_before_the_update_and_names_step_shard_and_row(
    text, tmp_path, monkeypatch
):
    data = batches(text)
    bad_row = torch.from_numpy(data.batch(2 * 7 + 1)[0][2])  # of step 8, its second micro-batch
    config = replace(SHORT, grad_accum=2, max_steps=20)
    uninterrupted = run(text, None, config, NO_DROPOUT)
    model = new_model(NO_DROPOUT)
    with monkeypatch.context() as spoiling:
        spoil(model, bad_row, spoiling)
        with pytest.raises(NonFiniteError) as caught:
            list(train(model, data, config, out_dir=tmp_path / "out"))
    description = data.describe_rows(15)[2]
    assert "train.bin, tokens " in description
    assert str(caught.value).startswith(
        f"Step 8: the loss is not finite. It comes from 1 row(s): {description}. The update "
        f"was skipped, and the weights are those of step 7, saved in {tmp_path}/out/step_000007."
    )
    rest = run(text, tmp_path / "out", config, NO_DROPOUT, resume=True)
    assert [s.train_loss for s in rest] == [s.train_loss for s in uninterrupted[7:]]


def test_the_description_of_a_row_leads_to_its_tokens(text):
    data = batches(text)
    for row, description in zip(data.batch(7)[0], data.describe_rows(7)):
        file, _, span = description.partition(", tokens ")
        first, last = (int(number.replace(",", "")) for number in span.split(" to "))
        assert row.tolist() == open_shard(Path(file))[first : last + 1].tolist()


def test_an_infinite_gradient_stops_before_the_update_too(text, monkeypatch):
    model, data = new_model(NO_DROPOUT), batches(text)
    bad_row = torch.from_numpy(data.batch(3)[0][1])
    original = type(model).forward_hidden

    def forward_hidden(self, ids, **options):
        x = original(self, ids, **options)
        if x.requires_grad:
            is_bad = (ids == bad_row).all(1)
            x.register_hook(lambda g: torch.where(is_bad[:, None, None], g * float("inf"), g))
        return x

    monkeypatch.setattr(type(model), "forward_hidden", forward_hidden)
    before, steps = None, train(model, data, SHORT)
    with pytest.raises(NonFiniteError) as caught:
        for _ in steps:
            before = weights_of(model)
    assert str(caught.value).startswith(
        f"Step 4: the gradient norm is not finite. It comes from 1 row(s): "
        f"{data.describe_rows(3)[1]}."
    )
    assert all(torch.equal(w, before[name]) for name, w in weights_of(model).items())


def test_out_of_memory_says_what_to_type_and_loses_nothing(text, tmp_path, monkeypatch):
    uninterrupted = run(text, None, shape=NO_DROPOUT)
    model, calls = new_model(NO_DROPOUT), []
    original = type(model).forward_hidden

    def forward_hidden(self, ids, **options):
        calls.append(1)
        if len(calls) == 6:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB")
        return original(self, ids, **options)

    with monkeypatch.context() as full:
        full.setattr(type(model), "forward_hidden", forward_hidden)
        with pytest.raises(OutOfMemoryError) as caught:
            list(train(model, batches(text), SHORT, out_dir=tmp_path / "out"))
    message = str(caught.value)
    assert message.startswith(
        "Step 6 needs more memory than there is, with a micro-batch of 4 x 12"
    )
    assert "--batch_size 2 --grad_accum 2 --resume" in message and "step_000005" in message
    halved = replace(SHORT, batch_size=2, grad_accum=2)
    rest = run(text, tmp_path / "out", halved, NO_DROPOUT, resume=True)
    assert rest[0].step == 6
    assert rest[-1].train_loss == pytest.approx(uninterrupted[-1].train_loss, abs=1e-4)


# Formats, compiler, device


def test_without_a_compiler_it_runs_uncompiled_and_warns(text, monkeypatch):
    def no_compiler(*_):
        raise RuntimeError("Failed to find C compiler. Please specify via CC")

    monkeypatch.setattr("torch.compile", lambda module: no_compiler)
    wanted = replace(SHORT, compile=True)
    with pytest.warns(UserWarning, match=r"could not be compiled \(Failed to find C compiler"):
        compiled = run(text, None, wanted)
    assert [s.train_loss for s in compiled] == [s.train_loss for s in run(text, None)]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_16_bit_training_is_nearly_the_same_and_weights_keep_32_bits(dtype, text, tmp_path):
    half = run(text, tmp_path, replace(SHORT, dtype=dtype), NO_DROPOUT)
    fp32 = run(text, None, SHORT, NO_DROPOUT)
    assert half[0].train_loss != fp32[0].train_loss
    assert half[-1].val_loss == pytest.approx(fp32[-1].val_loss, abs=0.1)
    assert load_model(tmp_path).wte.weight.dtype == torch.float32


def test_gradients_that_overflow_in_fp16_skip_the_update_and_lower_the_scale(text, tmp_path):
    config = replace(SHORT, dtype="float16", max_steps=9, checkpoint_every=1, keep_checkpoints=9)
    model, weights = new_model(NO_DROPOUT), []

    def too_large(grad):  # at the second step only
        return grad * float("inf") if len(weights) == 1 else grad

    model.wpe.weight.register_hook(too_large)
    steps = train(model, batches(text), config, out_dir=tmp_path)
    skipped = []
    for step in steps:
        weights.append(weights_of(model))
        skipped.append(step.grad_norm is None)
    assert skipped == [False, True] + 7 * [False]
    same = [all(torch.equal(a[n], b[n]) for n in a) for a, b in zip(weights, weights[1:])]
    assert same == [True] + 7 * [False]
    scales = [Checkpoints(tmp_path).read_state(step)["scaler"]["scale"] for step in (1, 2, 3)]
    assert scales[1] == scales[0] / 2 == scales[2]


def test_a_missing_gpu_is_reported_with_the_way_out(text):
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ValueError, match=r"PyTorch finds no GPU.*--device cpu"):
        train(new_model(), batches(text), replace(SHORT, device="cuda"))
    with pytest.raises(ValueError, match="There is no device 'gpu'"):
        train(new_model(), batches(text), replace(SHORT, device="gpu"))


def test_the_loss_falls_below_that_of_guessing(text):
    losses = [step.val_loss for step in run(text, None, shape=NO_DROPOUT) if step.val_loss]
    assert losses[0] > math.log(V) - 0.5 > losses[-1] + 0.2
