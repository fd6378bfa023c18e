"""Weights that other programs saved: read in full, or refused with the name of what is not read."""

import argparse
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from gptcore.model import GPT, GPTConfig

pytestmark = pytest.mark.slow

SIZES = {"block_size": 8, "vocab_size": 29, "n_layer": 2, "n_head": 2, "n_embd": 6}
IDS = torch.tensor([[3, 1, 4, 1, 5]])
LOADERS = ("own", "hf", "nanogpt")


def write(loader: str, model: GPT, folder, change=lambda weights: weights):
    """Save a model in one of the three forms, its tensors changed on the way."""
    folder.mkdir(exist_ok=True)
    if loader == "nanogpt":
        weights = {f"transformer.{name}": t for name, t in model.state_dict().items()}
        weights["lm_head.weight"] = weights.pop("transformer.lm_head.weight")
        torch.save(
            {"model": change(weights), "model_args": {**SIZES, "bias": True}}, folder / "c.pt"
        )
        return GPT.from_nanogpt, folder / "c.pt"
    model.save(folder) if loader == "own" else model.to_hf(folder)
    file = folder / "model.safetensors"
    notes = {"config": (folder / "config.json").read_text()} if loader == "own" else {}
    tensors = {name: tensor.clone() for name, tensor in load_file(file).items()}
    save_file(change(tensors), file, notes)
    return (GPT.load if loader == "own" else GPT.from_hf), folder


def prefix_of(loader: str) -> str:
    return {"own": "", "hf": "transformer.", "nanogpt": "transformer."}[loader]


@pytest.fixture
def model(lively) -> GPT:
    return lively(GPTConfig(**SIZES, bias=True))


@pytest.fixture
def untied(lively) -> GPT:
    return lively(GPTConfig(**SIZES, bias=True, tie_weights=False))


# The head


@pytest.mark.parametrize("loader", LOADERS)
def test_a_head_that_differs_from_the_embedding_is_kept(loader, model, untied, tmp_path):
    head = untied.lm_head.weight.detach().clone()
    load, path = write(loader, model, tmp_path, lambda w: w | {"lm_head.weight": head})
    loaded = load(path)
    assert not loaded.config.tie_weights and torch.equal(loaded.lm_head.weight, head)
    hidden = model.ln_f(model.forward_hidden(IDS))
    torch.testing.assert_close(loaded(IDS)[0], hidden @ head.T)


@pytest.mark.parametrize("loader", LOADERS)
def test_a_head_that_is_the_embedding_written_out_is_tied(loader, model, tmp_path):
    head = {"lm_head.weight": model.wte.weight.detach().clone()}
    load, path = write(loader, model, tmp_path, lambda weights: weights | head)
    loaded = load(path)
    assert loaded.config.tie_weights and loaded.lm_head.weight is loaded.wte.weight
    assert torch.equal(loaded(IDS)[0], model(IDS)[0])


def test_of_a_tied_pair_that_was_saved_once_either_name_will_do(model, tmp_path):
    def only_head(weights):
        weights["lm_head.weight"] = weights.pop("wte.weight")
        return weights

    load, path = write("own", model, tmp_path, only_head)
    assert torch.equal(load(path)(IDS)[0], model(IDS)[0])


@pytest.mark.parametrize("way", ["replaced", "untied by hand"])
def test_a_head_that_was_given_to_a_tied_model_is_saved_and_comes_back(way, model, tmp_path):
    torch.manual_seed(4)
    if way == "replaced":
        model.lm_head = torch.nn.Linear(6, 29, bias=False)
    else:
        model.lm_head.weight = torch.nn.Parameter(model.wte.weight.detach() * 2)
    wanted = model(IDS)[0]
    model.save(tmp_path / "own")
    model.to_hf(tmp_path / "hf")
    for loaded in (GPT.load(tmp_path / "own"), GPT.from_hf(tmp_path / "hf")):
        assert torch.equal(loaded(IDS)[0], wanted) and not loaded.config.tie_weights
    assert sum(model.parameters_by_part().values()) == sum(p.numel() for p in model.parameters())


