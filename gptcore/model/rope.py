"""Rotary position embeddings (RoPE): a position becomes an angle that rotates queries and keys.

A head's vector is taken as D/2 points in the plane. At position p the i-th point is rotated by
p * theta^(-2i/D): the first one fast, the last one hardly at all. The product of a query and a key
then depends on the distance between their positions, and not on the positions.
Source: Su et al. 2021, arXiv 2104.09864; halves instead of neighbours as in GPT-NeoX and Llama.
"""

from math import log, pi

import torch
from torch import Tensor

from gptcore.model.rope_scaling import RopeScaling

ROPE_THETA = 10_000.0  # the slowest point takes about 2 pi * ROPE_THETA tokens for one round

CosSin = tuple[Tensor, Tensor]  # cosine and sine of every angle


def rotary_cos_sin(
    positions: Tensor,
    head_dim: int,
    theta: float = ROPE_THETA,
    scaling: RopeScaling | None = None,
) -> CosSin:
    """Cosine and sine of every rotation angle.

    Args:
        positions: Positions of the tokens, shape (T,) or (B, T).
        head_dim: Size D of a head; even.
        theta: Base of the frequencies.
        scaling: How the frequencies are changed for longer texts.

    Returns:
        Two tensors of shape (T, D/2), or (B, 1, T, D/2) for positions of shape (B, T).
    """
    frequencies = rotation_frequencies(head_dim, theta, scaling, positions.device)  # (D/2,)
    angles = positions[..., None] * frequencies  # (.., T, 1) * (D/2,) -> (.., T, D/2)
    if angles.dim() == 3:
        angles = angles[:, None]  # (B, T, D/2) -> (B, 1, T, D/2)
    length = attention_factor(scaling)
    return angles.cos() * length, angles.sin() * length


def rotation_frequencies(
    head_dim: int, theta: float, scaling: RopeScaling | None, device: torch.device | None = None
) -> Tensor:
    """Radians per token of each point, shape (D/2,).

    Args:
        head_dim: Size D of a head; even.
        theta: Base of the frequencies.
        scaling: How they are changed for longer texts.
        device: Where the result is.
    """
    points = torch.arange(0, head_dim, 2, device=device)  # 2i
    if scaling is not None and scaling.type == "ntk":
        # The slowest point becomes slower by the factor, the fastest stays.
        theta *= scaling.factor ** (head_dim / (head_dim - 2))
    learned: Tensor = theta ** (-points / head_dim)
    if scaling is None or scaling.type == "ntk":
        return learned
    kept = kept_fraction(learned, head_dim, theta, scaling)
    return learned * kept + learned / scaling.factor * (1 - kept)


def kept_fraction(
    frequencies: Tensor, head_dim: int, theta: float, scaling: RopeScaling
) -> Tensor | float:
    """1 where a frequency stays, 0 where it is divided by the factor, shape (D/2,).

    Args:
        frequencies: Radians per token, shape (D/2,).
        head_dim: Size D of a head.
        theta: Base of the frequencies.
        scaling: linear, yarn or llama3.
    """
    low, high, T = scaling.low_rotations, scaling.high_rotations, scaling.original_block_size
    if low is None or high is None:
        return 0.0  # linear
    if scaling.type == "llama3":  # a ramp over the number of rotations
        rotations = T * frequencies / (2 * pi)
        return ((rotations - low) / (high - low)).clamp(0, 1)

    def point_with(rotations: float) -> float:
        return head_dim * log(T / (rotations * 2 * pi)) / (2 * log(theta))

    # YaRN: a ramp over the number of the point.
    first = max(int(point_with(high) // 1), 0)
    last = min(int(-(-point_with(low) // 1)), head_dim - 1)
    points = torch.arange(head_dim // 2, device=frequencies.device)
    return 1 - ((points - first) / max(last - first, 1e-3)).clamp(0, 1)


def attention_factor(scaling: RopeScaling | None) -> float:
    """What queries and keys are multiplied by; 1 except for YaRN."""
    if scaling is None or scaling.type != "yarn":
        return 1.0
    if scaling.attention_factor is not None:
        return scaling.attention_factor
    return 0.1 * log(scaling.factor) + 1


def apply_rotary_emb(x: Tensor, rotary: CosSin, interleaved: bool = False) -> Tensor:
    """Rotate each point (a, b) to (a cos - b sin, a sin + b cos).

    Args:
        x: Queries or keys, shape (B, H, T, D).
        rotary: What `rotary_cos_sin` returned for their positions.
        interleaved: Whether the two numbers of a point are neighbours, as in Meta's own Llama
            files; otherwise one is in each half, as in Hugging Face's.

    Returns:
        The rotated queries or keys, shape (B, H, T, D).
    """
    cos, sin = rotary
    if interleaved:
        a, b = x[..., ::2], x[..., 1::2]  # two of (B, H, T, D/2)
        return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)
    other = x.roll(x.shape[-1] // 2, dims=-1)  # the two halves change places, (b, a)
    return x * torch.cat([cos, cos], -1) + other * torch.cat([-sin, sin], -1)
