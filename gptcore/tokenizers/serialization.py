"""A tokenizer as one JSON file: format, version, kind, sha256, and what the kind needs.

The sha256 is the fingerprint of the tokenizer, not of the file. It is computed again after loading,
so that a changed or damaged file is noticed. Nothing is pickled.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gptcore.files import atomic_path
from gptcore.json_text import parse_json

FORMAT, VERSION = "gptcore tokenizer", 1


def fingerprint(**parts: Any) -> str:
    """The sha256 of the parts as sorted JSON.

    Args:
        **parts: JSON values.
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def fingerprint_of_bytes(
    pattern: str, tokens: Iterable[bytes], special_tokens: Mapping[str, int]
) -> str:
    """The fingerprint of a tokenizer of bytes, which depends on these three only.

    Args:
        pattern: Regular expression of the pretokens.
        tokens: Their bytes, in the order of the ids.
        special_tokens: Spelling -> id.
    """
    as_text = [token.decode("latin-1") for token in tokens]  # each byte as chr(byte), for JSON
    return fingerprint(pattern=pattern, tokens=as_text, special_tokens=dict(special_tokens))


def write_tokenizer_file(path: Path, content: dict[str, Any]) -> None:
    """Write a temporary file and rename it, so that the file is complete or unchanged.

    Args:
        path: Where.
        content: What the kind needs; format and version are added.

    Raises:
        OSError: If it cannot be written.
    """
    text = json.dumps({"format": FORMAT, "version": VERSION, **content}) + "\n"
    try:
        with atomic_path(path) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OSError(
            f"The tokenizer cannot be stored as {path} ({error.strerror or error}). "
            "Name a file in a folder that exists, can be written and has room."
        ) from None


def read_tokenizer_file(path: Path) -> dict[str, Any]:
    """The content of a tokenizer's file, or of the tokenizer in a manifest of shards.

    Args:
        path: Of a JSON file.

    Raises:
        ValueError: If there is no such file, or if it is damaged or something else.
    """
    save_again = "Save the tokenizer again: tokenizer.save(path)"
    try:
        content = parse_json(path.read_bytes())
    except OSError as error:
        raise ValueError(
            f"There is no tokenizer to read at {path} ({error.strerror or error}). {save_again}"
        ) from None
    except ValueError as error:  # not JSON, not UTF-8, or nested too deeply
        raise ValueError(
            f"The file {path} is damaged or not a tokenizer: it is not JSON ({error}). {save_again}"
        ) from None
    kept = content.get("tokenizer") if isinstance(content, dict) else None
    if isinstance(kept, dict) and "saved" in kept:  # a manifest.json of shards
        content = kept["saved"]
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(
            f"The file {path} is JSON, but not a tokenizer of gptcore: it does not say "
            f'"format": "{FORMAT}". {save_again}'
        )
    if content.get("version") != VERSION:
        raise ValueError(
            f"The file {path} has version {content.get('version')!r} of the format; this gptcore "
            f"reads version {VERSION}. Use the gptcore that wrote it, or train again."
        )
    return content
