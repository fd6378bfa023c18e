"""What goes in and comes out, what is inside, and what it refuses."""

import math
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

import gptcore.model
from gptcore.model import GPT, GPTConfig, attend

B, T = 2, 7
HALVES = ["written out", "fused"]


def ids_of(V=29, B=B, T=T, seed=5) -> torch.Tensor:
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


# What comes out


def test_shapes_are_as_documented(lively):
    model = lively()
    L, H, C, V = 3, 2, 10, 29
    logits, loss = model(ids_of(), ids_of(seed=6))
    assert logits.shape == (B, T, V) and loss.shape == ()
    assert model(ids_of())[1] is None
    assert model.attention_weights(ids_of()).shape == (L, B, H, T, T)
    assert model.residual_stream(ids_of()).shape == (2 * L + 1, B, T, C)
    assert model.logit_lens(ids_of()).shape == (L + 1, B, T, V)
    assert model.next_logits([1, 2]).shape == (V,)


def test_the_loss_is_the_mean_cross_entropy_of_the_targets_that_are_not_ignored(lively):
    model, ids, targets = lively(), ids_of(), ids_of(seed=6)
    targets[0, :4] = -1
    logits, loss = model(ids, targets)
    losses = [
        -logits[b, t].log_softmax(0)[targets[b, t]].item()
        for b in range(B)
        for t in range(T)
        if targets[b, t] >= 0
    ]
    assert loss.item() == pytest.approx(sum(losses) / len(losses), rel=1e-5)


def test_a_new_model_has_the_loss_of_uniform_probabilities():
    """ln V, plus what logits of variance C * 0.02^2 add: half of that."""
    config = GPTConfig(block_size=32, vocab_size=2000, n_layer=4, n_head=4, n_embd=256)
    model = GPT(config, torch.Generator().manual_seed(1))
    loss = model(ids_of(2000, 8, 32), ids_of(2000, 8, 32, seed=9))[1].item()
    assert loss == pytest.approx(math.log(2000) + 256 * 0.02**2 / 2, abs=0.02)


