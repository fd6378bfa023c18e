r"""Pretokens: how a text is split before pairs are merged, so that no token spans two words.

A pattern is part of a tokenizer, like its merges: with another one the same text gets other tokens.
Patterns need the module `regex`, because Python's `re` lacks \p{L}, any letter of any script. Trap:
letters change with Unicode; tiktoken's tables are older and lack some rare scripts.
Source: OpenAI, github.com/openai/gpt-2 and, for the later two, github.com/openai/tiktoken.
"""

from collections.abc import Iterator
from functools import lru_cache
from operator import itemgetter

import regex

from gptcore.checks import did_you_mean

# How each family of tokenizers splits a text, by name.
PATTERNS = {
    # A word with the space before it, a number, other signs, blanks; 's and the like by themselves.
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s++$|\s+(?!\S)|\s",
    # 'S is split as 's is; a number has at most three digits; a line break ends a piece.
    "gpt4": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
    # A capital inside a word starts a piece; 's stays with its word.
    "gpt4o": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    # No splits: pairs may form across words.
    "none": r"(?s:.+)",
}


def pretokenize(text: str, pattern: str = "gpt2") -> list[str]:
    """Split a text into pretokens.

    Args:
        text: Any.
        pattern: A name of PATTERNS, or a regular expression.

    Returns:
        The pieces in order; joined, they are the text.

    Raises:
        ValueError: If the pattern is invalid or leaves out a part of the text.

    Example:
        >>> pretokenize("Hello, world")
        ['Hello', ',', ' world']
    """
    check_text(text)
    pieces: list[str] = compile_pattern(pattern).findall(text)
    check_coverage(pattern, sum(map(len, pieces)), len(text))
    return pieces


def iter_pretokens(text: str, pattern: str = "gpt2") -> Iterator[str]:
    """The same pieces one at a time, so that a long text is not in memory twice.

    Trap: parts that the pattern leaves out are not noticed; see `check_coverage`.

    Args:
        text: Any.
        pattern: A name of PATTERNS, or a regular expression.
    """
    return map(itemgetter(0), compile_pattern(pattern).finditer(text))


@lru_cache(maxsize=16)
def compile_pattern(pattern: str) -> "regex.Pattern[str]":
    """The compiled pattern."""
    return regex.compile(resolve_pattern(pattern))


def resolve_pattern(pattern: str) -> str:
    """The regular expression of a name of PATTERNS; any other expression is checked.

    Args:
        pattern: A name of PATTERNS, or a regular expression.

    Raises:
        ValueError: For a misspelt name, or for an expression that cannot split a text.
    """
    if pattern in PATTERNS:
        return PATTERNS[pattern]
    if regex.fullmatch(r"[\w-]*", pattern):  # as an expression this would match hardly any text
        raise ValueError(
            f"There is no pattern {pattern!r}.{did_you_mean(pattern, PATTERNS)} "
            f"The names are: {', '.join(PATTERNS)}; or "
            "give a regular expression, such as PATTERNS['gpt2']."
        )
    try:
        groups = regex.compile(pattern).groups
    except regex.error as error:
        raise ValueError(
            f"The pattern {pattern!r} is not a regular expression: {error}. "
            "Compare it with PATTERNS['gpt2']."
        ) from None
    if groups:
        raise ValueError(
            f"The pattern {pattern!r} has a capturing group, and only the group would become a "
            "piece. Write (?:...) in place of (...)."
        )
    return pattern


def check_coverage(pattern: str, in_pieces: int, in_text: int) -> None:
    """Raise a ValueError if the pieces have fewer characters than the text.

    Args:
        pattern: How the message calls it.
        in_pieces: Characters in all pieces.
        in_text: Characters in the text.
    """
    if in_pieces != in_text:
        raise ValueError(
            f"The pattern {pattern!r} leaves out {in_text - in_pieces:,} of {in_text:,} "
            "characters, which decoding could not restore. End it with |(?s:.), which makes each "
            "of them a piece."
        )


def check_text(text: object, name: str = "The text") -> None:
    """Raise a ValueError for anything but str, and for half a character, with its position.

    Args:
        text: What is to be a text.
        name: How the message calls it.
    """
    if not isinstance(text, str):
        raise ValueError(
            f"{name} is of type {type(text).__name__}, and must be str. Leave out what is None; "
            "turn bytes into text with .decode()"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name} has a lone surrogate, U+{ord(text[error.start]):04X}, at position "
            f"{error.start}: half of a character, which cannot be written as UTF-8. Drop such "
            'halves with text.encode(errors="ignore").decode()'
        ) from None


def has_huge_whitespace_run(text: str) -> bool:
    """Whether the text has a run of blanks that would crash tiktoken.

    tiktoken tries to split after each of them and keeps at most a million tries.

    Args:
        text: Any.
    """
    limit = 900_000
    return len(text) > limit and regex.search(rf"\s{{{limit}}}", text) is not None
