"""How text is read out of files, and what is said about bytes that are no text.

Every reader of a kind of file (`text`, `json_rows`, `csv_rows`, `parquet`) uses these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Literal

Row = tuple[str | None, str | None]  # id, text; None where there is none
BadText = Literal["stop", "replace"]
REPLACE = 'put U+FFFD in its place: --bad_text replace (in Python bad_text="replace")'


@dataclass(frozen=True)
class ReaderOptions:
    """How documents are found in files.

    Example: Reading(document="line").column -> "text"
    """

    column: str = "text"  # of a table, or the field of a JSON object
    document: Literal["file", "line"] | None = None  # in a text file; None: file, as a guess
    bad_text: BadText = "stop"  # or put U+FFFD where text is not Unicode


DEFAULT_OPTIONS = ReaderOptions()


def decode(location: object, start: int, content: bytes, bad_text: BadText) -> str:
    """The bytes of a text file as text; `start` is the position of the first one in the file.

    Raises: ValueError that names the first wrong byte by its position.
    """
    try:
        return content.decode("utf-8", "strict" if bad_text == "stop" else "replace")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{location} is not UTF-8: byte {content[error.start]:#04x} at position "
            f"{start + error.start}. Save it as UTF-8, or {REPLACE}"
        ) from None


def decode_cell(location: str, cell: bytes, bad_text: BadText) -> str:
    """One cell of a table as text.

    Raises: ValueError with the position of the first wrong byte in the cell.
    """
    try:
        return cell.decode("utf-8", "strict" if bad_text == "stop" else "replace")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{location} is not UTF-8: byte {cell[error.start]:#04x} at position {error.start} of "
            f"the cell. Write the table again from clean text, or {REPLACE}"
        ) from None


def check_surrogates(location: str, text: str, bad_text: BadText) -> str:
    """The text, without halves of characters, which JSON can write as "\\ud800".

    Raises: ValueError with the position of the first half, if `bad_text` says to stop.
    """
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError as error:
        if bad_text == "replace":
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        raise ValueError(
            f"{location}: character {error.start} of the text is half of one, "
            f"\\u{ord(text[error.start]):04x}, which no UTF-8 can hold. Repair the line, "
            f"or {REPLACE}"
        ) from None


def id_of(key: object) -> str | None:
    """The id of a document as text; None if it has none. The number 0 is an id."""
    return None if key is None or key == "" else str(key)


def first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def missing_column(path: Path, column: str, others: list[str], texts: list[str]) -> ValueError:
    """The error for a table without the column that was asked for."""
    advice = (
        f"Say which one has the text: --column {quote(texts[0])}" if texts else "None has text."
    )
    return ValueError(
        f"{path} has no column {column!r}. Its columns are: {', '.join(others) or 'none'}. {advice}"
    )


def column_index(path: Path, columns: Sequence[str], name: str) -> int | None:
    """Where the column stands; None if there is none.

    Raises: ValueError if several bear the name: nobody could say which of them is meant.
    """
    if (count := list(columns).count(name)) > 1:
        raise ValueError(
            f"{path} has {count} columns called {name!r}, so it is not clear which one is meant. "
            "Write the table again with a name of its own for each of them."
        )
    return list(columns).index(name) if count else None