def test_initial_weights_have_the_spread_of_gpt2s_and_come_from_the_generator_passed_in():
    config = GPTConfig(block_size=64, vocab_size=500, n_layer=8, n_head=4, n_embd=64, bias=True)
    one, same, other = (GPT(config, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    for (name, weight), again in zip(one.named_parameters(), same.parameters()):
        assert torch.equal(weight, again)
        if weight.dim() == 2:
            wanted = 0.02 / math.sqrt(16) if name.endswith("c_proj.weight") else 0.02
            assert weight.std().item() == pytest.approx(wanted, rel=0.05)
        else:
            assert (weight == (0 if name.endswith("bias") else 1)).all()
    assert not torch.equal(one.wte.weight, other.wte.weight)


def test_a_later_token_changes_nothing_before_it(lively):
    model, ids = lively(), ids_of()
    changed = ids.clone()
    changed[:, 4] = (changed[:, 4] + 1) % 29
    one, other = model(ids)[0], model(changed)[0]
    assert torch.equal(one[:, :4], other[:, :4]) and not torch.allclose(one[:, 4], other[:, 4])


@pytest.mark.parametrize("use_sdpa", [False, True], ids=HALVES)
def test_attention_is_the_formula_one_head_and_one_token_at_a_time(use_sdpa, lively):
    """Loops over texts, heads, tokens; nothing is hidden, later tokens are just not there."""
    config = GPTConfig(
        block_size=9, vocab_size=29, n_layer=1, n_head=3, n_embd=12, bias=True, use_sdpa=use_sdpa
    )
    attention = lively(config).h[0].attn
    x = torch.randn(B, T, 12, generator=torch.Generator().manual_seed(3))
    qkv = F.linear(x, attention.c_attn.weight, attention.c_attn.bias)
    wanted = torch.zeros(B, T, 12)
    for b in range(B):
        for head in range(3):
            q, k, v = (qkv[b, :, i * 12 + head * 4 : i * 12 + head * 4 + 4] for i in range(3))
            for t in range(T):
                shares = (k[: t + 1] @ q[t] / math.sqrt(4)).softmax(0)
                wanted[b, t, head * 4 : head * 4 + 4] = shares @ v[: t + 1]
    wanted = F.linear(wanted, attention.c_proj.weight, attention.c_proj.bias)
    torch.testing.assert_close(attention(x), wanted, rtol=1e-5, atol=1e-5)


def test_sdpa_and_the_formula_give_the_same_logits_and_gradients(lively):
    logits, grads = [], []
    for use_sdpa in (True, False):
        model = lively(replace(lively().config, use_sdpa=use_sdpa)).double()
        found, loss = model(ids_of(), ids_of(seed=6))
        loss.backward()
        logits.append(found)
        grads.append([weight.grad for weight in model.parameters()])
    torch.testing.assert_close(logits[0], logits[1], rtol=0, atol=1e-10)
    for one, other in zip(*grads):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_attend_returns_the_documented_shapes():
    q, k, v = torch.zeros(2, 3, 5, 8), torch.zeros(2, 3, 7, 8), torch.zeros(2, 3, 7, 8)
    mixed, weights = attend(q, k, v, torch.ones(2, 1, 5, 7).bool())
    assert mixed.shape == (2, 3, 5, 8) and weights.shape == (2, 3, 5, 7)
    assert torch.allclose(weights, torch.full_like(weights, 1 / 7))


@pytest.mark.parametrize("use_sdpa", [False, True], ids=HALVES)
def test_dropout_is_active_in_training_and_never_in_evaluation(use_sdpa):
    config = GPTConfig(
        block_size=8, vocab_size=29, n_layer=2, n_head=2, n_embd=8, dropout=0.5, use_sdpa=use_sdpa
    )
    model = GPT(config)
    assert not torch.equal(model(ids_of())[0], model(ids_of())[0])
    assert torch.equal(model.residual_stream(ids_of()), model.residual_stream(ids_of()))
    assert torch.equal(model.next_logits([1]), model.next_logits([1])) and model.training
    model.eval()
    assert torch.equal(model(ids_of())[0], model(ids_of())[0])


@pytest.mark.slow
def test_on_the_meta_device_shapes_come_out_and_nothing_is_computed():
    with torch.device("meta"):
        model = GPT(GPTConfig.preset("gpt2-xl"))
        logits, loss = model(torch.zeros(2, 5, dtype=torch.int64), torch.zeros(2, 5).long())
        with pytest.raises(ValueError, match="ids has 1025 tokens"):
            model(torch.zeros(1, 1025).long())
    assert logits.shape == (2, 5, 50257) and loss.is_meta


@pytest.mark.slow
def test_torch_compile_captures_the_full_graph(lively):
    model = lively()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    assert torch.equal(compiled(ids_of(), ids_of())[0], model(ids_of())[0])


# Looking inside, and tampering


def test_attention_weights_sum_to_1_over_earlier_tokens(lively):
    weights = lively().attention_weights(ids_of())
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, B, 2, T))
    assert (weights.triu(1) == 0).all() and (weights >= 0).all()


def test_the_residual_stream_is_the_sum_of_attention_and_mlp_and_unembeds_to_the_logits(lively):
    model = lively()
    stream = model.residual_stream(ids_of())
    for layer, block in enumerate(model.h):
        before, between, after = stream[2 * layer : 2 * layer + 3]
        torch.testing.assert_close(between - before, block.attn(block.ln_1(before)))
        torch.testing.assert_close(after - between, block.mlp(block.ln_2(between)))
    torch.testing.assert_close(model.unembed(stream[-1]), model(ids_of())[0])
    torch.testing.assert_close(model.logit_lens(ids_of())[-1], model(ids_of())[0])


def without_columns(model: GPT, ablated_heads) -> GPT:
    """A second way to silence a head: what reads it, in c_proj, is set to 0."""
    ablated = GPT(model.config).eval()
    ablated.load_state_dict(model.state_dict())
    D = model.config.head_dim
    with torch.no_grad():
        for layer, head in ablated_heads:
            ablated.h[layer].attn.c_proj.weight[:, head * D : head * D + D] = 0
    return ablated


