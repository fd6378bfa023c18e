"""Language identification for tables that do not say the language of a text.

FineWeb stores the language of each document and the score of its classifier. Where a table lacks
them, py3langid provides both. Its scores are not on the scale of FineWeb's, which come from
fastText and are lower for uncertain texts, so a threshold means something else.
Source: Lui and Baldwin 2012, "langid.py: An Off-the-shelf Language Identification Tool"; py3langid
    is its successor.
"""

from functools import cache
from typing import Any

from gptcore.optional import optional_import

MAX_CHARS = 4_000  # of a text that are classified
NO_LANGUAGE = "zxx"  # ISO 639-2 for a text that is in no language


def guess_language(text: str) -> tuple[str, float]:
    """Identify the language of a text from its first 4,000 characters.

    Args:
        text: The text. White space alone is in no language, "zxx".

    Returns:
        The ISO 639-1 code of the most probable language, and its probability.

    Raises:
        PackageMissingError: If py3langid is not installed.

    Example:
        >>> guess_language("Das ist ein kurzer Satz.")[0]
        'de'
    """
    if not text.strip():
        return NO_LANGUAGE, 1.0
    language, score = language_identifier().classify(text[:MAX_CHARS])
    return str(language), float(score)


@cache
def language_identifier() -> Any:
    """The classifier, loaded once, which takes half a second."""
    langid = optional_import("py3langid.langid", "Identifying the language of a text")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