def test_a_model_that_was_tied_by_hand_is_saved_as_a_tied_one(untied, tmp_path):
    untied.lm_head.weight = untied.wte.weight
    untied.save(tmp_path)
    loaded = GPT.load(tmp_path)
    assert loaded.config.tie_weights and torch.equal(loaded(IDS)[0], untied(IDS)[0])


def test_pytorchs_own_load_state_dict_does_not_drop_one_of_two_matrices(model, untied):
    before = model(IDS)[0]
    with pytest.raises(
        ValueError, match=r"lm_head.weight and wte.weight differ.*tie_weights=False"
    ):
        model.load_state_dict(untied.state_dict())
    assert torch.equal(model(IDS)[0], before)
    wrapped = torch.nn.Sequential(model)
    with pytest.raises(ValueError, match=r"0.lm_head.weight and 0.wte.weight differ"):
        wrapped.load_state_dict({f"0.{name}": t for name, t in untied.state_dict().items()})
    model.load_state_dict(model.state_dict())
    again = GPT(GPTConfig(**SIZES, bias=True, tie_weights=False))  # what the message proposes
    again.load_state_dict(untied.state_dict())
    assert torch.equal(again(IDS)[0], untied(IDS)[0])


# Names


PREFIXES = [
    "module.",
    "_orig_mod.",
    "module._orig_mod.",
    "_orig_mod.module.",
    "model.",
    "module.model.",
]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_names_that_wrappers_put_in_front_are_understood(loader, prefix, model, tmp_path):
    load, path = write(
        loader, model, tmp_path, lambda weights: {prefix + name: t for name, t in weights.items()}
    )
    assert torch.equal(load(path)(IDS)[0], model(IDS)[0])


def test_names_that_pytorchs_own_wrappers_make_are_understood(model, tmp_path):
    """From DataParallel, torch.compile and compiled blocks, not from a list of ours."""
    inner = GPT(model.config)
    inner.load_state_dict(model.state_dict())
    inner.h[0] = torch.compile(inner.h[0])
    for wrapped in (torch.nn.DataParallel(model), torch.compile(model), inner):
        names = {name: t.clone() for name, t in wrapped.state_dict().items()}
        names = {name: t for name, t in names.items() if "lm_head" not in name}
        load, path = write("own", model, tmp_path, lambda _, names=names: names)
        assert torch.equal(load(path)(IDS)[0], model(IDS)[0])


@pytest.mark.parametrize("loader", LOADERS)
def test_two_tensors_of_the_same_name_are_refused(loader, model, tmp_path):
    def twice(weights):
        name = prefix_of(loader) + "wpe.weight"
        return weights | {f"module.{name}": weights[name] * 2}

    load, path = write(loader, model, tmp_path, twice)
    with pytest.raises(
        ValueError, match=r"has wpe.weight twice, as .*wpe.weight and as .*wpe.weight"
    ):
        load(path)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    "name", ["ema.wte.weight", "h.0.attn.q.lora_A", "score.weight", "h.0.attn.biases"]
)
def test_an_unknown_tensor_is_named(loader, name, model, tmp_path):
    load, path = write(loader, model, tmp_path, lambda w: w | {name: torch.zeros(2)})
    with pytest.raises(ValueError, match=f"unknown: {name}"):
        load(path)


# Masks


