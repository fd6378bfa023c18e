"""Heuristic filters: which documents are not worth training on, and why.

A filter compares statistics of a document with thresholds. It returns a reason to remove the
document, or "" to keep it. Statistics are computed once per document, so another threshold costs
only a comparison. The default thresholds are those of the papers.
Sources: Rae et al. 2021 ("Gopher"), arXiv 2112.11446, A.1.1 and table A1; Penedo et al. 2024
    ("FineWeb"), arXiv 2406.17557; Raffel et al. 2020 ("C4"), arXiv 1910.10683.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Protocol

from gptcore.corpus.filters.language import guess_language
from gptcore.corpus.filters.text_stats import text_stats


@dataclass(frozen=True)
class Document:
    """A text with its id, as filters take it.

    Attributes:
        id: The name of the document.
        text: The text.
        language: ISO 639-1 code, or None if it is not known.
        language_score: Probability of that language, or None if it is not known.

    Example:
        >>> Document("7", "to be or not to be").stats["words"]
        6.0
    """

    id: str
    text: str
    language: str | None = None
    language_score: float | None = None

    @cached_property
    def stats(self) -> dict[str, float]:
        """The result of `text_stats`, computed once for all filters."""
        return text_stats(self.text)

    @cached_property
    def detected_language(self) -> tuple[str, float]:
        """Language and score: as given if both are given, else both identified, once."""
        if self.language is not None and self.language_score is not None:
            return self.language, self.language_score
        return guess_language(self.text)


class Filter(Protocol):
    """Anything with a name and `reject_reason`; your own filter needs no more."""

    @property
    def name(self) -> str: ...

    def reject_reason(self, document: Document) -> str:
        """Why the document is removed; "" if it is kept."""
        ...


@dataclass(frozen=True)
class ThresholdFilter:
    """A filter whose fields `min_...` and `max_...` are thresholds for the statistic of that name.

    Raises:
        ValueError: If a threshold is negative or NaN.
    """

    def __post_init__(self) -> None:
        for name in self.thresholds():
            value = getattr(self, name)
            if not value >= 0:  # also catches NaN, with which every comparison is false
                raise ValueError(f"{name}={value!r} must be a number, 0 or more.")

    def thresholds(self) -> list[str]:
        """The names of the fields that are thresholds."""
        return [field.name for field in fields(self) if field.name.startswith(("min_", "max_"))]

    def reject_reason(self, document: Document) -> str:
        """Compare the statistics of a document with the thresholds.

        Args:
            document: The document.

        Returns:
            The first statistic outside its threshold, in words; "" if there is none.
        """
        for name in self.thresholds():
            bound, stat = name.split("_", 1)
            value, threshold = document.stats[stat], getattr(self, name)
            if value < threshold if bound == "min" else value > threshold:
                side = "below" if bound == "min" else "above"
                return f"{stat.replace('_', ' ')} {value:.3g}, {side} {threshold:g}"
        return ""


@dataclass(frozen=True)
class Length(ThresholdFilter):
    """Removes documents that are very short or long, or not made of words.

    Attributes:
        min_words, max_words: Limits for the number of words.
        min_mean_word_length, max_mean_word_length: Limits for characters per word.
        name: The name of the filter in reports.

    Example:
        >>> Length(min_words=5).reject_reason(Document("1", "too short"))
        'words 2, below 5'

    Source: Gopher.
    """

    min_words: float = 50
    max_words: float = 100_000
    min_mean_word_length: float = 3
    max_mean_word_length: float = 10
    name: str = "length"


@dataclass(frozen=True)
class Symbols(ThresholdFilter):
    """Removes documents with more symbols than sentences: hashes, ellipses, bullets, numbers.

    Attributes:
        max_symbols: Limit for hashes or ellipses per word.
        max_bullet_lines, max_ellipsis_lines: Limits for fractions of the lines.
        min_alpha_words: Limit for the fraction of words that have a letter.
        name: The name of the filter in reports.

    Example:
        >>> Symbols().reject_reason(Document("1", "# # #"))
        'symbols 1, above 0.1'

    Source: Gopher.
    """

    max_symbols: float = 0.1
    max_bullet_lines: float = 0.9
    max_ellipsis_lines: float = 0.3
    min_alpha_words: float = 0.8
    name: str = "symbols"


@dataclass(frozen=True)
class Repetition(ThresholdFilter):
    """Removes documents that repeat lines, one bigram, or 5-grams.

    Attributes:
        max_repeated_lines, max_repeated_line_chars: Limits for repeated lines, as a fraction of
            the lines and of their characters.
        max_top_bigram: Limit for the most frequent bigram, as a fraction of the characters.
        max_repeated_ngrams: Limit for repeated 5-grams, as a fraction of the characters.
        name: The name of the filter in reports.

    Example:
        >>> Repetition().reject_reason(Document("1", "so it\\n" * 9))
        'repeated lines 0.889, above 0.3'

    Source: Gopher, table A1. (C4 cuts repetitions out, three sentences at a time, and keeps the
        rest of the page; FineWeb allows half as much text in repeated lines.)
    """

    max_repeated_lines: float = 0.3
    max_repeated_line_chars: float = 0.2
    max_top_bigram: float = 0.2
    max_repeated_ngrams: float = 0.15
    name: str = "repetition"


@dataclass(frozen=True)
class Language:
    """Removes documents in other languages, or whose language is uncertain.

    Attributes:
        language: The ISO 639-1 code to keep.
        min_score: The lowest probability of that language to keep.
        name: The name of the filter in reports.

    Example:
        >>> Language().reject_reason(Document("1", "Das ist ein Satz.", "de", 0.99))
        'language de (0.99), not en'

    Source: FineWeb. Its scores come from another classifier than ours (`language.py`).
    """

    language: str = "en"
    min_score: float = 0.65
    name: str = "language"

    def reject_reason(self, document: Document) -> str:
        """Compare the language of a document and its score with what is kept.

        Args:
            document: The document. Its language is identified if it is not given.

        Returns:
            What is wrong, in words; "" if the document is kept.
        """
        language, score = document.detected_language
        if language != self.language:
            return f"language {language} ({score:.3g}), not {self.language}"
        if score < self.min_score:
            return f"language {language} with a score of {score:.3g}, below {self.min_score:g}"
        return ""
