"""Lesson 4: a run that is wrong without an error, for the reader to find out from evidence.

Read this after you have guessed.
"""

from random import Random

from gptcore.scalar import MLP


class OneNumberMLP(MLP):
    """Reads each letter as one number that is never learned."""

    def embedding(self, token: int) -> list[float]:
        # The id itself is the input: `b` is a quantity halfway between `a` and `c`.
        return [token / (self.END + 1)]


def second_mlp(characters, rng: Random) -> MLP:
    """An MLP with one thing changed."""
    return OneNumberMLP(characters, context_size=3, n_embd=1, n_hidden=16, rng=rng)
