"""Weights in files: kept to the bit, complete or absent, and nothing loaded that could run code."""

import json
import os
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from gptcore.model import GPT, GPTConfig

IDS = torch.tensor([[3, 1, 4, 1, 5]])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("tie_weights", [True, False], ids=["tied", "untied"])
def test_what_is_saved_is_loaded_to_the_bit_in_its_dtype(dtype, tie_weights, tmp_path, lively):
    model = lively(
        GPTConfig(
            block_size=8, vocab_size=9, n_layer=1, n_head=2, n_embd=6, tie_weights=tie_weights
        )
    )
    model = model.to(dtype)
    model.save(tmp_path / "one")
    loaded = GPT.load(tmp_path / "one")
    assert loaded.config == model.config and not loaded.training
    assert torch.equal(loaded(IDS)[0], model(IDS)[0])
    assert {p.dtype for p in loaded.parameters()} == {dtype}
    assert (loaded.lm_head.weight is loaded.wte.weight) == tie_weights
    assert json.loads((tmp_path / "one" / "config.json").read_text())["vocab_size"] == 9
    assert sorted(os.listdir(tmp_path / "one")) == ["config.json", "model.safetensors"]


def test_every_switch_of_the_config_comes_back(tmp_path, lively):
    config = GPTConfig.preset("microgpt")
    lively(config).save(tmp_path)
    assert GPT.load(tmp_path).config == config


def test_a_loaded_model_owns_its_numbers_whatever_becomes_of_the_file(tmp_path, lively):
    model = lively()
    model.save(tmp_path)
    loaded = GPT.load(tmp_path)
    with (tmp_path / "model.safetensors").open("r+b") as file:
        file.truncate(10)
    assert torch.equal(loaded(IDS)[0], model(IDS)[0])
    loaded.train()(IDS, IDS)[1].backward()
    assert loaded.wte.weight.grad is not None


def test_saving_that_fails_leaves_what_was_there(tmp_path, lively, monkeypatch):
    model = lively()
    model.save(tmp_path)
    before = (tmp_path / "model.safetensors").read_bytes()
    with torch.no_grad():
        model.wte.weight.zero_()

    def full(file):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        model.save(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["config.json", "model.safetensors"]


def test_saving_over_an_older_model_replaces_both_files(tmp_path, lively):
    lively().save(tmp_path)
    other = lively(GPTConfig(block_size=8, vocab_size=9, n_layer=1, n_head=2, n_embd=6))
    other.save(tmp_path)
    assert GPT.load(tmp_path).config == other.config


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_an_incomplete_file_is_refused(share, tmp_path, lively):
    lively().save(tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    with pytest.raises(
        OSError,
        match=r"cannot be read as safetensors .* incomplete copy or download looks like this",
    ):
        GPT.load(tmp_path)


def changed(folder, change) -> None:
    file = folder / "model.safetensors"
    tensors, notes = load_file(file), {"config": (folder / "config.json").read_text()}
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}
    change(tensors)
    save_file(tensors, file, notes)


def test_missing_left_over_and_wrongly_shaped_tensors_are_named(tmp_path, lively):
    lively().save(tmp_path)

    def change(tensors):
        del tensors["h.1.attn.c_proj.weight"]
        tensors["h.9.mlp.c_fc.weight"] = torch.zeros(2)
        tensors["wpe.weight"] = torch.zeros(7, 10)

    changed(tmp_path, change)
    with pytest.raises(ValueError) as caught:
        GPT.load(tmp_path)
    assert str(caught.value) == (
        f"The tensors of {tmp_path} do not fit a GPT of these sizes. "
        "missing: h.1.attn.c_proj.weight (10, 10); unknown: h.9.mlp.c_fc.weight; "
        "wrongly shaped: wpe.weight is (7, 10) and should be (11, 10). "
        "Are they from another model, or do the sizes belong to another one?"
    )


def test_of_many_that_are_missing_a_few_are_named_and_the_others_counted(tmp_path, lively):
    lively().save(tmp_path)
    changed(tmp_path, dict.clear)
    with pytest.raises(ValueError, match=r"missing: wte.weight \(29, 10\), .*, and 16 more"):
        GPT.load(tmp_path)


class Trap:
    """Whoever unpickles this has run it."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('this was run')",))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_unopened_whatever_it_is_called(protocol, tmp_path):
    for name in ("model.safetensors", "pytorch_model.bin"):
        folder = tmp_path / f"{name}-{protocol}"
        folder.mkdir()
        (folder / "config.json").write_text('{"model_type": "gpt2"}')
        (folder / name).write_bytes(pickle.dumps(Trap(), protocol))
        with pytest.raises(ValueError, match=r"is a pickle. .*\.save_pretrained\(NEW\)"):
            GPT.from_hf(folder)
    with pytest.raises(ValueError, match="is a pickle"):
        GPT.load(tmp_path / f"model.safetensors-{protocol}")
    with pytest.raises(ValueError, match="is a pickle"):
        GPT.from_hf(tmp_path / f"pytorch_model.bin-{protocol}" / "pytorch_model.bin")


def test_a_zip_as_torch_save_writes_it_is_refused_too(tmp_path):
    torch.save({"wte.weight": torch.zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="is a pickle"):
        GPT.load(tmp_path)


def test_missing_folders_and_folders_of_the_other_kind_have_different_errors(tmp_path, lively):
    with pytest.raises(ValueError, match="There is no folder"):
        GPT.from_hf(tmp_path / "nowhere")
    with pytest.raises(OSError, match=r"There is no file .*nowhere/model.safetensors"):
        GPT.load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="the folder has no weights"):
        GPT.from_hf(tmp_path)
    lively().save(tmp_path / "ours")
    with pytest.raises(ValueError, match=r"has model_type=None; .* is loaded by GPT.load"):
        GPT.from_hf(tmp_path / "ours")
    lively().to_hf(tmp_path / "theirs")
    with pytest.raises(
        ValueError, match=r"has no sizes in its header, .* is loaded by GPT.from_hf"
    ):
        GPT.load(tmp_path / "theirs")
    (tmp_path / "theirs" / "config.json").write_text("{")
    with pytest.raises(OSError, match="is not JSON"):
        GPT.from_hf(tmp_path / "theirs")
    (tmp_path / "theirs" / "config.json").unlink()
    with pytest.raises(OSError, match="which has the sizes of the model"):
        GPT.from_hf(tmp_path / "theirs")


def test_an_unknown_size_in_a_file_is_named(tmp_path, lively):
    lively().save(tmp_path)
    file = tmp_path / "model.safetensors"
    save_file(load_file(file), file, {"config": '{"rotary": true}'})
    with pytest.raises(ValueError, match=r"another version of gptcore: .* 'rotary'"):
        GPT.load(tmp_path)


# nanoGPT


def as_nanogpt(model: GPT, prefix: str = "", **args) -> dict:
    """What nanoGPT's train.py hands to torch.save, with its parts under their names."""
    names = ("vocab_size", "block_size", "n_layer", "n_head", "n_embd", "bias")
    state = {
        prefix + ("" if name.startswith("lm_head") else "transformer.") + name: tensor
        for name, tensor in model.state_dict().items()
    }
    args = {name: getattr(model.config, name) for name in names} | {"dropout": 0.2} | args
    extra = {"optimizer": {"state": {}}, "iter_num": 2000, "best_val_loss": torch.tensor(1.88)}
    return {"model": state, "model_args": args, "config": {"out_dir": "out"}, **extra}


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("prefix", ["", "_orig_mod."], ids=["plain", "compiled"])
def test_a_checkpoint_of_nanogpt_computes_the_same_with_the_exact_gelu(
    bias, prefix, tmp_path, lively
):
    sizes = {"block_size": 8, "vocab_size": 29, "n_layer": 2, "n_head": 2, "n_embd": 6}
    model = lively(GPTConfig(**sizes, bias=bias))
    torch.save(as_nanogpt(model, prefix), tmp_path / "ckpt.pt")
    loaded = GPT.from_nanogpt(tmp_path / "ckpt.pt")
    assert loaded.config == model.config and loaded.config.activation == "gelu"
    assert torch.equal(loaded(IDS)[0], model(IDS)[0])
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    loaded.to_hf(tmp_path / "hf")
    theirs = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "hf").eval()
    assert theirs.config.activation_function == "gelu"
    torch.testing.assert_close(loaded(IDS)[0], theirs(IDS).logits, rtol=0, atol=1e-5)


