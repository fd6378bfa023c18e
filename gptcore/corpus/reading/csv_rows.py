"""Read documents from .csv and .tsv: the first line names the columns."""

import csv
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from gptcore.corpus.downloads.source import SourceDamagedError
from gptcore.corpus.reading.formats import open_bytes
from gptcore.corpus.reading.rows import ReaderOptions, Row, column_index, id_of, missing_column

MAX_CELL_CHARS = min(sys.maxsize, 2**31 - 1)  # the largest C long on every platform


def read_csv_rows(path: Path, options: ReaderOptions) -> Iterator[Row]:
    """Id and text of each row.

    Raises:
        ValueError: If the column does not exist, or a row has too few or too many cells.
        SourceDamagedError: If a quote is never closed.
    """
    errors = "strict" if options.bad_text == "stop" else "replace"
    csv.field_size_limit(MAX_CELL_CHARS)
    with TextIOWrapper(open_bytes(path), "utf-8-sig", errors, newline="") as file:
        lines = csv.reader(file, delimiter=detect_delimiter(path), strict=True)
        try:
            header = next(lines, [])
            text_at = column_index(path, header, options.column)
            if text_at is None and header:
                raise missing_column(path, options.column, header, header)
            id_at = column_index(path, header, "id")
            for cells in lines:
                if cells and text_at is not None:
                    check_cells(path, lines.line_num, header, cells)
                    yield None if id_at is None else id_of(cells[id_at]), cells[text_at]
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path} is not UTF-8: byte {error.object[error.start]:#04x} after line "
                f"{lines.line_num}. Save it as UTF-8, or replace it by U+FFFD: "
                "--bad_text replace"
            ) from None
        except csv.Error as error:
            raise SourceDamagedError(
                f"{path}, line {lines.line_num} is not CSV: {error}. A cell with a quote or a line "
                'break needs quotes around it, and a quote inside is doubled: "say ""so""".'
            ) from None


def detect_delimiter(path: Path) -> str:
    """The delimiter of the first line; in a .tsv always a tab."""
    if ".tsv" in [suffix.lower() for suffix in path.suffixes[-2:]]:
        return "\t"
    with open_bytes(path) as file:
        header = file.readline(2**16)
    return max(",;\t", key=lambda delimiter: header.count(delimiter.encode()))


def check_cells(path: Path, line: int, header: list[str], cells: list[str]) -> None:
    """Check that a row has as many cells as the first line."""
    if len(cells) != len(header):
        raise ValueError(
            f"{path}, line {line} has {len(cells)} cell(s), the first line has {len(header)}: "
            f"{', '.join(header)}. A text that contains the delimiter needs quotes around it."
        )
