"""Sizes of a GPT, and the few switches that change what its blocks compute.

A file of its own, below what it sizes, because attention, blocks and the model all read it.
Left out on purpose: anything about training; a learning rate is no part of a model.
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
    *(
        "bias",
        "rope",
        "qk_norm",
        "zero_init_proj",
        "norm_embeddings",
        "final_norm",
        "tie_weights",
        "use_sdpa",
    ),
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
    """Sizes of a GPT, and the few switches that change what its blocks compute.

    Raises:  ValueError for a size or a switch that no model can have, with ones that work.
    Example: GPTConfig(vocab_size=65, block_size=64, n_layer=4, n_head=4, n_embd=128)
    """

    block_size: int = 1024
    """T: the most tokens that it looks back on"""
    vocab_size: int = 50304
    """V: tokens that exist; GPT-2's 50,257, filled up to a multiple of 64, which is faster"""
    n_layer: int = 12
    """L: blocks, one on top of the other"""
    n_head: int = 12
    """H: attention heads in a block; must divide n_embd"""
    n_embd: int = 768
    """C: numbers that describe one token"""
    dropout: float = 0.0
    """share of numbers set to 0 by chance while training, against over-fitting"""
    bias: bool = False
    """whether linear layers and LayerNorms add a number of their own, as in GPT-2"""
    rope: bool = False
    """whether a token's place turns queries and keys (RoPE), instead of adding a learned vector"""
    qk_norm: bool = False
    """whether queries and keys are brought to scale (RMSNorm) before they are compared"""
    zero_init_proj: bool = False
    """whether what a block adds begins as 0, so that at first a GPT is a table of pairs"""
    activation: str = "gelu"
    """what the MLP does with each number: gelu (nanoGPT), gelu_tanh (GPT-2), relu, relu2, silu"""
    norm: str = "layernorm"
    """how numbers are brought to scale: layernorm, or rmsnorm (without a gain, as in microgpt)"""
    norm_embeddings: bool = False
    """whether tokens are brought to scale before the first block, too"""
    final_norm: bool = True
    """whether they are once more after the last one"""
    tie_weights: bool = True
    """whether the matrix that reads tokens also writes them"""
    use_sdpa: bool = True
    """whether attention is PyTorch's fused kernel; False writes the same formula out"""

    def __post_init__(self):
        for name in ("block_size", "vocab_size", "n_layer", "n_head", "n_embd"):
            self.keep(name, as_int(getattr(self, name), name, 1))
        check_heads(self.n_embd, self.n_head)
        self.keep(
            "dropout", as_finite(self.dropout, "dropout", minimum=0, below=1, purpose=DROPOUT)
        )
        for name in SWITCHES:
            self.keep(name, as_bool(getattr(self, name), name))
        check_rope(self.rope, self.head_dim)
        check_choice(self.activation, "activation", ACTIVATION_NAMES)
        check_choice(self.norm, "norm", NORM_NAMES)

    def keep(self, name: str, value: Any) -> None:
        """Set a field of this frozen class, for NumPy's and PyTorch's scalars are no JSON."""
        object.__setattr__(self, name, value)

    @property
    def head_dim(self) -> int:
        """D: numbers that one head works on."""
        return self.n_embd // self.n_head

    @classmethod
    def preset(cls, name: str) -> "GPTConfig":
        """The sizes of a model that was published; `dataclasses.replace` changes some of them.

        Raises:  ValueError with the nearest name.
        Example: GPTConfig.preset("gpt2-medium").n_layer -> 24
        """
        check_choice(name, "preset", PRESETS)
        return cls(**PRESETS[name])


def check_rope(rope: bool, head_dim: int) -> None:
    """Raises: ValueError for heads whose numbers are no pairs."""
    if rope and head_dim % 2:
        raise ValueError(
            f"rope=True turns the numbers of a head in pairs, and n_embd / n_head = {head_dim} is "
            f"odd. Set n_embd to a multiple of 2 * n_head."
        )
