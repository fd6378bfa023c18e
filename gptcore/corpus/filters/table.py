"""Parquet tables with FineWeb's columns, read and written as documents that filters take.

`prepare` reads only text and id, and is faster (`reading/documents.py`). Here language and score
are read, too, where the table has them. One row group is in memory at a time.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gptcore.checks import as_path
from gptcore.corpus.filters.filters import Document
from gptcore.corpus.reading.parquet import read_cells
from gptcore.corpus.reading.rows import BadText, id_of
from gptcore.files import atomic_path

ROW_GROUP_SIZE = 1_000  # rows, as in FineWeb
SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("id", pa.string()),
        ("language", pa.string()),
        ("language_score", pa.float64()),
    ]
)


def read_table(path: str | Path, bad_text: BadText = "stop") -> Iterator[Document]:
    """Read the documents of a parquet table, in order; rows whose text is null are skipped.

    Args:
        path: The parquet file. It needs a column "text"; "id", "language" and "language_score"
            are read if they exist.
        bad_text: What to do about text that is not UTF-8: "stop", or "replace" it by U+FFFD.

    Yields:
        One document per row. Without an id it is named after its row, such as "row 17".

    Raises:
        ValueError: If no column is named "text", or a cell is not UTF-8.
        SourceDamagedError: If the file is incomplete or damaged.

    Example:
        >>> write_table(documents, "a.parquet")
        2
        >>> next(read_table("a.parquet")).id
        '1'
    """
    row = 0
    for columns in read_cells(as_path(path), None, SCHEMA.names, ROW_GROUP_SIZE, bad_text):
        for values in zip(*columns.values()):
            cells = dict(zip(columns, values))
            if cells["text"] is not None:
                cells["id"] = id_of(cells.get("id")) or f"row {row}"
                yield Document(**cells)
            row += 1


def write_table(documents: Iterable[Document], path: str | Path) -> int:
    """Write documents as a parquet table that `prepare` and `read_table` read.

    Args:
        documents: The documents, in the order of the rows.
        path: The file. It appears under this name only when it is complete.

    Returns:
        The number of documents.

    Example:
        >>> write_table(documents, "a.parquet")
        2
    """
    path, rows = as_path(path), 0
    stream = iter(documents)
    with (
        atomic_path(path) as part,
        open(part, "wb") as file,
        pq.ParquetWriter(file, SCHEMA) as writer,
    ):
        while group := list(islice(stream, ROW_GROUP_SIZE)):
            columns = [[getattr(one, name) for one in group] for name in SCHEMA.names]
            writer.write_table(pa.table(columns, schema=SCHEMA))
            rows += len(group)
    return rows
