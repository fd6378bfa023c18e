"""Rotary position embeddings (RoPE): a position becomes an angle that rotates queries and keys.

The two halves of a head's vector are taken as D/2 points in the plane. At position p the i-th point
is rotated by p * 10000^(-2i/D): the first one fast, the last one hardly at all. The product of a
query and a key then depends on the distance between their positions, and not on the positions.
Scaling for texts longer than the training length is not implemented.
Source: Su et al. 2021, arXiv 2104.09864; halves instead of neighbours as in GPT-NeoX and Llama.
"""

import torch
from torch import Tensor

ROPE_THETA = 10_000.0  # the slowest point takes about 2 pi * ROPE_THETA tokens for one round

CosSin = tuple[Tensor, Tensor]  # cosine and sine of every angle


def rotary_cos_sin(positions: Tensor, head_dim: int) -> CosSin:
    """Cosine and sine of every rotation angle.

    Args:
        positions: Positions of the tokens, shape (T,) or (B, T).
        head_dim: Size D of a head; even.

    Returns:
        Two tensors of shape (T, D/2), or (B, 1, T, D/2) for positions of shape (B, T).
    """
    points = torch.arange(0, head_dim, 2, device=positions.device)  # 2i
    angles = positions[..., None] * ROPE_THETA ** (-points / head_dim)  # (.., T, 1) * (D/2,)
    if angles.dim() == 3:
        angles = angles[:, None]  # (B, T, D/2) -> (B, 1, T, D/2)
    return angles.cos(), angles.sin()


def apply_rotary_emb(x: Tensor, rotary: CosSin) -> Tensor:
    """Rotate each point (a, b) to (a cos - b sin, a sin + b cos).

    Args:
        x: Queries or keys, shape (B, H, T, D).
        rotary: What `rotary_cos_sin` returned for their positions.

    Returns:
        The rotated queries or keys, shape (B, H, T, D).
    """
    cos, sin = rotary
    a, b = x.chunk(2, dim=-1)  # two of (B, H, T, D/2)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
