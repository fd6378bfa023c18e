"""The MLP of a block, with or without a gate.

Source: GPT-2 (Radford et al. 2019); ReLU squared: So et al. 2021, arXiv 2109.08668; gates (GLU):
    Shazeer 2020, arXiv 2002.05202.
"""

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from gptcore.model.config import GPTConfig


def relu_squared(x: Tensor) -> Tensor:
    """ReLU, squared; any shape."""
    # Trap: square() is a power, which autocast widens to 32 bits on a GPU; a product stays narrow.
    positive = F.relu(x)
    return positive * positive


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
    "relu": F.relu,
    "relu2": relu_squared,
    "silu": F.silu,
    "swiglu": F.silu,  # of the gate
    "geglu": F.gelu,
}


def activate(hidden: Tensor, activation: str, is_gated: bool) -> Tensor:
    """The numbers between the two layers of an MLP.

    Args:
        hidden: Output of the first layer, shape (..., M), or (..., 2M) with a gate: first the
            gate, then what passes through it.
        activation: A name in `ACTIVATIONS`.
        is_gated: Whether one half multiplies the other.

    Returns:
        Shape (..., M).
    """
    if not is_gated:
        return ACTIVATIONS[activation](hidden)
    gate, value = hidden.chunk(2, dim=-1)  # two of (..., M)
    return ACTIVATIONS[activation](gate) * value


class MLP(nn.Module):
    """Two linear layers around an activation, applied to each token alone.

    Args:
        config: Hyperparameters of the model.

    Example:
        >>> MLP(sizes)(torch.zeros(1, 5, 32)).shape
        torch.Size([1, 5, 32])
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        C, M = config.n_embd, config.mlp_size
        self.activation, self.is_gated = config.activation, config.is_gated
        self.c_fc = nn.Linear(C, M * (1 + self.is_gated), bias=config.bias)
        self.c_proj = nn.Linear(M, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """What the MLP adds to the residual stream, shape (B, T, C) -> (B, T, C).

        Args:
            x: The normalized residual stream, shape (B, T, C).
        """
        hidden = activate(self.c_fc(x), self.activation, self.is_gated)  # (B, T, C) -> (B, T, M)
        added: Tensor = self.dropout(self.c_proj(hidden))  # (B, T, M) -> (B, T, C)
        return added
