"""The numbers about a text that filters look at: how long, how symbolic, how often it repeats.

All but the count of words are shares and means, so that they mean the same for a short text and
for a long one. Left out on purpose: Gopher's other lengths of repeated pieces (3, 4 and 6 to 10
words) and its paragraphs, which rise and fall together with what is measured here.
Source: Rae et al. 2021 ("Gopher"), arXiv 2112.11446, appendix A.1.1 and table A1.
"""

from collections import Counter

BULLETS = ("•", "‣", "▪", "●", "○", "*", "-", "–")
ELLIPSES = ("...", "…")
NGRAM_SIZE = 5


def text_stats(text: str) -> dict[str, float]:
    """Every number that a filter can have a threshold for, by name.

    A word is what stands between blanks; empty lines do not count as lines.
    Units: `words` is a count, `mean_word_length` is in characters, and `symbols` is the number of
        `#` or of ellipses, whichever is larger, per word; all others are fractions from 0 to 1. For
        a text without words all are 0.
    Example: measure("to be or not to be")["words"] -> 6.0
    """
    words = text.split()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    symbols = max(text.count("#"), sum(text.count(ellipsis) for ellipsis in ELLIPSES))
    repeats = seen_before(lines)
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


def fraction(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def has_letter(word: str) -> bool:
    return word.isalpha() or any(character.isalpha() for character in word)


def seen_before(lines: list[str]) -> list[str]:
    """The lines that already stood further up: each repetition, but not the first of its kind."""
    seen: set[str] = set()
    repeats = []
    for line in lines:
        if line in seen:
            repeats.append(line)
        seen.add(line)
    return repeats


def top_bigram(words: list[str]) -> float:
    """How much of the text is the one pair of neighbouring words that comes most often.

    Units: a share of the characters in words; 0 if no pair comes twice.
    """
    if len(words) < 3:
        return 0.0
    pair, times = Counter(zip(words, words[1:])).most_common(1)[0]
    # Trap: in "go go go" the pairs overlap, so its share could exceed 1.
    return (
        min(1.0, fraction(times * sum(map(len, pair)), sum(map(len, words)))) if times > 1 else 0.0
    )


def repeated_ngrams(words: list[str], n: int = NGRAM_SIZE) -> float:
    """How much of the text stands in pieces of `length` words that came before.

    Walks from left to right; a piece that was met before is counted and stepped over whole, so that
    no character counts twice.
    Units: a share of the characters in words.
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
