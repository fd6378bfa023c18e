"""A table of counts as a language model: which letter followed which letters, and how often.

There are no weights and no gradients; training is counting. Where the table is empty it does not
back off to shorter contexts; `smoothing` adds a little to every count instead.
Source: Shannon 1948, "A Mathematical Theory of Communication"; adding to the counts goes back to
    Laplace 1814.
"""

from collections import Counter
from collections.abc import Iterable
from math import inf, log
from random import Random
from typing import Self

from gptcore.checks import as_int, as_number
from gptcore.next_token import next_probabilities, next_token
from gptcore.scalar.characters import check_characters

MAX_LENGTH = 100  # letters of a sample, because a table may never predict an end
EMPTY_ROW: Counter[str] = Counter()  # of a context that never occurred; read only


class NgramTable:
    """For each context of letters, how often each letter (or the end) followed it.

    `counts` maps a context to a Counter. At the start of a text contexts are shorter, the first
    one is "".

    Args:
        characters: The letters of the vocabulary.
        context_size: Letters in a context, 0 or more. It may be longer than every text.
        smoothing: Added to every count before counts become probabilities.

    Raises:
        ValueError: For characters that are not single letters, a negative `context_size` or
            `smoothing`.

    Example:
        >>> table = NgramTable("abc", context_size=1, smoothing=0).fit(["ab", "cab"])
        >>> table.next_probabilities("a")["b"]
        1.0
    """

    def __init__(self, characters: Iterable[str], context_size: int = 1, smoothing: float = 0.1):
        self.characters = sorted(set(characters))
        if not self.characters or any(len(character) != 1 for character in self.characters):
            raise ValueError(
                f"characters must be letters, one by one, such as 'abc'; got {characters!r:.60}."
            )
        self.context_size = as_int(context_size, "context_size", 0)
        self.smoothing = as_number(smoothing, "smoothing")
        if not 0 <= self.smoothing < inf:
            raise ValueError(f"smoothing={smoothing!r} must be 0 or more; 0.1 does well for names.")
        self.vocab = [*self.characters, "end"]
        self.counts: dict[str, Counter[str]] = {}
        self.totals: Counter[str] = Counter()  # the sum of each row

    @property
    def n_counts(self) -> int:
        """Counts in a full table: one for each context and each outcome.

        In a context, "the text starts here" counts as one more letter.
        """
        n_counts: int = len(self.vocab) ** (self.context_size + 1)
        return n_counts

    def fit_document(self, document: str) -> None:
        """Add the counts of one text.

        Args:
            document: Known characters only.
        """
        for context, target in self.examples(document):
            if context not in self.counts:
                self.counts[context] = Counter()
            self.counts[context][target] += 1
            self.totals[context] += 1

    def fit(self, documents: Iterable[str]) -> Self:
        """Add the counts of all texts.

        Args:
            documents: Known characters only.

        Returns:
            The table itself.
        """
        for document in documents:
            self.fit_document(document)
        return self

    def examples(self, document: str) -> list[tuple[str, str]]:
        """Context and target of each letter and of the end.

        Args:
            document: Known characters only.

        Returns:
            "ab" gives ("", "a"), ("a", "b"), ("b", "end").
        """
        self.check_characters(document)
        size = self.context_size
        return [
            (document[max(0, i - size) : i], target) for i, target in enumerate([*document, "end"])
        ]

    def context_of(self, prefix: str) -> str:
        """The last `context_size` letters.

        Args:
            prefix: The text so far.
        """
        return prefix[max(0, len(prefix) - self.context_size) :]

    def check_characters(self, text: str) -> None:
        """Raise a ValueError if the text has a letter that is not in the vocabulary.

        Args:
            text: Any.
        """
        check_characters(text, self.characters, "this table")

    def probs(self, context: str) -> list[float]:
        """The probability of each outcome; zeros where nothing was counted or added.

        Args:
            context: As `context_of` returns it.

        Returns:
            One number for each entry of `vocab`.
        """
        counts = self.counts.get(context, EMPTY_ROW)
        total = self.totals[context] + self.smoothing * len(self.vocab)
        return [(counts[target] + self.smoothing) / (total or 1.0) for target in self.vocab]

    def logits(self, prefix: str) -> list[float]:
        """The logarithm of each probability.

        Args:
            prefix: The text so far.

        Returns:
            One number for each entry of `vocab`; -inf for a probability of 0.

        Raises:
            ValueError: If the row is empty and `smoothing` is 0.
        """
        self.check_characters(prefix)
        probs = self.probs(self.context_of(prefix))
        if not any(probs):
            raise ValueError(
                f"Nothing was counted after {self.context_of(prefix)!r}, and smoothing=0: there "
                f"are no probabilities. Use smoothing=0.1, or a context_size below "
                f"{self.context_size}."
            )
        return [log(p) if p else -inf for p in probs]

    def next_probabilities(self, prefix: str = "", temperature: float = 1.0) -> dict[str, float]:
        """How likely each character is after `prefix`; `end` is the end of the text.

        Args:
            prefix: The text so far.
            temperature: Divides the logits: each p becomes p ** (1 / temperature), rescaled.
        """
        return dict(zip(self.vocab, next_probabilities(self.logits(prefix), temperature)))

    def token_losses(self, document: str) -> list[float]:
        """-log of the probability of each letter and of the end.

        Args:
            document: Known characters only.

        Returns:
            Nats; infinite where the probability is 0.
        """
        smoothing, losses = self.smoothing, []
        for context, target in self.examples(document):
            count = self.counts.get(context, EMPTY_ROW)[target] + smoothing
            total = self.totals[context] + smoothing * len(self.vocab)
            losses.append(log(total / count) if count else inf)
        return losses

    def loss(self, document: str) -> float:
        """Mean loss over the characters of a document and its end.

        Args:
            document: Known characters only.

        Returns:
            Nats per token.
        """
        return self.mean_loss([document])

    def mean_loss(self, documents: Iterable[str]) -> float:
        """Mean loss over all tokens of many documents; a long one counts for more.

        Args:
            documents: 1 or more.

        Returns:
            Nats per token.

        Raises:
            ValueError: If there are no documents.
        """
        losses = [nats for document in documents for nats in self.token_losses(document)]
        if not losses:
            raise ValueError("documents is empty: there is no loss to compute. Give one or more.")
        return sum(losses) / len(losses)

    def sample(self, n: int = 20, temperature: float = 0.5, *, rng: Random) -> list[str]:
        """Generate texts, each until its end or until 100 letters.

        Args:
            n: Number of texts.
            temperature: As in `next_probabilities`; 0 takes the likeliest letter.
            rng: Source of randomness.
        """
        n = as_int(n, "n", 0, "it is the number of samples")
        return [self.generate_one(temperature, rng) for _ in range(n)]

    def generate_one(self, temperature: float, rng: Random) -> str:
        """Generate one text.

        Args:
            temperature: As in `sample`.
            rng: Source of randomness.
        """
        text = ""
        while len(text) < MAX_LENGTH:
            token = self.vocab[next_token(self.logits(text), temperature, rng=rng)]
            if token == "end":
                break
            text += token
        return text
