"""Filters: which documents are not worth learning from, and why.

A filter compares numbers with thresholds and answers with a reason, or with "" to let a document
pass. The numbers are measured once for each document, so another threshold costs no more than a
comparison. The thresholds written here are those of the papers; none is a law: read the examples.
Left out on purpose: filters that are models themselves, and lists of words or addresses.
Sources: Rae et al. 2021 ("Gopher"), arXiv 2112.11446, A.1.1 and table A1; Penedo et al. 2024
    ("FineWeb"), arXiv 2406.17557; Raffel et al. 2020 ("C4"), arXiv 1910.10683.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Protocol

from gptcore.checks import as_finite
from gptcore.corpus.filters.language import guess_language
from gptcore.corpus.filters.text_stats import text_stats


@dataclass(frozen=True)
class Document:
    """A text and its name, as filters see it; language and score are None where not known.

    Example: Document("7", "to be or not to be").numbers["words"] -> 6.0
    """

    id: str
    text: str
    language: str | None = None
    language_score: float | None = None

    @cached_property
    def stats(self) -> dict[str, float]:
        """What `measure` says about the text; measured once, however many filters ask."""
        return text_stats(self.text)

    @cached_property
    def detected_language(self) -> tuple[str, float]:
        """The language and its score: as given if both are, else both guessed, once."""
        if self.language is not None and self.language_score is not None:
            return self.language, self.language_score
        return guess_language(self.text)


class Filter(Protocol):
    """What has a name and judges documents; one of your own needs no more."""

    @property
    def name(self) -> str: ...

    def reject_reason(self, document: Document) -> str:
        """Why the document goes; "" if it stays."""
        ...


@dataclass(frozen=True)
class ThresholdFilter:
    """A filter whose fields are thresholds: `min_words` is for the number `words`.

    Raises: ValueError for a threshold that is no number from 0.
    """

    def __post_init__(self) -> None:
        for name in self.thresholds():
            as_finite(getattr(self, name), name, minimum=0)

    def thresholds(self) -> list[str]:
        """The names of the fields that are thresholds."""
        return [field.name for field in fields(self) if field.name.startswith(("min_", "max_"))]

    def reject_reason(self, document: Document) -> str:
        for name in self.thresholds():
            bound, number = name.split("_", 1)
            value, limit = document.stats[number], getattr(self, name)
            if value < limit if bound == "min" else value > limit:
                side = "below" if bound == "min" else "above"
                return f"{number.replace('_', ' ')} {value:.3g}, {side} {limit:g}"
        return ""


@dataclass(frozen=True)
class Length(ThresholdFilter):
    """Removes the very short, the very long, and what is not made of words.

    Units: words, and characters in the mean word.
    Example: Length(min_words=5).judge(Document("1", "too short")) -> "words 2, below 5"
    Source: Gopher.
    """

    min_words: float = 50
    max_words: float = 100_000
    min_mean_word_length: float = 3
    max_mean_word_length: float = 10
    name: str = "length"


@dataclass(frozen=True)
class Symbols(ThresholdFilter):
    """Removes what is more signs than sentences: hashes, ellipses, bullets, figures.

    Example: Symbols().judge(Document("1", "# # #")) -> "symbols 1, above 0.1"
    Source: Gopher.
    """

    max_symbols: float = 0.1
    max_bullet_lines: float = 0.9
    max_ellipsis_lines: float = 0.3
    min_alpha_words: float = 0.8
    name: str = "symbols"


@dataclass(frozen=True)
class Repetition(ThresholdFilter):
    """Removes what says the same again: whole lines, one pair of words, pieces of five words.

    Example: page = Document("1", "so it\\n" * 9)
             Repetition().judge(page) -> "repeated lines 0.889, above 0.3"
    Source: Gopher, table A1. (C4 cuts out what comes again, three sentences at a time, and keeps
        the rest of the page; FineWeb allows half as much text in repeated lines.)
    """

    max_repeated_lines: float = 0.3
    max_repeated_line_chars: float = 0.2
    max_top_bigram: float = 0.2
    max_repeated_ngrams: float = 0.15
    name: str = "repetition"


@dataclass(frozen=True)
class Language:
    """Removes what is in another language, or hardly in this one.

    Example: Language().judge(Document("1", "Das ist ein kurzer Satz."))
    Source: FineWeb; its score comes from another classifier than a guessed one (`language.py`).
    """

    language: str = "en"
    min_score: float = 0.65
    name: str = "language"

    def reject_reason(self, document: Document) -> str:
        language, score = document.detected_language
        if language != self.language:
            return f"language {language} ({score:.3g}), not {self.language}"
        if score < self.min_score:
            return f"language {language} with a score of {score:.3g}, below {self.min_score:g}"
        return ""
