"""Blocks of the KV cache: which are free, who uses them, and what they hold.

A block has room for the keys and values of some tokens, in all layers. Requests whose texts begin
alike share the blocks of that beginning: each block counts its users. A full block has a hash of
its tokens and all tokens before it. A block without users keeps its content and its hash until it
is allocated again, the least recently used one first.
Source: PagedAttention: Kwon et al. 2023, arXiv 2309.06180; the hash: vLLM's prefix caching.
"""

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import sha256

from gptcore.checks import as_int


class BlockPool:
    """The book-keeping of blocks; it holds no tensor.

    Args:
        num_blocks: How many there are.

    Example:
        >>> pool = BlockPool(num_blocks=4)
        >>> block = pool.allocate()
        >>> pool.num_free
        3
    """

    def __init__(self, num_blocks: int) -> None:
        self.num_blocks = as_int(num_blocks, "num_blocks", 1)
        self.ref_counts = [0] * self.num_blocks
        self.free = OrderedDict[int, None].fromkeys(range(self.num_blocks))  # oldest first
        self.block_of_hash: dict[bytes, int] = {}
        self.hashes: list[bytes | None] = [None] * self.num_blocks

    @property
    def num_free(self) -> int:
        """Blocks that nobody uses; some may still hold a cached prefix."""
        return len(self.free)

    @property
    def num_used(self) -> int:
        """Blocks that requests use; a shared one counts once."""
        return self.num_blocks - len(self.free)

    def allocate(self) -> int:
        """Take a free block for one user.

        Returns:
            Its number.
        """
        assert self.free, "the caller asks num_free first"
        block, _ = self.free.popitem(last=False)
        self.forget(block)  # Trap: a block that keeps its old hash gives others a wrong prefix.
        self.ref_counts[block] = 1
        return block

    def share(self, block: int) -> None:
        """Count one more user of a block, which may be a free one.

        Args:
            block: Its number.
        """
        self.free.pop(block, None)
        self.ref_counts[block] += 1

    def release(self, blocks: Sequence[int]) -> None:
        """Count one user less of each block of a text.

        Args:
            blocks: A block table, in the order of the text.
        """
        # The end of the text is free first, so its beginning stays in the prefix cache longer.
        for block in reversed(blocks):
            assert self.ref_counts[block] > 0, f"block {block} has no users"
            self.ref_counts[block] -= 1
            if self.ref_counts[block] == 0:
                self.free[block] = None

    def is_shared(self, block: int) -> bool:
        """Whether another request would see what is written into the block.

        Args:
            block: Its number.
        """
        return self.ref_counts[block] > 1

    # Prefix cache

    def find(self, block_hash: bytes) -> int | None:
        """The block with this content, or None.

        Args:
            block_hash: What `hash_block` returned for its tokens.
        """
        return self.block_of_hash.get(block_hash)

    def register(self, block: int, block_hash: bytes) -> None:
        """Say what a full block holds, so that it can be found.

        Args:
            block: Its number.
            block_hash: What `hash_block` returned for its tokens.
        """
        if self.hashes[block] is None and block_hash not in self.block_of_hash:
            self.hashes[block], self.block_of_hash[block_hash] = block_hash, block

    def forget(self, block: int) -> None:
        """Remove a block from the prefix cache, before something else is written into it.

        Args:
            block: Its number.
        """
        block_hash, self.hashes[block] = self.hashes[block], None
        if block_hash is not None:
            del self.block_of_hash[block_hash]


def hash_block(parent: bytes, tokens: Iterable[int]) -> bytes:
    """A name for the content of a block: its tokens and everything before them.

    Trap: the same tokens after another beginning have other keys and values, so the tokens of the
    block alone are not enough. SHA-256, because two contents with one hash would be mixed up.

    Args:
        parent: The hash of the block before it; empty for the first.
        tokens: Token ids of the block.

    Returns:
        32 bytes.

    Example:
        >>> first = hash_block(b"", [1, 2])
        >>> hash_block(first, [3, 4]) == hash_block(b"", [3, 4])
        False
    """
    return sha256(parent + array("q", tokens).tobytes()).digest()
