"""Read texts and ids from parquet tables; errors name the row."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gptcore.corpus.downloads.source import SourceDamagedError
from gptcore.corpus.reading.rows import (
    BadText,
    ReaderOptions,
    Row,
    column_index,
    decode_cell,
    first_line,
    id_of,
    missing_column,
)

BATCH_ROWS = 64
BUFFER_BYTES = 2**20  # per column; without it a whole column chunk is in memory
Cells = dict[str, list[Any]]  # column -> its cells


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open the file and read its footer.

    Raises:
        SourceDamagedError: If it is not a parquet file, or only a part of one.
    """
    try:
        return pq.ParquetFile(path, buffer_size=BUFFER_BYTES)
    except (pa.ArrowException, OSError) as error:
        with open(path, "rb") as file:
            begin = file.read(60)
        if begin[:4] == b"PAR1":
            problem = f"it is cut off or damaged ({first_line(error)})"
        elif begin.lstrip()[:1] == b"<":
            problem = f"it is a web page saved under this name: it begins with {begin!r}"
        else:
            problem = (
                f"it begins with {begin[:20]!r} instead of b'PAR1'" if begin else "it is empty"
            )
        raise SourceDamagedError(
            f"{path} is not a complete parquet file: {problem}. Restore the file."
        ) from None


def group_bytes(path: Path, column: str) -> list[int]:
    """The number of text bytes of each row group of the file."""
    with open_parquet(path) as file:
        check_text_column(path, file.schema_arrow, column)
        names = [file.schema.column(i).path for i in range(len(file.schema))]
        index = names.index(column)
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        return [group.column(index).total_uncompressed_size for group in groups]


def check_text_column(path: Path, schema: pa.Schema, column: str) -> None:
    """Check that the column exists and has text."""
    texts = [field.name for field in schema if is_text(field.type)]
    if column_index(path, schema.names, column) is None:
        raise missing_column(path, column, schema.names, texts)
    if column not in texts:
        raise ValueError(
            f"The column {column!r} of {path} has {schema.field(column).type}, not text. "
            f"Columns with text: {', '.join(texts) or 'none'}."
        )


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type has strings; one of type null could have."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    is_view = getattr(pa.types, "is_string_view", lambda _: False)  # since pyarrow 16
    return (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or is_view(kind)
        or pa.types.is_null(kind)
    )


def read_parquet(path: Path, group: int, options: ReaderOptions) -> Iterator[list[Row]]:
    """The rows of a row group; only the columns of text and id are read."""
    wanted = (options.column, "id")
    for cells in read_cells(path, [group], wanted, BATCH_ROWS, options.bad_text):
        texts = cells[options.column]
        yield list(zip(map(id_of, cells.get("id", [None] * len(texts))), texts))


def read_cells(
    path: Path, groups: Sequence[int] | None, wanted: Sequence[str], rows: int, bad_text: BadText
) -> Iterator[Cells]:
    """The wanted columns, the first of which has the text, some rows at a time.

    Missing columns are left out. `groups` None means all row groups.

    Raises:
        SourceDamagedError: If the file is damaged; file and row are named.
        ValueError: If bytes are not text; file and row are named.
    """
    with open_parquet(path) as file:
        check_text_column(path, file.schema_arrow, wanted[0])
        names = file.schema_arrow.names
        columns = list(
            dict.fromkeys(name for name in wanted if column_index(path, names, name) is not None)
        )
        groups = range(file.metadata.num_row_groups) if groups is None else groups
        for group in groups:
            batches = file.iter_batches(rows, row_groups=[group], columns=columns)
            row = 0
            while (batch := next_batch(path, group, row, batches)) is not None:
                location = f"{path}, row group {group}"
                yield {
                    name: column_values(location, row, name, batch.column(name), bad_text)
                    for name in columns
                }
                row += batch.num_rows


def next_batch(
    path: Path, group: int, row: int, batches: Iterator[pa.RecordBatch]
) -> pa.RecordBatch | None:
    """The next rows, or None at the end.

    Raises:
        SourceDamagedError: If the file is damaged.
        ValueError: If bytes are not text.
    """
    try:
        return next(batches, None)
    except (pa.ArrowException, OSError) as error:
        if "UTF8" in str(error):  # a dictionary whose cells pyarrow looks at itself
            raise ValueError(
                f"{path}, row group {group}, has text after its row {row} that is not UTF-8. Write "
                "the table again from clean text."
            ) from None
        raise SourceDamagedError(
            f"{path} is damaged: row group {group} cannot be read after its row {row} "
            f"({first_line(error)}). Restore the file."
        ) from None


def column_values(
    location: str, row: int, name: str, column: pa.Array, bad_text: BadText
) -> list[Any]:
    """The cells of a column as Python values; text that is not UTF-8 is replaced or refused."""
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        cells = column.cast(pa.binary()).to_pylist()
    return [
        None if cell is None else decode_cell(f"{location}, row {row + i}, {name}", cell, bad_text)
        for i, cell in enumerate(cells)
    ]
