"""Whole models: the tensors of transformers, which reads GGUF files by the package gguf."""

import pytest

torch = pytest.importorskip("torch", reason="needs: pip install torch")
transformers = pytest.importorskip("transformers", reason="needs: pip install transformers")
pytest.importorskip("gguf.quants", reason="needs: pip install gguf")
pytest.importorskip("accelerate", reason="needs: pip install accelerate")

from small_gguf import checkpoint_of, random_model, write_gguf  # noqa: E402

from gptcore.formats.gguf import read_gguf  # noqa: E402

pytestmark = pytest.mark.slow


def their_tensors(file):
    model = transformers.AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name)
    return model.config, model.state_dict()


@pytest.mark.parametrize("quantization", ["F32", "F16", "Q8_0", "Q4_1"])
@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3", "gpt2"])
def test_all_tensors_are_those_of_transformers(kind, quantization, tmp_path):
    file = write_gguf(tmp_path / "model.gguf", random_model(kind), quantization)
    config, tensors = read_gguf(file)
    their_config, theirs = their_tensors(file)
    assert theirs.keys() - tensors.keys() == ({"lm_head.weight"} if kind == "gpt2" else set())
    for name, tensor in tensors.items():
        assert tensor.dtype == torch.float32 and torch.equal(tensor, theirs[name]), name
    assert config["model_type"] == their_config.model_type
    assert config["tie_word_embeddings"] == (kind == "gpt2")


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3", "mixtral", "gpt2"])
def test_float32_weights_come_back_as_they_were_before_conversion(kind, tmp_path):
    model = random_model(kind)
    config, tensors = read_gguf(write_gguf(tmp_path / "model.gguf", model))
    original = checkpoint_of(model)
    if kind == "gpt2":  # tied, so a checkpoint has no head
        assert config["tie_word_embeddings"] and original.pop("lm_head.weight") is not None
    assert tensors.keys() == original.keys()
    for name, tensor in tensors.items():
        assert torch.equal(tensor, original[name]), name


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3", "mixtral", "gpt2"])
def test_the_config_makes_the_same_model(kind, tmp_path):
    model = random_model(kind)
    config, tensors = read_gguf(write_gguf(tmp_path / "model.gguf", model))
    folder = tmp_path / "folder"
    folder.mkdir()
    import json  # noqa: PLC0415

    from safetensors.torch import save_file  # noqa: PLC0415

    (folder / "config.json").write_text(json.dumps(config))
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    again = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    ids = torch.arange(40).view(2, 20)
    with torch.no_grad():
        assert torch.allclose(again(ids).logits, model(ids).logits, atol=1e-4)


def test_biases_of_a_llama_are_reordered_too(tmp_path):
    model = random_model("llama", attention_bias=True, mlp_bias=True)
    config, tensors = read_gguf(write_gguf(tmp_path / "model.gguf", model))
    assert config["attention_bias"] and config["mlp_bias"]
    for name, tensor in checkpoint_of(model).items():
        assert torch.equal(tensors[name], tensor), name


def test_smollm2_is_that_of_transformers(smollm2):
    config, tensors = read_gguf(smollm2)
    their_config, theirs = their_tensors(smollm2)
    assert theirs.keys() - tensors.keys() == {"lm_head.weight"} and config["tie_word_embeddings"]
    for name, tensor in tensors.items():
        assert torch.equal(tensor, theirs[name]), name
    assert sum(tensor.numel() for tensor in tensors.values()) == 134_515_008
    same = ("hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
    same += ("intermediate_size", "vocab_size", "max_position_embeddings", "head_dim")
    same += ("bos_token_id", "eos_token_id", "tie_word_embeddings", "hidden_act")
    for name in same:
        assert config[name] == getattr(their_config, name), name
    # What the folder of the Hub says: the numbers of the file are their nearest float32.
    assert config["rms_norm_eps"] == 1e-5 and config["rope_theta"] == 100_000
    assert their_config.rms_norm_eps == pytest.approx(1e-5)
