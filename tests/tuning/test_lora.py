"""Adapters: nothing changes when they are added, merging is exact, and only they are trained."""

from dataclasses import replace

import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.training import TrainConfig, load_model, make_optimizers
from gptcore.tuning import (
    add_lora,
    extend_vocab,
    fine_tune,
    has_lora,
    load_lora,
    merge_lora,
    save_lora,
)

IDS = torch.tensor([[1, 5, 7, 3, 2, 9]])
SHORT = TrainConfig(
    **{"max_steps": 12, "batch_size": 4, "warmup_steps": 2, "checkpoint_every": 4},
    **{"learning_rate": 1e-2, "min_learning_rate": 1e-3, "device": "cpu", "weight_decay": 0.0},
)


def generator(seed=3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def plain_copy(model: GPT) -> GPT:
    tensors = {name: tensor.clone() for name, tensor in model.unique_state_dict().items()}
    return GPT.from_state_dict(model.config, tensors, "a copy")


def with_random_adapters(model: GPT, **options) -> GPT:
    add_lora(model, generator=generator(), **options)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("lora_B"):
                weight.normal_(std=0.1, generator=generator())
    return model


KINDS = {
    "gpt2": {"bias": True},
    "llama": {"rope": True, "n_head": 4, "n_kv_head": 2, "activation": "swiglu"},
    "untied": {"tie_weights": False},
}


@pytest.mark.parametrize("kind", KINDS)
def test_new_adapters_change_nothing_and_merged_ones_equal_unmerged_ones(kind, small_model):
    model = small_model(**KINDS[kind]).eval()
    before = model(IDS)[0]
    names = add_lora(model, rank=4, generator=generator())
    assert torch.equal(model(IDS)[0], before)
    assert len(names) == 2 * 4 and "h.1.mlp.c_proj" in names
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("lora_B"):
                weight.normal_(std=0.1, generator=generator())
    adapted = model(IDS)[0]
    assert (adapted - before).abs().max() > 0.1
    merged = merge_lora(model)
    assert not has_lora(merged) and has_lora(model)
    assert (merged(IDS)[0] - adapted).abs().max() <= 1e-6 * adapted.abs().max()
    assert all(weight.requires_grad for weight in merged.parameters())


def test_an_adapted_layer_computes_the_formula_of_the_paper(small_model):
    model = small_model()
    weight = model.h[0].attn.c_attn.weight.detach().double()
    layer = with_random_adapters(model, rank=3, alpha=6.0).h[0].attn.c_attn
    x = torch.randn(5, 16, generator=generator())
    A, B = layer.lora_A.detach().double(), layer.lora_B.detach().double()
    assert (A.shape, B.shape) == ((3, 16), (48, 3))
    expected = x.double() @ (weight + 6.0 / 3 * B @ A).T
    assert torch.allclose(layer(x).double(), expected, atol=1e-5)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_only_adapters_are_trained(optimizer, chat, sums, small_model):
    model = small_model(20.0)  # a frozen head of a new model is too small for large logits
    add_lora(model, generator=generator())
    frozen = {n: w.detach().clone() for n, w in model.named_parameters() if not w.requires_grad}
    trained = [n for n, w in model.named_parameters() if w.requires_grad]
    assert all(n.endswith(("lora_A", "lora_B")) for n in trained)
    assert len(trained) == 2 * 8
    config = replace(SHORT, optimizer=optimizer, max_steps=40)
    losses = [step.train_loss for step in fine_tune(model, sums, chat, config)]
    assert losses[-1] < 0.8 * losses[0]
    now = dict(model.named_parameters())
    assert all(torch.equal(now[name], weight) for name, weight in frozen.items())
    assert any(now[name].abs().sum() > 0 for name in trained if name.endswith("lora_B"))


def test_a_model_without_anything_to_train_is_refused(small_model):
    with pytest.raises(ValueError, match="frozen"):
        make_optimizers(small_model().requires_grad_(False), SHORT)


def test_the_optimizer_keeps_state_for_adapters_only(small_model):
    model = small_model()
    add_lora(model, rank=2)
    (optimizer,) = make_optimizers(model, SHORT)
    held = sum(w.numel() for group in optimizer.param_groups for w in group["params"])
    by_hand = 2 * sum(
        2 * (rows + columns) for rows, columns in [(48, 16), (16, 16), (64, 16), (16, 64)]
    )
    assert held == by_hand


def test_checkpoints_keep_adapters_and_a_resumed_run_is_identical(
    chat, sums, small_model, tmp_path
):
    def tune(out, **options):
        model = small_model(1.0, dropout=0.1)
        add_lora(model, rank=2, generator=generator())
        return [*fine_tune(model, sums, chat, SHORT, out_dir=out, **options)], model

    whole, model = tune(tmp_path / "whole")
    wishes = iter([False] * 5 + [True])
    tune(tmp_path / "left", stop=lambda: next(wishes))
    rest, resumed = tune(tmp_path / "left", resume=True)
    assert [step.train_loss for step in rest] == [step.train_loss for step in whole[6:]]
    expected = model.state_dict()
    assert all(torch.equal(tensor, expected[n]) for n, tensor in resumed.state_dict().items())
    loaded = load_model(tmp_path / "left")
    assert has_lora(loaded) and torch.equal(loaded(IDS)[0], model.eval()(IDS)[0])
    trained = {n for n, w in loaded.named_parameters() if w.requires_grad}
    assert trained == {n for n, w in model.named_parameters() if w.requires_grad}


# Files


def test_saved_adapters_give_the_same_model_again(small_model, tmp_path):
    base = small_model()
    model = with_random_adapters(plain_copy(base), rank=4)
    save_lora(model, tmp_path / "one.safetensors")
    size = (tmp_path / "one.safetensors").stat().st_size
    numbers = sum(w.numel() for w in model.parameters() if w.requires_grad)
    assert 4 * numbers < size < 4 * numbers + 6000
    load_lora(base, tmp_path / "one.safetensors")
    assert torch.equal(base.eval()(IDS)[0], model.eval()(IDS)[0])
    trained = {n for n, w in base.named_parameters() if w.requires_grad}
    assert trained == {n for n, w in model.named_parameters() if w.requires_grad}


def test_adapters_of_another_model_are_refused(small_model, tmp_path):
    file = tmp_path / "one.safetensors"
    save_lora(with_random_adapters(small_model()), file)
    other = small_model(2.0)
    with pytest.raises(ValueError, match="other weights"):
        load_lora(other, file)
    assert not has_lora(other)
    adapted = with_random_adapters(small_model())
    with pytest.raises(ValueError, match="adapters already"):
        load_lora(adapted, file)
    other.save(tmp_path / "model")
    with pytest.raises(ValueError, match="no adapters that save_lora wrote"):
        load_lora(other, tmp_path / "model" / "model.safetensors")
    with pytest.raises(ValueError, match="no adapters to save"):
        save_lora(other, file)


def test_what_cannot_be_adapted_is_refused(small_model):
    model = small_model()
    for options, reason in (
        ({"rank": 0}, "rank=0"),
        ({"alpha": 0}, "alpha=0"),
        ({"layers": ["lm_head"]}, "no layer 'lm_head'"),
        ({"layers": []}, "none of these layers"),
    ):
        with pytest.raises(ValueError, match=reason):
            add_lora(model, **options)
    assert all(weight.requires_grad for weight in model.parameters())
    add_lora(model)
    with pytest.raises(ValueError, match="adapters already"):
        add_lora(model)


def test_a_folder_of_hugging_face_takes_the_merged_model_only(small_model, tmp_path):
    model = with_random_adapters(small_model(bias=True))
    with pytest.raises(ValueError, match="merge_lora"):
        model.to_hf(tmp_path)
    merge_lora(model).to_hf(tmp_path)
    ours, theirs = model.eval()(IDS)[0], GPT.from_hf(tmp_path)(IDS)[0]
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_a_vocabulary_may_grow_under_adapters():
    sizes = GPTConfig(vocab_size=20, block_size=8, n_layer=1, n_head=2, n_embd=8)
    model = with_random_adapters(GPT(sizes, generator()))
    more = extend_vocab(model.eval(), 22, generator())
    assert has_lora(more) and torch.equal(more(IDS)[0][..., :20], model(IDS)[0])
