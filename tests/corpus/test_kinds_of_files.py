"""Compressed files, JSON and CSV: held against the libraries that wrote them."""

import bz2
import csv
import gzip
import io
import json
import shutil
import subprocess

import pyarrow as pa
import pytest
from small_corpora import some_texts, write_parquet

from gptcore.corpus import ReaderOptions, SourceDamagedError
from gptcore.corpus.reading.documents import read_documents, row_groups

TEXTS = ["one", 'two, "quoted"', "three\nlines\r\nof text", "été 😀", ""]
ROWS = [{"id": str(number), "text": text} for number, text in enumerate(TEXTS)]
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
WANTED = [(row["id"], row["text"]) for row in ROWS]


def read(path, **how):
    reading = ReaderOptions(**how)
    groups = range(len(row_groups(path, reading)))
    return [
        row for group in groups for batch in read_documents(path, group, reading) for row in batch
    ]


def zstd(content: bytes) -> bytes:
    return pa.Codec("zstd").compress(content, asbytes=True)


PACKED = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zstd}


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize("kind", ["jsonl", "txt", "json", "csv"])
def test_what_is_compressed_is_read_as_if_it_were_not(tmp_path, ending, kind):
    content = {"jsonl": JSONL, "txt": "été\n".encode(), "json": json.dumps(ROWS).encode()}.get(
        kind, as_csv(ROWS)
    )
    plain, packed = tmp_path / f"a.{kind}", tmp_path / f"a.{kind}{ending}"
    plain.write_bytes(content)
    packed.write_bytes(PACKED[ending](content))
    assert read(packed) == read(plain) != []
    assert (
        row_groups(packed, ReaderOptions()) == row_groups(plain, ReaderOptions()) == [len(content)]
    )


def as_csv(rows, delimiter=",") -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, ["id", "text"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


@pytest.mark.parametrize("ending", PACKED)
def test_a_file_of_several_members_is_read_to_its_end(tmp_path, ending):
    (tmp_path / f"a.jsonl{ending}").write_bytes(PACKED[ending](JSONL) + PACKED[ending](JSONL))
    assert read(tmp_path / f"a.jsonl{ending}") == WANTED * 2


@pytest.mark.skipif(shutil.which("zstd") is None, reason="needs the program zstd")
def test_what_the_program_zstd_writes_is_read(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(JSONL)
    subprocess.run(["zstd", "-q", "--long=27", str(tmp_path / "a.jsonl")], check=True)
    assert read(tmp_path / "a.jsonl.zst") == WANTED


def test_a_large_compressed_file_is_read_whole_and_its_size_is_an_estimate(tmp_path):
    content = b"".join(json.dumps({"text": str(i) * 50}).encode() + b"\n" for i in range(60_000))
    assert len(content) > 2 * 4 * 2**20
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(content))
    (size,) = row_groups(tmp_path / "a.jsonl.gz", ReaderOptions())
    assert 0.7 < size / len(content) < 1.5
    assert len(read(tmp_path / "a.jsonl.gz")) == 60_000


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.95])
def test_a_truncated_compressed_file_is_refused(tmp_path, ending, share):
    path = tmp_path / f"a.jsonl{ending}"
    content = PACKED[ending](JSONL * 50)
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(SourceDamagedError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path} cannot be unpacked: ") and message.endswith(
        "Restore the file."
    )


@pytest.mark.parametrize("ending", PACKED)
def test_text_under_the_name_of_a_compressed_file_is_refused(tmp_path, ending):
    (tmp_path / f"a.txt{ending}").write_text("plain")
    with pytest.raises(SourceDamagedError, match=f"is not a {ending} file.*remove {ending}"):
        read(tmp_path / f"a.txt{ending}")


# JSON


@pytest.mark.parametrize("indent", [None, 1])
def test_an_array_of_objects_or_of_texts_is_read(tmp_path, indent):
    (tmp_path / "a.json").write_text(json.dumps(ROWS, indent=indent))
    assert read(tmp_path / "a.json") == WANTED
    (tmp_path / "b.json").write_text("\ufeff" + json.dumps([*TEXTS, None], indent=indent))
    assert read(tmp_path / "b.json") == [(None, text) for text in [*TEXTS, None]]


