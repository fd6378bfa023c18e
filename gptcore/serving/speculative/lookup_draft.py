"""Prompt lookup: what followed the last tokens when they occurred before in the same text.

It needs no model, and helps where an answer repeats its prompt: summaries, edits of code.
Source: prompt lookup decoding, Saxena 2023.
"""

from random import Random

from gptcore.checks import as_int
from gptcore.serving.speculative.proposal import Proposal


class PromptLookupDraft:
    """Proposes the continuation of the latest earlier occurrence of the last n tokens.

    Args:
        max_ngram: The n that is tried first.
        min_ngram: The n that is tried last.

    Example:
        >>> PromptLookupDraft().propose([1, 2, 3, 4, 5, 1, 2, 3], 2, 1.0, Random(1)).tokens
        [4, 5]
    """

    def __init__(self, max_ngram: int = 8, min_ngram: int = 3) -> None:
        self.min_ngram = as_int(min_ngram, "min_ngram", 1)
        self.max_ngram = as_int(max_ngram, "max_ngram", self.min_ngram, "min_ngram is the least")

    def propose(self, ids: list[int], k: int, temperature: float, rng: Random) -> Proposal:
        """Look for the last tokens in the text before them.

        Args:
            ids: All tokens so far.
            k: The most tokens to propose.
            temperature: Not used: what is found is proposed with certainty.
            rng: Not used.

        Returns:
            k tokens or fewer; none if the last tokens never occurred before.
        """
        for n in range(min(self.max_ngram, len(ids) - 1), self.min_ngram - 1, -1):
            last = ids[-n:]
            for start in range(len(ids) - n - 1, -1, -1):
                if ids[start : start + n] == last:
                    return Proposal(ids[start + n : start + n + k])
        return Proposal([])
