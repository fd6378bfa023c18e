"""The loss without each head, the likeliest tokens of each layer: against the whole model."""

from dataclasses import replace
from itertools import product

import pytest
import torch

from gptcore.model import GPT, GPTConfig, head_ablation_losses

SMALL = GPTConfig(block_size=11, vocab_size=29, n_layer=3, n_head=4, n_embd=24)
LLAMA = replace(SMALL, n_kv_head=2, rope=True, norm="rmsnorm", activation="swiglu")
CONFIGS = {
    "gpt2": replace(SMALL, bias=True, dropout=0.5),
    "llama": LLAMA,
    "experts": replace(LLAMA, n_experts=3, experts_per_token=2),
    "softcap": replace(LLAMA, logit_softcap=5.0, qk_norm=True),
}


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.randint(29, (2, 9), generator=torch.Generator().manual_seed(seed))
    return ids[:, :-1], ids[:, 1:].clone()


@pytest.mark.parametrize("name", CONFIGS)
def test_each_loss_is_that_of_the_model_without_that_head(lively, name):
    model = lively(CONFIGS[name])
    x, y = batch()
    y[0, :3] = -1
    losses = torch.stack(list(head_ablation_losses(model, x, y)))
    assert losses.shape == (3, 4)
    for layer, head in product(range(3), range(4)):
        wanted = model(x, y, ablated_heads=[(layer, head)])[1]
        torch.testing.assert_close(losses[layer, head], wanted, rtol=1e-4, atol=1e-5)


def test_a_model_in_training_mode_is_measured_without_dropout_and_stays_in_it(lively):
    model = lively(CONFIGS["gpt2"])
    x, y = batch()
    wanted = torch.stack(list(head_ablation_losses(model, x, y)))
    model.train()
    rows = head_ablation_losses(model, x, y)
    first = next(rows)
    assert model.training
    torch.testing.assert_close(first, wanted[0])
    assert not first.requires_grad


def test_targets_that_do_not_fit_are_refused(lively):
    x, y = batch()
    with pytest.raises(ValueError, match="targets has shape"):
        next(head_ablation_losses(lively(SMALL), x, y[:, :-1]))
    with pytest.raises(ValueError, match="29"):
        next(head_ablation_losses(lively(SMALL), x, y + 29))


@pytest.mark.parametrize("name", CONFIGS)
def test_the_likeliest_tokens_of_each_layer_are_those_of_the_lens(lively, name):
    model = lively(CONFIGS[name])
    x, _ = batch()
    top = model.logit_lens(x).softmax(-1).topk(3)
    probs, ids = model.logit_lens_top_k(x, 3)
    torch.testing.assert_close(probs, top.values)
    assert torch.equal(ids, top.indices)
    probs, ids = model.logit_lens_top_k(x, 99, positions=slice(2, 4))
    assert probs.shape == ids.shape == (4, 2, 2, 29)
    torch.testing.assert_close(probs[:, :, :, :3], top.values[:, :, 2:4])
    with pytest.raises(ValueError, match="k=0"):
        GPT(SMALL).logit_lens_top_k(x, 0)