def test_an_old_checkpoint_of_nanogpt_that_does_not_mention_biases_has_them(tmp_path, lively):
    model = lively(GPTConfig(block_size=8, vocab_size=29, n_layer=2, n_head=2, n_embd=6, bias=True))
    checkpoint = as_nanogpt(model)
    del checkpoint["model_args"]["bias"]
    checkpoint["model"]["transformer.h.0.attn.bias"] = torch.ones(
        1, 1, 8, 8
    ).tril()  # the causal mask
    torch.save(checkpoint, tmp_path / "ckpt.pt")
    assert torch.equal(GPT.from_nanogpt(tmp_path / "ckpt.pt")(IDS)[0], model(IDS)[0])


def test_a_file_that_is_not_a_checkpoint_of_nanogpt_is_refused_with_the_reason(tmp_path, lively):
    file = tmp_path / "ckpt.pt"
    with pytest.raises(ValueError, match=r"There is no file .*; nanoGPT writes out/ckpt.pt"):
        GPT.from_nanogpt(file)
    torch.save({"wte": torch.zeros(2)}, file)
    with pytest.raises(ValueError, match=r"has the keys model and model_args, .* the keys wte"):
        GPT.from_nanogpt(file)
    torch.save({"model": {}, "model_args": {"n_layer": 2}}, file)
    with pytest.raises(ValueError, match="lacks vocab_size, block_size, n_head, n_embd"):
        GPT.from_nanogpt(file)
    checkpoint = as_nanogpt(lively())
    del checkpoint["model"]["transformer.wpe.weight"]
    torch.save(checkpoint, file)
    with pytest.raises(ValueError, match=r"missing: wpe.weight \(11, 10\)"):
        GPT.from_nanogpt(file)
    torch.save({"model": Trap()}, file)
    with pytest.raises(ValueError, match="has more than tensors and plain values"):
        GPT.from_nanogpt(file)
    torch.save(as_nanogpt(lively()), file)
    file.write_bytes(file.read_bytes()[:-400])
    with pytest.raises(OSError, match="an incomplete copy looks like this"):
        GPT.from_nanogpt(file)
