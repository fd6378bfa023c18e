"""A transformer block: attention, then an MLP, each with a norm before it and a residual after it.

Source: GPT-2 (Radford et al. 2019); ReLU squared: So et al. 2021, arXiv 2109.08668.
"""

from collections.abc import Callable, Collection
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from gptcore.model.attention import CausalSelfAttention, KVCacheLayer
from gptcore.model.config import GPTConfig
from gptcore.model.norm import make_norm
from gptcore.model.rope import CosSin


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
}


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
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)
        self.activation = ACTIVATIONS[config.activation]

    def forward(self, x: Tensor) -> Tensor:
        """What the MLP adds to the residual stream, shape (B, T, C) -> (B, T, C).

        Args:
            x: The normalised residual stream, shape (B, T, C).
        """
        hidden = self.activation(self.c_fc(x))  # (B, T, C) -> (B, T, 4C)
        added: Tensor = self.dropout(self.c_proj(hidden))  # (B, T, 4C) -> (B, T, C)
        return added


class Block(nn.Module):
    """One layer of a GPT: attention and MLP, each added to the residual stream.

    Args:
        config: Hyperparameters of the model.

    Example:
        >>> Block(sizes)(torch.zeros(1, 5, 32)).shape
        torch.Size([1, 5, 32])
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.ln_1 = make_norm(config)
        self.attn = CausalSelfAttention(config)
        self.ln_2 = make_norm(config)
        self.mlp = MLP(config)

    def forward(
        self,
        x: Tensor,
        ablated_heads: Collection[int] = (),
        kv_cache: KVCacheLayer | None = None,
        rotary: CosSin | None = None,
    ) -> Tensor:
        """The residual stream after this block, shape (B, T, C).

        Args:
            x: The residual stream, shape (B, T, C).
            ablated_heads: Heads of this layer whose output is set to 0.
            kv_cache: Keys and values of the tokens before `x`, if there are any.
            rotary: Rotation of queries and keys, if the model has RoPE.
        """
        return self.mlp_residual(self.attn_residual(x, ablated_heads, kv_cache, rotary))

    def attn_residual(
        self,
        x: Tensor,
        ablated_heads: Collection[int] = (),
        kv_cache: KVCacheLayer | None = None,
        rotary: CosSin | None = None,
    ) -> Tensor:
        """Add attention to the residual stream.

        Args:
            x: Residual stream, shape (B, T, C).
            ablated_heads: Heads of this layer whose output is set to 0.
            kv_cache: Keys and values of the tokens before `x`, if there are any.
            rotary: Rotation of queries and keys, if the model has RoPE.

        Returns:
            The residual stream, shape (B, T, C).
        """
        added: Tensor = self.attn(self.ln_1(x), ablated_heads, kv_cache, rotary)
        return x + added

    def mlp_residual(self, x: Tensor) -> Tensor:
        """Add the MLP to the residual stream, shape (B, T, C) -> (B, T, C).

        Args:
            x: The residual stream, shape (B, T, C).
        """
        added: Tensor = self.mlp(self.ln_2(x))
        return x + added
