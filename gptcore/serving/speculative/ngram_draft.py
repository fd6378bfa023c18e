"""A table of counts as the draft: which token followed the last n tokens in some text.

Probabilities of shorter contexts fill the gaps of longer ones: p = (counts + w p') / (total + w).
Source: n-gram language models with interpolation, Jelinek and Mercer 1980.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

import torch
from torch import Tensor

from gptcore.checks import as_ids, as_int
from gptcore.serving.speculative.proposal import Proposal

BACKOFF_WEIGHT = 2.0  # a shorter context counts as much as two occurrences of the longer one
MAX_CACHED_NUMBERS = 2**22  # of rows that are kept for the next time


class NgramDraft:
    """Proposes what a table of counts samples.

    Args:
        texts: Token ids of the texts that are counted.
        vocab_size: How many tokens there are.
        order: Tokens of the longest context.

    Example:
        >>> draft = NgramDraft([[1, 2, 3, 1, 2, 3]], vocab_size=27, order=2)
        >>> draft.propose([3, 1], 3, 0, Random(1)).tokens
        [2, 3, 1]
    """

    def __init__(self, texts: Iterable[Sequence[int]], vocab_size: int, order: int = 6) -> None:
        self.vocab_size, self.order = as_int(vocab_size, "vocab_size", 1), as_int(order, "order", 0)
        ngrams = Counter[tuple[int, ...]]()
        for text in texts:
            ids = as_ids(text, "A text", self.vocab_size)
            for n in range(1, self.order + 2):
                ngrams.update(zip(*(ids[start:] for start in range(n))))
        self.counts: dict[tuple[int, ...], dict[int, int]] = {}  # context -> token -> count
        for (*context, token), count in ngrams.items():
            self.counts.setdefault(tuple(context), {})[token] = count
        self.rows: dict[tuple[int, ...], Tensor] = {}  # those that were computed before
        self.sharpened: dict[tuple[float, tuple[int, ...]], tuple[Tensor, Tensor]] = {}

    def propose(self, ids: list[int], k: int, temperature: float, rng: Random) -> Proposal:
        """Sample the next tokens, one after the other.

        Args:
            ids: All tokens so far.
            k: How many tokens to propose.
            temperature: Sharpens the probabilities as it does those of a model.
            rng: Source of randomness.

        Returns:
            k tokens.
        """
        text, rows = list(ids), []
        for _ in range(k):
            q, sums = self.distribution(text, temperature)
            sampled = int(torch.searchsorted(sums, rng.random(), right=True))
            text.append(min(sampled, self.vocab_size - 1))
            rows.append(q)
        return Proposal(text[len(ids) :], torch.stack(rows))

    def probs(self, ids: Sequence[int], temperature: float = 1.0) -> Tensor:
        """Probabilities of the next token, shape (V,).

        Args:
            ids: All tokens so far.
            temperature: Each probability gets the power 1 / temperature; 0 takes the largest.
        """
        return self.distribution(ids, temperature)[0]

    def distribution(self, ids: Sequence[int], temperature: float) -> tuple[Tensor, Tensor]:
        """Probabilities of the next token and their cumulative sums, two of shape (V,).

        Args:
            ids: All tokens so far.
            temperature: As in `probs`.
        """
        key = temperature, self.longest_context(ids)
        if key not in self.sharpened:
            if len(self.sharpened) * self.vocab_size > MAX_CACHED_NUMBERS:
                self.sharpened.clear()
                self.rows.clear()
            q = sharpen(self.interpolate(key[1]), temperature)
            self.sharpened[key] = q, q.cumsum(0)
        return self.sharpened[key]

    def longest_context(self, ids: Sequence[int]) -> tuple[int, ...]:
        """The last tokens, as many as were counted together.

        Args:
            ids: All tokens so far.
        """
        for n in range(min(self.order, len(ids)), 0, -1):
            context = tuple(ids[len(ids) - n :])
            if context in self.counts:
                return context
        return ()

    def interpolate(self, context: tuple[int, ...]) -> Tensor:
        """Probabilities after a context and all of its shorter ones, shape (V,).

        Args:
            context: The last tokens.
        """
        if context not in self.rows:
            shorter = (
                self.interpolate(context[1:])
                if context
                else torch.full((self.vocab_size,), 1 / self.vocab_size)
            )
            counts = self.counts.get(context, {})
            tokens = torch.tensor(list(counts), dtype=torch.int64)
            added = torch.tensor(list(counts.values()), dtype=shorter.dtype)
            p = (shorter * BACKOFF_WEIGHT).index_add_(0, tokens, added)
            self.rows[context] = p / (BACKOFF_WEIGHT + sum(counts.values()))
        return self.rows[context]


def sharpen(probs: Tensor, temperature: float) -> Tensor:
    """Probabilities to the power 1 / temperature, normalized; the largest alone at 0."""
    if temperature == 0:
        return torch.zeros_like(probs).scatter(0, probs.argmax(), 1.0)
    return (probs.log() / temperature).softmax(-1)
