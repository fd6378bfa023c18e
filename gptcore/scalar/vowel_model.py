"""A language model with two weights, so that all of its loss fits on one map.

It predicts whether the next letter is a vowel: one logit for what follows a vowel, one for the
rest.
"""

from collections.abc import Sequence
from math import exp, log1p

VOWELS = frozenset("aeiou")


class VowelModel:
    """The loss of two logits on some documents, whose vowels are counted once.

    Args:
        documents: Texts, 1 or more.

    Raises:
        ValueError: If there are no documents.

    Example:
        >>> round(VowelModel(["emma"]).loss_at(0.0, 0.0), 3)
        0.693
    """

    def __init__(self, documents: Sequence[str]):
        self.counts = count_vowels(documents)
        if not documents:
            raise ValueError("documents is empty: there is nothing to predict.")

    def loss_at(self, after_consonant: float, after_vowel: float) -> float:
        """Mean cross-entropy of "is it a vowel?".

        Args:
            after_consonant: Logit of a vowel after a consonant or at the start.
            after_vowel: Logit of a vowel after a vowel.

        Returns:
            Nats for each letter and each end.
        """
        total = 0.0
        for logit, (yes, no) in zip((after_consonant, after_vowel), self.counts):
            total += yes * softplus(-logit) + no * softplus(logit)
        return total / sum(map(sum, self.counts))

    def grad_at(
        self, after_consonant: float, after_vowel: float, documents: Sequence[str] = ()
    ) -> list[float]:
        """The gradient of the loss: probabilities minus relative counts.

        Args:
            after_consonant: As in `loss_at`.
            after_vowel: As in `loss_at`.
            documents: Take the loss of these instead. The gradient of a few documents differs from
                that of all; its mean over many draws is the same.

        Returns:
            One number for each logit.
        """
        counts = count_vowels(documents) if documents else self.counts
        n_letters = sum(map(sum, counts))
        return [
            ((yes + no) * exp(-softplus(-logit)) - yes) / n_letters
            for logit, (yes, no) in zip((after_consonant, after_vowel), counts)
        ]


def count_vowels(documents: Sequence[str]) -> list[list[int]]:
    """[vowels, others] that follow a consonant or the start, and those that follow a vowel."""
    counts = [[0, 0], [0, 0]]
    for document in documents:
        for previous, target in zip(f" {document}", f"{document} "):
            counts[previous in VOWELS][target not in VOWELS] += 1
    return counts


def softplus(x: float) -> float:
    """log(1 + e^x), the cross-entropy of an event with logit -x; large x do not overflow."""
    return max(x, 0.0) + log1p(exp(-abs(x)))
