"""The model beside Hugging Face's GPT-2, with the same random weights handed to and fro."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from gptcore.model import GPT, GPTConfig

pytestmark = pytest.mark.slow

transformers = pytest.importorskip("transformers", reason="transformers is not installed")

SIZES = [  # vocab_size, n_positions, n_embd, n_layer, n_head
    (53, 12, 8, 1, 1),
    (97, 20, 24, 3, 4),
    (500, 64, 96, 4, 6),
]
EXACT = 1e-5  # of the largest number that is compared


@pytest.fixture(scope="module", autouse=True)
def quiet():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def made_there(size=SIZES[1], seed=3, **options):
    """A GPT-2 of transformers with random weights, biases and gains included."""
    names = ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head")
    config = transformers.GPT2Config(**dict(zip(names, size)), **options)
    hf_model = transformers.GPT2LMHeadModel(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in hf_model.named_parameters():
            gain = ".ln_" in name and name.endswith("weight")
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.15 + gain)
    return hf_model


def ids_for(model: GPT, B=2) -> torch.Tensor:
    shape = (B, model.config.block_size)
    return torch.randint(model.config.vocab_size, shape, generator=torch.Generator().manual_seed(4))


def assert_close(ours, hf_model):
    assert ours.shape == hf_model.shape
    assert (ours - hf_model).abs().max() <= EXACT * hf_model.abs().max()


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[3]} layers {size[2]} wide")
def pair(request, tmp_path):
    hf_model = made_there(request.param)
    hf_model.save_pretrained(tmp_path)
    return GPT.from_hf(tmp_path), hf_model


@pytest.mark.slow
def test_logits_loss_and_gradients_equal_those_of_transformers(pair):
    ours, hf_model = pair
    ids = ids_for(ours)
    expected = hf_model(ids, labels=ids)
    targets = torch.cat([ids[:, 1:], torch.full((len(ids), 1), -1)], dim=1)
    logits, loss = ours(ids, targets)
    assert_close(logits, expected.logits)
    assert loss.item() == pytest.approx(expected.loss.item(), rel=1e-6)
    loss.backward(), expected.loss.backward()
    hf_grads = {n.removeprefix("transformer."): p.grad for n, p in hf_model.named_parameters()}
    largest = max(grad.abs().max() for grad in hf_grads.values())
    for name, weight in ours.named_parameters():
        on_its_side = name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight"))
        grad = weight.grad.t() if on_its_side else weight.grad
        assert (grad - hf_grads[name]).abs().max() <= EXACT * largest, name


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.slow
def test_attention_equals_that_of_transformers(size, tmp_path):
    hf_model = made_there(size, attn_implementation="eager")
    hf_model.save_pretrained(tmp_path)
    ours = GPT.from_hf(tmp_path)
    ids = ids_for(ours)
    expected = hf_model(ids, output_attentions=True, output_hidden_states=True)
    weights = ours.attention_weights(ids)
    assert weights.shape == (size[3], 2, size[4], size[1], size[1])
    assert (weights - torch.stack(expected.attentions)).abs().max() <= EXACT
    stream = ours.residual_stream(ids)[
        ::2
    ]  # transformers: the ends of blocks, the last one after ln_f
    assert_close(stream[:-1], torch.stack(expected.hidden_states[:-1]))
    assert_close(ours.ln_f(stream[-1]), expected.hidden_states[-1])
    assert_close(ours.logit_lens(ids)[-1], expected.logits)


@pytest.mark.slow
def test_to_hf_and_from_hf_change_no_bit(pair, tmp_path):
    ours, hf_model = pair
    ours.to_hf(tmp_path / "there")
    loaded = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "there").eval()
    back = GPT.from_hf(tmp_path / "there")
    ids = ids_for(ours)
    assert torch.equal(loaded(ids).logits, hf_model(ids).logits)
    assert torch.equal(back(ids)[0], ours(ids)[0]) and back.config == ours.config


@pytest.mark.slow
def test_another_width_of_the_mlp_and_another_epsilon_are_those_of_transformers(tmp_path):
    hf_model = made_there(n_inner=40, layer_norm_epsilon=1e-2)
    hf_model.save_pretrained(tmp_path)
    ours = GPT.from_hf(tmp_path)
    ids = ids_for(ours)
    assert_close(ours(ids)[0], hf_model(ids).logits)
    ours.to_hf(tmp_path / "there")
    loaded = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "there").eval()
    assert torch.equal(loaded(ids).logits, hf_model(ids).logits)


@pytest.mark.parametrize("activation", ["gelu", "relu", "silu", "relu2", "gelu_tanh"])
@pytest.mark.parametrize("tie_weights", [True, False], ids=["tied", "untied"])
@pytest.mark.slow
def test_every_activation_and_an_untied_head_agree_with_transformers_also_without_biases(
    activation, tie_weights, tmp_path, lively
):
    sizes = {"block_size": 9, "vocab_size": 31, "n_layer": 2, "n_head": 3, "n_embd": 12}
    ours = lively(GPTConfig(**sizes, activation=activation, tie_weights=tie_weights, bias=False))
    ours.to_hf(tmp_path)
    loaded = transformers.GPT2LMHeadModel.from_pretrained(tmp_path).eval()
    ids = ids_for(ours)
    assert_close(ours(ids)[0], loaded(ids).logits)
    assert_close(GPT.from_hf(tmp_path)(ids)[0], loaded(ids).logits)


@pytest.mark.slow
def test_files_without_prefix_with_masks_or_with_a_head_are_loaded_too(tmp_path):
    """As `GPT2Model` writes them, as OpenAI's first files were, as some tools write a tied head."""
    hf_model = made_there()
    hf_model.save_pretrained(tmp_path / "prefix")
    hf_model.transformer.save_pretrained(tmp_path / "bare")
    for name, change in {
        "masks": {"h.0.attn.bias": torch.ones(1, 1, 20, 20).tril()},
        "head": {},
    }.items():
        hf_model.save_pretrained(tmp_path / name)
        tensors = load_file(tmp_path / name / "model.safetensors")
        head = {"lm_head.weight": tensors["transformer.wte.weight"].clone()}
        tensors |= change or head
        save_file(tensors, tmp_path / name / "model.safetensors", {"format": "pt"})
    wanted = GPT.from_hf(tmp_path / "prefix")
    ids = ids_for(wanted)
    for name in ("bare", "masks", "head"):
        found = GPT.from_hf(tmp_path / name)
        assert torch.equal(found(ids)[0], wanted(ids)[0]) and found.config == wanted.config


