"""Sizes of a GPT, and the switches that change what its blocks compute.

Source: field names of nanoGPT; sizes as OpenAI published GPT-2 (Radford et al. 2019), and as
    Andrej Karpathy published microgpt (12 February 2026).
"""

from dataclasses import dataclass
from typing import Any

from gptcore.checks import as_bool, as_finite, as_int, check_choice
from gptcore.heads import check_heads

ACTIVATION_NAMES = ("gelu", "gelu_tanh", "relu", "relu2", "silu")
NORM_NAMES = ("layernorm", "rmsnorm")
SWITCHES = (
    *("bias", "rope", "qk_norm", "zero_init_proj", "norm_embeddings", "final_norm"),
    *("tie_weights", "use_sdpa"),
)
DROPOUT = "0.1 or 0.2 is usual where a model sees the same text many times"

GPT2: dict[str, Any] = {
    "vocab_size": 50257,
    "block_size": 1024,
    "bias": True,
    "activation": "gelu_tanh",
}
PRESETS: dict[str, dict[str, Any]] = {
    "gpt2": {**GPT2, "n_layer": 12, "n_head": 12, "n_embd": 768},
    "gpt2-medium": {**GPT2, "n_layer": 24, "n_head": 16, "n_embd": 1024},
    "gpt2-large": {**GPT2, "n_layer": 36, "n_head": 20, "n_embd": 1280},
    "gpt2-xl": {**GPT2, "n_layer": 48, "n_head": 25, "n_embd": 1600},
    "distilgpt2": {**GPT2, "n_layer": 6, "n_head": 12, "n_embd": 768},
    "microgpt": {
        **{"vocab_size": 27, "block_size": 16, "n_layer": 1, "n_head": 4, "n_embd": 16},
        **{"activation": "relu", "norm": "rmsnorm", "norm_embeddings": True},
        **{"final_norm": False, "tie_weights": False},
    },
}


@dataclass(frozen=True)
class GPTConfig:
    """Sizes of a GPT, and the switches that change what its blocks compute.

    The text below each field is also its `--help`.

    Raises:
        ValueError: If no model can have such a size or switch; the error proposes ones that work.

    Example:
        >>> GPTConfig(vocab_size=65, block_size=64, n_layer=4, n_head=4, n_embd=128).head_dim
        32
    """

    block_size: int = 1024
    """T, the context length: the most tokens that the model takes"""
    vocab_size: int = 50304
    """V, the number of tokens; 50304 is GPT-2's 50257, padded to a multiple of 64, which is
    faster"""
    n_layer: int = 12
    """L, the number of blocks"""
    n_head: int = 12
    """H, attention heads in a block; must divide n_embd"""
    n_embd: int = 768
    """C, the width of the residual stream"""
    dropout: float = 0.0
    """fraction of activations that is set to 0 in training, against overfitting"""
    bias: bool = False
    """whether linear layers and LayerNorms have a bias, as in GPT-2"""
    rope: bool = False
    """whether positions rotate queries and keys (RoPE) instead of adding a learned vector"""
    qk_norm: bool = False
    """whether queries and keys are normalized (RMSNorm) before they are compared"""
    zero_init_proj: bool = False
    """whether projections into the residual stream start as 0; the untrained GPT is then a
    bigram model"""
    activation: str = "gelu"
    """of the MLP: gelu (nanoGPT), gelu_tanh (GPT-2), relu, relu2, silu"""
    norm: str = "layernorm"
    """layernorm, or rmsnorm (without a gain, as in microgpt)"""
    norm_embeddings: bool = False
    """whether there is a norm before the first block, too"""
    final_norm: bool = True
    """whether there is a norm after the last block"""
    tie_weights: bool = True
    """whether the token embedding is also the output head"""
    use_sdpa: bool = True
    """whether attention is PyTorch's scaled_dot_product_attention; False computes it step by
    step"""

    def __post_init__(self) -> None:
        for name in ("block_size", "vocab_size", "n_layer", "n_head", "n_embd"):
            self._set(name, as_int(getattr(self, name), name, 1))
        check_heads(self.n_embd, self.n_head)
        dropout = as_finite(self.dropout, "dropout", minimum=0, below=1, purpose=DROPOUT)
        self._set("dropout", dropout)
        for name in SWITCHES:
            self._set(name, as_bool(getattr(self, name), name))
        check_rope(self.rope, self.head_dim)
        check_choice(self.activation, "activation", ACTIVATION_NAMES)
        check_choice(self.norm, "norm", NORM_NAMES)

    def _set(self, name: str, value: int | float | bool) -> None:
        """Replace a field by Python's own type: JSON has no scalars of NumPy or PyTorch."""
        object.__setattr__(self, name, value)

    @property
    def head_dim(self) -> int:
        """D, the size of one head: n_embd / n_head."""
        return self.n_embd // self.n_head

    @classmethod
    def preset(cls, name: str) -> "GPTConfig":
        """The sizes of a published model; `dataclasses.replace` changes some of them.

        Args:
            name: gpt2, gpt2-medium, gpt2-large, gpt2-xl, distilgpt2 or microgpt.

        Returns:
            The config.

        Raises:
            ValueError: If there is no such preset; the error names the nearest one.

        Example:
            >>> GPTConfig.preset("gpt2-medium").n_layer
            24
        """
        check_choice(name, "preset", PRESETS)
        return cls(**PRESETS[name])


def check_rope(rope: bool, head_dim: int) -> None:
    """Raise ValueError for RoPE with heads of odd size."""
    if rope and head_dim % 2:
        raise ValueError(
            f"rope=True rotates the numbers of a head in pairs, and n_embd / n_head = {head_dim} "
            f"is odd. Set n_embd to a multiple of 2 * n_head."
        )
