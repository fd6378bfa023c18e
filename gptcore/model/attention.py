"""Causal self-attention, the only layer in which tokens exchange information.

`attend` has the whole formula. By default PyTorch's `scaled_dot_product_attention` computes the
same without holding the (T, T) weights in memory. With grouped-query attention (GQA) several query
heads share one head of keys and values: H query heads, K heads of keys and values.
Source: Vaswani et al. 2017, arXiv 1706.03762; fused kernel: Dao et al. 2022, arXiv 2205.14135;
    GQA: Ainslie et al. 2023, arXiv 2305.13245; sliding window: Beltagy et al. 2020, 2004.05150.
"""

from collections.abc import Collection
from math import inf, sqrt
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptcore.model.config import GPTConfig
from gptcore.model.norm import make_rms_norm
from gptcore.model.rope import CosSin, apply_rotary_emb


class KVCacheLayer(Protocol):
    """Keys and values of earlier tokens in one block; `gptcore.sampling` has an implementation."""

    def update(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Store the keys and values of new tokens.

        Args:
            k: New keys, shape (B, K, T, D).
            v: New values, shape (B, K, T, D).

        Returns:
            All keys and all values, shape (B, K, S, D), and which of them (S) each new token (T)
            may attend to, bool of shape (B, 1, T, S); None means `causal_mask`, where the new
            tokens are the last of all.
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
        C, D = config.n_embd, config.head_dim
        self.n_head, self.n_kv_head = config.n_head, config.kv_heads
        heads = self.n_head + 2 * self.n_kv_head  # query, key and value are one matrix
        self.c_attn = nn.Linear(C, heads * D, bias=config.bias or config.qkv_bias)
        self.c_proj = nn.Linear(self.n_head * D, C, bias=config.bias)
        self.q_norm = make_rms_norm(config, D) if config.qk_norm else nn.Identity()
        self.k_norm = make_rms_norm(config, D) if config.qk_norm else nn.Identity()
        self.dropout, self.use_sdpa = config.dropout, config.use_sdpa
        self.rope_interleaved, self.window = config.rope_interleaved, config.sliding_window

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
            k, v, mask = kv_cache.update(k, v)  # (B, K, T, D) -> (B, K, S, D)
        if mask is None and self.window is not None and self.window < q.shape[-2]:
            mask = causal_mask(q.shape[-2], k.shape[-2], self.window, q.device)
        dropout = self.dropout if self.training else 0.0
        if self.use_sdpa:
            context = F.scaled_dot_product_attention(
                *(q, k, v, mask, dropout),
                is_causal=mask is None and q.shape[-2] > 1,  # one new token attends to all
                enable_gqa=self.n_head != self.n_kv_head,
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
            q, shape (B, H, T, D), and k and v, shape (B, K, T, D).
        """
        H, K = self.n_head, self.n_kv_head
        qkv = self.c_attn(x).unflatten(2, (H + 2 * K, -1)).transpose(1, 2)  # (B, H + 2K, T, D)
        q, k, v = qkv.split([H, K, K], dim=1)  # (B, H, T, D) and two (B, K, T, D)
        q, k = self.q_norm(q), self.k_norm(k)
        if rotary is not None:
            q = apply_rotary_emb(q, rotary, self.rope_interleaved)
            k = apply_rotary_emb(k, rotary, self.rope_interleaved)
        return q.type_as(v), k.type_as(v), v  # both are computed in 32 bits where v has 16

    def attention_weights(self, x: Tensor, rotary: CosSin | None = None) -> Tensor:
        """How much each token (row) attends to each token (column).

        Args:
            x: Normalized residual stream, shape (B, T, C).
            rotary: Rotation of queries and keys, if the model has RoPE.

        Returns:
            Softmax weights, shape (B, H, T, T); each row sums to 1.
        """
        T = x.shape[1]
        mask = causal_mask(T, T, self.window, x.device)
        return attend(*self.project_qkv(x, rotary), mask)[1]


def attend(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention: softmax(q k^T / sqrt(D)) v.

    Args:
        q: Queries, shape (B, H, T, D).
        k: Keys, shape (B, K, S, D); K divides H.
        v: Values, shape (B, K, S, D).
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
    # Trap: query heads 0, 1, .. of a group are neighbours. `repeat` instead would give head 1 the
    # keys of another group, and train without an error.
    group = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)  # (B, H, S, D)
    scores = q @ k.transpose(-2, -1) / sqrt(q.shape[-1])  # (B, H, T, D) @ (B, H, D, S): (.., T, S)
    if mask is None:
        mask = causal_mask(q.shape[-2], k.shape[-2], None, q.device)
    scores = scores.masked_fill(~mask, -inf)
    # Trap: softmax over the wrong axis still gives numbers from 0 to 1. Each ROW must sum to 1.
    weights = scores.softmax(dim=-1)
    return F.dropout(weights, dropout) @ v, weights  # (.., T, S) @ (.., S, D) -> (B, H, T, D)


def causal_mask(T: int, S: int, window: int | None, device: torch.device) -> Tensor:
    """True where a token (row) may attend: to itself and earlier tokens, shape (T, S), bool.

    Args:
        T: Number of queries.
        S: Number of keys; the queries belong to the last T of them.
        window: How many tokens each attends to, itself included; None: all.
        device: Where the mask is.
    """
    allowed = torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)
    return allowed if window is None else allowed.triu(S - T + 1 - window)


def head_mask(n_head: int, ablated_heads: Collection[int], like: Tensor) -> Tensor:
    """0 for each ablated head and 1 for the others, in the dtype of `like`; shape (H, 1, 1)."""
    heads = [float(head not in ablated_heads) for head in range(n_head)]
    return torch.tensor(heads, dtype=like.dtype, device=like.device)[:, None, None]
