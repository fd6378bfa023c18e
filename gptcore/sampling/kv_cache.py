"""The KV cache: keys and values of earlier tokens, so that each token is computed only once.

The token at position t of text b has index t in row b. Texts of different lengths therefore need
no left padding: a shorter text overwrites the padding behind it with its next token, and until
then the mask hides the padding.
Source: Shazeer 2019 on the memory traffic of decoding, arXiv 1911.02150.
"""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from gptcore.checks import as_int
from gptcore.model.gpt import GPT, evaluating


class KVCache:
    """Keys and values of a batch of texts in every block of a model.

    Args:
        model: The GPT that computes them.
        batch_size: B, the number of texts.
        max_seq_len: The most tokens of each text; memory for them is allocated now.

    Example:
        >>> cache = KVCache(model, batch_size=1, max_seq_len=16)
        >>> cache.next_logits([[1, 2, 3]]).shape
        torch.Size([1, 27])
    """

    def __init__(self, model: GPT, batch_size: int, max_seq_len: int) -> None:
        B = as_int(batch_size, "batch_size", 1)
        self.model, self.max_seq_len = model, as_int(max_seq_len, "max_seq_len", 1)
        self.layers = [StaticCacheLayer(self, model, B, self.max_seq_len) for _ in model.h]
        self.device = model.device
        self.lengths = torch.zeros(B, dtype=torch.int64, device=self.device)  # of each text
        self.cur_len = 0  # of the longest text
        self.positions = self.lengths[:, None]  # (B, T), of the new tokens
        self.mask: Tensor | None = None  # (B, 1, T, S), True where a new token may attend

    def __getitem__(self, layer: int) -> "StaticCacheLayer":
        """The part of one block."""
        return self.layers[layer]

    def next_logits(self, new_tokens: list[list[int]]) -> Tensor:
        """Add new tokens to each text, and compute the logits for the token after them.

        Args:
            new_tokens: B lists of token ids. The first call takes any number of tokens for each
                text (prefill), later calls usually one (decoding).

        Returns:
            Logits, shape (B, V).

        Raises:
            ValueError: If a list is empty, the number of lists is wrong, or a text would have more
                than `max_seq_len` tokens.
        """
        last = [len(new) - 1 for new in new_tokens]
        with evaluating(self.model):
            x = self.forward_hidden(new_tokens)  # (B, T, C)
            rows = torch.arange(len(last), device=self.device)
            return self.model.unembed(x[rows, last])  # (B, T, C) -> (B, C) -> (B, V)

    def all_logits(self, new_tokens: list[list[int]]) -> Tensor:
        """Add new tokens to each text, and compute the logits after each of them.

        Args:
            new_tokens: B lists of token ids.

        Returns:
            Logits, shape (B, T, V); those after a text's last new token have no meaning.

        Raises:
            ValueError: As `next_logits`.
        """
        with evaluating(self.model):
            return self.model.unembed(self.forward_hidden(new_tokens))  # (B, T, C) -> (B, T, V)

    def forward_hidden(self, new_tokens: list[list[int]]) -> Tensor:
        """Add new tokens to each text; returns their hidden states, shape (B, T, C).

        Args:
            new_tokens: B lists of token ids.
        """
        self.check_new_tokens(new_tokens)
        T = max(map(len, new_tokens))
        padded = [new + [0] * (T - len(new)) for new in new_tokens]
        ids = torch.tensor(padded, device=self.device)  # (B, T)
        positions = torch.arange(self.cur_len + T, device=self.device)  # (S,)
        self.positions = self.lengths[:, None] + positions[:T]  # (B, 1) + (T,) -> (B, T)
        self.mask = self.attention_mask(positions)
        sizes = torch.tensor([len(new) for new in new_tokens], device=self.device)  # (B,)
        with kernels_for_any_length(self.device):
            x = self.model.forward_hidden(ids, kv_cache=self)  # (B, T, C)
        self.lengths = self.lengths + sizes
        self.cur_len += T
        return x

    def attention_mask(self, positions: Tensor) -> Tensor | None:
        """True where a new token may attend to a stored one, shape (B, 1, T, S).

        None means the causal mask: in prefill, and for one new token that sees all stored ones.

        Args:
            positions: Positions of the stored tokens, shape (S,).
        """
        T = self.positions.shape[1]
        sees_all = T == 1 and len(self.lengths) == 1 and self.model.config.sliding_window is None
        if self.cur_len == 0 or sees_all:
            return None
        distance = self.positions[..., None] - positions  # (B, T, 1) - (S,) -> (B, T, S)
        window = self.model.config.sliding_window or self.max_seq_len
        return ((distance >= 0) & (distance < window))[:, None]

    def check_new_tokens(self, new_tokens: list[list[int]]) -> None:
        """Raise ValueError unless there is a list for each text, and room for it.

        Args:
            new_tokens: The new token ids of each text.
        """
        if len(new_tokens) != len(self.lengths) or not all(new_tokens):
            raise ValueError(
                f"The KV cache holds {len(self.lengths)} texts; give it as many lists of new "
                f"tokens, none of them empty. It was given {len(new_tokens)}: {new_tokens!r:.60}."
            )
        needed = self.cur_len + max(map(len, new_tokens))
        if needed > self.max_seq_len:
            raise ValueError(
                f"The KV cache holds max_seq_len={self.max_seq_len} tokens of each text, and the "
                f"longest would have {needed}. Make it with max_seq_len={needed}, or call reset() "
                f"and give it the last {self.max_seq_len} tokens."
            )

    def reset(self) -> None:
        """Remove all tokens; the allocated memory stays."""
        self.lengths, self.cur_len = torch.zeros_like(self.lengths), 0

    def truncate(self, length: int) -> None:
        """Keep only the first tokens of each text.

        Args:
            length: How many; no text may have fewer.
        """
        self.lengths, self.cur_len = torch.full_like(self.lengths, length), length

    def select(self, rows: list[int]) -> None:
        """Keep only some texts.

        Args:
            rows: Indices of the texts to keep, in their new order.
        """
        self.lengths = self.lengths[rows]
        self.cur_len = int(self.lengths.max())  # the longest one may be among those removed
        for layer in self.layers:
            layer.keys, layer.values = layer.keys[rows], layer.values[rows]


