"""RoPE, QK-norm and projections that begin as 0, each against its formula written out elsewhere."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from gptcore.model import GPT, GPTConfig
from gptcore.model.mlp import relu_squared
from gptcore.model.rope import apply_rotary_emb, rotary_cos_sin
from gptcore.sampling import generate_cached, window_start

B, H, T, D = 2, 3, 7, 10
ROPE = GPTConfig(block_size=11, vocab_size=29, n_layer=3, n_head=2, n_embd=20, rope=True)


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def ids_of(V: int = 29) -> torch.Tensor:
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(5))


# RoPE


def test_rope_is_multiplication_of_complex_numbers_by_e_to_the_i_angle():
    x = random(B, H, T, D).double()
    points = torch.complex(x[..., : D // 2], x[..., D // 2 :])
    for position in range(T):
        for i in range(D // 2):
            points[:, :, position, i] *= torch.exp(
                torch.tensor(1j * position * 10000 ** (-2 * i / D))
            )
    mine = apply_rotary_emb(x, rotary_cos_sin(torch.arange(T), D))
    torch.testing.assert_close(mine, torch.cat([points.real, points.imag], -1), rtol=0, atol=1e-6)


def test_rope_is_that_of_transformers_llama():
    llama = pytest.importorskip("transformers.models.llama.modeling_llama")
    config = pytest.importorskip("transformers").LlamaConfig(
        hidden_size=H * D, num_attention_heads=H, rope_theta=10000.0
    )
    q, k = random(B, H, T, D), random(B, H, T, D) + 1
    cos, sin = llama.LlamaRotaryEmbedding(config)(q, torch.arange(T)[None])
    expected = llama.apply_rotary_pos_emb(q, k, cos, sin)
    rotary = rotary_cos_sin(torch.arange(T), D)
    torch.testing.assert_close((apply_rotary_emb(q, rotary), apply_rotary_emb(k, rotary)), expected)


def test_the_product_of_query_and_key_depends_on_their_distance_only():
    q, k = random(1, 1, 1, D).double(), random(1, 1, 1, D).double() + 1

    def score(query_at: int, key_at: int) -> float:
        positions = [rotary_cos_sin(torch.tensor([position]), D) for position in (query_at, key_at)]
        return float((apply_rotary_emb(q, positions[0]) * apply_rotary_emb(k, positions[1])).sum())

    assert score(5, 2) == pytest.approx(score(105, 102), abs=1e-4)
    assert score(5, 2) != pytest.approx(score(5, 3), abs=1e-2)


def test_positions_of_a_batch_are_rotated_row_by_row():
    x, positions = random(B, H, T, D), torch.stack([torch.arange(T), torch.arange(T) + 4])
    both = apply_rotary_emb(x, rotary_cos_sin(positions, D))
    for row in range(B):
        by_itself = apply_rotary_emb(x[row : row + 1], rotary_cos_sin(positions[row], D))
        torch.testing.assert_close(both[row : row + 1], by_itself)


def test_with_rope_there_is_no_table_of_positions_and_order_still_matters(lively):
    model = lively(ROPE)
    assert model.wpe is None and model.parameters_by_part()["position_embedding"] == 0
    assert not any(name.startswith("wpe") for name in model.state_dict())
    ids = ids_of()
    swapped = ids.clone()
    swapped[:, :2] = ids[:, :2].flip(1)
    assert not torch.allclose(model(ids)[0][:, -1], model(swapped)[0][:, -1], atol=1e-3)
    # Without positions the model sees a bag of earlier tokens, without their order. (One layer: the
    # causal mask itself tells deeper ones a little.)
    flat = lively(replace(ROPE, n_layer=1))
    blind = [flat(i, use_positions=False)[0][:, -1] for i in (ids, swapped)]
    torch.testing.assert_close(*blind, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("use_sdpa", [True, False], ids=["fused", "written out"])
@pytest.mark.parametrize("qk_norm", [True, False], ids=["qk_norm", "plain"])
def test_activations_are_those_of_the_forward_pass(use_sdpa, qk_norm, lively):
    model = lively(replace(ROPE, use_sdpa=use_sdpa, qk_norm=qk_norm))
    ids = ids_of()
    stream = model.residual_stream(ids)
    torch.testing.assert_close(model.unembed(stream[-1]), model(ids)[0])
    # The first layer's weights, applied to its values, are what attention adds.
    block, x = model.h[0], stream[0]
    v = block.attn.project_qkv(block.ln_1(x))[2]
    mixed = (model.attention_weights(ids)[0] @ v).transpose(1, 2).flatten(2)
    torch.testing.assert_close(stream[1] - x, block.attn.c_proj(mixed), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 5])
@pytest.mark.parametrize("qk_norm", [True, False], ids=["qk_norm", "plain"])
@pytest.mark.slow
def test_with_a_cache_the_tokens_are_those_without_far_beyond_block_size(stride, qk_norm, lively):
    model = lively(replace(ROPE, qk_norm=qk_norm))
    prompts = [list(range(1, length + 1)) for length in (1, 4, 10, 11, 12, 23)]
    columns = list(generate_cached(model, prompts, 30, temperature=0, stride=stride))
    for row, prompt in enumerate(prompts):
        text = list(prompt)
        for _ in range(30):
            window = text[window_start(len(text), 11, stride) :]
            text.append(int(model.next_logits(window).argmax()))
        assert [column[row] for column in columns] == text[len(prompt) :]


def test_an_odd_head_size_is_refused_with_rope_and_the_advice_works():
    with pytest.raises(ValueError, match=r"n_embd / n_head = 5 is odd. Set n_embd to a multiple"):
        GPTConfig(vocab_size=29, n_embd=10, n_head=2, rope=True)
    GPTConfig(vocab_size=29, n_embd=12, n_head=2, rope=True)


# QK-norm


def test_queries_and_keys_are_normalized_and_values_are_not(lively):
    model = lively(replace(ROPE, rope=False, qk_norm=True))
    plain = lively(replace(ROPE, rope=False))
    x = random(B, T, 20) * 3
    q, k, v = model.h[0].attn.project_qkv(x)
    raw = plain.h[0].attn.project_qkv(x)
    for mine, before in zip((q, k), raw):
        by_hand = before / (before.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        torch.testing.assert_close(mine, by_hand)
    assert torch.equal(v, raw[2])


# Projections that begin as 0


def test_zero_init_proj_leaves_the_embedding_unchanged():
    model = GPT(replace(ROPE, zero_init_proj=True), torch.Generator().manual_seed(1))
    for block in model.h:
        assert not block.attn.c_proj.weight.any() and not block.mlp.c_proj.weight.any()
    ids = ids_of()
    stream = model.residual_stream(ids)
    assert all(torch.equal(after, stream[0]) for after in stream)
    table = F.layer_norm(model.wte.weight, (20,)) @ model.wte.weight.T  # a table of pairs
    torch.testing.assert_close(model(ids)[0], table[ids])
    model(ids, ids)[1].backward()
    assert model.h[0].mlp.c_proj.weight.grad.any()  # and yet it can learn


def test_the_other_initial_weights_are_those_without_the_switch():
    drawn = GPT(ROPE, torch.Generator().manual_seed(1)).state_dict()
    zeroed = GPT(replace(ROPE, zero_init_proj=True), torch.Generator().manual_seed(1)).state_dict()
    same = [name for name in drawn if torch.equal(drawn[name], zeroed[name])]
    assert "wte.weight" in same and "h.2.attn.c_attn.weight" in same


def test_the_switches_are_saved_and_transformers_gpt2_is_refused(lively, tmp_path):
    model = lively(replace(ROPE, qk_norm=True, zero_init_proj=True))
    model.save(tmp_path)
    again = GPT.load(tmp_path)
    assert again.config == model.config
    assert torch.equal(again(ids_of())[0], model(ids_of())[0])
    with pytest.raises(ValueError, match=r"no model with norm='layernorm', .*Store it with save"):
        model.to_hf(tmp_path / "hf")


def test_relu_squared_is_a_product_because_autocast_widens_a_power_to_32_bits():
    x = random(5).bfloat16().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = relu_squared(x)
    assert found.dtype == torch.bfloat16 and "Mul" in found.grad_fn.name()
    found.sum().backward()
    torch.testing.assert_close(x.grad, 2 * F.relu(x.detach()))
