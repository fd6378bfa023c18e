"""Files with one JSON object in each line; a line that is wrong stops the reading."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gptcore.checks import as_path
from gptcore.json_text import parse_json


def read_json_lines(path: str | Path, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file; empty lines are left out.

    Args:
        path: Of the file.
        name: How an error calls the file.

    Yields:
        File and line, for errors; and the object.

    Raises:
        ValueError: At the first line that is no JSON object; the error names file and line.
        OSError: If the file cannot be read.
    """
    path = as_path(path, name)
    if path.is_dir():
        raise ValueError(f"{name}: {path} is a folder; name the file of JSON lines in it.")
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        origin = f"{path}, line {number}"
        try:
            content = parse_json(line.decode("utf-8-sig"))
        except ValueError as error:
            raise ValueError(
                f"{origin} is not JSON: {error}. Write one object in each "
                f"line, as UTF-8; repair or remove the line."
            ) from None
        if not isinstance(content, dict):
            raise ValueError(f"{origin} is {content!r:.60}; it must be an object: {{...}}.")
        yield origin, content


def as_messages(value: Any, role: str) -> Any:
    """The messages that a field stands for: a text is one message of a role.

    Args:
        value: A text, or a list of messages.
        role: Of the message, if it is a text.
    """
    return [{"role": role, "content": value}] if isinstance(value, str) else value
