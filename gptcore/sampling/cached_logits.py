"""The logits after a text that usually grows by one token: what was computed before is kept."""

from torch import Tensor

from gptcore.checks import as_ids, as_int
from gptcore.model.gpt import GPT
from gptcore.sampling.kv_cache import KVCache


class CachedLogits:
    """A function of token ids, as `GPT.next_logits`, that keeps the KV cache of the last text.

    For controls that ask for one text after another: the tokens that a text shares with the one
    before it are not computed again.

    Args:
        model: The model.
        max_seq_len: The most tokens that are kept; a longer text is computed as a whole.

    Example:
        >>> CachedLogits(model)([1, 2, 3]).shape
        torch.Size([27])
    """

    def __init__(self, model: GPT, max_seq_len: int = 1024) -> None:
        self.model, self.ids = model, list[int]()  # the ids whose keys and values are kept
        size = min(as_int(max_seq_len, "max_seq_len", 1), model.config.block_size)
        self.cache = KVCache(model, batch_size=1, max_seq_len=size)

    def __call__(self, ids: list[int]) -> Tensor:
        """Logits for the token after a text, from its last `block_size` tokens.

        Args:
            ids: Token ids of one text, at least one.

        Returns:
            Logits, shape (V,).
        """
        ids = as_ids(ids)
        if not ids or len(ids) > self.cache.max_seq_len:  # a window that slides
            return self.model.next_logits(ids)
        kept = shared_prefix(self.ids, ids[:-1])  # the last one is always computed
        self.ids = self.ids[:kept]  # first: an id that is refused leaves nothing half done
        self.cache.truncate(kept)
        logits = self.cache.next_logits([ids[kept:]])[0]  # (1, V) -> (V,)
        self.ids = list(ids)
        return logits


def shared_prefix(one: list[int], other: list[int]) -> int:
    """How many ids both begin with."""
    pairs = zip(one, other)
    return next((k for k, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
