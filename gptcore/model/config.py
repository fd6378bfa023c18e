"""Sizes of a GPT, and the switches that change what its blocks compute.

Source: field names of nanoGPT; sizes as OpenAI published GPT-2 (Radford et al. 2019), and as
    Andrej Karpathy published microgpt (12 February 2026).
"""

from dataclasses import dataclass
from typing import Any

from gptcore.checks import as_bool, as_finite, as_int, check_choice
from gptcore.heads import check_heads, divisors, either
from gptcore.model.rope_scaling import RopeScaling

GATED_ACTIVATIONS = ("swiglu", "geglu")
ACTIVATION_NAMES = ("gelu", "gelu_tanh", "relu", "relu2", "silu", *GATED_ACTIVATIONS)
NORM_NAMES = ("layernorm", "rmsnorm")
COUNTS = ("block_size", "vocab_size", "n_layer", "n_head", "n_embd", "experts_per_token")
OPTIONAL_COUNTS = ("n_kv_head", "head_size", "intermediate_size", "sliding_window", "n_experts")
SWITCHES = (
    *("bias", "qkv_bias", "rope", "rope_interleaved", "qk_norm", "zero_init_proj"),
    *("init_by_width", "rmsnorm_weight", "norm_embeddings", "final_norm"),
    *("tie_weights", "use_sdpa"),
)
DROPOUT = "0.1 or 0.2 is usual where a model sees the same text many times"
NO_SOFTCAP = "None for no limit; Gemma 2 has 30"

