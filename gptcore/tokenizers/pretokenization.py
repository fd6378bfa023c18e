r"""Pieces: how a text is cut before pairs are joined, so that no token runs from word to word.

A pattern is part of a tokenizer, like its merges: cut otherwise, the same text gets other tokens.
It needs the module `regex`: Python's `re` does not know \p{L}, any letter of any script. Trap: what
is a letter changes with Unicode; tiktoken's tables are older, and lack some rare scripts.
Left out on purpose: normalising. "é" as one character and as e + accent stay two different texts.
Source: OpenAI, github.com/openai/gpt-2 and, for the later two, github.com/openai/tiktoken.
"""

from collections.abc import Iterator
from functools import lru_cache
from operator import itemgetter

import regex

from gptcore.checks import did_you_mean

# How each family of tokenizers cuts a text, by name.
PATTERNS = {
    # A word with the space before it, a number, other signs, blanks; 's and its like stand alone.
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s++$|\s+(?!\S)|\s",
    # 'S is cut as 's is; a number has at most three digits; a line break ends a piece.
    "gpt4": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
    # A capital inside a word begins a piece; 's stays with its word.
    "gpt4o": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    # No cuts at all: pairs may form across words.
    "none": r"(?s:.+)",
}


def pretokenize(text: str, pattern: str = "gpt2") -> list[str]:
    """The pieces of the text, in order; joined, they are the text.

    `pattern` is a name of PATTERNS, or a regular expression of your own.

    Raises: ValueError if the text or the pattern is none, or if the pattern leaves out a part.
    Example: pretokenize("Hello, world") -> ["Hello", ",", " world"]
    """
    check_text(text)
    pieces: list[str] = compile_pattern(pattern).findall(text)
    check_coverage(pattern, sum(map(len, pieces)), len(text))
    return pieces


def iter_pretokens(text: str, pattern: str = "gpt2") -> Iterator[str]:
    """The same pieces one at a time, so that a long text is not held twice; gaps go unnoticed."""
    return map(itemgetter(0), compile_pattern(pattern).finditer(text))


@lru_cache(maxsize=16)
def compile_pattern(pattern: str) -> "regex.Pattern[str]":
    """The pattern, ready for use."""
    return regex.compile(resolve_pattern(pattern))


def resolve_pattern(pattern: str) -> str:
    """The regular expression behind a name of PATTERNS; one of your own is checked.

    Raises: ValueError for a misspelt name, or for an expression that cannot cut a text.
    """
    if pattern in PATTERNS:
        return PATTERNS[pattern]
    if regex.fullmatch(r"[\w-]*", pattern):  # as an expression this would hardly cut a text
        raise ValueError(
            f"There is no pattern {pattern!r}.{did_you_mean(pattern, PATTERNS)} "
            f"The names are: {', '.join(PATTERNS)}; or "
            "give a regular expression, such as PATTERNS['gpt2']."
        )
    try:
        groups = regex.compile(pattern).groups
    except regex.error as error:
        raise ValueError(
            f"The pattern {pattern!r} is no regular expression: {error}. "
            "Compare it with PATTERNS['gpt2']."
        ) from None
    if groups:
        raise ValueError(
            f"The pattern {pattern!r} has a group that captures; only the group would become a "
            "piece. Write (?:...) in place of (...)."
        )
    return pattern


def check_coverage(pattern: str, in_pieces: int, in_text: int) -> None:
    """Raises: ValueError if the pieces have fewer characters than the text."""
    if in_pieces != in_text:
        raise ValueError(
            f"The pattern {pattern!r} leaves out {in_text - in_pieces:,} of {in_text:,} "
            "characters, which no decoding could bring back. Let it end with |(?s:.), which takes "
            "each of them as a piece of its own."
        )


def check_text(text: str, called: str = "The text") -> None:
    """Raises: ValueError for what is no text; for half a character, with its position."""
    if not isinstance(text, str):
        raise ValueError(
            f"{called} is of type {type(text).__name__}, and must be str. Leave out what is None; "
            "turn bytes into text with .decode()"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{called} has a lone surrogate, U+{ord(text[error.start]):04X}, at position "
            f"{error.start}: half of a character, which cannot be written as UTF-8. Drop such "
            'halves with text.encode(errors="ignore").decode()'
        ) from None


def has_huge_whitespace_run(text: str) -> bool:
    """Whether the text has a run of blanks at which tiktoken would end the program.

    It tries the cut after each of them, and remembers a million tries at most.
    """
    most = 900_000
    return len(text) > most and regex.search(rf"\s{{{most}}}", text) is not None
