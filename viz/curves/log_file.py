"""The rows of a log in JSON lines, such as the log.jsonl of a run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LOG = "log.jsonl"


def read_log(path: str | Path) -> list[Mapping[str, Any]]:
    """Read a log; a last line that is still being written is left out.

    Args:
        path: The file, or the folder of a run, which has it as log.jsonl.

    Returns:
        One mapping for each line.

    Raises:
        ValueError: If there is no such file, or a line is no JSON object.
    """
    file = Path(path).expanduser()
    file = file / LOG if file.is_dir() else file
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"The log {file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{file} is no log: a log is text, one JSON object a line.") from None
    *lines, rest = text.split("\n")
    rows = [parse_line(file, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if rest.strip():
        try:
            rows.append(parse_line(file, len(lines) + 1, rest))
        except ValueError:
            if not rows:
                raise
    return rows


def parse_line(file: Path, number: int, line: str) -> Mapping[str, Any]:
    """One line. Raises: ValueError with its number if it is no JSON object."""
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, Mapping):
        raise ValueError(f"{file}, line {number} is no JSON object: {line:.60}")
    return row
