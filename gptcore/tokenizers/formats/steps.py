"""How a `tokenizer.json` changes a text, and splits it into pretokens."""

import unicodedata
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import regex

from gptcore.tokenizers.formats.parts import (
    UnsupportedTokenizerError,
    fields,
    flatten,
    literal,
    unsupported,
)

GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
Normalize = Callable[[str], str]
Split = Callable[[str, bool], list[str]]  # a piece, and whether the text begins with it


def read_normalizer(spec: Mapping[str, Any] | None) -> list[Normalize]:
    """What is done to a text before it is split.

    Args:
        spec: The field "normalizer" of the file.

    Raises:
        UnsupportedTokenizerError: For another kind of normalizer.
    """
    steps: list[Normalize] = []
    for step in flatten(spec, "normalizer", "normalizers"):
        kind = step["type"]
        if kind in ("NFC", "NFD", "NFKC", "NFKD"):
            fields(step, "normalizer")
            steps.append(partial(unicodedata.normalize, kind))
        elif kind == "Prepend":
            (prefix,) = fields(step, "normalizer", prepend="")
            steps.append(partial(prepend, prefix))
        elif kind == "Replace":
            pattern, content = fields(step, "normalizer", pattern={}, content="")
            old = literal(pattern, "normalizer Replace")
            steps.append(partial(replace, old, content))
        else:
            raise unsupported("normalizer", kind, "NFC", "NFD", "NFKC", "NFKD", "Prepend, Replace")
    return steps


def prepend(prefix: str, text: str) -> str:
    """The text with a prefix; no text stays no text."""
    return prefix + text if text else text


def replace(old: str, new: str, text: str) -> str:
    """The text with every `old` replaced."""
    return text.replace(old, new)


def read_pre_tokenizer(spec: Mapping[str, Any] | None) -> tuple[list[Split], bool]:
    """How a text is split into pretokens.

    Args:
        spec: The field "pre_tokenizer" of the file.

    Returns:
        The steps, and whether tokens are spelled in GPT-2's letters for bytes.

    Raises:
        UnsupportedTokenizerError: For another kind of pre-tokenizer.
    """
    steps: list[Split] = []
    byte_level = False
    for step in flatten(spec, "pre-tokenizer", "pretokenizers"):
        if byte_level:
            raise unsupported("pre-tokenizer after ByteLevel", step["type"])
        kind = step["type"]
        if kind == "ByteLevel":
            byte_level = True
            steps += read_byte_level(step)
        elif kind == "Split":
            steps.append(read_split(step))
        elif kind == "Digits":
            (individual,) = fields(step, "pre-tokenizer", individual_digits=False)
            steps.append(isolate(r"\p{N}" if individual else r"\p{N}+"))
        elif kind == "Metaspace":
            steps.append(read_metaspace(step))
        else:
            raise unsupported("pre-tokenizer", kind, "ByteLevel", "Split", "Digits", "Metaspace")
    return steps, byte_level


def read_byte_level(spec: Mapping[str, Any]) -> list[Split]:
    """The steps of ByteLevel: a space in front, GPT-2's pattern; each may be turned off."""
    prefix, _, use_regex = fields(
        spec, "pre-tokenizer", add_prefix_space=True, trim_offsets=True, use_regex=True
    )
    steps: list[Split] = []
    if prefix:
        steps.append(lambda piece, _: [piece if piece.startswith(" ") else " " + piece])
    return [*steps, isolate(GPT2_PATTERN)] if use_regex else steps


def read_split(spec: Mapping[str, Any]) -> Split:
    """The step Split: matches of an expression are pieces, and so is what lies between them."""
    pattern, behavior, invert = fields(spec, "pre-tokenizer", pattern={}, behavior="", invert=False)
    if set(pattern) == {"Regex"}:
        expression = pattern["Regex"]
    else:
        expression = regex.escape(literal(pattern, "pre-tokenizer Split"))
    if behavior == "Isolated":
        return isolate(expression)
    if behavior == "Removed" and invert:
        return isolate(expression, keep_gaps=False)
    raise unsupported("pre-tokenizer Split with behavior", behavior, "Isolated")


def isolate(expression: str, keep_gaps: bool = True) -> Split:
    """A step that makes each match a piece.

    Args:
        expression: A regular expression.
        keep_gaps: Whether the text between matches is a piece, too. If not, a gap is an error:
            decoding could not restore it.
    """
    try:
        compiled = regex.compile(expression)
    except regex.error as error:
        raise UnsupportedTokenizerError(
            f"The pre-tokenizer's expression {expression!r} cannot be read: {error}."
        ) from None

    def split(text: str, is_first: bool) -> list[str]:
        if not compiled.groups:
            pieces: list[str] = compiled.findall(text)
            if sum(map(len, pieces)) == len(text) and all(pieces):
                return pieces  # the usual case, and faster
        pieces, end = [], 0
        for found in compiled.finditer(text):
            start, stop = found.span()
            pieces += [piece for piece in (text[end:start], text[start:stop]) if piece]
            end = stop
        if end < len(text):
            pieces.append(text[end:])
        if not keep_gaps and len(pieces) != len(compiled.findall(text)):
            raise UnsupportedTokenizerError(
                f"The pre-tokenizer drops a part of the text {text!r:.60}: its expression "
                f"{expression!r:.60} does not match all of it."
            )
        return pieces

    return split


def read_metaspace(spec: Mapping[str, Any]) -> Split:
    """The step Metaspace: a sign in place of each space, and one before the text."""
    sign, _, prefix, scheme, split = fields(
        spec,
        "pre-tokenizer",
        replacement="▁",
        str_rep=None,
        add_prefix_space=True,
        prepend_scheme=None,
        split=True,
    )
    scheme = scheme or ("always" if prefix else "never")
    if scheme not in ("always", "first", "never"):
        raise unsupported("pre-tokenizer Metaspace with prepend_scheme", scheme)
    words = regex.compile(rf"{regex.escape(sign)}[^{regex.escape(sign)}]*|[^{regex.escape(sign)}]+")

    def replace(text: str, is_first: bool) -> list[str]:
        text = text.replace(" ", sign)
        wanted = scheme == "always" or (scheme == "first" and is_first)
        if wanted and not text.startswith(sign):
            text = sign + text
        return words.findall(text) if split else [text]

    return replace
