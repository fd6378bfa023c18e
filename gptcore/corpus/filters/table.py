"""A parquet table with FineWeb's columns, as documents that filters can judge, and back.

`prepare` needs no more than text and id, and reads them faster (`documents.py`). Here language and
score come along, where the table has them. One row group is in memory at a time.
Left out on purpose: the other columns; they say where a page comes from, not what it is.
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

GROUP_ROWS = 1_000  # of a row group, as FineWeb has it
SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("id", pa.string()),
        ("language", pa.string()),
        ("language_score", pa.float64()),
    ]
)


def read_table(path: str | Path, bad_text: BadText = "stop") -> Iterator[Document]:
    """Yield the documents of the table, in order; rows whose text is null are left out.

    A document without an id gets its row for a name, such as "row 17". With `bad_text="replace"`
    U+FFFD stands where a cell is no UTF-8.
    Raises: ValueError, with the columns there are, if none is called text, and for a cell that is
        no UTF-8; SourceDamagedError if the file is not whole.
    Example: write_table(documents, "a.parquet"); next(read_table("a.parquet")).id -> "1"
    """
    row = 0
    for columns in read_cells(as_path(path), None, SCHEMA.names, GROUP_ROWS, bad_text):
        for values in zip(*columns.values()):
            cells = dict(zip(columns, values))
            if cells["text"] is not None:
                cells["id"] = id_of(cells.get("id")) or f"row {row}"
                yield Document(**cells)
            row += 1


def write_table(documents: Iterable[Document], path: str | Path) -> int:
    """Write the documents as a table that `prepare` and `read_table` read; say how many there were.

    The file bears its name only when it is whole. Units: documents.
    Example: write_table(documents, "a.parquet") -> 2
    """
    path, rows = as_path(path), 0
    stream = iter(documents)
    with (
        atomic_path(path) as part,
        open(part, "wb") as file,
        pq.ParquetWriter(file, SCHEMA) as writer,
    ):
        while group := list(islice(stream, GROUP_ROWS)):
            columns = [[getattr(one, name) for one in group] for name in SCHEMA.names]
            writer.write_table(pa.table(columns, schema=SCHEMA))
            rows += len(group)
    return rows