def kernels_for_any_length(device: torch.device) -> AbstractContextManager[None]:
    """Exclude cuDNN's attention kernel on a GPU.

    cuDNN plans its kernels once for each length of the cache. On one H200 a model of 124M then
    needed 65 ms for each token, and 5.4 ms where the plans were known; with the kernels below it
    needs 5.3 to 6.8 ms from the first token on (benchmarks/gpu, 2026-11-28).
    """
    if device.type != "cuda":
        return nullcontext()
    return sdpa_kernel(
        [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
    )


class StaticCacheLayer:
    """The keys and values of one block, in memory that is allocated once."""

    def __init__(self, cache: KVCache, model: GPT, batch_size: int, max_seq_len: int) -> None:
        self.cache = cache
        shape = (batch_size, max_seq_len, model.config.kv_heads, model.config.head_dim)
        # Zeros, not uninitialised memory: the mask gives it weight 0, but 0 times NaN is NaN.
        self.keys = torch.zeros(shape, dtype=model.dtype, device=model.device)  # (B, S, K, D)
        self.values = self.keys.clone()

    def update(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Store the keys and values of new tokens.

        Args:
            k: New keys, shape (B, K, T, D).
            v: New values, shape (B, K, T, D).

        Returns:
            All keys and all values, shape (B, K, S, D), and the mask, shape (B, 1, T, S), or None.
        """
        if len(k) == 1:
            new = slice(self.cache.cur_len, self.cache.cur_len + k.shape[2])
            self.keys[:, new], self.values[:, new] = k.transpose(1, 2), v.transpose(1, 2)
        else:
            rows, positions = torch.arange(len(k), device=k.device)[:, None], self.cache.positions
            self.keys[rows, positions] = k.transpose(1, 2)  # (B, K, T, D) -> (B, T, K, D)
            self.values[rows, positions] = v.transpose(1, 2)
        if self.cache.cur_len == 0:
            return k, v, None
        S = self.cache.cur_len + k.shape[2]
        keys, values = self.keys[:, :S], self.values[:, :S]
        return keys.transpose(1, 2), values.transpose(1, 2), self.cache.mask
