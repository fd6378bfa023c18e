"""A tokenizer as one JSON file: format, version, kind, sha256, and what the kind needs.

The sha256 is the tokenizer's fingerprint, not the file's: after loading it is computed anew, so
that
a file that was changed or damaged is noticed. Nothing is pickled.
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
    """The sha256 of the parts, written down in one fixed way."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def fingerprint_of_bytes(
    pattern: str, tokens: Iterable[bytes], special_tokens: Mapping[str, int]
) -> str:
    """What a tokenizer of bytes computes depends on these three, and on nothing else."""
    spelled = [token.decode("latin-1") for token in tokens]  # each byte as chr(byte), for JSON
    return fingerprint(pattern=pattern, tokens=spelled, special_tokens=dict(special_tokens))


def write_tokenizer_file(path: Path, content: dict[str, Any]) -> None:
    """Write the file beside its place and rename it, so that it is never half there.

    Raises: OSError if it cannot be stored; what was there before is as it was.
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
    """What the file says, once it is known to be a tokenizer's, or the manifest of shards.

    Raises: ValueError if there is no such file, or if it is damaged or something else.
    """
    make_anew = "Save the tokenizer again: tokenizer.save(path)"
    try:
        content = parse_json(path.read_bytes())
    except OSError as error:
        raise ValueError(
            f"There is no tokenizer to read at {path} ({error.strerror or error}). {make_anew}"
        ) from None
    except ValueError as error:  # no JSON, no UTF-8, or nested too deeply
        raise ValueError(
            f"The file {path} is damaged, or no tokenizer: it is not JSON ({error}). {make_anew}"
        ) from None
    kept = content.get("tokenizer") if isinstance(content, dict) else None
    if isinstance(kept, dict) and "saved" in kept:  # a manifest.json of shards
        content = kept["saved"]
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(
            f"The file {path} is JSON, but no tokenizer of ours: it does not say "
            f'"format": "{FORMAT}". {make_anew}'
        )
    if content.get("version") != VERSION:
        raise ValueError(
            f"The file {path} has version {content.get('version')!r} of the format; this gptcore "
            f"reads version {VERSION}. Use the gptcore that wrote it, or train again."
        )
    return content
