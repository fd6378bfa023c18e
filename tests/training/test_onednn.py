"""Linear layers by oneDNN are linear layers."""

import pytest
import torch
from small_runs import NO_DROPOUT, SHORT, batches, new_model, run
from torch import nn

from gptcore.training import train
from gptcore.training.hardware import onednn

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_linear_pointwise"),
    reason="this PyTorch has no oneDNN",
)


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(3, 4, 5), (7, 5)], ids=str)
def test_output_and_gradients_are_those_of_pytorchs_layer(shape, bias):
    plain = nn.Linear(5, 6, bias=bias)
    other = nn.Linear(5, 6, bias=bias)
    other.load_state_dict(plain.state_dict())
    onednn.patch_linear_layers(nn.Sequential(other))
    found, grads = [], random(*shape[:-1], 6)
    for layer in (plain, other):
        x = random(*shape).requires_grad_()
        y = layer(x)
        y.backward(grads)
        found.append((y.detach(), x.grad, *(weight.grad for weight in layer.parameters())))
    assert type(other) is not nn.Linear and isinstance(other, nn.Linear)
    for one, same in zip(*found, strict=True):
        torch.testing.assert_close(same, one, rtol=1e-5, atol=1e-6)


def test_other_number_formats_are_computed_as_before():
    layer, x = nn.Linear(5, 6), random(7, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        bf16_output = layer(x)
    fp64_output = layer.double()(x.double())
    onednn.patch_linear_layers(nn.Sequential(layer))
    assert torch.equal(layer(x.double()), fp64_output)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(layer.float()(x), bf16_output)


@pytest.mark.slow
def test_a_run_with_onednn_trains_the_same_and_keeps_all_names(text, monkeypatch):
    losses = []
    for faster in (False, True):
        monkeypatch.setattr(onednn, "is_faster", lambda faster=faster: faster)
        losses.append([step.train_loss for step in run(text, None, shape=NO_DROPOUT)])
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    model = new_model(NO_DROPOUT)
    names = list(model.state_dict())
    next(train(model, batches(text), SHORT))
    assert list(model.state_dict()) == names
    assert type(model.lm_head) is onednn.OneDNNLinear and model.lm_head.weight is model.wte.weight
