"""Parameters and FLOPs of a GPT, by formula.

The counts are those of `GPT(config)`, but without PyTorch, so they take no time. By convention only
matrices count as FLOPs, and attention counts in full, including the half that the causal mask
discards. Norms, activations, the optimizer and recomputation do not count.

Source: Chowdhery et al. 2022 (PaLM), appendix B, arXiv 2204.02311; nanoGPT counts the same.
"""

from gptcore.model.config import GPTConfig


def parameters_by_part(config: GPTConfig) -> dict[str, int]:
    """Count the parameters of each part of a GPT.

    Args:
        config: Sizes of the model.

    Returns:
        Part -> number of parameters; a tied head has none of its own.

    Example:
        >>> parameters_by_part(sizes)["attention"]
        1024
    """
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    queries, kv = config.n_head * config.head_dim, config.kv_heads * config.head_dim
    qkv_bias = (queries + 2 * kv) * (config.bias or config.qkv_bias)
    norms = 2 * L + config.final_norm + config.norm_embeddings
    # Numbers that a norm learns for each number that it normalizes.
    gains = config.rmsnorm_weight if config.norm == "rmsnorm" else 1 + config.bias
    qk_gains = 2 * config.head_dim * (config.qk_norm and config.rmsnorm_weight)
    router = 0 if config.n_experts is None else C * config.n_experts
    return {
        "token_embedding": V * C,
        "position_embedding": 0 if config.rope else T * C,
        "attention": L
        * (C * (queries + 2 * kv) + qkv_bias + queries * C + C * config.bias + qk_gains),
        "mlp": L * (router + (config.n_experts or 1) * mlp_parameters(config)),
        "norms": norms * gains * C,
        "head": 0 if config.tie_weights else V * C,
    }


def mlp_parameters(config: GPTConfig) -> int:
    """Parameters of one MLP, or of one expert, in one layer: C -> M (2M with a gate) -> C."""
    C, M = config.n_embd, config.mlp_size
    hidden = M * (1 + config.is_gated)
    bias = config.bias and config.n_experts is None
    return C * hidden + M * C + (hidden + C) * bias


def active_parameters(config: GPTConfig) -> int:
    """Parameters that one token passes through: all, but only the experts that are chosen.

    Args:
        config: Sizes of the model.

    Example:
        >>> active_parameters(sizes) == sum(parameters_by_part(sizes).values())
        True
    """
    total = sum(parameters_by_part(config).values())
    if config.n_experts is None:
        return total
    idle = config.n_experts - config.experts_per_token
    return total - config.n_layer * idle * mlp_parameters(config)


def kv_cache_bytes(config: GPTConfig, tokens: int, itemsize: int = 2) -> int:
    """Bytes of the keys and values of one text in a KV cache.

    Args:
        config: Sizes of the model.
        tokens: Length of the text.
        itemsize: Bytes of a number.

    Example:
        >>> kv_cache_bytes(GPTConfig.preset("gpt2"), tokens=1024)
        37748736
    """
    return 2 * config.n_layer * config.kv_heads * config.head_dim * tokens * itemsize


def flops_per_token(config: GPTConfig) -> int:
    """FLOPs of one token in training, forward and backward: 6 N + 12 L H Q T.

    A weight of a matrix takes 2 FLOPs in the forward pass and 4 in the backward pass. Tables that
    are only looked up (positions; tokens, if the head has its own matrix) take none, and so do
    experts that are not chosen. Attention scores and their use take 12 per head dimension (Q) and
    per token of the context (T, or the sliding window).

    Args:
        config: Sizes of the model.

    Returns:
        The number of FLOPs.

    Example:
        >>> flops_per_token(sizes)
        24384
    """
    parts = parameters_by_part(config)
    looked_up = parts["position_embedding"] + (
        0 if config.tie_weights else parts["token_embedding"]
    )
    context = min(config.block_size, config.sliding_window or config.block_size)
    attention = 12 * config.n_layer * config.n_head * config.head_dim * context
    return 6 * (active_parameters(config) - looked_up) + attention
