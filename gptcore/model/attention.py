"""Causal self-attention, the only layer in which tokens exchange information.

`attend` has the whole formula. By default PyTorch's `scaled_dot_product_attention` computes the
same without holding the (T, T) weights in memory.
Source: Vaswani et al. 2017, arXiv 1706.03762; fused kernel: Dao et al. 2022, arXiv 2205.14135.
"""

from collections.abc import Collection
from math import inf, sqrt
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptcore.model.config import GPTConfig
from gptcore.model.norm import rms_norm
from gptcore.model.rope import CosSin, apply_rotary_emb


class KVCacheLayer(Protocol):
    """Keys and values of earlier tokens in one block; `gptcore.sampling` has an implementation."""

    def update(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Store the keys and values of new tokens.

        Args:
            k: New keys, shape (B, H, T, D).
            v: New values, shape (B, H, T, D).

        Returns:
            All keys and all values, shape (B, H, S, D), and which of them (S) each new token (T)
            may attend to, bool of shape (B, 1, T, S); None means `causal_mask`.
        """


class CausalSelfAttention(nn.Module):
    """Multi-head self-attention: each token gathers information from itself and earlier tokens.

    Args:
        config: Hyperparameters of the model.

    Example:
        >>> CausalSelfAttention(sizes)(torch.zeros(1, 5, 32)).shape
        torch.Size([1, 5, 32])
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        C = config.n_embd
        self.c_attn = nn.Linear(C, 3 * C, bias=config.bias)  # query, key, value in one matrix
        self.c_proj = nn.Linear(C, C, bias=config.bias)
        self.n_head, self.dropout, self.use_sdpa = config.n_head, config.dropout, config.use_sdpa
        self.qk_norm = config.qk_norm

    def forward(
        self,
        x: Tensor,
        ablated_heads: Collection[int] = (),
        kv_cache: KVCacheLayer | None = None,
        rotary: CosSin | None = None,
    ) -> Tensor:
        """What attention adds to the residual stream.

        Args:
            x: Normalized residual stream, shape (B, T, C).
            ablated_heads: Heads of this layer whose output is set to 0.
            kv_cache: Keys and values of the tokens before `x`, if there are any.
            rotary: Rotation of queries and keys, if the model has RoPE.

        Returns:
            The projected context of all heads, shape (B, T, C).
        """
        q, k, v = self.project_qkv(x, rotary)
        mask = None
        if kv_cache is not None:
            k, v, mask = kv_cache.update(k, v)  # (B, H, T, D) -> (B, H, S, D)
        dropout = self.dropout if self.training else 0.0
        if self.use_sdpa:
            context = F.scaled_dot_product_attention(
                q, k, v, mask, dropout_p=dropout, is_causal=mask is None
            )
        else:
            context, _ = attend(q, k, v, mask, dropout)
        if ablated_heads:
            context = context * head_mask(self.n_head, ablated_heads, context)
        merged_heads = context.transpose(1, 2).flatten(2)  # (B, H, T, D) -> (B, T, C)
        return F.dropout(self.c_proj(merged_heads), dropout)

    def project_qkv(self, x: Tensor, rotary: CosSin | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value of each token, split into heads.

        Args:
            x: Normalized residual stream, shape (B, T, C).
            rotary: Rotation of queries and keys, if the model has RoPE.

        Returns:
            q, k and v, each of shape (B, H, T, D).
        """
        qkv = self.c_attn(x).unflatten(2, (3, self.n_head, -1))  # (B, T, 3C) -> (B, T, 3, H, D)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (3, B, H, T, D)
        if self.qk_norm:
            q, k = rms_norm(q), rms_norm(k)
        if rotary is not None:
            q, k = apply_rotary_emb(q, rotary), apply_rotary_emb(k, rotary)
        return q.type_as(v), k.type_as(v), v  # both are computed in 32 bits where v has 16

    def attention_weights(self, x: Tensor, rotary: CosSin | None = None) -> Tensor:
        """How much each token (row) attends to each token (column).

        Args:
            x: Normalized residual stream, shape (B, T, C).
            rotary: Rotation of queries and keys, if the model has RoPE.

        Returns:
            Softmax weights, shape (B, H, T, T); each row sums to 1.
        """
        return attend(*self.project_qkv(x, rotary))[1]


def attend(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention: softmax(q k^T / sqrt(D)) v.

    Args:
        q: Queries, shape (B, H, T, D).
        k: Keys, shape (B, H, S, D).
        v: Values, shape (B, H, S, D).
        mask: True where a query may attend to a key, shape (B, 1, T, S); None is the causal mask.
        dropout: Fraction of the weights that is set to 0.

    Returns:
        The context, shape (B, H, T, D), and the weights, shape (B, H, T, S).

    Example:
        >>> q = k = v = torch.zeros(1, 2, 5, 8)
        >>> context, weights = attend(q, k, v)
        >>> weights.shape
        torch.Size([1, 2, 5, 5])
    """
    scores = q @ k.transpose(-2, -1) / sqrt(q.shape[-1])  # (B, H, T, D) @ (B, H, D, S): (.., T, S)
    scores = scores.masked_fill(~(causal_mask(scores) if mask is None else mask), -inf)
    # Trap: softmax over the wrong axis still gives numbers from 0 to 1. Each ROW must sum to 1.
    weights = scores.softmax(dim=-1)
    return F.dropout(weights, dropout) @ v, weights  # (.., T, S) @ (.., S, D) -> (B, H, T, D)


def causal_mask(scores: Tensor) -> Tensor:
    """True where a token (row) may attend: to itself and to earlier ones; shape (T, S), bool."""
    return torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()


def head_mask(n_head: int, ablated_heads: Collection[int], like: Tensor) -> Tensor:
    """0 for each ablated head and 1 for the others, in the dtype of `like`; shape (H, 1, 1)."""
    heads = [float(head not in ablated_heads) for head in range(n_head)]
    return torch.tensor(heads, dtype=like.dtype, device=like.device)[:, None, None]
