"""Products of 32-bit matrices on processors by AMD: by oneDNN, twice as fast as by MKL.

PyTorch multiplies with Intel's MKL, which uses half the width of an AMD processor that has AVX-512.
It also brings oneDNN, which uses all of it, and takes that by itself for 16 bits only. The numbers
keep their 32 bits, and are added up in another order.
Left out on purpose: products inside attention, which are small; other makers, on whose processors
nothing is won.
Source: measured here, see benchmarks/LOG.md.
"""

import torch
from torch import Tensor, nn

from gptcore.training.hardware.system import is_amd_cpu


class OneDNNLinear(nn.Linear):
    """A linear layer that oneDNN computes, where that can be: on a processor, with 32 bits."""

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or x.dtype != torch.float32 or torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        found = LinearFunction.apply(x, self.weight)
        return found if self.bias is None else found + self.bias


class LinearFunction(torch.autograd.Function):
    """x times the weights; and the way back, two more products.

    Shapes: x (.., C), weight (D, C) -> (.., D).
    """

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return linear(x, weight)

    @staticmethod
    def backward(ctx, slopes: Tensor) -> tuple[Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        rows, slopes_of_rows = x.flatten(0, -2), slopes.flatten(0, -2)  # (N, C), (N, D)
        return linear(slopes, weight.t()), linear(slopes_of_rows.t(), rows.t())


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """Shapes: x (.., C), weight (D, C) -> (.., D)."""
    # Trap: PyTorch does not promise this name; its compiler calls oneDNN by it. See `is_faster`.
    return torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")


def is_faster() -> bool:
    """Whether this is such a processor, and a PyTorch that can."""
    wide = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    has_it = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return wide and has_it and is_amd_cpu()


def patch_linear_layers(model: nn.Module) -> None:
    """Let oneDNN compute the linear layers of a model from now on. Weights and names stay."""
    for layer in model.modules():
        if type(layer) is nn.Linear:
            layer.__class__ = OneDNNLinear
