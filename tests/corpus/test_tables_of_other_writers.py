"""Columns as pandas, polars and DuckDB write them: `prepare` and `read_table` agree."""

import base64
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_corpora import LETTERS, ids_in

from gptcore.corpus import Document, ReaderOptions, ShardSettings, prepare, read_table, write_table
from gptcore.corpus.reading.documents import read_documents, row_groups

TEXTS = ["one", None, "two", "", "one"]
BAD = [b"ok", b"\xff\xfe bad", None]
CHECKED = pa.dictionary(pa.int8(), pa.large_string())  # pyarrow looks at its texts itself
KINDS = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int32(), pa.string()),
    CHECKED,
    pa.dictionary(pa.uint32(), pa.string_view()),
]


def write_as(path, kind, column):
    """A table whose metadata say that the column is of this kind, as a writer in Rust has it."""
    schema = pa.schema([("text", kind)]).serialize().to_pybytes()
    plain = pa.table({"text": column})
    with pq.ParquetWriter(path, plain.schema, store_schema=False) as writer:
        writer.write_table(plain)
        writer.add_key_value_metadata({"ARROW:schema": base64.b64encode(schema).decode()})
    return path


def prepared(path, **how):
    reading = ReaderOptions(**how)
    groups = range(len(row_groups(path, reading)))
    return [row for g in groups for batch in read_documents(path, g, reading) for row in batch]


def both_ways(path, **how):
    """What `prepare` reads, once `read_table` has read the same."""
    rows = prepared(path, **how)
    table = [(document.id, document.text) for document in read_table(path, **how)]
    named = [(key or f"row {i}", text) for i, (key, text) in enumerate(rows) if text is not None]
    assert table == named
    return rows


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_of_strings_is_read(tmp_path, kind):
    path = write_as(tmp_path / "a.parquet", kind, pa.array(TEXTS, pa.string()))
    assert both_ways(path) == [(None, text) for text in TEXTS]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != CHECKED], ids=str)
def test_bytes_that_are_not_text_are_named_or_replaced_in_every_kind(tmp_path, kind):
    path = write_as(tmp_path / "a.parquet", kind, no_text())
    for read in (prepared, lambda path: list(read_table(path))):
        with pytest.raises(ValueError) as caught:
            read(path)
        assert str(caught.value).startswith(
            f"{path}, row group 0, row 1, text is not UTF-8: byte 0xff at position 0 of the cell."
        )
    wanted = [None if cell is None else cell.decode("utf-8", "replace") for cell in BAD]
    assert [text for _, text in both_ways(path, bad_text="replace")] == wanted


def no_text():
    """A column of strings, one of which is none."""
    validity, *buffers = pa.array(BAD, pa.binary()).buffers()
    return pa.StringArray.from_buffers(len(BAD), *buffers, validity)


def test_bytes_that_are_not_text_are_not_taken_for_a_damaged_file(tmp_path):
    path = write_as(tmp_path / "a.parquet", CHECKED, no_text())
    for read in (prepared, lambda path: list(read_table(path))):
        with pytest.raises(ValueError, match="text after its row 0 that is not UTF-8"):
            read(path)


def test_an_id_that_is_not_text_is_named_as_well(tmp_path):
    raw = pa.array([b"\xe9"], pa.binary()).buffers()
    table = {"text": ["one"], "id": pa.StringArray.from_buffers(1, raw[1], raw[2])}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    for read in (prepared, lambda path: list(read_table(path))):
        with pytest.raises(ValueError, match="row 0, id is not UTF-8"):
            read(tmp_path / "a.parquet")


def test_a_column_of_nulls_has_no_texts(tmp_path):
    pq.write_table(pa.table({"text": pa.nulls(3), "id": pa.nulls(3)}), tmp_path / "a.parquet")
    assert both_ways(tmp_path / "a.parquet") == [(None, None)] * 3


