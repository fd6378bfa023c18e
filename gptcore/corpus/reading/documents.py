"""Read documents from files: parquet, text, JSON and CSV, one row group at a time.

A row group is what is read as a whole. Parquet files have them. A text file is cut into blocks of
bytes; the lines that begin inside a block are a row group. So every row group can be read without
those before it. A compressed file, a .json and a .csv is a single row group, because reading cannot
begin in the middle.
"""

import codecs
import math
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa

from gptcore.corpus.downloads.source import SourceDamagedError
from gptcore.corpus.reading.csv_rows import read_csv_rows
from gptcore.corpus.reading.formats import (
    Format,
    check_is_text,
    decompression_error,
    known_format,
    open_bytes,
    uncompressed_bytes,
)
from gptcore.corpus.reading.json_rows import is_jsonl, parse_jsonl_row, read_json_rows
from gptcore.corpus.reading.parquet import BATCH_ROWS, group_bytes, read_parquet
from gptcore.corpus.reading.rows import ReaderOptions, Row, decode

BLOCK_BYTES = 4 * 2**20


def content_format(path: Path) -> Format:
    """The format of the file, by its name and, for a .json file, its first line."""
    found = known_format(path)
    if found.kind == "json" and is_jsonl(path):
        return Format("jsonl", found.compression)
    return found


def row_groups(path: Path, options: ReaderOptions) -> list[int]:
    """The number of text bytes of each row group of the file.

    Raises:
        ValueError: If the column does not exist or is not text.
        SourceDamagedError: If the file is incomplete.
    """
    if known_format(path).kind == "parquet":
        return group_bytes(path, options.column)
    check_is_text(path)
    size_bytes, found = uncompressed_bytes(path), content_format(path)
    if found.kind == "text" and options.document != "line":
        return [size_bytes]
    if found.compression or found.kind in ("json", "csv"):
        return [size_bytes] if size_bytes else []
    starts = range(0, size_bytes, BLOCK_BYTES)
    return [min(BLOCK_BYTES, size_bytes - start) for start in starts]


def read_documents(path: Path, group: int, options: ReaderOptions) -> Iterator[list[Row]]:
    """The documents of one row group, a few at a time.

    Raises:
        SourceDamagedError: If the file is damaged.
        ValueError: If something in it is not text; file and position are named.
    """
    if known_format(path).kind == "parquet":
        yield from read_parquet(path, group, options)
        return
    try:
        yield from batched(read_rows(path, group, options))
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, SourceDamagedError) or not known_format(path).compression:
            raise
        raise decompression_error(path, error) from None


def read_rows(path: Path, group: int, options: ReaderOptions) -> Iterator[Row]:
    """The documents of one row group of a file that is not parquet."""
    kind = content_format(path).kind
    if kind == "csv":
        yield from read_csv_rows(path, options)
    elif kind == "json":
        yield from read_json_rows(path, options)
    elif kind == "jsonl":
        for start, line in read_lines(path, group):
            yield parse_jsonl_row(path, start, line, options)
    elif options.document == "line":
        for start, line in read_lines(path, group):
            yield None, decode(path, start, line, options.bad_text).strip()
    else:
        yield None, read_text_file(path, options)


def batched(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The same rows, some at a time."""
    rows = iter(rows)
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


def read_text_file(path: Path, options: ReaderOptions) -> str:
    """A whole text file, as one document."""
    with open_bytes(path) as file:
        content = file.read()
    bare = content.removeprefix(codecs.BOM_UTF8)
    text = decode(path, len(content) - len(bare), bare, options.bad_text)
    return text.replace("\r\n", "\n")


def read_lines(path: Path, group: int) -> Iterator[tuple[int, bytes]]:
    """Every line that begins in the block and is not blank, with the position of its first byte."""
    begin, end = group * BLOCK_BYTES, (group + 1) * BLOCK_BYTES
    limit = math.inf if known_format(path).compression else end
    with open_bytes(path) as file:
        if begin:
            file.seek(begin - 1)
            file.readline()  # a line that began in an earlier block, or only its end
        start = file.tell() if begin else 0
        while start < limit and (line := file.readline()):
            bare = line.removesuffix(b"\n").removesuffix(b"\r")
            mark = codecs.BOM_UTF8 if start == 0 and bare.startswith(codecs.BOM_UTF8) else b""
            if bare.strip():
                yield start + len(mark), bare.removeprefix(mark)
            start += len(line)


def has_many_lines(path: Path) -> bool:
    """Whether a text file has more than one line that is not blank."""
    return len(list(islice(read_lines(path, 0), 2))) > 1
