"""LoRA: small trained matrices beside the frozen matrix of a linear layer.

    y = x W^T + scale x A^T B^T      W (D, C) is frozen; A (rank, C) and B (D, rank) are trained

B begins as 0, so a model with new adapters computes what it did before. An adapted layer has the
tensors weight, lora_A, lora_B and lora_scale, by which `GPT.load` knows it.
Source: Hu et al. 2021, arXiv 2106.09685.
"""

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LORA_NAMES = ("lora_A", "lora_B", "lora_scale")


class LoRALinear(nn.Linear):
    """A linear layer whose own weights are frozen, with an adapter that is trained.

    Args:
        linear: The layer; its weight and bias are shared, not copied.
        rank: Rows of A and columns of B.
        scale: What the adapter's output is multiplied by.
        generator: Source of the initial A; None is PyTorch's global generator.
    """

    def __init__(
        self,
        linear: nn.Linear,
        rank: int,
        scale: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:
        nn.Module.__init__(self)  # the layer has its weights already
        self.out_features, self.in_features = D, C = linear.weight.shape
        self.weight, self.bias = linear.weight, linear.bias
        self.lora_A = nn.Parameter(linear.weight.new_empty(rank, C))
        self.lora_B = nn.Parameter(linear.weight.new_zeros(D, rank))
        nn.init.normal_(self.lora_A, std=C**-0.5, generator=generator)
        self.lora_scale: Tensor
        self.register_buffer("lora_scale", linear.weight.new_full((), scale))

    def forward(self, x: Tensor) -> Tensor:
        """The output of the layer and its adapter.

        Args:
            x: Shape (..., C).

        Returns:
            Shape (..., D).
        """
        adapted = F.linear(F.linear(x, self.lora_A), self.lora_B)  # (..., C) -> (..., D)
        return super().forward(x) + self.lora_scale * adapted

    def merged_weight(self) -> Tensor:
        """The matrix that computes the same without an adapter, shape (D, C)."""
        return self.weight + self.lora_scale * (self.lora_B @ self.lora_A)


def adapted_layers(model: nn.Module) -> Iterator[tuple[str, LoRALinear]]:
    """The layers with an adapter, and their names.

    Args:
        model: Any module.

    Yields:
        Names such as h.0.attn.c_attn, and layers.
    """
    for name, module in model.named_modules():
        if isinstance(module, LoRALinear):
            yield name, module


def adapt_layers(model: nn.Module, layers: Mapping[str, LoRALinear]) -> None:
    """Put adapted layers in place of plain ones, and freeze all other weights.

    Args:
        model: The model, which is changed in place.
        layers: The adapted layers by name.
    """
    model.requires_grad_(False)
    for name, layer in layers.items():
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, layer)
        layer.lora_A.requires_grad_(True)
        layer.lora_B.requires_grad_(True)


def adapt_as_in(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Give a model the adapters that a state dict has, with values of their own.

    Args:
        model: The model, which is changed in place; it stays as it is if the state dict has none.
        tensors: A state dict.
    """
    ranks = {n.removesuffix(".lora_A"): len(t) for n, t in tensors.items() if n.endswith(".lora_A")}
    linear = {n: m for n, m in model.named_modules() if isinstance(m, nn.Linear)}
    layers = {n: LoRALinear(linear[n], rank) for n, rank in ranks.items() if n in linear}
    if layers:
        adapt_layers(model, layers)
