"""A table of counts as a language model: which letter followed which letters, and how often.

No weights, no gradient, no step: learning is counting. Left out on purpose: backing off to shorter
beginnings where the table is empty (lesson 1 adds a little to every count instead).
Source: Shannon 1948, "A Mathematical Theory of Communication"; adding to the counts goes back to
    Laplace 1814.
"""

from collections import Counter
from collections.abc import Iterable
from math import inf, log
from random import Random

from gptcore.checks import as_int, as_number
from gptcore.next_token import next_probabilities, next_token

MAX_LENGTH = 100  # letters of an invented text, for a table need not know an end
EMPTY_ROW: Counter[str] = Counter()  # the row of letters that were never met; nobody writes into it


class NgramTable:
    """For each `context_size` letters in a row, how often each letter (or the end) followed them.

    `counts` maps those letters to a Counter. At the prefix of a text there are fewer of them:
    "" is the very prefix. A context_size longer than every text is no mistake; the table is "
    "target a
    list of beginnings. `smoothing` goes to every count before counts become probs.
    Raises:  ValueError for a context_size that is no whole number from 0, or a negative
    `smoothing`.
    Example: NgramTable("abc", context_size=1).fit(["ab", "cab"]).next_probabilities("a")
    """

    def __init__(self, characters: Iterable[str], context_size: int = 1, smoothing: float = 0.1):
        self.characters = sorted(set(characters))
        if not self.characters or any(len(character) != 1 for character in self.characters):
            raise ValueError(
                f"characters must be letters, one by one, such as 'abc'; got {characters!r:.60}."
            )
        context_size, smoothing = (
            as_int(context_size, "context_size", 0),
            as_number(smoothing, "smoothing"),
        )
        if not 0 <= smoothing < inf:
            raise ValueError(f"smoothing={smoothing!r} must be 0 or more; 0.1 does well for names.")
        self.context_size, self.smoothing = context_size, smoothing
        self.vocab = [*self.characters, "end"]
        self.known = set(self.vocab)
        self.counts: dict[str, Counter[str]] = {}
        self.totals: Counter[str] = Counter()  # the sum of each row

    @property
    def n_counts(self) -> int:
        """How many counts a full table has: a choice for each letter looked at, and for the next.

        "Nothing, for the text begins here" counts as a letter that can be looked at.
        """
        return len(self.vocab) ** (self.context_size + 1)

    def fit_document(self, document: str) -> None:
        """Count what follows what in one text."""
        for context, target in self.examples(document):
            if context not in self.counts:
                self.counts[context] = Counter()
            self.counts[context][target] += 1
            self.totals[context] += 1

    def fit(self, documents: Iterable[str]) -> "NgramTable":
        """Count all of them; gives the table back."""
        for document in documents:
            self.fit_document(document)
        return self

    def examples(self, document: str) -> list[tuple[str, str]]:
        """What stands before each letter and before the end. "ab" -> ("", a), (a, b), (b, end)."""
        self.check_characters(document)
        back = self.context_size
        return [
            (document[max(0, i - back) : i], target) for i, target in enumerate([*document, "end"])
        ]

    def context_of(self, prefix: str) -> str:
        """The letters that the table looks at: the last ones, as many as its context_size."""
        return prefix[max(0, len(prefix) - self.context_size) :]

    def check_characters(self, text: str) -> None:
        unknown = sorted(set(text) - self.known)
        if unknown:
            raise ValueError(
                f"{text!r} has {unknown[0]!r}, a letter that this table does not know. "
                f"Known: {''.join(self.characters)!r:.80}."
            )

    def probs(self, context: str) -> list[float]:
        """A share for each outcome; none at all (zeros) where nothing was counted or smoothing."""
        counts = self.counts.get(context, EMPTY_ROW)
        total = self.totals[context] + self.smoothing * len(self.vocab)
        return [(counts[target] + self.smoothing) / (total or 1.0) for target in self.vocab]

    def logits(self, prefix: str) -> list[float]:
        """The logarithm of each share. Raises ValueError where the table is empty."""
        self.check_characters(prefix)
        probs = self.probs(self.context_of(prefix))
        if not any(probs):
            raise ValueError(
                f"Nothing was ever counted after {self.context_of(prefix)!r}, and smoothing=0: "
                f"there "
                f"are no probs. Use smoothing=0.1, or a shorter context_size than "
                f"{self.context_size}."
            )
        return [log(share) if share else -inf for share in probs]

    def next_probabilities(self, prefix: str = "", temperature: float = 1.0) -> dict[str, float]:
        """How likely each character is after `prefix`; `end` is the end of the text.

        Units: temperature T has none; each share becomes share ** (1 / T), target all are rescaled.
        """
        return dict(zip(self.vocab, next_probabilities(self.logits(prefix), temperature)))

    def token_losses(self, document: str) -> list[float]:
        """One for each letter and one for the end. Units: nats; infinite where the share is 0."""
        smoothing, out = self.smoothing, []
        for context, target in self.examples(document):
            count = self.counts.get(context, EMPTY_ROW)[target] + smoothing
            total = self.totals[context] + smoothing * len(self.vocab)
            out.append(log(total / count) if count else inf)
        return out

    def loss(self, document: str) -> float:
        """Mean surprise over the characters of a document and its end. Units: nats per token."""
        return self.mean_loss([document])

    def mean_loss(self, documents: Iterable[str]) -> float:
        """The same over many documents; a long one counts for more. Units: nats per token."""
        token_losses = [nats for document in documents for nats in self.token_losses(document)]
        if not token_losses:
            raise ValueError("documents is empty: there is nothing to be surprised by.")
        return sum(token_losses) / len(token_losses)

    def sample(self, n: int = 20, temperature: float = 0.5, *, rng: Random) -> list[str]:
        """`n` invented texts, drawn letter by letter until the end, or until 100 letters."""
        n = as_int(n, "n", 0, "it is the number of samples")
        return [self.generate_one(temperature, rng) for _ in range(n)]

    def generate_one(self, temperature: float, rng: Random) -> str:
        text = ""
        while len(text) < MAX_LENGTH:
            target = self.vocab[next_token(self.logits(text), temperature, rng=rng)]
            if target == "end":
                break
            text += target
        return text
