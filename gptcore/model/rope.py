"""Rotary positions (RoPE): a token's place as an angle by which its query and key are turned.

The two halves of a head's numbers are taken as D/2 points in the plane. At place p the i-th point
is turned by p * 10000^(-2i/D): the first one fast, the last one hardly at all. How well a query and
a key agree then depends on how far apart they stand, and not on where: turning both by the same
angle changes nothing.
Left out on purpose: longer texts than the model was trained on; the angles could be stretched.
Source: Su et al. 2021, arXiv 2104.09864; halves instead of neighbours as in GPT-NeoX and Llama.
"""

import torch
from torch import Tensor

BASE = 10_000.0  # the slowest point takes about 2 pi * BASE tokens for one round

Turn = tuple[Tensor, Tensor]  # cosine and sine of every angle


def turn_at(places: Tensor, head_dim: int) -> Turn:
    """By how much the points are turned at each place.

    Shapes: places (T,) -> two of (T, D/2); places (B, T) -> two of (B, 1, T, D/2), for all heads.
    """
    points = torch.arange(0, head_dim, 2, device=places.device)  # 2i
    angles = places[..., None] * BASE ** (-points / head_dim)  # (.., T, 1) * (D/2,)
    if angles.dim() == 3:
        angles = angles[:, None]  # (B, T, D/2) -> (B, 1, T, D/2)
    return angles.cos(), angles.sin()


def turned(x: Tensor, turn: Turn) -> Tensor:
    """Each point (a, b) turned: (a cos - b sin, a sin + b cos). Shapes: (B, H, T, D)."""
    cos, sin = turn
    a, b = x.chunk(2, dim=-1)  # two of (B, H, T, D/2)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
