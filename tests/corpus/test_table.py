"""A table with FineWeb's columns, as documents for filters, and back."""

import pytest

from gptcore.corpus.filters.filters import Document

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install pyarrow")
pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: pip install pyarrow")

from gptcore.corpus.filters.table import ROW_GROUP_SIZE, read_table, write_table  # noqa: E402
from gptcore.corpus.reading.documents import ReaderOptions, SourceDamagedError, read_documents  # noqa: E402

DOCUMENTS = [Document(str(i), f"text {i}", "en", i / 3000) for i in range(2 * ROW_GROUP_SIZE + 5)]


def test_what_is_written_comes_back_in_row_groups_and_in_order(tmp_path):
    path = tmp_path / "kept.parquet"
    assert write_table(iter(DOCUMENTS), path) == len(DOCUMENTS)
    assert list(read_table(path)) == DOCUMENTS
    assert pq.ParquetFile(path).num_row_groups == 3
    assert [file.name for file in tmp_path.iterdir()] == ["kept.parquet"]


def test_prepare_reads_what_was_kept(tmp_path):
    path = tmp_path / "kept.parquet"
    write_table(DOCUMENTS, path)
    (first, *_), *_ = read_documents(path, 0, ReaderOptions())
    assert first == ("0", "text 0")


def test_columns_may_be_missing_and_cells_null(tmp_path):
    path = tmp_path / "some.parquet"
    pq.write_table(pa.table({"url": ["u"] * 3, "text": ["one", None, ""]}), path)
    assert list(read_table(path)) == [Document("row 0", "one"), Document("row 2", "")]
    nulls = {"id": ["a"], "text": ["one"], "language": pa.nulls(1), "language_score": pa.nulls(1)}
    pq.write_table(pa.table(nulls), path)
    assert list(read_table(path)) == [Document("a", "one", None, None)]


def test_a_table_without_text_is_refused_with_the_columns_it_has(tmp_path):
    path = tmp_path / "some.parquet"
    pq.write_table(pa.table({"content": ["one"], "id": ["a"]}), path)
    with pytest.raises(ValueError, match=r"has no column 'text'\. Its columns are: content, id"):
        list(read_table(path))


def test_a_table_that_was_cut_off_is_refused(tmp_path):
    path = tmp_path / "cut.parquet"
    write_table(DOCUMENTS, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SourceDamagedError, match="is not a complete parquet file"):
        list(read_table(path))


def test_a_row_group_that_is_spoilt_is_named_by_its_row(tmp_path):
    path = tmp_path / "spoilt.parquet"
    write_table(DOCUMENTS, path)
    content = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).dictionary_page_offset
    content[start : start + 40] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(SourceDamagedError, match="row group 1 cannot be read after its row 0 "):
        list(read_table(path))


def test_a_stream_that_breaks_off_leaves_what_was_there(tmp_path):
    def broken():
        yield DOCUMENTS[0]
        raise RuntimeError("no more")

    path = tmp_path / "kept.parquet"
    write_table(DOCUMENTS[:7], path)
    with pytest.raises(RuntimeError, match="no more"):
        write_table(broken(), path)
    assert list(read_table(path)) == DOCUMENTS[:7]
    assert [file.name for file in tmp_path.iterdir()] == ["kept.parquet"]
