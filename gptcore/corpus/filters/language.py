"""What language a text is in, guessed from its letters.

FineWeb says for each document its language and how sure its classifier was. Where a table has not
kept that, py3langid tells both. Its score is not on the scale of FineWeb's, which comes from
fastText and hesitates more; a threshold means another thing.
Source: Lui and Baldwin 2012, "langid.py: An Off-the-shelf Language Identification Tool"; py3langid
    is its successor.
"""

from functools import cache
from typing import Any

from gptcore.optional import optional_import

READ_CHARACTERS = 4_000  # of a text: a page says enough, and a book no more
NO_LANGUAGE = "zxx"  # ISO 639-2 for a text that is in no language


def guess_language(text: str) -> tuple[str, float]:
    """The likeliest language, and its probability as the guesser sees it.

    Looks at the beginning only. A text of blanks is in no language, surely.
    Raises: ModuleNotFoundError that says what to install, without py3langid.
    Example: guess_language("Das ist ein kurzer Satz.")[0] -> "de"
    """
    if not text.strip():
        return NO_LANGUAGE, 1.0
    return identifier().classify(text[:READ_CHARACTERS])


@cache
def identifier() -> Any:
    """The classifier, loaded once: half a second."""
    langid = optional_import("py3langid.langid", "Telling the language of a text")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