GPT2: dict[str, Any] = {
    "vocab_size": 50257,
    "block_size": 1024,
    "bias": True,
    "activation": "gelu_tanh",
}
LLAMA: dict[str, Any] = {
    **{"rope": True, "norm": "rmsnorm", "rmsnorm_weight": True, "activation": "swiglu"},
    **{"tie_weights": False},
}
SMOLLM2 = {**LLAMA, "vocab_size": 49152, "block_size": 8192, "rope_theta": 1e5, "tie_weights": True}
PRESETS: dict[str, dict[str, Any]] = {
    "gpt2": {**GPT2, "n_layer": 12, "n_head": 12, "n_embd": 768},
    "gpt2-medium": {**GPT2, "n_layer": 24, "n_head": 16, "n_embd": 1024},
    "gpt2-large": {**GPT2, "n_layer": 36, "n_head": 20, "n_embd": 1280},
    "gpt2-xl": {**GPT2, "n_layer": 48, "n_head": 25, "n_embd": 1600},
    "distilgpt2": {**GPT2, "n_layer": 6, "n_head": 12, "n_embd": 768},
    "smollm2-135m": {
        **{**SMOLLM2, "n_layer": 30, "n_head": 9, "n_kv_head": 3},
        **{"n_embd": 576, "intermediate_size": 1536},
    },
    "smollm2-360m": {
        **{**SMOLLM2, "n_layer": 32, "n_head": 15, "n_kv_head": 5},
        **{"n_embd": 960, "intermediate_size": 2560},
    },
    "tinyllama-1.1b": {
        **{**LLAMA, "vocab_size": 32000, "block_size": 2048, "n_layer": 22, "n_head": 32},
        **{"n_kv_head": 4, "n_embd": 2048, "intermediate_size": 5632},
    },
    "llama-2-7b": {
        **{**LLAMA, "vocab_size": 32000, "block_size": 4096, "n_layer": 32, "n_head": 32},
        **{"n_embd": 4096, "intermediate_size": 11008},
    },
    "qwen3-0.6b": {
        **{**LLAMA, "vocab_size": 151936, "block_size": 40960, "rope_theta": 1e6},
        **{"n_layer": 28, "n_head": 16, "n_kv_head": 8, "head_size": 128, "n_embd": 1024},
        **{"intermediate_size": 3072, "qk_norm": True, "norm_eps": 1e-6, "tie_weights": True},
    },
    "mixtral-8x7b": {
        **{**LLAMA, "vocab_size": 32000, "block_size": 32768, "rope_theta": 1e6},
        **{"n_layer": 32, "n_head": 32, "n_kv_head": 8, "n_embd": 4096},
        **{"intermediate_size": 14336, "n_experts": 8, "experts_per_token": 2},
    },
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
    n_kv_head: int | None = None
    """heads with their own keys and values, shared by n_head / n_kv_head query heads (GQA); must
    divide n_head; None: all n_head"""
    head_size: int | None = None
    """D, the size of one head; None: n_embd / n_head"""
    intermediate_size: int | None = None
    """M, the numbers between the layers of an MLP; None: 4C, or 8C/3 with a gate"""
    dropout: float = 0.0
    """fraction of activations that is set to 0 in training, against overfitting"""
    bias: bool = False
    """whether linear layers and LayerNorms have a bias, as in GPT-2"""
    qkv_bias: bool = False
    """whether query, key and value have a bias even without `bias`, as in Qwen2"""
    rope: bool = False
    """whether positions rotate queries and keys (RoPE) instead of adding a learned vector"""
    rope_theta: float = 10_000.0
    """with rope: base of the frequencies; the slowest takes about 2 pi theta tokens for a round"""
    rope_scaling: RopeScaling | None = None
    """with rope: how frequencies are changed for texts longer than those of the training"""
    rope_interleaved: bool = False
    """with rope: whether neighbouring numbers are rotated together, as in Meta's Llama files,
    instead of one from each half of a head"""
    sliding_window: int | None = None
    """how many tokens each token attends to, itself and the last ones before it; None: all"""
    qk_norm: bool = False
    """whether queries and keys are normalized (RMSNorm) before they are compared"""
    zero_init_proj: bool = False
    """whether projections into the residual stream start as 0; the untrained GPT is then a
    bigram model"""
    init_by_width: bool = False
    """whether initial weights have the standard deviation 1 / sqrt(n_embd) instead of 0.02"""
    activation: str = "gelu"
    """of the MLP: gelu (nanoGPT), gelu_tanh (GPT-2), relu, relu2, silu; with a gate swiglu (Llama)
    or geglu"""
    n_experts: int | None = None
    """MLPs among which a router chooses for each token (mixture of experts); None: one MLP and no
    router"""
    experts_per_token: int = 2
    """with n_experts: how many of them each token passes through"""
    router_aux_loss_coef: float = 0.01
    """with n_experts: weight of the load-balancing loss, which is added in training"""
    norm: str = "layernorm"
    """layernorm or rmsnorm"""
    norm_eps: float = 1e-5
    """is added under the root of a norm, so that it does not divide by 0"""
    rmsnorm_weight: bool = False
    """whether each RMSNorm has a learned weight, as in Llama; microgpt has none"""
    norm_embeddings: bool = False
    """whether there is a norm before the first block, too"""
    final_norm: bool = True
    """whether there is a norm after the last block"""
    tie_weights: bool = True
    """whether the token embedding is also the output head"""
    logit_softcap: float | None = None
    """largest absolute value of a logit, by tanh; None: no limit"""
    use_sdpa: bool = True
    """whether attention is PyTorch's scaled_dot_product_attention; False computes it step by
    step"""

    def __post_init__(self) -> None:
        for name in COUNTS:
            self._set(name, as_int(getattr(self, name), name, 1))
        for name in OPTIONAL_COUNTS:
            value = getattr(self, name)
            self._set(name, None if value is None else as_int(value, name, 1))
        if self.head_size is None:
            check_heads(self.n_embd, self.n_head)
        check_kv_heads(self.n_head, self.kv_heads)
        dropout = as_finite(self.dropout, "dropout", minimum=0, below=1, purpose=DROPOUT)
        self._set("dropout", dropout)
        for name in ("rope_theta", "norm_eps"):
            self._set(name, as_finite(getattr(self, name), name, above=0))
        coef = as_finite(self.router_aux_loss_coef, "router_aux_loss_coef", minimum=0)
        self._set("router_aux_loss_coef", coef)
        if self.logit_softcap is not None:
            cap = as_finite(self.logit_softcap, "logit_softcap", above=0, purpose=NO_SOFTCAP)
            self._set("logit_softcap", cap)
        for name in SWITCHES:
            self._set(name, as_bool(getattr(self, name), name))
        if isinstance(self.rope_scaling, dict):  # from JSON
            self._set("rope_scaling", RopeScaling(**self.rope_scaling))
        check_rope(self.rope, self.head_dim, self.rope_scaling)
        check_choice(self.activation, "activation", ACTIVATION_NAMES)
        check_choice(self.norm, "norm", NORM_NAMES)
        if self.n_experts is not None and self.experts_per_token > self.n_experts:
            raise ValueError(
                f"experts_per_token={self.experts_per_token} is more than n_experts="
                f"{self.n_experts}. Set it to 1 to {self.n_experts}; 2 is usual."
            )

    def _set(self, name: str, value: int | float | bool | RopeScaling | None) -> None:
        """Replace a field by Python's own type: JSON has no scalars of NumPy or PyTorch."""
        object.__setattr__(self, name, value)

    @property
    def head_dim(self) -> int:
        """D, the size of one head: `head_size`, or n_embd / n_head."""
        return self.head_size or self.n_embd // self.n_head

    @property
    def kv_heads(self) -> int:
        """Heads with their own keys and values: `n_kv_head`, or n_head."""
        return self.n_kv_head or self.n_head

    @property
    def is_gated(self) -> bool:
        """Whether the MLP has a gate."""
        return self.activation in GATED_ACTIVATIONS

    @property
    def mlp_size(self) -> int:
        """M, the numbers between the layers of an MLP.

        Without `intermediate_size` 4C; with a gate the multiple of 8 nearest to 8C/3, so that three
        matrices have as many numbers as two.
        """
        if self.intermediate_size is not None:
            return self.intermediate_size
        return max(8, round(self.n_embd / 3) * 8) if self.is_gated else 4 * self.n_embd

    @classmethod
    def preset(cls, name: str) -> "GPTConfig":
        """The sizes of a published model; `dataclasses.replace` changes some of them.

        Args:
            name: gpt2, gpt2-medium, gpt2-large, gpt2-xl, distilgpt2, smollm2-135m, smollm2-360m,
                tinyllama-1.1b, llama-2-7b, qwen3-0.6b, mixtral-8x7b or microgpt.

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


def check_rope(rope: bool, head_dim: int, scaling: RopeScaling | None) -> None:
    """Raise ValueError for RoPE with heads of odd size, or its scaling without it."""
    if rope and head_dim % 2:
        raise ValueError(
            f"rope=True rotates the numbers of a head in pairs, and the head size n_embd / n_head "
            f"= {head_dim} is odd. Set n_embd to a multiple of 2 * n_head."
        )
    if scaling is not None and not isinstance(scaling, RopeScaling):
        raise ValueError(f"rope_scaling={scaling!r:.60} must be a RopeScaling or None.")
    if scaling is not None and not rope:
        raise ValueError("rope_scaling changes RoPE, and this model has none: set rope=True.")


def check_kv_heads(n_head: int, n_kv_head: int) -> None:
    """Raise ValueError for groups of query heads that are not of one size."""
    if n_head % n_kv_head:
        raise ValueError(
            f"n_kv_head={n_kv_head} does not divide n_head={n_head}. Set n_kv_head to "
            f"{either(divisors(n_head))}."
        )
