"""JSON text to values, in one place for every file that this project reads.

Python's own reader ends with RecursionError where arrays are nested thousands deep. Here that is
a ValueError, as any other fault of the text, so whoever reads a file handles one exception.
"""

import json
from pathlib import Path
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """The value that a JSON text stands for.

    Raises: ValueError for text that is not JSON, or that is nested too deeply to be read.
    Example: parse_json('{"step": 3}')["step"] -> 3
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("its arrays or objects are nested too deeply to be read") from None


def read_json_object(file: Path) -> dict[str, Any]:
    """The JSON object that a file holds.

    Raises: OSError if there is no such file, or if it holds anything else.
    Example: read_json_object(Path("run/run.json"))["device"] -> "cpu"
    """
    try:
        content = parse_json(file.read_bytes())
    except ValueError as error:  # UnicodeDecodeError is one, too
        raise OSError(f"{file} is damaged: it is not JSON ({error}).") from None
    if not isinstance(content, dict):
        raise OSError(f"{file} is damaged: it is JSON, but not an object with names and values.")
    return content
