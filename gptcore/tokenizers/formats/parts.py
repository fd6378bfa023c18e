"""What all parts of a `tokenizer.json` have in common: fields, steps of a Sequence, refusals.

Also GPT-2's letters for bytes, in which byte-level vocabularies are spelled.
"""

from collections.abc import Iterator, Mapping
from typing import Any


class UnsupportedTokenizerError(ValueError):
    """The file of a tokenizer has a part that this package does not compute.

    Example:
        >>> HFTokenizer({"model": {"type": "Unigram"}})
        Traceback (most recent call last):
        gptcore...UnsupportedTokenizerError: The model 'Unigram' is not supported...
    """


def unsupported(part: str, what: object, *known: str) -> UnsupportedTokenizerError:
    """The error that names a part, and what is supported in its place."""
    there_are = f" Supported: {', '.join(known)}." if known else ""
    return UnsupportedTokenizerError(
        f"The {part} {what!r:.80} is not supported.{there_are} "
        "Load this tokenizer with transformers.AutoTokenizer."
    )


def fields(spec: Mapping[str, Any], part: str, **defaults: Any) -> tuple[Any, ...]:
    """The values of a part's fields; a field without a default here is refused.

    Args:
        spec: The part, with its "type".
        part: Its role, for the error.
        **defaults: Field -> value where the file is silent.
    """
    unknown = sorted(set(spec) - set(defaults) - {"type"})
    if unknown:
        named = f"{part} {spec['type']}" if "type" in spec else part
        raise unsupported(f"{named}, field", unknown[0], *defaults)
    return tuple(spec.get(name, default) for name, default in defaults.items())


def flatten(spec: Mapping[str, Any] | None, part: str, inside: str) -> Iterator[Mapping[str, Any]]:
    """The steps of a part in their order; a Sequence has several.

    Args:
        spec: The part; None has no steps.
        part: Its role, for the error.
        inside: The field of a Sequence that holds the steps.
    """
    if spec is not None and spec["type"] == "Sequence":
        (steps,) = fields(spec, part, **{inside: ()})
        for step in steps:
            yield from flatten(step, part, inside)
    elif spec is not None:
        yield spec


def literal(pattern: Mapping[str, str], part: str) -> str:
    """The text that a pattern stands for; a regular expression is refused."""
    if set(pattern) != {"String"}:
        raise unsupported(f"{part} with the pattern", dict(pattern), "a String")
    return pattern["String"]


def byte_letters() -> str:
    """The letter for each byte from 0 to 255: GPT-2 writes what is not visible from U+0100 on."""
    visible = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1)}
    visible |= set(range(ord("®"), ord("ÿ") + 1))
    hidden = iter(range(256, 512))
    return "".join(chr(byte if byte in visible else next(hidden)) for byte in range(256))


LETTERS = byte_letters()
BYTE_OF_LETTER = {letter: byte for byte, letter in enumerate(LETTERS)}


def spell_bytes(content: bytes) -> str:
    """Bytes in GPT-2's letters: Ġ is the space.

    Args:
        content: Any.

    Example:
        >>> spell_bytes(b" hi")
        'Ġhi'
    """
    return content.decode("latin-1").translate(LETTERS)  # str.translate takes it as a table
