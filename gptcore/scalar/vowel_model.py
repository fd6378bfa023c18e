"""A language model with two weights, so that all of its loss fits on one map.

It says how likely a vowel comes next: one logit for what follows a vowel, one for everything else.
Left out on purpose: which vowel it is, and every other letter.
"""

from collections.abc import Sequence
from math import exp, log1p

VOWELS = frozenset("aeiou")


class VowelModel:
    """What the documents make of two logits. Their vowels are counted once, here.

    Raises:  ValueError if there are no documents.
    Example: VowelModel(["emma"]).loss_at(0.0, 0.0) -> about 0.693
    """

    def __init__(self, documents: Sequence[str]):
        self.counts = counts_of(documents)
        if not documents:
            raise ValueError("documents is empty: there is nothing to predict.")

    def loss_at(self, after_consonant: float, after_vowel: float) -> float:
        """Mean surprise about "is it a vowel?". Units: nats for each letter and end."""
        total = 0.0
        for logit, (yes, no) in zip((after_consonant, after_vowel), self.counts):
            total += yes * softplus(-logit) + no * softplus(logit)
        return total / sum(map(sum, self.counts))

    def grad_at(
        self, after_consonant: float, after_vowel: float, documents: Sequence[str] = ()
    ) -> list[float]:
        """How fast that loss grows with each logit: said minus was. With `documents`: their loss.

        A few documents give another g than all of them; on average it is the same.
        """
        counts = counts_of(documents) if documents else self.counts
        places = sum(map(sum, counts))
        return [
            ((yes + no) * exp(-softplus(-logit)) - yes) / places
            for logit, (yes, no) in zip((after_consonant, after_vowel), counts)
        ]


def counts_of(documents: Sequence[str]) -> list[list[int]]:
    """[vowels, others] that follow a consonant or the beginning, and those that follow a vowel."""
    counts = [[0, 0], [0, 0]]
    for document in documents:
        for before, then in zip(f" {document}", f"{document} "):
            counts[before in VOWELS][then not in VOWELS] += 1
    return counts


def softplus(x: float) -> float:
    """log(1 + e^x): the surprise about what has a logit of -x. Large x do not overflow."""
    return max(x, 0.0) + log1p(exp(-abs(x)))
