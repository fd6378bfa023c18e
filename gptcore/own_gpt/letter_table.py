"""The best letter table: what counting letters can do on the same lines, as a yardstick.

Tables of several context sizes and smoothings are compared on the held-out lines themselves, so the
best of them has a small unfair advantage. A model that is not better has learned nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gptcore.scalar.ngram import NgramTable

CONTEXT_SIZES = (1, 2, 3, 4, 5)
SMOOTHINGS = (1.0, 0.3, 0.1, 0.03, 0.01)
PIECE = 10_000  # letters of a running text that are counted as one document
MOST_LETTERS = 2_000_000  # of a running text that are counted


@dataclass(frozen=True)
class LetterTable:
    """The best of several tables.

    Attributes:
        loss: On the held-out lines, in nats per letter, the end of a line included.
        context_size: Letters that it looks back.
        smoothing: What is added to each count.

    Example:
        >>> best_letter_table(["abab", "ababab"], ["ab"]).context_size
        1
    """

    loss: float
    context_size: int
    smoothing: float


def best_letter_table(train: Sequence[str], held_out: Sequence[str]) -> LetterTable:
    """Compare tables of letters on held-out lines.

    Args:
        train: Lines that are counted; or one running text.
        held_out: Other lines.

    Returns:
        The table with the lowest loss.

    Example:
        >>> 0 < best_letter_table(["abab", "ababab"], ["ab"]).loss < 1
        True
    """
    train, held_out = pieces(train), pieces(held_out)
    letters = set().union(*train, *held_out)
    found = []
    for context_size in CONTEXT_SIZES:
        table = NgramTable(letters, context_size, smoothing=0).fit(train)
        for smoothing in SMOOTHINGS:
            table.smoothing = smoothing
            found.append(LetterTable(table.mean_loss(held_out), context_size, smoothing))
    return min(found, key=lambda table: table.loss)


def pieces(lines: Sequence[str]) -> list[str]:
    """The lines; a long text in pieces, at whose ends hardly anything is lost."""
    found: list[str] = []
    for line in lines:
        line = line[:MOST_LETTERS]
        found += [line[i : i + PIECE] for i in range(0, len(line), PIECE)] or [""]
    return found
