"""What brings numbers to scale: LayerNorm, or RMSNorm without a gain.

Source: Ba, Kiros, Hinton 2016, arXiv 1607.06450; Zhang, Sennrich 2019, arXiv 1910.07467.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from gptcore.model.config import GPTConfig

EPSILON = 1e-5  # GPT-2's and microgpt's, under the root: a row of zeros must not divide by 0


def norm(config: GPTConfig) -> nn.Module:
    """What brings the numbers of each token to scale."""
    if config.norm == "rmsnorm":
        return nn.RMSNorm(config.n_embd, eps=EPSILON, elementwise_affine=False)
    return nn.LayerNorm(config.n_embd, eps=EPSILON, bias=config.bias)


def to_scale(x: Tensor) -> Tensor:
    """Each row divided by the root of the mean of its squares. Shapes: (.., D) -> (.., D)."""
    return F.rms_norm(x, x.shape[-1:], eps=EPSILON)
