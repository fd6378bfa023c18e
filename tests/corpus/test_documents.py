"""Documents out of text, jsonl and parquet: all of them, once, and what is wrong named by place."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import some_texts, write_parquet

from gptcore.corpus import ReaderOptions, SourceDamagedError, find_text, load_documents, text_path
from gptcore.corpus.reading import documents as home
from gptcore.corpus.reading.documents import read_documents, row_groups


def read(path, **how):
    """All rows of a file, row group by row group."""
    reading = ReaderOptions(**how)
    groups = range(len(row_groups(path, reading)))
    return [
        row for group in groups for batch in read_documents(path, group, reading) for row in batch
    ]


def texts(path, **how):
    return [text for _, text in read(path, **how)]


def written(path, content):
    path.write_bytes(content)
    return path


# Text


@given(
    st.lists(
        st.sampled_from([b"a", b"bcd", b"", b" e ", "\u2028é".encode(), b"x" * 30]), max_size=12
    ),
    st.sampled_from([b"\n", b"\r\n"]),
    st.integers(1, 40),
    st.booleans(),
)
@pytest.mark.slow
def test_lines_are_the_same_for_any_size_of_blocks(tmp_path_factory, lines, end, size, last):
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    path.write_bytes(end.join(lines) + end * last)
    before, home.BLOCK_BYTES = home.BLOCK_BYTES, size
    try:
        found = texts(path, document="line")
    finally:
        home.BLOCK_BYTES = before
    bare = [line.decode().strip() for line in lines]
    assert found == [line for line in bare if line]


def test_a_text_file_has_the_documents_that_load_documents_finds():
    assert texts(text_path(find_text("names")), document="line") == load_documents("names")


def test_a_byte_order_mark_and_windows_line_ends_are_not_part_of_the_text(tmp_path):
    path = written(tmp_path / "a.txt", "\ufeffämma\r\nbob\r\n".encode())
    assert texts(path, document="line") == ["ämma", "bob"]
    assert texts(path) == texts(path, document="file") == ["ämma\nbob\n"]


def test_what_is_not_utf_8_is_named_by_its_position_or_replaced(tmp_path):
    path = written(tmp_path / "a.txt", b"good\nb\xe9d\n")
    for document in ("line", "file"):
        with pytest.raises(ValueError) as caught:
            texts(path, document=document)
        assert str(caught.value) == (
            f"{path} is not UTF-8: byte 0xe9 at position 6. Save it as UTF-8, or replace it by "
            'U+FFFD: --bad_text replace (in Python bad_text="replace")'
        )
    assert texts(path, bad_text="replace", document="line") == ["good", "b\ufffdd"]


# jsonl


def test_jsonl_has_texts_and_ids_in_the_order_of_its_lines(tmp_path):
    rows = [{"text": "a\n\u2028b", "id": "x"}, {"id": 7, "text": "c"}, {"text": None}, {"text": ""}]
    lines = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path = written(tmp_path / "a.jsonl", f"\ufeff{lines}\r\n\r\n".encode())
    assert read(path) == [("x", "a\n\u2028b"), ("7", "c"), (None, None), (None, "")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"text": "cut of', "line 3 is not JSON: Unterminated string"),
        (b'["text"]', r'line 3 is not an object such as {"text": "..."}.'),
        (
            b'{"body": "a", "id": 1}',
            "line 3 has no field 'text'; it has 'body', 'id'. Say which one has the text: --column",
        ),
        (b'{"text": 5}', "line 3: the field 'text' is int, not text."),
        (
            b'{"text": "ab\\ud800"}',
            r"line 3: character 2 of the text is half of a surrogate pair, \ud800, which UTF-8 "
            "cannot encode. "
            "Repair the line, or replace it by U+FFFD: --bad_text replace",
        ),
        (b'{"text": "\xff"}', "is not UTF-8: byte 0xff at position 42. Save it as UTF-8"),
    ],
    ids=["cut off", "no object", "no field", "a number", "half a character", "not UTF-8"],
)
def test_a_line_of_jsonl_that_is_wrong_is_named(tmp_path, line, words):
    path = written(tmp_path / "a.jsonl", b'{"text": "one"}\n{"text": "two"}\n' + line + b"\n")
    with pytest.raises((ValueError, OSError)) as caught:
        texts(path)
    assert str(path) in str(caught.value) and words in str(caught.value)


def test_half_characters_are_replaced_if_asked_and_whole_ones_are_kept(tmp_path):
    path = written(tmp_path / "a.jsonl", b'{"text": "a\\ud800b\\ud83d\\ude00"}')
    assert texts(path, bad_text="replace") == ["a\ufffdb😀"]


def test_another_field_may_have_the_text(tmp_path):
    path = written(tmp_path / "a.jsonl", b'{"body": "hello"}')
    assert texts(path, column="body") == ["hello"]


# Parquet


@pytest.mark.slow
def test_parquet_has_texts_and_ids_row_group_by_row_group(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", [*some_texts(24), None], rows=10)
    found = read(path)
    table = pq.read_table(path)
    assert found == list(zip(table["id"].to_pylist(), table["text"].to_pylist()))
    assert len(row_groups(path, ReaderOptions())) == 3


def test_a_row_group_of_no_rows_has_no_documents(tmp_path):
    schema = pa.schema([("text", pa.string())])
    with pq.ParquetWriter(tmp_path / "a.parquet", schema) as writer:
        for rows in (["one"], [], ["two"]):
            writer.write_table(pa.table({"text": pa.array(rows, pa.string())}))
    assert pq.ParquetFile(tmp_path / "a.parquet").metadata.num_row_groups == 3
    assert texts(tmp_path / "a.parquet") == ["one", "two"]


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.dictionary(pa.int32(), pa.string())], ids=str
)
def test_other_kinds_of_strings_are_read_as_well(tmp_path, kind):
    column = pa.array(["one", "two", "one"]).cast(kind)
    pq.write_table(pa.table({"n": [1, 2, 3], "text": column}), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == [(None, "one"), (None, "two"), (None, "one")]


def test_without_a_text_column_the_columns_are_named_and_the_advice_works(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": [1], "body": ["hello"], "list": [[1, 2]]}), path)
    with pytest.raises(ValueError) as caught:
        texts(path)
    assert str(caught.value) == (
        f"{path} has no column 'text'. Its columns are: n, body, list. "
        "Say which one has the text: --column body"
    )
    assert texts(path, column="body") == ["hello"]
    with pytest.raises(ValueError, match=r"column 'n' of .* has int64, not text. .* text: body."):
        texts(path, column="n")


def test_a_page_of_the_web_saved_as_parquet_is_recognised(tmp_path):
    path = written(tmp_path / "a.parquet", b"<!DOCTYPE html><title>Please log in</title>" * 9)
    with pytest.raises(SourceDamagedError, match="it is a web page saved under this name"):
        texts(path)


@pytest.mark.parametrize("share", range(10))
def test_truncated_parquet_is_refused_wherever_it_was_cut(tmp_path, share):
    path = write_parquet(tmp_path / "a.parquet", some_texts(50))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * share // 10])
    with pytest.raises(
        SourceDamagedError, match=r"a\.parquet is not a complete parquet file: it is"
    ):
        texts(path)


def test_damage_inside_of_parquet_is_reported_with_its_row_group(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", some_texts(50))
    content = bytearray(path.read_bytes())
    place = pq.ParquetFile(path).metadata.row_group(3).column(0).data_page_offset
    content[place : place + 40] = b"\xff" * 40
    path.write_bytes(content)
    with pytest.raises(
        SourceDamagedError, match="is damaged: row group 3 cannot be read after its row 0"
    ):
        texts(path)


def test_strings_in_parquet_that_are_not_text_are_named_by_their_row_or_replaced(tmp_path):
    broken = pa.array([b"good", b"b\xe9d", None]).view(pa.string())
    pq.write_table(pa.table({"text": broken}), tmp_path / "a.parquet")
    with pytest.raises(
        ValueError, match=r"row group 0, row 1, text is not UTF-8: byte 0xe9 at position 1"
    ):
        texts(tmp_path / "a.parquet")
    assert texts(tmp_path / "a.parquet", bad_text="replace") == ["good", "b\ufffdd", None]
