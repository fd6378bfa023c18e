"""Special tokens: tokens that ordinary text never produces, such as the end of a text.

Their spelling inside a text is an error unless the caller allows it. Otherwise anybody who types
"<|endoftext|>" into a form ends the text for the model.
"""

from collections.abc import Iterable, Iterator, Mapping

import regex

from gptcore.checks import as_int
from gptcore.tokenizers.pretokenization import check_text

END_OF_TEXT = "<|endoftext|>"


class SpecialTokenInTextError(ValueError):
    """The text spells a special token, and the caller has not allowed that.

    Example:
        >>> CharTokenizer("abc").encode("a<|bos|>")
        Traceback (most recent call last):
        gptcore...SpecialTokenInTextError: The text spells the special token '<|bos|>'...
    """


def assign_ids(special_tokens: Iterable[str] | Mapping[str, int], first_id: int) -> dict[str, int]:
    """The id of each special token.

    Args:
        special_tokens: Spellings, which get the next ids; or spelling -> id.
        first_id: First id that is free.

    Raises:
        ValueError: For an empty or repeated spelling, and for an id that is taken.
    """
    if isinstance(special_tokens, str):
        raise ValueError(
            f"special_tokens={special_tokens!r} is one text; it must be a list: "
            f"special_tokens=[{special_tokens!r}]"
        )
    if not isinstance(special_tokens, Mapping):
        spellings = list(special_tokens)
        special_tokens = {spelling: id for id, spelling in enumerate(spellings, first_id)}
        if len(special_tokens) < len(spellings):
            raise ValueError(f"special_tokens={spellings} has one of them twice. Name each once.")
    special_tokens = {
        spelling: as_int(id, f"The id of {spelling!r}", 0)
        for spelling, id in special_tokens.items()
    }
    for spelling, id in special_tokens.items():
        check_text(spelling, f"The special token {spelling!r}")
        if not spelling:
            raise ValueError("A special token needs a spelling, such as '<|endoftext|>', not ''.")
        if id < first_id or list(special_tokens.values()).count(id) > 1:
            raise ValueError(
                f"The special token {spelling!r} cannot have the id {id}, which another token has. "
                f"From {first_id} on ids are free."
            )
    return dict(special_tokens)


def resolve_allowed(special_tokens: Mapping[str, int], allowed: Iterable[str]) -> set[str]:
    """The spellings that `allowed_special` allows.

    Args:
        special_tokens: Those of the tokenizer.
        allowed: Spellings, or "all".

    Raises:
        ValueError: For a spelling that is not a special token of the tokenizer.
    """
    if allowed == "all":
        return set(special_tokens)
    spellings = {allowed} if isinstance(allowed, str) else set(allowed)
    unknown = sorted(spellings - set(special_tokens))
    if unknown:
        known = ", ".join(map(repr, special_tokens)) or "none"
        raise ValueError(
            f"allowed_special has {unknown[0]!r}, which is not a special token of this tokenizer. "
            f'It has: {known}. allowed_special="all" allows whatever it has.'
        )
    return spellings


def split_at_specials(
    text: str, special_tokens: Mapping[str, int], allowed: set[str]
) -> Iterator[tuple[int, str, int | None]]:
    """Split a text at its special tokens.

    Args:
        text: Any.
        special_tokens: Spelling -> id. Of several that start at the same position the longest is
            taken.
        allowed: Spellings that may be in the text.

    Yields:
        Start, ordinary text, and id of the special token after it (None after the last text).

    Raises:
        SpecialTokenInTextError: At the first special token that is not allowed.
    """
    start = 0
    longest_first = sorted(special_tokens, key=len, reverse=True)
    expression = "|".join(map(regex.escape, longest_first))
    for found in regex.finditer(expression, text) if expression else ():
        spelling = found[0]
        if spelling not in allowed:
            raise SpecialTokenInTextError(
                f"The text spells the special token {spelling!r} at position {found.start()}. "
                f"If it is meant, allow it: encode(text, allowed_special={{{spelling!r}}}); "
                "if it is text like any other: encode_ordinary(text)."
            )
        yield start, text[start : found.start()], special_tokens[spelling]
        start = found.end()
    yield start, text[start:], None
