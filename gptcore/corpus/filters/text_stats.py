"""Statistics of a text that filters compare with thresholds: length, symbols, repetition.

All but the number of words are fractions and means, so they do not grow with the length of a text.
Gopher's other n-gram lengths (2 to 4 and 6 to 10) are correlated with these.
Source: Rae et al. 2021 ("Gopher"), arXiv 2112.11446, appendix A.1.1 and table A1.
"""

from collections import Counter

BULLETS = ("•", "‣", "▪", "●", "○", "*", "-", "–")
ELLIPSES = ("...", "…")
NGRAM_SIZE = 5


def text_stats(text: str) -> dict[str, float]:
    """Compute every statistic that a filter can have a threshold for.

    Args:
        text: The text. Words are separated by white space; empty lines do not count as lines.

    Returns:
        `words` is a count. `mean_word_length` is in characters. `symbols` is the number of `#` or
        of ellipses, whichever is larger, per word. All others are fractions from 0 to 1. For a
        text without words all are 0.

    Example:
        >>> text_stats("to be or not to be")["words"]
        6.0
    """
    words = text.split()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    symbols = max(text.count("#"), sum(text.count(ellipsis) for ellipsis in ELLIPSES))
    repeats = repeated_lines(lines)
    return {
        "words": float(len(words)),
        "mean_word_length": fraction(sum(map(len, words)), len(words)),
        "alpha_words": fraction(sum(map(has_letter, words)), len(words)),
        "symbols": fraction(symbols, len(words)),
        "bullet_lines": fraction(sum(line.startswith(BULLETS) for line in lines), len(lines)),
        "ellipsis_lines": fraction(sum(line.endswith(ELLIPSES) for line in lines), len(lines)),
        "repeated_lines": fraction(len(repeats), len(lines)),
        "repeated_line_chars": fraction(sum(map(len, repeats)), sum(map(len, lines))),
        "top_bigram": top_bigram(words),
        "repeated_ngrams": repeated_ngrams(words),
    }


def fraction(part: float, total: float) -> float:
    """`part / total`, or 0 if the total is 0."""
    return part / total if total else 0.0


def has_letter(word: str) -> bool:
    """Whether a word has at least one letter."""
    return word.isalpha() or any(character.isalpha() for character in word)


def repeated_lines(lines: list[str]) -> list[str]:
    """The lines that occurred before: every repetition, but not the first occurrence."""
    seen: set[str] = set()
    repeats = []
    for line in lines:
        if line in seen:
            repeats.append(line)
        seen.add(line)
    return repeats


def top_bigram(words: list[str]) -> float:
    """The fraction of the characters in words in the most frequent bigram; 0 if none repeats.

    Trap: In "go go go" the bigrams overlap, so the fraction could exceed 1 and is clipped.
    """
    if len(words) < 3:
        return 0.0
    pair, count = Counter(zip(words, words[1:])).most_common(1)[0]
    if count == 1:
        return 0.0
    return min(1.0, fraction(count * sum(map(len, pair)), sum(map(len, words))))


def repeated_ngrams(words: list[str], n: int = NGRAM_SIZE) -> float:
    """The fraction of the characters in words that belong to repeated n-grams.

    The text is read from left to right. A repeated n-gram is counted and skipped as a whole, so no
    character counts twice.
    """
    seen: set[tuple[str, ...]] = set()
    repeated, position = 0, 0
    while position + n <= len(words):
        ngram = tuple(words[position : position + n])
        if ngram in seen:
            repeated += sum(map(len, ngram))
            position += n
        else:
            seen.add(ngram)
            position += 1
    return fraction(repeated, sum(map(len, words)))
