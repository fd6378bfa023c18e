"""The Llama family beside transformers, with random weights: logits, attention, files."""

import json
from dataclasses import replace

import pytest
import torch

from gptcore.formats.hf_llama import to_halves
from gptcore.model import GPT, GPTConfig, RopeScaling
from gptcore.model.rope import apply_rotary_emb, rotary_cos_sin
from gptcore.sampling import generate_cached
from gptcore.tokenizers import CharTokenizer

transformers = pytest.importorskip("transformers")

V, C, L, H, K, M, T = 67, 48, 3, 6, 2, 88, 24
LLAMA = GPTConfig(
    **{"vocab_size": V, "block_size": 32, "n_layer": L, "n_head": H, "n_kv_head": K, "n_embd": C},
    **{"intermediate_size": M, "rope": True, "norm": "rmsnorm", "rmsnorm_weight": True},
    **{"activation": "swiglu", "tie_weights": False},
)
YARN = RopeScaling("yarn", 4.0, 16)
FAMILY = {
    "llama": LLAMA,
    "llama with biases": replace(LLAMA, bias=True),
    "smollm2": replace(LLAMA, tie_weights=True, rope_theta=1e5),
    "one kv head": replace(LLAMA, n_kv_head=1),
    "geglu": replace(LLAMA, activation="geglu"),
    "no norm weights": replace(LLAMA, rmsnorm_weight=False),
    "usual width of the MLP": replace(LLAMA, intermediate_size=None),
    "mistral": replace(LLAMA, sliding_window=5),
    "qwen2": replace(LLAMA, qkv_bias=True),
    "qwen3": replace(LLAMA, qk_norm=True, head_size=20, norm_eps=1e-6),
    "mixtral": replace(LLAMA, n_experts=4, experts_per_token=2),
    "linear": replace(LLAMA, rope_scaling=RopeScaling("linear", 2.0, 16)),
    "yarn": replace(LLAMA, rope_scaling=YARN),
    "yarn, own ramp": replace(
        LLAMA, rope_scaling=replace(YARN, low_rotations=0.25, high_rotations=4.0)
    ),
    "llama3": replace(LLAMA, rope_scaling=RopeScaling("llama3", 8.0, 16)),
}


def ids_of(rows: int = 2) -> torch.Tensor:
    return torch.randint(V, (rows, T), generator=torch.Generator().manual_seed(5))


def lively_model(config: GPTConfig) -> GPT:
    """A model whose weights, biases and norm weights all matter."""
    generator = torch.Generator().manual_seed(1)
    model = GPT(config, generator).eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 1:
                weight.add_(0.3 * torch.randn(weight.shape, generator=generator))
            else:
                weight.normal_(std=0.15, generator=generator)
    return model


def in_transformers(folder):
    """The model of a folder, with attention computed step by step, which shows its weights."""
    auto = transformers.AutoModelForCausalLM
    return auto.from_pretrained(folder, attn_implementation="eager").eval()


@pytest.mark.parametrize("name", FAMILY)
def test_logits_are_those_of_transformers_and_files_come_back(name, tmp_path):
    model = lively_model(FAMILY[name])
    model.to_hf(tmp_path)
    theirs = in_transformers(tmp_path)
    with torch.no_grad():
        expected, logits = theirs(ids_of()).logits, model(ids_of())[0]
    assert expected.abs().max() > 1
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-5)
    again = GPT.from_hf(tmp_path)
    with torch.no_grad():
        torch.testing.assert_close(again(ids_of())[0], logits, rtol=0, atol=1e-6)
    theirs.save_pretrained(tmp_path / "theirs")  # as transformers itself writes it
    with torch.no_grad():
        written = GPT.from_hf(tmp_path / "theirs")(ids_of())[0]
    torch.testing.assert_close(written, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["llama", "mistral", "qwen3", "yarn"])
