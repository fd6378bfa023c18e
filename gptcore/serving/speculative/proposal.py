"""What a draft proposes: some next tokens, and the probabilities from which it sampled them."""

from dataclasses import dataclass
from random import Random
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True)
class Proposal:
    """Tokens that may continue a text.

    Attributes:
        tokens: k token ids.
        probs: The distribution from which each of them was sampled, shape (k, V); None if they
            were certain.

    Example:
        >>> Proposal(tokens=[4, 8]).probs is None
        True
    """

    tokens: list[int]
    probs: Tensor | None = None


class Draft(Protocol):
    """Proposes tokens; the worse its guesses, the fewer are accepted, and nothing else changes.

    Example:
        >>> class Repeat:
        ...     def propose(self, ids, k, temperature, rng):
        ...         return Proposal([ids[-1]] * k)
        >>> steps = generate_speculative(model, Repeat(), [1, 2, 3], 5)
        >>> sum(len(step.tokens) for step in steps)
        5
    """

    def propose(self, ids: list[int], k: int, temperature: float, rng: Random) -> Proposal:
        """Guess the tokens after a text.

        Trap: each token must be sampled from the row of `probs` that is returned with it. If a
        draft takes the likeliest token and returns its softmax, the output distribution changes.

        Args:
            ids: All tokens so far.
            k: The most tokens to propose, at least 1.
            temperature: That of the text; 0 is greedy.
            rng: Source of randomness.

        Returns:
            k tokens or fewer.
        """
