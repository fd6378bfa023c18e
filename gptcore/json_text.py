"""Parse JSON, with one exception for every fault of the text.

Python's own parser raises RecursionError for arrays that are nested thousands deep. Here that is a
ValueError, as for any other fault.
"""

import json
from pathlib import Path
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """Parse a JSON text.

    Args:
        text: The text, or its bytes.

    Returns:
        Its value.

    Raises:
        ValueError: If it is not JSON, or is nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("its arrays or objects are nested too deeply to be read") from None


def read_json_object(file: Path) -> dict[str, Any]:
    """Read a file with a JSON object.

    Args:
        file: The file.

    Returns:
        The object.

    Raises:
        OSError: If the file is missing, or has anything else.
    """
    try:
        content = parse_json(file.read_bytes())
    except ValueError as error:  # UnicodeDecodeError is one, too
        raise OSError(f"{file} is damaged: it is not JSON ({error}).") from None
    if not isinstance(content, dict):
        raise OSError(f"{file} is damaged: it is JSON, but not an object.")
    return content
