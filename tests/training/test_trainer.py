"""The trainer beside loops written by hand with PyTorch's own parts; and what stops it."""

import math
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from small_runs import SHAPE, SHORT, STILL, T, V, batches, new_model, run

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


def by_hand(text, config, make_optimizers):
    """Losses, lengths of slopes and weights of a loop that uses nothing of ours but the model."""
    model, data = new_model(STILL), batches(text, config)
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
def test_it_computes_what_a_loop_by_hand_with_one_large_batch_computes(change, optimizers, text):
    config = replace(PLAIN, **change)
    losses, norms, weights = by_hand(text, config, optimizers)
    model = new_model(STILL)
    steps = list(train(model, batches(text, config), config))
    assert [s.train_loss for s in steps] == pytest.approx(losses, abs=2e-5)
    assert [s.grad_norm for s in steps] == pytest.approx(norms, rel=1e-3)
    for name, weight in weights_of(model).items():
        # Muon multiplies in bf16, which makes more of a last digit.
        torch.testing.assert_close(
            weight, weights[name], rtol=1e-3, atol=2e-3 if "optimizer" in change else 1e-4
        )


def test_micro_batches_count_by_the_tokens_that_are_asked_for(text):
    class Uneven:
        """Of the second micro-batch of each step nearly nothing is asked for."""

        batch_size, block_size = 4, T

        def batch(self, step):
            x, y = (part.copy() for part in batches(text).batch(step))
            if step % 2:
                y[:, 1:] = -1
            return x, y

    model, config = new_model(STILL), replace(PLAIN, max_steps=1, warmup_steps=0)
    step = next(train(model, Uneven(), config))
    x, y = (
        torch.from_numpy(np.concatenate(part)) for part in zip(Uneven().batch(0), Uneven().batch(1))
    )
    assert step.train_loss == pytest.approx(float(new_model(STILL)(x, y)[1]), abs=1e-6)
    assert step.tokens == int((y != -1).sum()) == 4 * T + 4


