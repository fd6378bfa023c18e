"""What fits: the context of the model and the KV cache are the two limits of a request."""

from gptcore.model.gpt import GPT

MAX_DEFAULT_BYTES = 2**30  # of a KV cache whose size nobody gave


class ContextLengthError(ValueError):
    """A request needs more tokens than the context of the model has.

    Attributes:
        prompt_tokens: Tokens of the prompt.
        max_new_tokens: Tokens that were wanted; None: as many as fit.
        limit: The context of the model.

    Example:
        >>> ContextLengthError(100, 50, limit=128).limit
        128
    """

    def __init__(self, prompt_tokens: int, max_new_tokens: int | None, limit: int) -> None:
        """Write the message.

        Args:
            prompt_tokens: Tokens of the prompt.
            max_new_tokens: Tokens that were wanted.
            limit: The context of the model.
        """
        self.prompt_tokens, self.max_new_tokens, self.limit = prompt_tokens, max_new_tokens, limit
        wanted = "" if max_new_tokens is None else f" and max_new_tokens={max_new_tokens}"
        room = limit - prompt_tokens + 1  # the last new token is not read by the model
        way_out = (
            f"Set max_new_tokens to at most {room}, or shorten the prompt."
            if room > 0
            else f"Shorten the prompt to at most {limit} tokens."
        )
        super().__init__(
            f"A prompt of {prompt_tokens} tokens{wanted} do not fit into the context of the "
            f"model, block_size={limit}. {way_out}"
        )


class CacheTooSmallError(ValueError):
    """A request needs more blocks than the whole KV cache has, so it could never be computed.

    Attributes:
        needed_blocks: Blocks that it needs.
        num_blocks: Blocks of the cache.

    Example:
        >>> CacheTooSmallError(12, num_blocks=8, kv_block_size=16).needed_blocks
        12
    """

    def __init__(self, needed_blocks: int, num_blocks: int, kv_block_size: int) -> None:
        """Write the message.

        Args:
            needed_blocks: Blocks that it needs.
            num_blocks: Blocks of the cache.
            kv_block_size: Tokens of a block.
        """
        self.needed_blocks, self.num_blocks = needed_blocks, num_blocks
        super().__init__(
            f"The request needs {needed_blocks} blocks of {kv_block_size} tokens, and the whole "
            f"KV cache has num_blocks={num_blocks}. Prompt and max_new_tokens together may be at "
            f"most {num_blocks * kv_block_size + 1}; or make the engine with "
            f"num_blocks={needed_blocks}."
        )


def resolve_max_new_tokens(
    prompt_tokens: int,
    max_new_tokens: int | None,
    block_size: int,
    num_blocks: int,
    kv_block_size: int,
) -> int:
    """Check that a request fits, and how many tokens it may generate.

    The last token that is generated needs no keys and values, because nothing follows it.

    Args:
        prompt_tokens: Tokens of the prompt.
        max_new_tokens: Tokens that are wanted; None: as many as fit.
        block_size: The context of the model.
        num_blocks: Blocks of the KV cache.
        kv_block_size: Tokens of a block.

    Returns:
        The most tokens to generate, at least 1.

    Raises:
        ContextLengthError: If they do not fit into the context.
        CacheTooSmallError: If they do not fit into the whole cache.

    Example:
        >>> resolve_max_new_tokens(10, None, block_size=64, num_blocks=2, kv_block_size=16)
        23
    """
    fitting = min(block_size, num_blocks * kv_block_size) - prompt_tokens + 1
    wanted = max(1, fitting) if max_new_tokens is None else max_new_tokens
    length = prompt_tokens + wanted - 1
    if length > block_size:
        raise ContextLengthError(prompt_tokens, max_new_tokens, block_size)
    if length > num_blocks * kv_block_size:
        raise CacheTooSmallError(-(-length // kv_block_size), num_blocks, kv_block_size)
    return wanted


def default_num_blocks(model: GPT, kv_block_size: int, max_num_seqs: int) -> int:
    """Blocks for all texts at their full length, but at most 1 GiB.

    Args:
        model: The GPT.
        kv_block_size: Tokens of a block.
        max_num_seqs: Texts at once.
    """
    config = model.config
    token_bytes = 2 * config.n_layer * config.kv_heads * config.head_dim * model.dtype.itemsize
    for_all = max_num_seqs * -(-config.block_size // kv_block_size)
    return max(1, min(for_all, MAX_DEFAULT_BYTES // (token_bytes * kv_block_size)))
