"""LayerNorm and RMSNorm.

Source: Ba, Kiros, Hinton 2016, arXiv 1607.06450; Zhang, Sennrich 2019, arXiv 1910.07467.
"""

from torch import nn

from gptcore.model.config import GPTConfig


def make_norm(config: GPTConfig) -> nn.Module:
    """The normalization layer that `config.norm` names, over the C numbers of a token."""
    if config.norm == "rmsnorm":
        return make_rms_norm(config, config.n_embd)
    return nn.LayerNorm(config.n_embd, eps=config.norm_eps, bias=config.bias)


def make_rms_norm(config: GPTConfig, size: int) -> nn.RMSNorm:
    """Divide by the root of the mean square, and multiply by a weight if the config says so.

    Args:
        config: Hyperparameters of the model.
        size: How many numbers are normalized together.
    """
    return nn.RMSNorm(size, eps=config.norm_eps, elementwise_affine=config.rmsnorm_weight)
