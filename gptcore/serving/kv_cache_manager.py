"""Gives blocks to requests and takes them back: block tables, shared prefixes, copy on write."""

from collections.abc import Collection

from gptcore.serving.block_pool import BlockPool, hash_block
from gptcore.serving.paged_cache import PagedKVCache
from gptcore.serving.request import Request


class KVCacheManager:
    """The only one that changes a block table.

    Args:
        pool: The book-keeping of the blocks.
        cache: Their tensors.
        prefix_caching: Whether requests share the blocks of the same beginning.
    """

    def __init__(self, pool: BlockPool, cache: PagedKVCache, prefix_caching: bool = True) -> None:
        self.pool, self.cache, self.prefix_caching = pool, cache, prefix_caching
        self.kv_block_size = cache.kv_block_size

    def blocks_for(self, num_tokens: int) -> int:
        """How many blocks this many tokens need.

        Args:
            num_tokens: Tokens of one text.
        """
        return -(-num_tokens // self.kv_block_size)

    def full_block_hashes(self, request: Request) -> list[bytes]:
        """The hash of each full block of a text, whether it is computed or not.

        Args:
            request: Whose text it is.
        """
        size, hashes = self.kv_block_size, request.block_hashes
        for i in range(len(hashes), len(request.ids) // size):
            parent = hashes[-1] if hashes else b""
            hashes.append(hash_block(parent, request.ids[i * size : (i + 1) * size]))
        return hashes

    def take_cached_prefix(self, request: Request) -> None:
        """Share the blocks of the longest prefix that is in the cache.

        The last token is computed in any case, because its logits are needed.

        Args:
            request: One without blocks.
        """
        assert not request.block_table, "it would share blocks twice"
        if self.has_prompt_of_leader(request):
            self.share_prompt(request)
            return
        if not self.prefix_caching:
            return
        for block_hash in self.full_block_hashes(request):
            block = self.pool.find(block_hash)
            if block is None:
                break
            self.pool.share(block)
            request.block_table.append(block)
        found = len(request.block_table) * self.kv_block_size
        request.num_computed_tokens = min(found, len(request.ids) - 1)

    def has_prompt_of_leader(self, request: Request) -> bool:
        """Whether the whole prompt of a request is in the blocks of its leader.

        Args:
            request: A request.
        """
        leader = request.leader
        if leader is None or request.output or not leader.block_table:
            return False
        return leader.num_computed_tokens >= len(request.prompt)

    def share_prompt(self, request: Request) -> None:
        """Share all blocks of the leader's prompt, the last one too, which may be half full.

        Args:
            request: One for which `has_prompt_of_leader` is true.
        """
        assert request.leader is not None
        table = request.leader.block_table[: self.blocks_for(len(request.prompt))]
        for block in table:
            self.pool.share(block)
        request.block_table = list(table)
        request.num_computed_tokens = len(request.prompt) - 1  # the last one gives the logits

    def blocks_needed(self, request: Request, num_new: int) -> int:
        """How many free blocks a request needs to compute its next tokens.

        Args:
            request: The request.
            num_new: How many tokens it computes.
        """
        total = self.blocks_for(request.num_computed_tokens + num_new)
        return total - len(request.block_table) + self.must_copy(request)

    def must_copy(self, request: Request) -> bool:
        """Whether the next token of a request would be written into a block that others share.

        Args:
            request: The request.
        """
        first = request.num_computed_tokens // self.kv_block_size
        table = request.block_table
        return first < len(table) and self.pool.is_shared(table[first])

    def allocate(self, request: Request, num_new: int) -> bool:
        """Make room for the next tokens of a request, all of it or none.

        Args:
            request: The request.
            num_new: How many tokens it computes.

        Returns:
            Whether there were enough free blocks.
        """
        if self.blocks_needed(request, num_new) > self.pool.num_free:
            return False
        self.make_writable(request)
        total = self.blocks_for(request.num_computed_tokens + num_new)
        while len(request.block_table) < total:
            request.block_table.append(self.pool.allocate())
        return True

    def make_writable(self, request: Request) -> None:
        """Copy on write: the block of the next token becomes the request's own.

        Args:
            request: The request.
        """
        first = request.num_computed_tokens // self.kv_block_size
        if first >= len(request.block_table):
            return
        shared = request.block_table[first]
        if self.pool.is_shared(shared):
            request.block_table[first] = copy = self.pool.allocate()
            self.cache.copy_block(shared, copy)
            self.pool.release([shared])
        else:
            self.pool.forget(shared)  # what it holds is about to change

    def publish(self, request: Request, num_new: int) -> None:
        """Put the blocks that a request has just filled into the prefix cache.

        Args:
            request: The request.
            num_new: How many of its tokens were computed last.
        """
        if self.prefix_caching:
            computed, size = request.num_computed_tokens, self.kv_block_size
            hashes = self.full_block_hashes(request)
            for i in range((computed - num_new) // size, computed // size):
                self.pool.register(request.block_table[i], hashes[i])

    def release(self, request: Request) -> None:
        """Give back all blocks of a request.

        Args:
            request: The request; it has to be computed again if it goes on.
        """
        self.pool.release(request.block_table)
        request.block_table, request.num_computed_tokens = [], 0

    def discard(self, request: Request) -> None:
        """Give back the blocks of a request that failed, and let nobody read what is in them.

        Args:
            request: The request.
        """
        for block in request.block_table:
            self.pool.forget(block)
            if not self.pool.is_shared(block):
                self.cache.clear_block(block)
        self.release(request)

    def is_being_computed(self, request: Request, others: Collection[Request]) -> bool:
        """Whether the next block of a text is part of a prefill that is under way.

        Then it is cheaper to wait for that block than to compute it twice.

        Args:
            request: A request that took its cached prefix.
            others: Requests that run.
        """
        leader = request.leader
        if leader in others and not (request.output or self.has_prompt_of_leader(request)):
            return True
        index = len(request.block_table)
        hashes = self.full_block_hashes(request)
        if not self.prefix_caching or index >= len(hashes):
            return False
        return any(
            other.num_computed_tokens < (index + 1) * self.kv_block_size
            and hashes[index] in self.full_block_hashes(other)[index : index + 1]
            for other in others
        )
