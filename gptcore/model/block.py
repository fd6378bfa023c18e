"""A transformer block: attention, then an MLP, each with a norm before it and a residual after it.

Source: GPT-2 (Radford et al. 2019).
"""

from collections.abc import Collection

from torch import Tensor, nn

from gptcore.model.attention import CausalSelfAttention, KVCacheLayer
from gptcore.model.config import GPTConfig
from gptcore.model.experts import MixtureOfExperts
from gptcore.model.mlp import MLP
from gptcore.model.norm import make_norm
from gptcore.model.rope import CosSin


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
        self.mlp = MLP(config) if config.n_experts is None else MixtureOfExperts(config)

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
