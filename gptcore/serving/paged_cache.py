"""The tensors of a paged KV cache, and what the blocks of a model see of them in one forward pass.

Token t of a text is in slot t % S of block t // S of its block table, where S is the size of a
block. The attention of PyTorch wants the keys of a text in one piece, so each layer gathers them
by an index; kernels that read blocks in place exist for GPUs.
Source: PagedAttention: Kwon et al. 2023, arXiv 2309.06180.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gptcore.checks import as_int
from gptcore.model.gpt import GPT


class PagedKVCache:
    """Keys and values of all blocks, in every layer of a model.

    Args:
        model: The GPT that computes them.
        num_blocks: How many blocks there are.
        kv_block_size: How many tokens a block holds.

    Example:
        >>> PagedKVCache(model, num_blocks=8, kv_block_size=4).keys[0].shape
        torch.Size([33, 4, 8])
    """

    def __init__(self, model: GPT, num_blocks: int, kv_block_size: int) -> None:
        num_blocks = as_int(num_blocks, "num_blocks", 1)
        self.kv_block_size = as_int(kv_block_size, "kv_block_size", 1)
        self.padding_slot = num_blocks * self.kv_block_size  # written for padding, never read
        shape = (self.padding_slot + 1, model.config.kv_heads, model.config.head_dim)
        self.keys = [
            torch.zeros(shape, dtype=model.dtype, device=model.device) for _ in model.h
        ]  # L of (slots, K, D)
        self.values = [torch.zeros(shape, dtype=model.dtype, device=model.device) for _ in model.h]
        self.window, self.device = model.config.sliding_window, model.device

    def slots_of(self, block: int) -> slice:
        """The slots of a block.

        Args:
            block: Its number.
        """
        return slice(block * self.kv_block_size, (block + 1) * self.kv_block_size)

    def copy_block(self, source: int, target: int) -> None:
        """Copy the content of one block into another.

        Args:
            source: The number of the block that is read.
            target: The number of the block that is written.
        """
        for tensor in (*self.keys, *self.values):
            tensor[self.slots_of(target)] = tensor[self.slots_of(source)]

    def clear_block(self, block: int) -> None:
        """Set a block to zeros. After a NaN this is necessary: weight 0 times NaN is NaN.

        Args:
            block: Its number.
        """
        for tensor in (*self.keys, *self.values):
            tensor[self.slots_of(block)] = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all keys and values."""
        return sum(t.numel() * t.element_size() for t in (*self.keys, *self.values))


@dataclass(frozen=True)
class PagedRow:
    """The part of one text that is computed in a forward pass.

    Attributes:
        block_table: Blocks of the text, with room for the new tokens.
        num_computed: How many tokens are in the cache.
        num_new: How many tokens follow them now.
    """

    block_table: Sequence[int]
    num_computed: int
    num_new: int


class PagedBatch:
    """A batch of texts in one forward pass: `GPT.forward_hidden` takes it as its `kv_cache`.

    Args:
        cache: Where keys and values are.
        rows: The texts, B of them. Rows with fewer than T new tokens are padded on the right.
    """

    def __init__(self, cache: PagedKVCache, rows: Sequence[PagedRow]) -> None:
        self.cache, device = cache, cache.device
        size = cache.kv_block_size
        T = max(row.num_new for row in rows)
        S = max(row.num_computed + row.num_new for row in rows)
        width = -(-S // size)
        # A short table is padded with its own first block: what is there is finite if the row is.
        tables = [
            [*row.block_table[:width], *[row.block_table[0]] * (width - len(row.block_table))]
            for row in rows
        ]
        computed = torch.tensor([[row.num_computed] for row in rows], device=device)  # (B, 1)
        new = torch.tensor([[row.num_new] for row in rows], device=device)
        slots = torch.tensor(tables, device=device)[..., None] * size  # (B, W, 1)
        slots = slots + torch.arange(size, device=device)  # (B, W, size)
        self.slots = slots.flatten(1)[:, :S]  # (B, S): where each token of the text is
        offsets = torch.arange(T, device=device)
        is_new = offsets < new  # (B, T)
        self.positions = computed + torch.minimum(offsets, new - 1)  # (B, T)
        self.new_slots = self.slots.gather(1, self.positions).where(is_new, cache.padding_slot)
        self.is_fresh = not any(row.num_computed for row in rows)
        self.mask = None if self.is_fresh else self.attention_mask(S)

    def attention_mask(self, S: int) -> Tensor:
        """True where a new token may attend to a token of its text, shape (B, 1, T, S).

        Args:
            S: Tokens of the longest text, the new ones included.
        """
        keys = torch.arange(S, device=self.cache.device)
        distance = self.positions[..., None] - keys  # (B, T, 1) - (S,) -> (B, T, S)
        window = S if self.cache.window is None else self.cache.window
        return ((distance >= 0) & (distance < window))[:, None]

    def __getitem__(self, layer: int) -> "PagedLayer":
        """The part of one block of the model."""
        return PagedLayer(self, self.cache.keys[layer], self.cache.values[layer])


class PagedLayer:
    """Keys and values of one layer in a forward pass."""

    def __init__(self, batch: PagedBatch, keys: Tensor, values: Tensor) -> None:
        self.batch, self.keys, self.values = batch, keys, values

    def update(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Store the keys and values of new tokens, and gather those of the whole texts.

        Args:
            k: New keys, shape (B, K, T, D).
            v: New values, shape (B, K, T, D).

        Returns:
            All keys and all values, shape (B, K, S, D), and the mask, shape (B, 1, T, S), or None.
        """
        batch = self.batch
        self.keys[batch.new_slots] = k.transpose(1, 2)  # (B, K, T, D) -> (B, T, K, D)
        self.values[batch.new_slots] = v.transpose(1, 2)
        if batch.is_fresh:
            return k, v, None
        keys, values = self.keys[batch.slots], self.values[batch.slots]  # (B, S, K, D)
        return keys.transpose(1, 2), values.transpose(1, 2), batch.mask
