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

LONGEST = 100  # letters of an invented text, for a table need not know an end
NOTHING: Counter[str] = Counter()  # the row of letters that were never met; nobody writes into it


class NgramTable:
    """For each `context` letters in a row, how often each letter (or the end) followed them.

    `counts` maps those letters to a Counter. At the beginning of a text there are fewer of them:
    "" is the very beginning. A context longer than every text is no mistake; the table is then a
    list of beginnings. `added` goes to every count before counts become shares.
    Raises:  ValueError for a context that is no whole number from 0, or a negative `added`.
    Example: NgramTable("abc", context=1).learn_all(["ab", "cab"]).next_probabilities("a")
    """

    def __init__(self, characters: Iterable[str], context: int = 1, added: float = 0.1):
        self.characters = sorted(set(characters))
        if not self.characters or any(len(character) != 1 for character in self.characters):
            raise ValueError(
                f"characters must be letters, one by one, such as 'abc'; got {characters!r:.60}."
            )
        context, added = as_int(context, "context", 0), as_number(added, "added")
        if not 0 <= added < inf:
            raise ValueError(f"added={added!r} must be 0 or more; 0.1 does well for names.")
        self.context, self.added = context, added
        self.outcomes = [*self.characters, "end"]
        self.known = set(self.outcomes)
        self.counts: dict[str, Counter[str]] = {}
        self.totals: Counter[str] = Counter()  # the sum of each row

    @property
    def cells(self) -> int:
        """How many counts a full table has: a choice for each letter looked at, and for the next.

        "Nothing, for the text begins here" counts as a letter that can be looked at.
        """
        return len(self.outcomes) ** (self.context + 1)

    def learn(self, document: str) -> None:
        """Count what follows what in one text."""
        for seen, then in self.pairs(document):
            if seen not in self.counts:
                self.counts[seen] = Counter()
            self.counts[seen][then] += 1
            self.totals[seen] += 1

    def learn_all(self, documents: Iterable[str]) -> "NgramTable":
        """Count all of them; gives the table back."""
        for document in documents:
            self.learn(document)
        return self

    def pairs(self, document: str) -> list[tuple[str, str]]:
        """What stands before each letter and before the end. "ab" -> ("", a), (a, b), (b, end)."""
        self.check_letters(document)
        back = self.context
        return [(document[max(0, i - back) : i], then) for i, then in enumerate([*document, "end"])]

    def seen_in(self, beginning: str) -> str:
        """The letters that the table looks at: the last ones, as many as its context."""
        return beginning[max(0, len(beginning) - self.context) :]

    def check_letters(self, text: str) -> None:
        unknown = sorted(set(text) - self.known)
        if unknown:
            raise ValueError(
                f"{text!r} has {unknown[0]!r}, a letter that this table does not know. "
                f"Known: {''.join(self.characters)!r:.80}."
            )

    def shares(self, seen: str) -> list[float]:
        """A share for each outcome; none at all (zeros) where nothing was counted or added."""
        counts = self.counts.get(seen, NOTHING)
        total = self.totals[seen] + self.added * len(self.outcomes)
        return [(counts[then] + self.added) / (total or 1.0) for then in self.outcomes]

    def logits(self, beginning: str) -> list[float]:
        """The logarithm of each share. Raises ValueError where the table is empty."""
        self.check_letters(beginning)
        shares = self.shares(self.seen_in(beginning))
        if not any(shares):
            raise ValueError(
                f"Nothing was ever counted after {self.seen_in(beginning)!r}, and added=0: there "
                f"are no shares. Use added=0.1, or a shorter context than {self.context}."
            )
        return [log(share) if share else -inf for share in shares]

    def next_probabilities(self, beginning: str = "", temperature: float = 1.0) -> dict[str, float]:
        """How likely each character is after `beginning`; `end` is the end of the text.

        Units: temperature T has none; each share becomes share ** (1 / T), then all are rescaled.
        """
        return dict(zip(self.outcomes, next_probabilities(self.logits(beginning), temperature)))

    def surprises(self, document: str) -> list[float]:
        """One for each letter and one for the end. Units: nats; infinite where the share is 0."""
        added, out = self.added, []
        for seen, then in self.pairs(document):
            count = self.counts.get(seen, NOTHING)[then] + added
            total = self.totals[seen] + added * len(self.outcomes)
            out.append(log(total / count) if count else inf)
        return out

    def loss(self, document: str) -> float:
        """Mean surprise over the characters of a document and its end. Units: nats per token."""
        return self.mean_loss([document])

    def mean_loss(self, documents: Iterable[str]) -> float:
        """The same over many documents; a long one counts for more. Units: nats per token."""
        surprises = [nats for document in documents for nats in self.surprises(document)]
        if not surprises:
            raise ValueError("documents is empty: there is nothing to be surprised by.")
        return sum(surprises) / len(surprises)

    def sample(self, n: int = 20, temperature: float = 0.5, *, rng: Random) -> list[str]:
        """`n` invented texts, drawn letter by letter until the end, or until 100 letters."""
        n = as_int(n, "n", 0, "it is the number of samples")
        return [self.invent(temperature, rng) for _ in range(n)]

    def invent(self, temperature: float, rng: Random) -> str:
        text = ""
        while len(text) < LONGEST:
            then = self.outcomes[next_token(self.logits(text), temperature, rng=rng)]
            if then == "end":
                break
            text += then
        return text
