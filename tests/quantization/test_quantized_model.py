"""A quantized GPT: its loss, its bytes, its files, and that nothing else of it changes."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from gptcore.model import GPT, GPTConfig
from gptcore.quantization import (
    is_quantized_folder,
    load_quantized,
    quantize,
    quantized_kernels,
    quantized_layers,
    save_quantized,
    weight_bytes,
)
from gptcore.sampling import generate_cached
from gptcore.tuning import add_lora

LIMIT = {8: 0.001, 4: 0.05}
PLAIN = [(8, "int8_float"), (4, "int4_float")]


def with_rounded_weights(model: GPT, quantized: GPT) -> GPT:
    """The plain model with the rounded weights: what the quantized one must compute."""
    tensors = {name: tensor.clone() for name, tensor in model.unique_state_dict().items()}
    for name, layer in quantized_layers(quantized).items():
        tensors[f"{name}.weight"] = layer.weight
    tensors["wte.weight"] = quantized.wte.weight
    if model.is_tied:
        tensors.pop("lm_head.weight", None)
    return GPT.from_state_dict(model.effective_config(), tensors, "the test")


@pytest.mark.parametrize("bits", [8, 4])
def test_the_loss_of_the_shipped_model_rises_by_less_than_the_limit(stories, bits):
    model, x, y = stories
    with torch.no_grad():
        rise = quantize(model, bits)(x, y)[1] - model(x, y)[1]
    assert rise < LIMIT[bits]
    assert abs(rise) > 1e-6  # it was quantized


@pytest.mark.parametrize(("bits", "kernel"), PLAIN)
@pytest.mark.parametrize("is_tied", [True, False])
def test_it_computes_what_the_rounded_weights_compute(small_model, bits, kernel, is_tied):
    model = small_model
    if not is_tied:
        model = GPT(replace(model.config, tie_weights=False), torch.Generator().manual_seed(1))
    quantized = quantize(model.eval(), bits, kernel=kernel)
    x = torch.arange(30).view(2, 15)
    with torch.no_grad():
        found, expected = quantized(x)[0], with_rounded_weights(model, quantized)(x)[0]
    assert torch.allclose(found, expected, atol=1e-5)
    assert quantized.is_tied == is_tied


def test_a_width_that_groups_do_not_divide_has_eight_bits(small_model):
    layers = quantized_layers(quantize(small_model, 4))
    in_8_bits = {name for name, layer in layers.items() if layer.quantized.bits == 8}
    assert in_8_bits == {f"h.{i}.mlp.{n}" for i in (0, 1) for n in ("c_fc", "c_proj")} | {"lm_head"}


@pytest.mark.parametrize("bits", [8, 4])
def test_a_saved_model_says_the_same_and_has_few_bytes(stories, tmp_path, bits):
    model = stories[0]
    quantized = quantize(model, bits)
    save_quantized(quantized, tmp_path)
    loaded = load_quantized(tmp_path)
    texts = [list(generate_cached(m, [0, 5, 6], 20, seed=3)) for m in (quantized, loaded)]
    assert texts[0] == texts[1]
    assert quantized_kernels(loaded) == quantized_kernels(quantized)
    size = (tmp_path / "model.safetensors").stat().st_size
    assert size < weight_bytes(model) * {8: 0.29, 4: 0.19}[bits]
    assert weight_bytes(loaded) == pytest.approx(size, rel=0.02)
    assert is_quantized_folder(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["n_embd"] == model.config.n_embd


def test_a_file_does_not_depend_on_the_kernel(small_model, tmp_path):
    files = []
    for bits, name in [(4, "int4_pack"), (4, "int4_float"), (8, "int8_split"), (8, "int8_float")]:
        try:
            save_quantized(quantize(small_model, bits, kernel=name), tmp_path / name)
        except RuntimeError:
            pytest.skip("not on this processor")
        files.append((tmp_path / name / "model.safetensors").read_bytes())
    assert files[0] == files[1]
    assert files[2] == files[3]


def test_a_tied_matrix_is_in_memory_and_in_the_file_once(stories, tmp_path):
    save_quantized(quantize(stories[0]), tmp_path)
    assert not [name for name in load_file(tmp_path / "model.safetensors") if "lm_head" in name]
    loaded = load_quantized(tmp_path)
    assert loaded.lm_head.packed[0].data_ptr() == loaded.wte.quantized.q.data_ptr()


def test_the_model_that_was_quantized_is_unchanged(small_model):
    before = {name: tensor.clone() for name, tensor in small_model.state_dict().items()}
    quantize(small_model, 4)
    assert all(torch.equal(t, before[name]) for name, t in small_model.state_dict().items())


def test_a_text_is_the_same_alone_and_in_a_batch(stories):
    quantized = quantize(stories[0], kernel="int8_split")
    prompts = [[0], [0, 7, 8, 9, 3], [0, 12]]
    rows = list(generate_cached(quantized, prompts, 12, temperature=0))
    together = [[row[i] for row in rows if row[i] is not None] for i in range(3)]
    assert together == [list(generate_cached(quantized, p, 12, temperature=0)) for p in prompts]


def test_experts_stay_as_they_are():
    sizes = GPTConfig(vocab_size=40, block_size=8, n_layer=1, n_head=2, n_embd=64, n_experts=2)
    model = GPT(sizes, torch.Generator().manual_seed(0)).eval()
    quantized = quantize(model, kernel="int8_float")
    assert torch.equal(quantized.h[0].mlp.c_fc, model.h[0].mlp.c_fc)
    x = torch.tensor([[1, 2]])
    assert torch.allclose(quantized(x)[0], model(x)[0], atol=0.05)


def test_what_cannot_be_done_is_said(small_model, tmp_path):
    with pytest.raises(ValueError, match="bits=3 must be 8 or 4"):
        quantize(small_model, 3)
    with pytest.raises(ValueError, match=r"not quantized. Write it by model\.save"):
        save_quantized(small_model, tmp_path)
    small_model.save(tmp_path)
    assert not is_quantized_folder(tmp_path)
    with pytest.raises(ValueError, match=r"not a quantized model.*quantize\(model\)"):
        load_quantized(tmp_path)
    save_quantized(quantize(small_model), tmp_path)
    with pytest.raises(ValueError, match=r"quantized.*load_quantized"):
        GPT.load(tmp_path)
    add_lora(small_model, 2)
    with pytest.raises(ValueError, match="merge_lora"):
        quantize(small_model)