@pytest.mark.parametrize("use_sdpa", [False, True], ids=HALVES)
@pytest.mark.parametrize("ablated_heads", [{(0, 1)}, {(0, 0), (2, 1)}, {(1, 0), (1, 1)}], ids=str)
@pytest.mark.slow
def test_ablated_heads_add_nothing(ablated_heads, use_sdpa, lively):
    model = lively(replace(lively().config, use_sdpa=use_sdpa, bias=True))
    ablated, ids = without_columns(model, ablated_heads), ids_of()
    torch.testing.assert_close(model(ids, ablated_heads=ablated_heads)[0], ablated(ids)[0])
    torch.testing.assert_close(
        model.attention_weights(ids, ablated_heads=ablated_heads), ablated.attention_weights(ids)
    )
    torch.testing.assert_close(
        model.residual_stream(ids, ablated_heads=ablated_heads), ablated.residual_stream(ids)
    )
    assert not torch.allclose(model(ids)[0], ablated(ids)[0])  # and only for one pass


def test_gradients_flow_past_an_ablated_head_and_not_through_it(lively):
    model = lively()
    model(ids_of(), ids_of(), ablated_heads={(1, 0)})[1].backward()
    grad = model.h[1].attn.c_proj.weight.grad
    assert (grad[:, :5] == 0).all() and (grad[:, 5:] != 0).any()


def test_without_positions_the_model_does_not_use_the_position_of_a_token(lively):
    model, blind = lively(), lively()
    with torch.no_grad():
        blind.wpe.weight.zero_()
    for ask in (lambda m, **o: m(ids_of(), **o)[0], *(
        lambda m, name=name, **o: getattr(m, name)(ids_of(), **o)
        for name in ("attention_weights", "residual_stream")
    )):  # fmt: skip
        assert torch.equal(ask(model, use_positions=False), ask(blind))
        assert not torch.allclose(ask(model), ask(blind))


# What it refuses


@pytest.mark.parametrize(
    "ids, words",
    [
        (
            torch.tensor([[1, 2], [3, 29]]),
            "ids has 29 at row 1, position 1; the model knows the tokens from 0 to 28 "
            "(vocab_size=29). Was the text encoded by another tokenizer?",
        ),
        (torch.tensor([[1, -1]]), "ids has -1 at row 0, position 1; "),
        (
            torch.zeros(1, 12).long(),
            "ids has 12 tokens, and the model takes at most block_size=11. "
            "Take the last ones: ids[:, -11:].",
        ),
        (torch.zeros(2, 0).long(), "ids is empty: a model needs at least one token."),
        (
            torch.tensor([1, 2]),
            "ids has shape (2,); the model takes (B, T), a row of tokens for each text. "
            "Take ids[None] for a batch of one.",
        ),
        (torch.zeros(1, 2, 3).long(), "ids has shape (1, 2, 3); the model takes (B, T)"),
        (
            torch.zeros(1, 2),
            "ids has dtype torch.float32; token ids are integers: ids.long().",
        ),
        ([[1, 2]], "ids is a list; the model takes a tensor of shape (B, T), such as "),
    ],
    ids=["too large", "negative", "too long", "empty", "one row", "three axes", "floats", "list"],
)
def test_ids_that_do_not_fit_are_refused_by_everything_that_takes_them(ids, words, lively):
    model = lively()
    for ask in (model, model.attention_weights, model.residual_stream, model.logit_lens):
        with pytest.raises(ValueError) as caught:
            ask(ids)
        assert str(caught.value).startswith(words)
    if "Take ids[None]" in words:
        model(ids[None])
    if "ids.long()" in words:
        model(ids.long())
    if "ids[:, -11:]" in words:
        model(ids[:, -11:])


def test_targets_and_heads_that_do_not_fit_are_refused(lively):
    model, ids = lively(), ids_of()
    with pytest.raises(ValueError, match=r"targets has shape \(2, 6\) and ids \(2, 7\)"):
        model(ids, ids[:, 1:])
    with pytest.raises(ValueError, match="targets has -2 at row 0, position 0"):
        model(ids, torch.full((B, T), -2))
    with pytest.raises(ValueError, match="targets has 53 at row 0, position 0"):
        model(ids, ids + 29)
    words = r"\(layer, head\) = \(3, 0\); there are layers 0 to 2 and heads 0 to 1"
    for ask in (model, model.attention_weights, model.residual_stream):
        with pytest.raises(ValueError, match=words):
            ask(ids, ablated_heads={(3, 0)})


def test_importing_loads_nothing_large_and_an_unknown_name_lists_the_known_ones():
    code = "import sys, gptcore.model, gptcore.sampling; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
    with pytest.raises(AttributeError, match=r"has no 'GTP'; it has .*GPT"):
        gptcore.model.GTP  # noqa: B018
