"""The KV cache: keys and values of what was read, so that each token is read only once.

Text b of the batch keeps the token of position t in place t. Texts of different lengths therefore
need no filling up at the front: a shorter one writes its next token over what was filled up behind
it, and until then nobody looks there.
Left out on purpose: paging and sharing between texts.
Source: Shazeer 2019 on what decoding spends its time on, arXiv 1911.02150.
"""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from gptcore.checks import as_int
from gptcore.model.gpt import GPT, asked


class KVCache:
    """What every block of `model` remembers of `B` texts, each of at most `room` tokens.

    Example: KVCache(model, B=1, room=16).read([[1, 2, 3]]).shape -> torch.Size([1, 27])
    """

    def __init__(self, model: GPT, B: int, room: int):
        B, room = as_int(B, "B", 1), as_int(room, "room", 1)
        self.model, self.room = model, room
        self.blocks = [BlockMemory(self, model, B, room) for _ in model.h]
        self.device = model.device
        self.lengths = torch.zeros(B, dtype=torch.int64, device=self.device)  # of each text
        self.longest = 0
        self.places = self.lengths[:, None]  # (B, T), where the tokens that are being read stand
        self.visible: Tensor | None = None  # (B, 1, T, S), who may look at whom

    def __getitem__(self, layer: int) -> "BlockMemory":
        return self.blocks[layer]

    def read(self, news: list[list[int]]) -> Tensor:
        """Read what is new in each text; the logits for what follows it.

        The first time that may be any number of tokens, afterwards it is one for each text.
        Shapes: B lists -> (B, V).
        Raises: ValueError for an empty list, a wrong number of lists, more than `room` tokens.
        """
        self.check_news(news)
        T = max(map(len, news))
        filled_up = [new + [0] * (T - len(new)) for new in news]
        ids = torch.tensor(filled_up, device=self.device)  # (B, T)
        places = torch.arange(self.longest + T, device=self.device)  # (S,)
        self.places = self.lengths[:, None] + places[:T]  # (B, 1) + (T,) -> (B, T)
        # At first nothing lies before the new tokens, and the usual causal rule will do.
        looks_back = self.longest > 0
        self.visible = (places <= self.places[..., None])[:, None] if looks_back else None
        sizes = torch.tensor([len(new) for new in news], device=self.device)  # (B,)
        with asked(self.model), kernels_for_any_length(self.device):
            x = self.model.read(ids, memory=self)  # (B, T, C)
            last = x[torch.arange(len(news), device=self.device), sizes - 1]  # (B, C)
            self.lengths = self.lengths + sizes
            self.longest += T
            return self.model.logits(last)  # (B, C) -> (B, V)

    def check_news(self, news: list[list[int]]) -> None:
        if len(news) != len(self.lengths) or not all(news):
            raise ValueError(
                f"The KV cache holds {len(self.lengths)} texts; give it as many lists of new "
                f"tokens, none of them empty. It was given {len(news)}: {news!r:.60}."
            )
        needed = self.longest + max(map(len, news))
        if needed > self.room:
            raise ValueError(
                f"The KV cache has room for {self.room} tokens of each text, and the longest would "
                f"have {needed}. Make it with room={needed}, or call forget() and read the last "
                f"{self.room} anew."
            )

    def forget(self) -> None:
        """Begin anew, in the same memory."""
        self.lengths, self.longest = torch.zeros_like(self.lengths), 0

    def keep(self, rows: list[int]) -> None:
        """Forget all texts but these."""
        self.lengths = self.lengths[rows]
        self.longest = int(self.lengths.max())  # the longest one may be among those that went
        for block in self.blocks:
            block.keys, block.values = block.keys[rows], block.values[rows]


def kernels_for_any_length(device: torch.device) -> AbstractContextManager:
    """Attention by another kernel than cuDNN's on a GPU.

    cuDNN plans its kernels once for each length of the cache. On one H200 a model of 124M then
    needed 65 ms for each token, and 5.4 ms where the plans were known; with the kernels below it
    needs 5.3 to 6.8 ms from the first token on (benchmarks/gpu, 2026-11-28).
    """
    if device.type != "cuda":
        return nullcontext()
    return sdpa_kernel(
        [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
    )


class BlockMemory:
    """The part of the cache that one block of the model looks at."""

    def __init__(self, cache: KVCache, model: GPT, B: int, room: int):
        self.cache = cache
        shape = (B, room, model.config.n_head, model.config.head_dim)
        # Zeros, not whatever lies there: nobody listens to it, but 0 times NaN is NaN.
        self.keys = model.wte.weight.new_zeros(shape)  # (B, S, H, D)
        self.values = self.keys.clone()

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """All keys and values with the new ones. Shapes: (B, H, T, D) -> (B, H, S, D)."""
        rows, places = torch.arange(len(k), device=k.device)[:, None], self.cache.places
        self.keys[rows, places] = k.transpose(1, 2)  # (B, H, T, D) -> (B, T, H, D)
        self.values[rows, places] = v.transpose(1, 2)
        if self.cache.visible is None:
            return k, v, None
        S = self.cache.visible.shape[-1]
        keys, values = self.keys[:, :S], self.values[:, :S]
        return keys.transpose(1, 2), values.transpose(1, 2), self.cache.visible