def test_attention_weights_are_those_of_transformers(name, tmp_path):
    model = lively_model(FAMILY[name])
    model.to_hf(tmp_path)
    theirs = in_transformers(tmp_path)
    with torch.no_grad():
        expected = torch.stack(theirs(ids_of(), output_attentions=True).attentions)
    torch.testing.assert_close(model.attention_weights(ids_of()), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", FAMILY)
def test_generation_with_a_cache_equals_generation_without(name):
    model = lively_model(FAMILY[name])
    prompt = ids_of(1)[0, :7].tolist()
    text = list(prompt)
    for _ in range(15):
        text.append(int(model.next_logits(text).argmax()))
    cached = list(generate_cached(model, prompt, 15, temperature=0))
    assert cached == text[len(prompt) :]


@pytest.mark.parametrize("name", ["llama", "qwen3", "mixtral"])
def test_cached_generation_equals_that_of_transformers(name, tmp_path):
    model = lively_model(FAMILY[name])
    model.to_hf(tmp_path)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    prompt = ids_of(1)[:, :7]
    expected = theirs.generate(prompt, max_new_tokens=12, do_sample=False, eos_token_id=None)
    mine = list(generate_cached(model, prompt[0].tolist(), 12, temperature=0))
    assert mine == expected[0, 7:].tolist()


@pytest.mark.parametrize("name", ["llama", "mistral", "qwen3", "mixtral"])
def test_attention_step_by_step_is_that_of_the_kernel(name):
    model = lively_model(FAMILY[name])
    steps = GPT(replace(model.config, use_sdpa=False)).eval()
    steps.load_state_dict(model.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(steps(ids_of())[0], model(ids_of())[0], rtol=0, atol=1e-5)
    prompt = ids_of(1)[0, :7].tolist()
    by_kernel, by_steps = (
        list(generate_cached(m, prompt, 9, temperature=0)) for m in (model, steps)
    )
    assert by_kernel == by_steps


@pytest.mark.parametrize("name", ["llama", "mistral", "mixtral"])
def test_a_batch_of_prompts_of_several_lengths_continues_like_each_alone(name):
    model = lively_model(FAMILY[name])
    prompts = [ids_of(1)[0, :n].tolist() for n in (3, 11, 6)]
    together = list(zip(*generate_cached(model, prompts, 12, temperature=0)))
    single = [tuple(generate_cached(model, prompt, 12, temperature=0)) for prompt in prompts]
    assert together == single


def test_several_weight_files_are_read(tmp_path):
    model = lively_model(LLAMA)
    model.to_hf(tmp_path)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    theirs.save_pretrained(tmp_path / "parts", max_shard_size="40KB")
    assert len(list((tmp_path / "parts").glob("model-*.safetensors"))) > 2
    with torch.no_grad():
        same = GPT.from_hf(tmp_path / "parts")(ids_of())[0]
        torch.testing.assert_close(same, model(ids_of())[0], rtol=0, atol=1e-6)
    next((tmp_path / "parts").glob("model-00002*.safetensors")).unlink()
    with pytest.raises(FileNotFoundError, match=r"There is no file .*model-00002"):
        GPT.from_hf(tmp_path / "parts")


def test_interleaved_rotation_is_that_of_halves_with_reordered_rows(tmp_path):
    model = lively_model(replace(LLAMA, rope_interleaved=True))
    model.to_hf(tmp_path)
    halves = GPT.from_hf(tmp_path)
    assert not halves.config.rope_interleaved
    with torch.no_grad():
        torch.testing.assert_close(halves(ids_of())[0], model(ids_of())[0], rtol=0, atol=1e-5)
        wrong = GPT(replace(model.config, rope_interleaved=False)).eval()
        wrong.load_state_dict(model.state_dict())
        assert not torch.allclose(wrong(ids_of())[0], model(ids_of())[0], atol=0.1)


def test_interleaved_rotation_turns_neighbours():
    x = torch.randn(1, 1, 4, 10, generator=torch.Generator().manual_seed(3))
    cos, sin = rotary_cos_sin(torch.arange(4), 10)
    pairs = torch.view_as_complex(x.unflatten(-1, (5, 2)).contiguous())
    expected = torch.view_as_real(pairs * torch.complex(cos, sin)).flatten(-2)
    torch.testing.assert_close(apply_rotary_emb(x, (cos, sin), interleaved=True), expected)
    assert to_halves(torch.arange(8), 2).tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_static_ntk_is_transformers_dynamic_ntk_at_one_length():
    init = pytest.importorskip("transformers.modeling_rope_utils").ROPE_INIT_FUNCTIONS
    config = transformers.LlamaConfig(
        hidden_size=32, num_attention_heads=2, max_position_embeddings=64,
        rope_parameters={"rope_type": "dynamic", "factor": 1.0, "rope_theta": 1e4},
    )  # fmt: skip
    theirs, _ = init["dynamic"](config, seq_len=256)  # 4 times the learned length
    from gptcore.model.rope import rotation_frequencies  # noqa: PLC0415 - beside its only use

    mine = rotation_frequencies(16, 1e4, RopeScaling("ntk", 4.0, 64))
    torch.testing.assert_close(mine, theirs)


def test_the_wrong_repeat_of_kv_heads_computes_something_else():
    model = lively_model(LLAMA)
    with torch.no_grad():
        q, k, v = model.h[0].attn.project_qkv(model.embed(ids_of()))
        right = torch.nn.functional.scaled_dot_product_attention(
            q, k.repeat_interleave(H // K, 1), v.repeat_interleave(H // K, 1), is_causal=True
        )
        wrong = torch.nn.functional.scaled_dot_product_attention(
            q, k.repeat(1, H // K, 1, 1), v.repeat(1, H // K, 1, 1), is_causal=True
        )
        context = torch.nn.functional.scaled_dot_product_attention(
            q, k, v, is_causal=True, enable_gqa=True
        )
    torch.testing.assert_close(context, right)
    assert not torch.allclose(context, wrong, atol=0.05)


# Experts


def test_experts_that_are_copies_equal_one_mlp():
    dense = lively_model(LLAMA)
    for used in (1, 2, 4):
        model = lively_model(replace(LLAMA, n_experts=4, experts_per_token=used))
        with torch.no_grad():
            for block, other in zip(model.h, dense.h):
                block.mlp.c_fc.copy_(other.mlp.c_fc.weight.expand_as(block.mlp.c_fc))
                block.mlp.c_proj.copy_(other.mlp.c_proj.weight.expand_as(block.mlp.c_proj))
            x = torch.randn(2, T, C)
            added, expected = model.h[0].mlp(x), dense.h[0].mlp(x)
            if used == 1:  # the expert is weighted by its probability
                probs = model.h[0].mlp.router(x).softmax(-1).amax(-1, keepdim=True)
                expected = expected * probs
        torch.testing.assert_close(added, expected, rtol=0, atol=1e-5)


def test_the_balancing_loss_is_that_of_transformers_and_only_in_training(tmp_path):
    model = lively_model(FAMILY["mixtral"])
    ids = ids_of()
    _, evaluated = model(ids, ids)
    _, trained = model.train()(ids, ids)
    added = sum(block.mlp.balancing_loss for block in model.h)
    assert float((trained - evaluated).detach()) == pytest.approx(0.01 * float(added), abs=1e-6)
    mixtral = pytest.importorskip("transformers.models.mixtral.modeling_mixtral")
    for block in model.h:
        router_logits = []
        block.mlp.router.register_forward_hook(lambda *a, r=router_logits: r.append(a[2]))
        block.mlp(torch.randn(1, T, C))
        theirs = mixtral.load_balancing_loss_func(tuple(router_logits), 4, 2)
        assert float(block.mlp.balancing_loss) == pytest.approx(float(theirs) / 2)  # theirs / top_k
        assert float(block.mlp.load.sum()) == pytest.approx(1)


def test_balance_is_smallest_if_all_experts_are_used_equally():
    mlp = GPT(replace(LLAMA, n_experts=4, experts_per_token=1)).h[0].mlp
    even = torch.full((8, 4), 0.25)
    mlp.record_routing(even, torch.arange(8)[:, None] % 4)
    assert float(mlp.balancing_loss) == pytest.approx(1)
    one = torch.tensor([[1.0, 0, 0, 0]] * 8)
    mlp.record_routing(one, torch.zeros(8, 1, dtype=torch.long))
    assert float(mlp.balancing_loss) == pytest.approx(4)
    assert mlp.load.tolist() == [1, 0, 0, 0]


# Configs


def test_the_presets_have_the_sizes_that_were_published():
    from gptcore.training.cost.parameters import active_parameters, parameters_by_part  # noqa: PLC0415 - the model does not need training

    def count(name: str) -> int:
        return sum(parameters_by_part(GPTConfig.preset(name)).values())

    assert count("smollm2-135m") == 134_515_008  # model card: 134.5M
    assert count("smollm2-360m") == 361_821_120
    assert count("tinyllama-1.1b") == 1_100_048_384  # as the hub counts its safetensors
    assert count("llama-2-7b") == 6_738_415_616
    assert count("qwen3-0.6b") == 596_049_920
    assert count("mixtral-8x7b") == 46_702_792_704
    assert active_parameters(GPTConfig.preset("mixtral-8x7b")) == pytest.approx(12.9e9, rel=0.01)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_kv_head": 4}, r"n_kv_head=4 does not divide n_head=6. Set n_kv_head to 1, 2, 3 or 6"),
        ({"n_kv_head": 0}, r"n_kv_head=0 must be an integer, 1 or more"),
        ({"n_experts": 2, "experts_per_token": 3}, r"experts_per_token=3 is more than n_experts=2"),
        ({"logit_softcap": 0}, r"logit_softcap=0 must be a number above 0; None for no limit"),
        ({"logit_softcap": -3.0}, r"logit_softcap=-3.0 must be a number above 0"),
        ({"head_size": 5}, r"rotates the numbers of a head in pairs.*= 5 is odd"),
        ({"rope": False, "rope_scaling": YARN}, r"this model has none: set rope=True"),
        ({"rope_scaling": 4}, r"rope_scaling=4 must be a RopeScaling or None"),
        ({"sliding_window": 0}, r"sliding_window=0 must be an integer, 1 or more"),
        ({"rope_theta": 0}, r"rope_theta=0 must be a number above 0"),
    ],
)
def test_impossible_configs_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        replace(LLAMA, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (("dynamic", 2.0, 16), r"no rope_scaling type 'dynamic'. There are: linear"),
        (("yarn", 0.5, 16), r"rope_scaling factor=0.5 must be a number, 1 or more"),
        (("yarn", 2.0, 16, 4.0, 2.0), r"low_rotations=4.0 must be below high_rotations=2.0"),
    ],
)
def test_impossible_scalings_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        RopeScaling(*changes)


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("llama", {"attn_logit_softcapping": 50.0}, r"attn_logit_softcapping=50.0.*ignore_fields"),
        ("llama", {"model_type": "gemma2"}, r"model_type='gemma2'; supported are gpt2, llama"),
        ("llama", {"hidden_act": "gelu_new"}, r"hidden_act='gelu_new'; supported are silu"),
        ("llama", {"attention_bias": True}, r"attention_bias=True and mlp_bias=False"),
        ("llama", {"hidden_size": None}, r"n_embd=None"),
        ("mistral", {"layer_types": ["full_attention", "sliding_attention", "full_attention"]},
         r"a sliding window of 5 in some layers and not in others"),
        ("mixtral", {"num_experts_per_tok": 1}, r"num_experts_per_tok=1"),
        ("yarn", {"rope_parameters": {"rope_type": "longrope", "rope_theta": 1e4}},
         r"rope_scaling of type 'longrope'; supported are linear, yarn, llama3"),
        ("yarn", {"rope_parameters": {"rope_type": "yarn", "factor": 2.0, "mscale": 0.7}},
         r"rope_scaling with mscale=0.7"),
        ("llama", {"num_key_value_heads": 5}, r"n_kv_head=5 does not divide n_head=6"),
        ("llama", {"num_hidden_layers": 2}, r"unknown: .*layers.2"),
        ("llama", {"num_hidden_layers": 4}, r"missing: h.3"),
    ],
)  # fmt: skip
def test_what_we_do_not_compute_is_refused_by_name(name, changes, words, tmp_path):
    lively_model(FAMILY[name]).to_hf(tmp_path)
    content = json.loads((tmp_path / "config.json").read_text()) | changes
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=words):
        GPT.from_hf(tmp_path)


