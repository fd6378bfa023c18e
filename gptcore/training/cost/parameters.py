"""How many numbers a GPT has, part by part, and how much arithmetic they cost: by formula.

The same as counting `GPT(config)`, and without PyTorch, so that it answers at once.
Left out on purpose: the arithmetic of norms, activations, the optimizer and of recomputing. By
convention only matrices count, and attention in full, also what the mask throws away: half of it.
Source: the convention is nanoGPT's and PaLM's: Chowdhery et al. 2022, appendix B, arXiv 2204.02311.
"""

from gptcore.model.config import GPTConfig


def parameters_by_part(config: GPTConfig) -> dict[str, int]:
    """How many numbers each part has; they add up to all. A tied head has none of its own.

    Example: parameters_by_part(sizes)["attention"] -> 1_024
    """
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    norms = 2 * L + config.final_norm + config.norm_embeddings
    gains = 0 if config.norm == "rmsnorm" else 1 + config.bias  # of one norm, for each of C
    return {
        "token_embedding": V * C,
        "position_embedding": 0 if config.rope else T * C,
        "attention": L * (4 * C * C + 4 * C * config.bias),  # query, key, value; then out
        "mlp": L * (8 * C * C + 5 * C * config.bias),  # C -> 4C -> C
        "norms": norms * gains * C,
        "head": 0 if config.tie_weights else V * C,
    }


def flops_per_token(config: GPTConfig) -> int:
    """Multiplications and additions to learn from one token: 6 N + 12 L H Q T.

    Each number that multiplies takes part in 2 on the way there and in 4 on the way back. What is
    only looked up (positions; tokens, if the head has its own matrix) multiplies nothing. In
    attention a score, and its use, cost 12 for each number of a head (Q) and each of T tokens.
    Example: flops_per_token(sizes) -> 24_384
    """
    parts = parameters_by_part(config)
    looked_up = parts["position_embedding"] + (
        0 if config.tie_weights else parts["token_embedding"]
    )
    attention = 12 * config.n_layer * config.n_head * config.head_dim * config.block_size
    return 6 * (sum(parts.values()) - looked_up) + attention