def test_json_may_be_one_object_or_jsonl_under_another_name(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(ROWS[0], indent=2))
    (tmp_path / "b.json").write_bytes(b"\n" + JSONL)
    (tmp_path / "c.json").write_text(json.dumps(ROWS[0]))
    assert read(tmp_path / "a.json") == read(tmp_path / "c.json") == WANTED[:1]
    assert read(tmp_path / "b.json") == WANTED
    (tmp_path / "d.json").write_text("[]")
    assert read(tmp_path / "d.json") == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[{"text": "a"}, {"body": "b"}]', r"element 2 has no field 'text'; it has 'body'"),
        ('[{"text": "a"}, 7]', "element 2 is neither a text nor an object"),
        ('[{"text": 7}]', "element 1: the field 'text' is int, not text"),
        ('[{"text": "a"}', "is not JSON: Expecting"),
        ('["\\ud800"]', "element 1: character 0 of the text is half of a surrogate pair"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_json_that_is_wrong_is_named_by_its_element(tmp_path, content, words):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises((ValueError, OSError), match=words) as caught:
        read(tmp_path / "a.json")
    assert str(tmp_path / "a.json") in str(caught.value)


def test_ids_of_json_are_as_written_and_the_empty_one_is_none(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"id": 0, "text": "a"}\n{"id": "", "text": "b"}\n{"id": null, "text": "c"}\n'
    )
    assert read(tmp_path / "a.jsonl") == [("0", "a"), (None, "b"), (None, "c")]


# CSV


@pytest.mark.parametrize(("ending", "delimiter"), [("csv", ","), ("csv", ";"), ("tsv", "\t")])
def test_csv_is_read_as_python_writes_it(tmp_path, ending, delimiter):
    (tmp_path / f"a.{ending}").write_bytes(as_csv(ROWS, delimiter))
    assert read(tmp_path / f"a.{ending}") == WANTED
    assert read(tmp_path / f"a.{ending}", column="id") == [(row["id"], row["id"]) for row in ROWS]


def test_csv_may_have_a_byte_order_mark_blank_lines_and_cells_of_any_length(tmp_path):
    long = "ab" * 200_000
    (tmp_path / "a.csv").write_text(f"\ufefftext\n\n{long}\n\nend\n", encoding="utf-8")
    assert read(tmp_path / "a.csv") == [(None, long), (None, "end")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,body\n1,2\n", r"no column 'text'\. Its columns are: a, body\. .*--column a"),
        (b"text,n\nhello, world, 1\n", r"line 2 has 3 cell\(s\), the first line has 2: text, n"),
        (b"text,n\nhello\n", r"line 2 has 1 cell\(s\)"),
        (b'text\n"never closed\n', "is not CSV"),
        (b"text,text\na,b\n", "has 2 columns called 'text'"),
        (b"text\nb\xe9d\n", "is not UTF-8: byte 0xe9"),
    ],
)
def test_invalid_csv_is_refused(tmp_path, content, words):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises((ValueError, OSError), match=words):
        read(tmp_path / "a.csv")


# Files that are not text, whatever their name says


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.json", "a.csv"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_reported_and_the_advice_works(tmp_path, name, encoding):
    path = tmp_path / "my texts" / name
    path.parent.mkdir()
    content = {"a.txt": "one", "a.csv": "text\none\n"}.get(name, '{"text": "one"}\n')
    path.write_text(content, encoding=encoding)
    for bad_text in ("stop", "replace"):
        with pytest.raises(ValueError) as caught:
            read(path, bad_text=bad_text)
        assert "--bad_text" not in str(caught.value)
    command = str(caught.value).split("Convert it: ")[1]
    subprocess.run(command, shell=True, check=True)
    assert read(path) == [(None, "one")]


@pytest.mark.parametrize("ending", PACKED)
def test_a_compressed_file_without_the_ending_is_reported_and_the_advice_works(tmp_path, ending):
    path = tmp_path / "it's.jsonl"
    path.write_bytes(PACKED[ending](JSONL))
    with pytest.raises(ValueError, match="compressed with") as caught:
        read(path)
    subprocess.run(str(caught.value).split("Rename it: ")[1], shell=True, check=True)
    assert read(tmp_path / f"it's.jsonl{ending}") == WANTED


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"PK\x03\x04...", "a zip archive"),
        (b"\x7fELF" + bytes(60), "binary: 60 of its first 64 bytes are zero"),
    ],
)
def test_what_is_no_text_is_called_what_it_is(tmp_path, content, words):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(ValueError, match=words) as caught:
        read(tmp_path / "a.txt")
    assert "Save it as UTF-8" not in str(caught.value)


def test_a_table_under_the_name_of_a_text_is_reported_and_the_advice_works(tmp_path):
    path = write_parquet(tmp_path / "a.txt", some_texts(3))
    with pytest.raises(ValueError, match="a parquet table") as caught:
        read(path)
    subprocess.run(str(caught.value).split("Rename it: ")[1], shell=True, check=True)
    assert [text for _, text in read(tmp_path / "a.txt.parquet")] == some_texts(3)


def test_a_few_zeros_in_a_text_are_left_as_they_are(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a text of some length\0 with a zero in it")
    assert read(tmp_path / "a.txt") == [(None, "a text of some length\0 with a zero in it")]
