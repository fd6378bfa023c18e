"""Sizes of an engine: its KV cache, and how much it computes in a step."""

from dataclasses import dataclass

from gptcore.checks import as_bool, as_int


@dataclass(frozen=True)
class EngineConfig:
    """Sizes of an engine.

    Raises:
        ValueError: If a size is below 1, or a step has no token for each request.

    Example:
        >>> EngineConfig(num_blocks=64, max_num_seqs=8).kv_block_size
        16
    """

    num_blocks: int | None = None
    """blocks of the KV cache; None: enough for all texts at their full length, at most 1 GiB"""
    kv_block_size: int = 16
    """tokens of a block"""
    max_num_seqs: int = 16
    """requests that run at once"""
    max_num_batched_tokens: int = 256
    """tokens that are computed in one step; a longer prompt is computed in several (chunks)"""
    enable_prefix_caching: bool = True
    """whether requests share the blocks of the same beginning"""

    def __post_init__(self) -> None:
        if self.num_blocks is not None:
            as_int(self.num_blocks, "num_blocks", 1)
        as_int(self.kv_block_size, "kv_block_size", 1)
        as_int(self.max_num_seqs, "max_num_seqs", 1)
        as_bool(self.enable_prefix_caching, "enable_prefix_caching")
        reason = f"each of max_num_seqs={self.max_num_seqs} requests needs one in every step"
        as_int(self.max_num_batched_tokens, "max_num_batched_tokens", self.max_num_seqs, reason)
