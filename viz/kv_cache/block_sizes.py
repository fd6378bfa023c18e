"""How many blocks texts need, how much of them is empty, and what is shared: arithmetic."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BlockCount:
    """The cache of some texts with one block size.

    Attributes:
        block_size: Tokens of a block.
        blocks: Blocks held; a shared one counts once.
        tokens: Tokens in them.
        shared: Tokens of the same beginning that are held once for all.
    """

    block_size: int
    blocks: int
    tokens: int
    shared: int

    @property
    def places(self) -> int:
        """Tokens that the blocks have room for."""
        return self.blocks * self.block_size

    @property
    def waste(self) -> float:
        """The share of the places that is empty."""
        return 1 - self.tokens / self.places


def count_blocks(lengths: list[int], block_size: int, prefix: int = 0) -> BlockCount:
    """Count the blocks of texts.

    Args:
        lengths: Tokens of each text.
        block_size: Tokens of a block.
        prefix: How many tokens at the beginning are the same in all texts. Only full blocks of
            them are shared.

    Returns:
        The count.
    """
    shared_blocks = prefix // block_size if len(lengths) > 1 else 0
    copies = len(lengths) - 1
    blocks = sum(-(-length // block_size) for length in lengths) - copies * shared_blocks
    tokens = sum(lengths) - copies * shared_blocks * block_size
    return BlockCount(block_size, blocks, tokens, shared_blocks * block_size)
