"""A smaller GPT as the draft, with a KV cache of its own."""

from random import Random

import torch

from gptcore.model.gpt import GPT
from gptcore.sampling.batch_sampling import filtered_probs, sample_rows
from gptcore.sampling.cached_logits import CachedLogits
from gptcore.serving.speculative.proposal import Proposal


class GPTDraft:
    """Proposes what a smaller model samples. It must have the vocabulary of the large one.

    Args:
        model: The smaller model.

    Example:
        >>> len(GPTDraft(model).propose([1, 2, 3], 4, 1.0, Random(1)).tokens)
        4
    """

    def __init__(self, model: GPT) -> None:
        self.model = model
        self.next_logits = CachedLogits(model, model.config.block_size)

    @property
    def vocab_size(self) -> int:
        """How many tokens it knows."""
        return self.model.config.vocab_size

    def propose(self, ids: list[int], k: int, temperature: float, rng: Random) -> Proposal:
        """Sample the next tokens, one after the other.

        Args:
            ids: All tokens so far.
            k: How many tokens to propose.
            temperature: Divides the logits; 0 takes the largest.
            rng: Source of randomness.

        Returns:
            k tokens; fewer where its context ends.
        """
        text, rows = list(ids), []
        for _ in range(min(k, self.model.config.block_size - len(ids) + 1)):
            q = filtered_probs(self.next_logits(text)[None], temperature)  # (1, V)
            text += sample_rows(q, [rng])
            rows.append(q)
        if not rows:
            return Proposal([])
        return Proposal(text[len(ids) :], torch.cat(rows))
