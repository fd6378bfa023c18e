"""oneDNN for fp32 linear layers on AMD CPUs, where it is twice as fast as MKL.

PyTorch multiplies fp32 matrices with Intel's MKL, which uses half the vector width of an AMD CPU
with AVX-512. PyTorch also has oneDNN, which uses all of it, but by default only for 16 bits.
The results are fp32 too, with another order of the sums. Products inside attention are small and
stay with MKL; on CPUs of other makers oneDNN is not faster.

Source: measured here, see benchmarks/LOG.md.
"""

from typing import Any

import torch
from torch import Tensor, nn

from gptcore.training.hardware.system import is_amd_cpu


class OneDNNLinear(nn.Linear):
    """A linear layer that uses oneDNN on a CPU in fp32, and PyTorch's own way elsewhere."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer.

        Args:
            x: Input, shape (.., C).

        Returns:
            Output, shape (.., D).
        """
        if x.device.type != "cpu" or x.dtype != torch.float32 or torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        y: Tensor = LinearFunction.apply(x, self.weight)  # type: ignore[no-untyped-call]
        return y if self.bias is None else y + self.bias


class LinearFunction(torch.autograd.Function):
    """The product of x (.., C) and weight (D, C), with its backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        """Return x @ weight.T, shape (.., D)."""
        ctx.save_for_backward(x, weight)
        return linear(x, weight)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradients of x and of the weight."""
        (grad_output,) = grads
        x, weight = ctx.saved_tensors
        rows, grad_rows = x.flatten(0, -2), grad_output.flatten(0, -2)  # (N, C), (N, D)
        return linear(grad_output, weight.t()), linear(grad_rows.t(), rows.t())


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """Multiply x (.., C) by weight (D, C), transposed, with oneDNN: (.., D)."""
    # Trap: this name is private to PyTorch; its compiler calls oneDNN by it. See `is_faster`.
    y: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")
    return y


def is_faster() -> bool:
    """Whether this CPU gains from oneDNN, and this PyTorch has it."""
    avx512 = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    available = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    has_linear = available and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return avx512 and has_linear and is_amd_cpu()


def patch_linear_layers(model: nn.Module) -> None:
    """Let oneDNN compute the linear layers of a model from now on, with the same weights.

    Args:
        model: The model, which is changed in place.
    """
    for layer in model.modules():
        if type(layer) is nn.Linear:
            layer.__class__ = OneDNNLinear
