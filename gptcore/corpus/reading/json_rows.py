"""Read documents from JSON: lines of jsonl, or a .json file with an array of objects or texts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gptcore.corpus.downloads.source import SourceDamagedError
from gptcore.corpus.reading.formats import open_bytes
from gptcore.corpus.reading.rows import ReaderOptions, Row, check_surrogates, decode, id_of
from gptcore.json_text import parse_json

FIRST_LINE_BYTES = 16 * 2**20


def is_jsonl(path: Path) -> bool:
    """Whether a .json file is jsonl under another name: its first line is an object by itself."""
    with open_bytes(path) as file:
        line = file.readline(FIRST_LINE_BYTES).strip()
        while line == b"" and file.peek(1):  # type: ignore[attr-defined]
            line = file.readline(FIRST_LINE_BYTES).strip()
    return line.removeprefix(b"\xef\xbb\xbf").startswith(b"{") and parsed(line) is not None


def parsed(line: bytes) -> Any:
    """The value of a line; None if it is not JSON."""
    try:
        return parse_json(line)
    except (ValueError, RecursionError):
        return None


def parse_jsonl_row(path: Path, start: int, line: bytes, options: ReaderOptions) -> Row:
    """One line of jsonl, which begins at byte `start`.

    Raises:
        SourceDamagedError: If it is not JSON.
        ValueError: If it is not an object, or lacks the field.
    """
    text = decode(path, start, line, options.bad_text)
    try:
        row = parse_json(text)
    except ValueError as error:
        raise SourceDamagedError(f"{line_location(path, start)} is not JSON: {error}.") from None
    except RecursionError:
        raise nesting_error(line_location(path, start)) from None
    if not isinstance(row, dict):
        raise ValueError(
            f'{line_location(path, start)} is not an object such as {{"{options.column}": "..."}}.'
        )
    try:
        return row_from_object(row, "", options)
    except ValueError as error:  # lines are counted only for an error
        raise ValueError(f"{line_location(path, start)}{error}") from None


def read_json_rows(path: Path, options: ReaderOptions) -> Iterator[Row]:
    """The elements of an array, or the one object of the file, which is read as a whole.

    Raises:
        SourceDamagedError: If it is not JSON.
        ValueError: If an element lacks the field.
    """
    with open_bytes(path) as file:
        content = file.read()
    text = decode(path, 0, content, options.bad_text).removeprefix("\ufeff")
    if not text.strip():
        return
    try:
        found = parse_json(text)
    except ValueError as error:
        raise SourceDamagedError(f"{path} is not JSON: {error}.") from None
    except RecursionError:
        raise nesting_error(path) from None
    for number, row in enumerate(found if isinstance(found, list) else [found], start=1):
        location = f"{path}, element {number}" if isinstance(found, list) else str(path)
        if isinstance(row, dict):
            yield row_from_object(row, location, options)
        elif row is None or isinstance(row, str):
            yield None, None if row is None else check_surrogates(location, row, options.bad_text)
        else:
            raise ValueError(
                f'{location} is neither a text nor an object such as {{"{options.column}": "..."}}.'
            )


def row_from_object(row: dict[str, Any], location: str, options: ReaderOptions) -> Row:
    """Id and text of an object.

    Raises:
        ValueError: If it lacks the field, or the field is not text.
    """
    if options.column not in row:
        raise ValueError(
            f"{location} has no field {options.column!r}; it has "
            f"{', '.join(map(repr, row)) or 'none'}. Say which one has the text: --column NAME"
        )
    found = row[options.column]
    if found is not None and not isinstance(found, str):
        raise ValueError(
            f"{location}: the field {options.column!r} is {type(found).__name__}, not text."
        )
    if found is not None:
        found = check_surrogates(location, found, options.bad_text)
    return id_of(row.get("id")), found


def line_location(path: Path, start: int) -> str:
    """File and line number of a byte; it counts from the top, so only for errors."""
    with open_bytes(path) as file:
        before = file.read(start)
    number = before.count(b"\n") + 1
    return f"{path}, line {number}"


def nesting_error(location: object) -> SourceDamagedError:
    """The error for JSON that is nested too deeply."""
    return SourceDamagedError(
        f"{location} is nested too deeply to be read: thousands of brackets within brackets. "
        "Remove the line or the file."
    )