MASKS = {
    "floats": torch.ones(1, 1, 8, 8).tril(),
    "bytes": torch.ones(1, 1, 8, 8, dtype=torch.uint8).tril(),
    "booleans": torch.ones(1, 1, 8, 8, dtype=torch.bool).tril(),
    "larger": torch.ones(1, 1, 16, 16).tril(),
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("kind", MASKS)
def test_the_causal_mask_is_skipped(loader, kind, model, tmp_path):
    name = prefix_of(loader) + "h.1.attn."
    masks = {name + "bias": MASKS[kind], name + "masked_bias": torch.tensor(-1e4)}
    load, path = write(loader, model, tmp_path, lambda weights: weights | masks)
    assert torch.equal(load(path)(IDS)[0], model(IDS)[0])


OTHER_MASKS = {
    "all": ("bias", torch.ones(1, 1, 8, 8)),
    "a band": ("bias", torch.ones(1, 1, 8, 8).tril().triu(-2)),
    "too small": ("bias", torch.ones(1, 1, 4, 4).tril()),
    "a real bias": ("bias", torch.zeros(6)),
    "a number": ("bias", torch.tensor(1.0)),
    "a weak mask": ("masked_bias", torch.tensor(-1.0)),
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("kind", OTHER_MASKS)
def test_another_mask_is_refused_by_name(loader, kind, model, tmp_path):
    name, mask = OTHER_MASKS[kind]
    full = f"{prefix_of(loader)}h.1.attn.{name}"
    load, path = write(loader, model, tmp_path, lambda weights: weights | {full: mask})
    with pytest.raises(ValueError, match=f"h.1.attn.{name} of .* is not the usual causal mask"):
        load(path)
    there_is_no_layer_7 = f"{prefix_of(loader)}h.7.attn.{name}"
    load, path = write(
        loader, model, tmp_path, lambda weights: weights | {there_is_no_layer_7: mask}
    )
    with pytest.raises(ValueError, match=f"unknown: h.7.attn.{name}"):
        load(path)


@pytest.mark.parametrize("loader", LOADERS)
def test_weights_of_integers_are_refused(loader, model, tmp_path):
    name = prefix_of(loader) + "ln_f.weight"
    load, path = write(loader, model, tmp_path, lambda w: w | {name: w[name].to(torch.int8)})
    with pytest.raises(ValueError, match=r"not floating point: ln_f.weight is torch.int8"):
        load(path)


# What else a checkpoint of nanoGPT may hold


NUMPY = {
    "float64": np.float64(1.2),
    "float32": np.float32(1.5),
    "int64": np.int64(7),
    "bool": np.bool_(True),
    "text": np.str_("best"),
    "array": np.arange(6.0).reshape(2, 3),
    "random state": np.random.RandomState(1).get_state(),
}


@pytest.mark.parametrize("kind", NUMPY)
def test_numbers_of_numpy_in_a_checkpoint_do_no_harm(kind, model, tmp_path):
    _, path = write("nanogpt", model, tmp_path)
    checkpoint = torch.load(path, weights_only=True) | {"best_val_loss": NUMPY[kind]}
    torch.save(checkpoint, path)
    assert torch.equal(GPT.from_nanogpt(path)(IDS)[0], model(IDS)[0])


def test_sizes_of_numpy_and_pytorch_are_sizes(model, tmp_path):
    _, path = write("nanogpt", model, tmp_path)
    checkpoint = torch.load(path, weights_only=True)
    sizes = {name: np.int64(size) for name, size in SIZES.items()} | {"n_layer": torch.tensor(2)}
    torch.save(checkpoint | {"model_args": {**sizes, "bias": np.bool_(True)}}, path)
    loaded = GPT.from_nanogpt(path)
    assert loaded.config == model.config and type(loaded.config.n_layer) is int
    loaded.save(tmp_path / "own")  # JSON has no numbers of NumPy
    assert GPT.load(tmp_path / "own").config == model.config


def test_what_could_run_is_named_without_the_colours_of_a_terminal(model, tmp_path):
    _, path = write("nanogpt", model, tmp_path)
    config = {"config": argparse.Namespace(x=1), "best_val_loss": np.float64(1.0)}
    torch.save(torch.load(path, weights_only=True) | config, path)
    with pytest.raises(ValueError, match=r"could run any code \(argparse.Namespace\)") as caught:
        GPT.from_nanogpt(path)
    assert "\x1b" not in str(caught.value)


def test_an_array_of_objects_is_not_a_number(model, tmp_path):
    class Dangerous:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    _, path = write("nanogpt", model, tmp_path)
    trap = {"best": np.array([Dangerous()], dtype=object)}
    torch.save(torch.load(path, weights_only=True) | trap, path)
    with pytest.raises(ValueError, match="could run any code"):
        GPT.from_nanogpt(path)
    assert not (tmp_path / "ran").exists()


def test_a_setting_that_nanogpt_does_not_have_is_named(model, tmp_path):
    _, path = write("nanogpt", model, tmp_path)
    checkpoint = torch.load(path, weights_only=True)
    checkpoint["model_args"] |= {"n_kv_head": 1, "dropout": 0.1}
    torch.save(checkpoint, path)
    with pytest.raises(ValueError, match="has n_kv_head, which nanoGPT does not have"):
        GPT.from_nanogpt(path)


@pytest.mark.parametrize(
    "content, words",
    [
        ({"model": None, "model_args": {**SIZES}}, "model of .* must be a dictionary"),
        ({"model": {"wte.weight": 1.0}, "model_args": {**SIZES}}, "wte.weight of .* is a float"),
        ({"model": {}, "model_args": [1]}, "model_args of .* must be a dictionary"),
        ({"model": {}, "model_args": {**SIZES, "n_head": 2.0}}, "n_head=2.0 must be an integer"),
    ],
    ids=["no weights", "a number", "no sizes", "a float"],
)
def test_a_damaged_checkpoint_says_what_is_wrong(content, words, tmp_path):
    torch.save(content, tmp_path / "c.pt")
    with pytest.raises(ValueError, match=words):
        GPT.from_nanogpt(tmp_path / "c.pt")


# Folders of Hugging Face


def test_new_weights_are_read_where_an_older_index_lies_beside_them(model, lively, tmp_path):
    """As transformers does, and as to_hf leaves a folder that held a model of several files."""
    model.to_hf(tmp_path)
    index = {"weight_map": {"transformer.wte.weight": "model-00001-of-00002.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert torch.equal(GPT.from_hf(tmp_path)(IDS)[0], model(IDS)[0])


def test_a_tensor_that_two_files_hold_is_refused(model, tmp_path):
    model.to_hf(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    first = dict(list(tensors.items())[:4])
    save_file({name: t.clone() for name, t in tensors.items()}, tmp_path / "a.safetensors")
    save_file({name: t.clone() for name, t in first.items()}, tmp_path / "b.safetensors")
    index = {"weight_map": {name: "a.safetensors" for name in tensors} | {"x": "b.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="which another file of"):
        GPT.from_hf(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors.index.json"])
@pytest.mark.parametrize("content", ["[" * 100_000, "{", "[]", "\x00"])
def test_json_that_is_damaged_or_nested_without_end_is_refused(name, content, model, tmp_path):
    model.to_hf(tmp_path)
    if name != "config.json":
        (tmp_path / "model.safetensors").unlink()
    (tmp_path / name).write_text(content)
    with pytest.raises(OSError, match=name):
        GPT.from_hf(tmp_path)


def test_both_names_of_a_size_are_read_and_must_agree(model, tmp_path):
    model.to_hf(tmp_path)
    sizes = json.loads((tmp_path / "config.json").read_text())
    for theirs, other in {
        "n_head": "num_attention_heads",
        "n_layer": "num_hidden_layers",
        "n_embd": "hidden_size",
        "n_positions": "max_position_embeddings",
    }.items():
        sizes[other] = sizes.pop(theirs)
    (tmp_path / "config.json").write_text(json.dumps(sizes))
    assert GPT.from_hf(tmp_path).config == model.config
    (tmp_path / "config.json").write_text(json.dumps(sizes | {"n_head": 3}))
    with pytest.raises(ValueError, match="n_head=3 and num_attention_heads=2"):
        GPT.from_hf(tmp_path)


# Paths


def test_tilde_is_the_home_folder_for_every_loader_and_saver(model, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    model.save("~/own")
    model.to_hf("~/hf")
    write("nanogpt", model, tmp_path)
    for loaded in (GPT.load("~/own"), GPT.from_hf("~/hf"), GPT.from_nanogpt("~/c.pt")):
        assert torch.equal(loaded(IDS)[0], model(IDS)[0])


@pytest.mark.parametrize("path", ["", "  ", None, 3])
def test_an_empty_path_is_not_the_working_folder(path, model, tmp_path, monkeypatch):
    model.to_hf(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = sorted(file.name for file in tmp_path.iterdir())
    for use in (GPT.load, GPT.from_hf, GPT.from_nanogpt, model.save, model.to_hf):
        with pytest.raises(ValueError, match="name a file or a folder"):
            use(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == before
