"""LayerNorm, or RMSNorm without a gain.

Source: Ba, Kiros, Hinton 2016, arXiv 1607.06450; Zhang, Sennrich 2019, arXiv 1910.07467.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from gptcore.model.config import GPTConfig

EPSILON = 1e-5  # GPT-2's and microgpt's, under the root: a row of zeros must not divide by 0


def make_norm(config: GPTConfig) -> nn.Module:
    """The normalization layer that `config.norm` names, over the last axis."""
    if config.norm == "rmsnorm":
        return nn.RMSNorm(config.n_embd, eps=EPSILON, elementwise_affine=False)
    return nn.LayerNorm(config.n_embd, eps=EPSILON, bias=config.bias)


def rms_norm(x: Tensor) -> Tensor:
    """Divide each row by the root of the mean of its squares, shape (..., D) -> (..., D)."""
    return F.rms_norm(x, x.shape[-1:], eps=EPSILON)
