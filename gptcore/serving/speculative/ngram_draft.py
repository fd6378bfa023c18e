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
from gptcore.sampling.batch_sampling import sample_rows
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
        self.counts: dict[tuple[int, ...], Counter[int]] = {}
        self.rows: dict[tuple[float, tuple[int, ...]], Tensor] = {}
        for text in texts:
            ids = as_ids(text, "A text", self.vocab_size)
            for i, token in enumerate(ids):
                for n in range(min(self.order, i) + 1):
                    self.counts.setdefault(tuple(ids[i - n : i]), Counter())[token] += 1

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
            q = self.probs(text, temperature)
            text += sample_rows(q[None], [rng])
            rows.append(q)
        return Proposal(text[len(ids) :], torch.stack(rows))

    def probs(self, ids: Sequence[int], temperature: float = 1.0) -> Tensor:
        """Probabilities of the next token, shape (V,).

        Args:
            ids: All tokens so far.
            temperature: Each probability gets the power 1 / temperature; 0 takes the largest.
        """
        context = self.longest_context(ids)
        key = temperature, context
        if key not in self.rows:
            if len(self.rows) * self.vocab_size > MAX_CACHED_NUMBERS:
                self.rows.clear()
            self.rows[key] = sharpen(self.interpolate(context), temperature)
        return self.rows[key]

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
        p = torch.full((self.vocab_size,), 1 / self.vocab_size)
        for n in range(len(context) + 1):
            counts = self.counts.get(context[len(context) - n :], Counter[int]())
            p = p * BACKOFF_WEIGHT
            tokens = torch.tensor(list(counts), dtype=torch.int64)
            p[tokens] += torch.tensor(list(counts.values()), dtype=p.dtype)
            p = p / p.sum()
        return p


def sharpen(probs: Tensor, temperature: float) -> Tensor:
    """Probabilities to the power 1 / temperature, normalized; the largest alone at 0."""
    if temperature == 0:
        return torch.zeros_like(probs).scatter(0, probs.argmax(), 1.0)
    return (probs.log() / temperature).softmax(-1)