def test_the_validation_loss_does_not_depend_on_batch_size_or_seed_and_is_the_plain_mean(text):
    found = []
    for batch_size, seed in ((1, 1), (3, 2), (8, 3)):
        frozen = replace(
            PLAIN, batch_size=batch_size, seed=seed, learning_rate=0.0, min_learning_rate=0.0
        )
        found.append(run(text, None, frozen, STILL)[-1].val_loss)
    val = batches(text, split="val")
    rows = torch.from_numpy(
        np.stack([val.load_window(i) for i in range(100 // T)]).astype(np.int64)
    )
    loss = float(new_model(STILL)(rows[:, :-1], rows[:, 1:])[1])
    assert found == pytest.approx([loss] * 3, abs=2e-6)


@pytest.mark.parametrize("chunk", [1, 5, 16, 47])
def test_in_pieces_loss_and_slopes_are_the_same_to_a_millionth(chunk, text):
    x, y = (torch.from_numpy(part) for part in batches(text).batch(0))
    slopes, losses = [], []
    for size in (0, chunk):
        model = new_model(STILL)
        loss = LossSum(model, size)(x, y) / y.numel()
        loss.backward()
        losses.append(float(loss))
        slopes.append({name: weight.grad for name, weight in model.named_parameters()})
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)
    for name, slope in slopes[0].items():
        torch.testing.assert_close(slopes[1][name], slope, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [STILL, SHAPE], ids=["still", "with dropout"])
def test_computed_again_every_loss_and_weight_is_the_same_to_the_last_digit(shape, text):
    found = []
    for again in (False, True):
        model = new_model(shape)
        config = replace(PLAIN, activation_checkpointing=again)
        steps = list(train(model, batches(text, config), config))
        found.append(([step.train_loss for step in steps], weights_of(model)))
    assert found[0][0] == found[1][0]
    assert all(torch.equal(weight, found[1][1][name]) for name, weight in found[0][1].items())


def test_in_pieces_few_logits_are_in_memory_for_the_way_back():
    shape = GPTConfig(block_size=64, vocab_size=1000, n_layer=1, n_head=1, n_embd=8)
    model, ids = new_model(shape), torch.zeros(4, 64, dtype=torch.long)

    def kept_bytes(chunk: int) -> int:
        """Of what autograd keeps from the way there."""
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
    """The formula of nanoGPT's train.py, whose steps count from 0."""
    if it < config.warmup_steps:
        return config.learning_rate * (it + 1) / (config.warmup_steps + 1)
    ratio = (it - config.warmup_steps) / (config.max_steps - config.warmup_steps)
    coefficient = 0.5 * (1.0 + math.cos(math.pi * ratio))
    spread = config.learning_rate - config.min_learning_rate
    return config.min_learning_rate + coefficient * spread


@pytest.mark.parametrize("warmup", [0, 1, 30, 200])
def test_the_cosine_is_nanogpts(warmup):
    config = TrainConfig(max_steps=200, warmup_steps=warmup)
    for step in range(1, 201):
        assert learning_rate(config, step) == pytest.approx(nanogpt_rate(step - 1, config))


def test_wsd_is_constant_until_it_falls_in_a_straight_line():
    config = TrainConfig(max_steps=100, warmup_steps=10, schedule="wsd", decay_steps=20)
    rates = [learning_rate(config, step) for step in range(1, 101)]
    assert len(set(rates[10:81])) == 1 and rates[10] == config.learning_rate
    falls = np.diff(rates[80:])
    assert np.allclose(falls, falls[0]) and falls[0] < 0
    assert rates[-1] == pytest.approx(config.min_learning_rate - falls[0])
    assert learning_rate(replace(config, schedule="constant"), 99) == config.learning_rate


# What is wrong is refused


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
def test_a_setting_that_no_run_can_have_is_refused_with_the_rule(wrong, words):
    with pytest.raises(ValueError) as caught:
        TrainConfig(**wrong)
    assert str(caught.value).startswith(words)


def test_settings_do_not_change_under_a_run():
    with pytest.raises(FrozenInstanceError):
        SHORT.max_steps = 3


def test_batches_that_do_not_fit_are_refused_with_what_makes_them_fit(text):
    with pytest.raises(ValueError, match=r"The batches have 4 rows, and batch_size=5"):
        train(new_model(), batches(text), replace(SHORT, batch_size=5))
    with pytest.raises(ValueError, match=r"rows of batches have 12 tokens.* at most block_size=6"):
        train(new_model(replace(STILL, block_size=6)), batches(text), SHORT)


def test_a_token_that_the_model_does_not_have_is_told_with_its_place(text):
    small = new_model(replace(STILL, vocab_size=5))
    with pytest.raises(ValueError, match=r"the tokens from 0 to 4 .*by another tokenizer"):
        list(train(small, batches(text), SHORT))


# What stops it on the way


def spoil(model, culprit, monkeypatch) -> None:
    """Let what the model makes of a certain row be no numbers."""
    original = type(model).read

    def read(self, ids, **options):
        factors = [float("nan") if torch.equal(row, culprit) else 1.0 for row in ids]
        return original(self, ids, **options) * torch.tensor(factors)[:, None, None]

    monkeypatch.setattr(type(model), "read", read)


def test_a_loss_that_is_no_number_stops_before_the_update_and_names_step_shard_and_row(
    text, tmp_path, monkeypatch
):
    data = batches(text)
    culprit = torch.from_numpy(data.batch(2 * 7 + 1)[0][2])  # of step 8, its second micro-batch
    config = replace(SHORT, grad_accum=2, max_steps=20)
    whole = run(text, None, config, STILL)
    model = new_model(STILL)
    with monkeypatch.context() as spoiling:
        spoil(model, culprit, spoiling)
        with pytest.raises(NonFiniteError) as caught:
            list(train(model, data, config, out_dir=tmp_path / "out"))
    place = data.describe_rows(15)[2]
    assert "train.bin, tokens " in place
    assert str(caught.value).startswith(
        f"Step 8: the loss is not finite. It comes from 1 row(s): {place}. The update "
        f"was skipped, and the weights are those of step 7, saved in {tmp_path}/out/step_000007."
    )
    rest = run(text, tmp_path / "out", config, STILL, resume=True)
    assert [s.train_loss for s in rest] == [s.train_loss for s in whole[7:]]


def test_where_a_row_comes_from_is_where_it_stands(text):
    data = batches(text)
    for row, place in zip(data.batch(7)[0], data.describe_rows(7)):
        file, _, span = place.partition(", tokens ")
        first, last = (int(number.replace(",", "")) for number in span.split(" to "))
        assert row.tolist() == open_shard(Path(file))[first : last + 1].tolist()


def test_a_slope_that_is_no_number_stops_it_too(text, monkeypatch):
    model, data = new_model(STILL), batches(text)
    culprit = torch.from_numpy(data.batch(3)[0][1])
    original = type(model).read

    def read(self, ids, **options):
        x = original(self, ids, **options)
        if x.requires_grad:
            odd = (ids == culprit).all(1)
            x.register_hook(lambda g: torch.where(odd[:, None, None], g * float("inf"), g))
        return x

    monkeypatch.setattr(type(model), "read", read)
    before, steps = None, train(model, data, SHORT)
    with pytest.raises(NonFiniteError) as caught:
        for _ in steps:
            before = weights_of(model)
    assert str(caught.value).startswith(
        f"Step 4: the gradient norm is not finite. It comes from 1 row(s): "
        f"{data.describe_rows(3)[1]}."
    )
    assert all(torch.equal(w, before[name]) for name, w in weights_of(model).items())


def test_a_lack_of_memory_says_what_to_type_and_loses_nothing(text, tmp_path, monkeypatch):
    whole = run(text, None, shape=STILL)
    model, calls = new_model(STILL), []
    original = type(model).read

    def read(self, ids, **options):
        calls.append(1)
        if len(calls) == 6:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB")
        return original(self, ids, **options)

    with monkeypatch.context() as full:
        full.setattr(type(model), "read", read)
        with pytest.raises(OutOfMemoryError) as caught:
            list(train(model, batches(text), SHORT, out_dir=tmp_path / "out"))
    told = str(caught.value)
    assert told.startswith("Step 6 needs more memory than there is, with a micro-batch of 4 x 12")
    assert "--batch_size 2 --grad_accum 2 --resume" in told and "step_000005" in told
    halved = replace(SHORT, batch_size=2, grad_accum=2)
    rest = run(text, tmp_path / "out", halved, STILL, resume=True)
    assert rest[0].step == 6
    assert rest[-1].train_loss == pytest.approx(whole[-1].train_loss, abs=1e-4)


# Formats, compiler, device


def test_without_a_compiler_it_runs_as_it_is_and_says_so(text, monkeypatch):
    def no_compiler(*_):
        raise RuntimeError("Failed to find C compiler. Please specify via CC")

    monkeypatch.setattr("torch.compile", lambda module: no_compiler)
    wanted = replace(SHORT, compile=True)
    with pytest.warns(UserWarning, match=r"could not be compiled \(Failed to find C compiler"):
        compiled = run(text, None, wanted)
    assert [s.train_loss for s in compiled] == [s.train_loss for s in run(text, None)]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_16_bits_learn_nearly_the_same_and_weights_keep_32(dtype, text, tmp_path):
    narrow = run(text, tmp_path, replace(SHORT, dtype=dtype), STILL)
    wide = run(text, None, SHORT, STILL)
    assert narrow[0].train_loss != wide[0].train_loss
    assert narrow[-1].val_loss == pytest.approx(wide[-1].val_loss, abs=0.1)
    assert load_model(tmp_path).wte.weight.dtype == torch.float32


def test_slopes_that_overflow_in_fp16_skip_the_update_and_lower_the_scale(text, tmp_path):
    config = replace(SHORT, dtype="float16", max_steps=9, checkpoint_every=1, keep_checkpoints=9)
    model, weights = new_model(STILL), []

    def too_large(slope):  # at the second step only
        return slope * float("inf") if len(weights) == 1 else slope

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


def test_no_gpu_although_one_was_asked_for_says_how_to_go_on(text):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(ValueError, match=r"PyTorch sees no GPU here.*--device cpu"):
        train(new_model(), batches(text), replace(SHORT, device="cuda"))
    with pytest.raises(ValueError, match="There is no device 'gpu'"):
        train(new_model(), batches(text), replace(SHORT, device="gpu"))


def test_the_vocabulary_of_these_tests_is_learned(text):
    losses = [step.val_loss for step in run(text, None, shape=STILL) if step.val_loss]
    assert losses[0] > math.log(V) - 0.5 > losses[-1] + 0.2