def test_other_columns_may_have_one_name_and_the_needed_ones_may_not(tmp_path):
    def table(*names):
        columns = [pa.array([name]) for name in names]
        pq.write_table(pa.table(columns, names=list(names)), tmp_path / "a.parquet")
        return tmp_path / "a.parquet"

    assert both_ways(table("url", "text", "url", "id")) == [("id", "text")]
    for names in (("text", "text"), ("text", "id", "id")):
        path = table(*names)
        for read in (prepared, lambda path: list(read_table(path))):
            with pytest.raises(ValueError, match=f"has 2 columns called '{names[-1]}'"):
                read(path)


@pytest.mark.parametrize(
    "ids", [[0, 1, 2], pa.array([0, 1, 2], pa.uint8()), ["0", "1", "2"], [0.0, 1.0, 2.0]], ids=str
)
def test_ids_may_be_numbers_and_0_is_one(tmp_path, ids):
    table = pa.table({"text": ["a", "b", "c"], "id": ids})
    pq.write_table(table, tmp_path / "a.parquet")
    wanted = [str(one) for one in table["id"].to_pylist()]
    assert [key for key, _ in both_ways(tmp_path / "a.parquet")] == wanted
    documents = list(read_table(tmp_path / "a.parquet"))
    write_table(documents, tmp_path / "b.parquet")
    assert list(read_table(tmp_path / "b.parquet")) == documents


def test_empty_ids_are_none(tmp_path):
    table = pa.table({"text": ["a", "b"], "id": ["", None]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert both_ways(tmp_path / "a.parquet") == [(None, "a"), (None, "b")]
    assert list(read_table(tmp_path / "a.parquet")) == [
        Document("row 0", "a"),
        Document("row 1", "b"),
    ]


# Ids that do not tell documents apart


SPLIT = ShardSettings(val_share=0.5)


def split(path, out):
    """The documents of either side."""
    list(prepare(path, out, LETTERS, settings=SPLIT))
    sides = []
    for name in ("train", "val"):
        ids = [id for file in sorted(out.glob(f"{name}_*.bin")) for id in ids_in(file)]
        sides.append(set(LETTERS.decode(ids).split("<|bos|>")[1:]))
    return sides


TELLING = [f"text {number}" for number in range(100)]


@pytest.mark.parametrize("ids", [["x"] * 100, [""] * 100, [None] * 100, [7] * 100, ["", "x"] * 50])
@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_documents_with_one_id_are_split_by_their_texts(tmp_path, ids, kind):
    path, bare = tmp_path / f"a.{kind}", tmp_path / "bare.jsonl"
    bare.write_text("".join(json.dumps({"text": text}) + "\n" for text in TELLING))
    if kind == "jsonl":
        rows = [{"text": text, "id": id} for text, id in zip(TELLING, ids)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.table({"text": TELLING, "id": ids}), path, row_group_size=9)
    train, val = split(path, tmp_path / "out")
    assert [train, val] == split(bare, tmp_path / "without")  # as if there were no ids
    assert 30 < len(train) < 70 and train | val == set(TELLING) and not train & val


def test_many_files_of_one_document_each_with_one_id_are_split_as_well(tmp_path):
    (tmp_path / "in").mkdir()
    for number, text in enumerate(TELLING):
        (tmp_path / "in" / f"{number}.json").write_text(json.dumps({"id": "doc", "text": text}))
    train, val = split(tmp_path / "in", tmp_path / "out")
    assert 30 < len(train) < 70 and train | val == set(TELLING)


def test_a_single_document_and_ids_that_differ_go_where_the_ids_say(tmp_path):
    """What was prepared before stays what it is."""
    for name, ids in {"one": ["x"], "two": ["x", "y"], "late": ["x"] * 50 + ["y"]}.items():
        texts = TELLING[: len(ids)]
        pq.write_table(pa.table({"text": texts, "id": ids}), tmp_path / f"{name}.parquet")
        list(prepare(tmp_path / f"{name}.parquet", tmp_path / name, LETTERS))
        (source,) = json.loads((tmp_path / name / "manifest.json").read_text())["sources"]
        assert "split_by" not in source
