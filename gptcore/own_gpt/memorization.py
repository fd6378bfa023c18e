"""How much of what a model writes is its training text: memory, or coincidence.

A model that writes good names writes some that are in the list without having memorized them. How
many, the held-out lines tell: it cannot have memorized those. The probability that it writes one of
them, times the ratio of sizes, is the share that coincidence explains.
The shares are not counted in samples; they are sums of the probabilities of the lines.
Source: Carlini et al. 2019, "The Secret Sharer", arXiv 1802.08232, who compare with text of the
    same kind that was not in training.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, sqrt

from gptcore.evaluation.target_log_probs import Row, target_log_probs
from gptcore.model import GPT
from gptcore.own_gpt.line_batches import encode_lines
from gptcore.tokenizers import Tokenizer

ROWS = 256  # lines in one forward pass
FEW = 0.01  # a share below this is not worth a word


@dataclass(frozen=True)
class MemorizedShare:
    """Shares of what a model writes at temperature 1.

    Attributes:
        copied: Lines that are in the training list.
        coincidence: What coincidence explains of them.
        coincidence_error: Standard error of `coincidence`: a few held-out lines decide it.
        held_out: Lines that are in the held-out list.

    Example:
        >>> MemorizedShare(0.97, 0.01, 0.01, 0.001).verdict
        'memorized: 96.0% of what it writes is known by heart'
    """

    copied: float
    coincidence: float
    coincidence_error: float
    held_out: float

    @property
    def memorized(self) -> float:
        """What coincidence does not explain."""
        return max(0.0, self.copied - self.coincidence)

    @property
    def verdict(self) -> str:
        """In words, what the numbers say."""
        if self.copied < FEW:
            return "new: hardly any line of the list is written again"
        if self.copied <= self.coincidence + 2 * self.coincidence_error:
            return (
                f"coincidence: {self.copied:.1%} are in the list, and as many would be without "
                f"memory ({self.coincidence:.1%} +- {self.coincidence_error:.1%})"
            )
        return f"memorized: {self.memorized:.1%} of what it writes is known by heart"


def memorized_share(
    model: GPT, tokenizer: Tokenizer, train: Sequence[str], held_out: Sequence[str]
) -> MemorizedShare:
    """Compare the probability of the training lines with that of held-out lines.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        train: Lines that it has learned from.
        held_out: Lines of the same kind that it has not.

    Returns:
        The shares.

    Example:
        >>> model, tokenizer = names_gpt()
        >>> memorized_share(model, tokenizer, ["emma", "olivia"], ["ava"]).copied < 0.1
        True
    """
    copied = sum(line_probabilities(model, tokenizer, train))
    probs = line_probabilities(model, tokenizer, held_out)
    ratio = len(train) / max(1, len(held_out))
    mean = sum(probs) / max(1, len(probs))
    variance = sum((p - mean) ** 2 for p in probs)
    return MemorizedShare(copied, ratio * sum(probs), ratio * sqrt(variance), sum(probs))


def line_probabilities(model: GPT, tokenizer: Tokenizer, lines: Sequence[str]) -> list[float]:
    """The probability that a model writes exactly this line, for each line.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        lines: Any; one that is longer than the model can read counts with what it reads.

    Returns:
        Numbers from 0 to 1.

    Example:
        >>> model, tokenizer = names_gpt()
        >>> sum(line_probabilities(model, tokenizer, ["emma", "xqzt"])) < 0.01
        True
    """
    ids = [row[: model.config.block_size + 1] for row in encode_lines(lines, tokenizer)]
    rows = [Row(row, len(row) - 1) for row in ids]
    batches = (rows[first : first + ROWS] for first in range(0, len(rows), ROWS))
    return [
        exp(log_probs.sum().item())
        for batch in batches
        for log_probs in target_log_probs(model, batch)
    ]


def copied_share(samples: Sequence[str], lines: Iterable[str]) -> float:
    """The share of samples that are lines of a list, counted.

    Args:
        samples: Any.
        lines: The list.

    Example:
        >>> copied_share(["emma", "ogary"], ["emma", "olivia"])
        0.5
    """
    known = set(lines)
    return sum(sample in known for sample in samples) / max(1, len(samples))


def longest_copy(text: str, source: str) -> str:
    """The longest part of a text that is in another one, letter for letter.

    Args:
        text: What was written.
        source: All that was read, such as the lines joined by line breaks.

    Example:
        >>> longest_copy("the crat sat", "a cat sat down")
        'at sat'
    """
    best, first = "", 0
    for last in range(1, len(text) + 1):
        # A longer one must end here and be one letter longer than the best so far.
        first = max(first, last - len(best) - 1)
        if text[first:last] in source:
            best = text[first:last] if last - first > len(best) else best
    return best


def nearest_line(text: str, lines: Iterable[str]) -> str:
    """The line of a list that is most like a text: by the longest common parts.

    Args:
        text: What was written.
        lines: The list, not empty.

    Example:
        >>> nearest_line("evulal", ["emma", "eval", "olivia"])
        'eval'
    """
    from difflib import SequenceMatcher  # noqa: PLC0415 - only this function needs it

    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(text)

    def likeness(line: str) -> tuple[float, int]:
        matcher.set_seq1(line)
        return (matcher.ratio() if matcher.real_quick_ratio() > 0 else 0.0), -len(line)

    return max(lines, key=likeness)
