"""Attention: the only place where tokens exchange anything.

The formula stands here in full, in `attend`; by default PyTorch's fused kernel computes the same
without ever holding the (T, T) weights in memory.
Left out on purpose: attention to later tokens, or to another text. This one reads left to right.
Source: Vaswani et al. 2017, arXiv 1706.03762; fused: Dao et al. 2022, arXiv 2205.14135.
"""

from collections.abc import Collection
from math import inf, sqrt
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptcore.model.config import GPTConfig
from gptcore.model.norm import to_scale
from gptcore.model.rope import Turn, turned


class Memory(Protocol):
    """Keys and values of the tokens that one block has read before (`gptcore.sampling` has one)."""

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """All keys, all values with the new ones, and who may look at whom (None: `causal`).

        Shapes: k, v (B, H, T, D) -> (B, H, S, D), (B, H, S, D), bool (B, 1, T, S).
        """


class CausalSelfAttention(nn.Module):
    """Each token gathers what the tokens up to itself have to say, through H heads at once.

    Example: CausalSelfAttention(sizes)(torch.zeros(1, 5, 32)).shape -> torch.Size([1, 5, 32])
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_attn = nn.Linear(C, 3 * C, bias=config.bias)  # query, key, value in one matrix
        self.c_proj = nn.Linear(C, C, bias=config.bias)
        self.n_head, self.dropout, self.use_sdpa = config.n_head, config.dropout, config.use_sdpa
        self.qk_norm = config.qk_norm

    def forward(
        self,
        x: Tensor,
        silenced: Collection[int] = (),
        memory: Memory | None = None,
        turn: Turn | None = None,
    ) -> Tensor:
        """`silenced` heads have nothing to say. Shapes: (B, T, C) -> (B, T, C)."""
        q, k, v = self.split(x, turn)
        visible = None
        if memory is not None:
            k, v, visible = memory.extend(k, v)  # (B, H, T, D) -> (B, H, S, D)
        dropout = self.dropout if self.training else 0.0
        if self.use_sdpa:
            mixed = F.scaled_dot_product_attention(
                q, k, v, visible, dropout_p=dropout, is_causal=visible is None
            )
        else:
            mixed, _ = attend(q, k, v, visible, dropout)
        if silenced:
            mixed = mixed * audible(self.n_head, silenced, mixed)
        joined = mixed.transpose(1, 2).flatten(2)  # (B, H, T, D) -> (B, T, H, D) -> (B, T, C)
        return F.dropout(self.c_proj(joined), dropout)

    def split(self, x: Tensor, turn: Turn | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value of each token, cut into heads; `turn` tells where they stand.

        Shapes: (B, T, C) -> three of (B, H, T, D).
        """
        three = self.c_attn(x).unflatten(2, (3, self.n_head, -1))  # (B, T, 3C) -> (B, T, 3, H, D)
        q, k, v = three.permute(2, 0, 3, 1, 4)  # (3, B, H, T, D)
        if self.qk_norm:
            q, k = to_scale(q), to_scale(k)
        if turn is not None:
            q, k = turned(q, turn), turned(k, turn)
        return q.type_as(v), k.type_as(v), v  # both are computed in 32 bits where v has 16

    def weights(self, x: Tensor, turn: Turn | None = None) -> Tensor:
        """Who (row) listens to whom (column). Shapes: (B, T, C) -> (B, H, T, T)."""
        return attend(*self.split(x, turn))[1]


def attend(
    q: Tensor, k: Tensor, v: Tensor, visible: Tensor | None = None, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """The formula: softmax(q k^T / sqrt(D)) v, each token seeing only those up to itself.

    Shapes: q (B, H, T, D); k, v (B, H, S, D) -> mixed (B, H, T, D), weights (B, H, T, S).
    Example: q = k = v = torch.zeros(1, 2, 5, 8)
             attend(q, k, v)[1].shape -> torch.Size([1, 2, 5, 5])
    """
    scores = q @ k.transpose(-2, -1) / sqrt(q.shape[-1])  # (B, H, T, D) @ (B, H, D, S): (.., T, S)
    scores = scores.masked_fill(~(causal(scores) if visible is None else visible), -inf)
    # Trap: softmax over the wrong axis still gives numbers from 0 to 1. Each ROW must sum to 1.
    weights = scores.softmax(dim=-1)
    return F.dropout(weights, dropout) @ v, weights  # (.., T, S) @ (.., S, D) -> (B, H, T, D)


def causal(scores: Tensor) -> Tensor:
    """True where a token (row) may look: itself, and to its left. Shapes: (.., T, S) -> (T, S)."""
    return torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()


def audible(n_head: int, silenced: Collection[int], like: Tensor) -> Tensor:
    """1 for each head that may speak, 0 for the others. Shapes: (H, 1, 1)."""
    heads = [float(head not in silenced) for head in range(n_head)]
    return torch.tensor(heads, dtype=like.dtype, device=like.device)[:, None, None]
