"""Lesson 10: text at scale."""

from hashlib import sha256


def similarity(one: str, other: str) -> float:
    """What two texts share of their pieces of five words, out of all that either has."""
    a, b = (pieces(text) for text in (one, other))
    return len(a & b) / len(a | b)


def pieces(text: str) -> set[tuple[str, ...]]:
    """Every five words in a row, each once."""
    words = text.split()
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


def validation_ids(ids: list[str]) -> list[str]:
    """About a tenth of the ids; the id alone decides which."""
    return [i for i in ids if int.from_bytes(sha256(i.encode()).digest()[:8]) % 10 == 0]


def rows_of(documents: list[list[int]], T: int, end_of_text: int) -> list[list[int]]:
    """One stream, cut into rows of T + 1; each begins with the last token of the one before."""
    stream = [token for document in documents for token in [end_of_text, *document]]
    return [stream[start : start + T + 1] for start in range(0, len(stream) - T, T)]