def test_a_field_that_is_known_to_be_harmless_can_be_ignored(tmp_path):
    lively_model(LLAMA).to_hf(tmp_path)
    content = json.loads((tmp_path / "config.json").read_text()) | {"my_note": "hello"}
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"my_note='hello'.*ignore_fields=\['my_note'\]"):
        GPT.from_hf(tmp_path)
    assert GPT.from_hf(tmp_path, ignore_fields=["my_note"]).config.n_embd == C


def test_a_shorter_context_is_taken_and_a_longer_one_refused(tmp_path):
    lively_model(LLAMA).to_hf(tmp_path)
    assert GPT.from_hf(tmp_path, block_size=8).config.block_size == 8
    with pytest.raises(ValueError, match=r"block_size=64 is longer than the 32 tokens"):
        GPT.from_hf(tmp_path, block_size=64)


@pytest.mark.parametrize(
    "config",
    [
        replace(LLAMA, activation="relu"),
        replace(LLAMA, activation="relu2", n_experts=4),
        replace(LLAMA, norm="layernorm"),
        replace(LLAMA, logit_softcap=30.0),
        replace(LLAMA, n_experts=4, experts_per_token=1),
        replace(LLAMA, n_experts=4, qk_norm=True),
        replace(LLAMA, rope_scaling=RopeScaling("ntk", 2.0, 16)),
    ],
    ids=str,
)
def test_what_transformers_cannot_compute_is_not_written(config, tmp_path):
    with pytest.raises(ValueError, match=r"Llama family has no model with .*save\(folder\)"):
        GPT(config).to_hf(tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", FAMILY)
def test_save_and_load_keep_every_field(name, tmp_path):
    model = lively_model(FAMILY[name])
    model.save(tmp_path)
    assert GPT.load(tmp_path).config == model.config


def test_a_config_saved_before_these_fields_existed_still_loads(tmp_path):
    model = GPT(GPTConfig(block_size=8, vocab_size=V, n_layer=1, n_head=2, n_embd=8))
    model.save(tmp_path)
    from safetensors import safe_open  # noqa: PLC0415 - only here
    from safetensors.torch import save_file  # noqa: PLC0415

    file = tmp_path / "model.safetensors"
    with safe_open(file, "pt") as opened:
        saved = json.loads(opened.metadata()["config"])
        tensors = {name: opened.get_tensor(name).clone() for name in opened.keys()}  # noqa: SIM118 - it is no dict
    first_edition = (
        *("block_size", "vocab_size", "n_layer", "n_head", "n_embd", "dropout", "bias", "rope"),
        *("qk_norm", "zero_init_proj", "activation", "norm", "norm_embeddings", "final_norm"),
        *("tie_weights", "use_sdpa"),
    )
    old = {name: saved[name] for name in first_edition}
    save_file(tensors, file, {"config": json.dumps(old)})
    assert GPT.load(tmp_path).config == model.config


def test_initial_weights_by_width_have_that_spread():
    model = GPT(replace(LLAMA, n_embd=240, init_by_width=True), torch.Generator().manual_seed(1))
    assert float(model.h[0].mlp.c_fc.weight.std()) == pytest.approx(240**-0.5, rel=0.05)
    assert float(model.h[0].mlp.c_proj.weight.std()) == pytest.approx(0.02 / 6**0.5, rel=0.05)


def test_a_softcap_bounds_logits_and_keeps_their_order():
    model = lively_model(LLAMA)
    capped = GPT(replace(LLAMA, logit_softcap=2.0)).eval()
    capped.load_state_dict(model.state_dict())
    with torch.no_grad():
        free, bounded = model(ids_of())[0], capped(ids_of())[0]
    assert bounded.abs().max() <= 2 < free.abs().max()
    torch.testing.assert_close(bounded, 2 * torch.tanh(free / 2))


@pytest.mark.parametrize("config", [LLAMA, GPTConfig(32, V, n_layer=2, n_head=2, n_embd=16)])
def test_model_and_tokenizer_are_loaded_from_one_folder(config, tmp_path):
    text = "To be, or not to be, that is the question."
    tokenizer = CharTokenizer.train([text])
    model = lively_model(replace(config, vocab_size=tokenizer.vocab_size))
    model.to_hf(tmp_path, tokenizer)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    its_tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    ids = its_tokenizer("To be", return_tensors="pt").input_ids
    assert ids[0].tolist() == tokenizer.encode("To be")
    generated = theirs.generate(ids, max_new_tokens=9, do_sample=False)[0, ids.shape[1] :]
    mine = list(generate_cached(model, ids[0].tolist(), 9, temperature=0, stop=tokenizer.stop_ids))
    assert generated.tolist()[: len(mine)] == mine
    assert its_tokenizer.decode(generated[: len(mine)]) == tokenizer.decode(mine)
    assert theirs.generation_config.eos_token_id == tokenizer.end_of_text
