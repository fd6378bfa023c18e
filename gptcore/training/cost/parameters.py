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
    norms = 2 * L + config.final_norm + config.norm_embeddings
    gains = 0 if config.norm == "rmsnorm" else 1 + config.bias  # per number of a norm
    return {
        "token_embedding": V * C,
        "position_embedding": 0 if config.rope else T * C,
        "attention": L * (4 * C * C + 4 * C * config.bias),  # query, key, value; then out
        "mlp": L * (8 * C * C + 5 * C * config.bias),  # C -> 4C -> C
        "norms": norms * gains * C,
        "head": 0 if config.tie_weights else V * C,
    }


def flops_per_token(config: GPTConfig) -> int:
    """FLOPs of one token in training, forward and backward: 6 N + 12 L H Q T.

    A weight of a matrix takes 2 FLOPs in the forward pass and 4 in the backward pass. Tables that
    are only looked up (positions; tokens, if the head has its own matrix) take none. Attention
    scores and their use take 12 per head dimension (Q) and per token of the context (T).

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
    attention = 12 * config.n_layer * config.n_head * config.head_dim * config.block_size
    return 6 * (sum(parts.values()) - looked_up) + attention
