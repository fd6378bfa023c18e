"""Documents out of files: parquet, text and jsonl, one row group after the other.

A row group is what is read, or read again, as a whole. Parquet files have them; a text file is cut
into blocks of bytes, and the lines that begin inside a block are its row group. So every row group
can be read alone, without what is before it. Left out on purpose: compressed text.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from gptcore.json_text import parse_json

ENDINGS = {".parquet": "parquet", ".txt": "text", ".jsonl": "jsonl", ".ndjson": "jsonl"}
BLOCK_BYTES = 4 * 2**20
BATCH_ROWS = 64
BUFFER_BYTES = 2**20  # of a column, read at a time; without it a whole column chunk is in memory

Row = tuple[str | None, str | None]  # id, text; None where there is none


class SourceDamaged(OSError):
    """A file that documents are read from is not whole, or is another kind of file.

    Example: Path("a.parquet").write_text("no table")
             [*read_table("a.parquet")] -> raises SourceDamaged
    """


@dataclass(frozen=True)
class Reading:
    """How documents are found in files.

    Example: Reading(document="file").column -> "text"
    """

    column: str = "text"  # of a parquet file, or the field of a line of jsonl
    document: Literal["line", "file"] = "line"  # what one document is in a text file
    bad_text: Literal["stop", "replace"] = "stop"  # or put U+FFFD where text is not Unicode


def row_groups(path: Path, reading: Reading) -> list[int]:
    """Every row group of the file, by the bytes of its text.

    Raises: ValueError for a column that is not there; SourceDamaged for a file that is not whole.
    """
    kind = ENDINGS[path.suffix.lower()]
    size_bytes = path.stat().st_size
    if kind == "parquet":
        with open_parquet(path) as file:
            index = text_column(path, file, reading.column)
            groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
            return [group.column(index).total_uncompressed_size for group in groups]
    if kind == "text" and reading.document == "file":
        return [size_bytes]
    starts = range(0, size_bytes, BLOCK_BYTES)
    return [min(BLOCK_BYTES, size_bytes - start) for start in starts]


def read_documents(path: Path, group: int, reading: Reading) -> Iterator[list[Row]]:
    """The documents of one row group, a few at a time.

    Raises: SourceDamaged or ValueError, naming file and position.
    """
    kind = ENDINGS[path.suffix.lower()]
    if kind == "parquet":
        yield from read_parquet(path, group, reading)
    elif kind == "jsonl":
        for batch in in_batches(lines_of(path, group)):
            yield [from_json(path, start, line, reading) for start, line in batch]
    elif reading.document == "file":
        content = path.read_bytes()
        bare = content.removeprefix(codecs.BOM_UTF8)
        text = decode(path, len(content) - len(bare), bare, reading)
        yield [(None, text.replace("\r\n", "\n"))]
    else:
        for batch in in_batches(lines_of(path, group)):
            yield [(None, decode(path, start, line, reading).strip()) for start, line in batch]


def in_batches(lines: Iterator[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """The same lines, some at a time."""
    batch = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


# Parquet


def open_parquet(path: Path) -> pq.ParquetFile:
    """The file, its footer read.

    Raises: SourceDamaged if it is no parquet file, or only a part of one.
    """
    try:
        return pq.ParquetFile(path, buffer_size=BUFFER_BYTES)
    except (pa.ArrowException, OSError) as error:
        with open(path, "rb") as file:
            begin = file.read(60)
        if begin[:4] == b"PAR1":
            problem = f"it is cut off or damaged ({first_line(error)})"
        elif begin.lstrip()[:1] == b"<":
            problem = f"it is a page of the web, saved under this name: it begins with {begin!r}"
        else:
            problem = (
                f"it begins with {begin[:20]!r} instead of b'PAR1'" if begin else "it is empty"
            )
        raise SourceDamaged(f"{path} is no whole parquet file: {problem}. Bring it anew.") from None


def text_column(path: Path, file: pq.ParquetFile, column: str) -> int:
    """The number of the column that has the text.

    Raises: ValueError with the columns that there are.
    """
    schema = file.schema_arrow
    texts = [field.name for field in schema if is_text(field.type)]
    if column not in schema.names:
        advice = f"Say which one has the text: --column {texts[0]}" if texts else "None has text."
        raise ValueError(
            f"{path} has no column {column!r}. Its columns are: {', '.join(schema.names)}. {advice}"
        )
    if column not in texts:
        raise ValueError(
            f"The column {column!r} of {path} has {schema.field(column).type}, not text. "
            f"Columns with text: {', '.join(texts) or 'none'}."
        )
    names = [file.schema.column(i).path for i in range(len(file.schema))]
    return names.index(column)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this kind holds strings."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def read_parquet(path: Path, group: int, reading: Reading) -> Iterator[list[Row]]:
    """The rows of a row group; of all columns only text and id are read."""
    with open_parquet(path) as file:
        text_column(path, file, reading.column)
        columns = [name for name in (reading.column, "id") if name in file.schema_arrow.names]
        batches = file.iter_batches(BATCH_ROWS, row_groups=[group], columns=columns)
        row = 0
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise SourceDamaged(
                    f"{path} is damaged: row group {group} cannot be read after its row {row} "
                    f"({first_line(error)}). Bring the file anew."
                ) from None
            if batch is None:
                return
            texts = strings_of(path, group, row, batch.column(reading.column), reading)
            keys = batch.column("id").to_pylist() if "id" in columns else [None] * len(texts)
            yield [(None if key is None else str(key), text) for key, text in zip(keys, texts)]
            row += len(texts)


def strings_of(path: Path, group: int, row: int, column, reading: Reading) -> list[str | None]:
    """The column as Python strings; a damaged file may hold bytes that are none."""
    try:
        return column.to_pylist()
    except UnicodeDecodeError:
        cells = column.cast(pa.binary()).to_pylist()
    place = f"{path}, row group {group}, row "
    return [
        None if cell is None else decode_at(f"{place}{row + i}", 0, cell, reading)
        for i, cell in enumerate(cells)
    ]


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


# Lines


def lines_of(path: Path, group: int) -> Iterator[tuple[int, bytes]]:
    """Every line that begins in the block and is not blank, with the position of its first byte."""
    begin, end = group * BLOCK_BYTES, (group + 1) * BLOCK_BYTES
    with open(path, "rb") as file:
        if begin:
            file.seek(begin - 1)
            file.readline()  # a line that began in an earlier block; only its end if it ends there
        start = file.tell()
        while start < end and (line := file.readline()):
            bare = line.removesuffix(b"\n").removesuffix(b"\r")
            mark = codecs.BOM_UTF8 if start == 0 and bare.startswith(codecs.BOM_UTF8) else b""
            if bare.strip():
                yield start + len(mark), bare.removeprefix(mark)
            start += len(line)


def from_json(path: Path, start: int, line: bytes, reading: Reading) -> Row:
    """One line of jsonl.

    Raises: SourceDamaged if it is no JSON object; ValueError if it lacks the field.
    """
    text = decode(path, start, line, reading)
    try:
        row = parse_json(text)
    except ValueError as error:
        raise SourceDamaged(f"{place_of(path, start)} is not JSON: {error}.") from None
    if not isinstance(row, dict):
        raise ValueError(
            f'{place_of(path, start)} is no object such as {{"{reading.column}": "..."}}.'
        )
    if reading.column not in row:
        raise ValueError(
            f"{place_of(path, start)} has no field {reading.column!r}; it has "
            f"{', '.join(map(repr, row)) or 'none'}. Say which one has the text: --column NAME"
        )
    found, key = row[reading.column], row.get("id")
    if found is not None and not isinstance(found, str):
        raise ValueError(
            f"{place_of(path, start)}: the field {reading.column!r} is {type(found).__name__}, "
            "not text."
        )
    if found is not None:
        found = whole_characters(place_of(path, start), found, reading)
    return (None if key is None else str(key)), found


def whole_characters(place: str, text: str, reading: Reading) -> str:
    """The text, without halves of characters, which JSON can write as "\\ud800".

    Raises: ValueError with the position of the first half, if `reading` says to stop.
    """
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError as error:
        if reading.bad_text == "replace":
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        raise ValueError(
            f"{place}: character {error.start} of the text is half of one, "
            f"\\u{ord(text[error.start]):04x}, which no UTF-8 can hold. Repair the line, "
            "or let U+FFFD stand in its place: --bad_text replace"
        ) from None


def place_of(path: Path, start: int) -> str:
    """Where in a file of lines: counted from the top, and so only for an error."""
    with open(path, "rb") as file:
        before = file.read(start)
    number = before.count(b"\n") + 1
    return f"{path}, line {number}"


def decode(path: Path, start: int, content: bytes, reading: Reading) -> str:
    """Bytes as text; what is wrong is named by its position in the file."""
    return decode_at(str(path), start, content, reading)


def decode_at(place: str, start: int, content: bytes, reading: Reading) -> str:
    try:
        return content.decode("utf-8", "strict" if reading.bad_text == "stop" else "replace")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{place} is not UTF-8: byte {content[error.start]:#04x} at position "
            f"{start + error.start}. Save it as UTF-8, or let U+FFFD stand in its place: "
            "--bad_text replace"
        ) from None