def test_a_model_in_several_files_is_loaded_completely(tmp_path):
    hf_model = made_there()
    hf_model.save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    ids = torch.tensor([[1, 2, 3]])
    assert_close(GPT.from_hf(tmp_path)(ids)[0], hf_model(ids).logits)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_the_dtype_is_kept(dtype, tmp_path):
    made_there().to(dtype).save_pretrained(tmp_path / "one")
    ours = GPT.from_hf(tmp_path / "one")
    ours.to_hf(tmp_path / "two")
    again = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "two", dtype="auto")
    assert {p.dtype for p in ours.parameters()} == {dtype} == {p.dtype for p in again.parameters()}


def test_a_hub_name_is_left_to_huggingface_hub(tmp_path, monkeypatch):
    made_there().save_pretrained(tmp_path)
    hub = pytest.importorskip("huggingface_hub")
    calls = []
    monkeypatch.setattr(
        hub, "snapshot_download", lambda name, allow_patterns: calls.append(name) or str(tmp_path)
    )
    assert GPT.from_hf("openai-community/gpt2").config.n_layer == 3
    assert calls == ["openai-community/gpt2"]

    def offline(name, allow_patterns):
        raise OSError("cannot be reached\nand a long story")

    monkeypatch.setattr(hub, "snapshot_download", offline)
    with pytest.raises(OSError, match=r"There is no folder a/b, and .* failed: cannot be reached$"):
        GPT.from_hf("a/b")


@pytest.mark.parametrize(
    "change, words",
    [
        ({"model_type": "bloom"}, "has model_type='bloom'; supported are gpt2, llama"),
        ({"n_inner": 5}, r"wrongly shaped: h.0.mlp.c_fc.weight is \(96, 24\) and should be"),
        ({"rotary_pct": 0.5}, "rotary_pct=0.5, which gptcore does not know"),
        ({"activation_function": "mish"}, "activation_function='mish'; supported are gelu_new"),
        ({"scale_attn_weights": False}, "scale_attn_weights=False; only True is supported"),
        ({"n_head": 5}, "n_embd=24 is not divisible by n_head=5"),
        ({"n_layer": 4}, r"missing: h.3.ln_1.weight \(24,\).* and 7 more"),
        ({"n_layer": 2}, "unknown: h.2.attn.c_attn.bias"),
        ({"vocab_size": 98}, r"wrongly shaped: wte.weight is \(97, 24\) and should be \(98, 24\)"),
        ({"tie_word_embeddings": False}, r"missing: lm_head.weight \(97, 24\)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
@pytest.mark.slow
def test_what_is_not_the_gpt2_that_we_compute_is_refused_by_name(change, words, tmp_path):
    made_there().save_pretrained(tmp_path)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | change))
    with pytest.raises(ValueError, match=words):
        GPT.from_hf(tmp_path)


def test_a_model_that_gpt2_cannot_represent_is_not_written(tmp_path, lively):
    with pytest.raises(ValueError, match=r"norm='rmsnorm', .*store any other with save\(folder\)"):
        lively(GPTConfig.preset("microgpt")).to_hf(tmp_path)
    assert not list(tmp_path.iterdir())
