"""What all readers of source files share: options, decoding, ids, and errors about text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Literal

Row = tuple[str | None, str | None]  # id, text; None if missing
BadText = Literal["stop", "replace"]
REPLACE = 'replace it by U+FFFD: --bad_text replace (in Python bad_text="replace")'


@dataclass(frozen=True)
class ReaderOptions:
    """How documents are read from files.

    Attributes:
        column: Column of a table, or field of a JSON object, that has the text.
        document: What one document is in a text file. None means the file, with a warning if it has
            several lines.
        bad_text: What to do about text that is not Unicode: "stop", or "replace" it by U+FFFD.

    Example:
        >>> ReaderOptions(document="line").column
        'text'
    """

    column: str = "text"  # of a table, or the field of a JSON object
    document: Literal["file", "line"] | None = None  # in a text file; None: file, as a guess
    bad_text: BadText = "stop"  # or put U+FFFD where text is not Unicode


DEFAULT_OPTIONS = ReaderOptions()


def decode(location: object, start: int, content: bytes, bad_text: BadText) -> str:
    """Decode the bytes of a text file; `start` is the position of the first byte in the file.

    Raises:
        ValueError: If a byte is not UTF-8, with its position, unless it is to be replaced.
    """
    try:
        return content.decode("utf-8", "strict" if bad_text == "stop" else "replace")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{location} is not UTF-8: byte {content[error.start]:#04x} at position "
            f"{start + error.start}. Save it as UTF-8, or {REPLACE}"
        ) from None


def decode_cell(location: str, cell: bytes, bad_text: BadText) -> str:
    """Decode one cell of a table.

    Raises:
        ValueError: If a byte is not UTF-8, with its position, unless it is to be replaced.
    """
    try:
        return cell.decode("utf-8", "strict" if bad_text == "stop" else "replace")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{location} is not UTF-8: byte {cell[error.start]:#04x} at position {error.start} of "
            f"the cell. Write the table again from clean text, or {REPLACE}"
        ) from None


def check_surrogates(location: str, text: str, bad_text: BadText) -> str:
    """The text without lone surrogates, which JSON can contain as "\\ud800".

    Raises:
        ValueError: If there is one, with its position, unless it is to be replaced.
    """
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError as error:
        if bad_text == "replace":
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        raise ValueError(
            f"{location}: character {error.start} of the text is half of a surrogate pair, "
            f"\\u{ord(text[error.start]):04x}, which UTF-8 cannot encode. Repair the line, "
            f"or {REPLACE}"
        ) from None


def id_of(key: object) -> str | None:
    """The id of a document as text; None if it has none. The number 0 is an id."""
    return None if key is None or key == "" else str(key)


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or the name of its type."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def missing_column(path: Path, column: str, others: list[str], texts: list[str]) -> ValueError:
    """The error for a table without the requested column."""
    advice = (
        f"Say which one has the text: --column {quote(texts[0])}" if texts else "None has text."
    )
    return ValueError(
        f"{path} has no column {column!r}. Its columns are: {', '.join(others) or 'none'}. {advice}"
    )


def column_index(path: Path, columns: Sequence[str], name: str) -> int | None:
    """The index of the column with this name; None if there is none.

    Raises:
        ValueError: If several columns have this name.
    """
    if (count := list(columns).count(name)) > 1:
        raise ValueError(
            f"{path} has {count} columns called {name!r}, so it is not clear which one is meant. "
            "Write the table again with a unique name for each of them."
        )
    return list(columns).index(name) if count else None
