"""Small corpora, a tokenizer for them, and shards read without our own code."""

import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gptcore.corpus import ShardSettings, prepare
from gptcore.tokenizers import CharTokenizer

LETTERS = CharTokenizer("abcdefghijklmnopqrstuvwxyz0123456789 .,")


def some_texts(count: int) -> list[str]:
    """Documents that differ, some short and some longer."""
    return [f"document {i}, " + "ab" * (i % 40) + "." for i in range(count)]


def write_parquet(path: Path, texts: list, rows: int = 10) -> Path:
    """A file with FineWeb's columns text and id, and one more; so many rows per group."""
    ids = [f"<urn:uuid:{path.stem}-{i}>" for i in range(len(texts))]
    columns = {"text": pa.array(texts, pa.string()), "id": ids, "token_count": [7] * len(texts)}
    pq.write_table(pa.table(columns), path, row_group_size=rows)
    return path


def small_shards(folder: Path, documents: int = 100) -> Path:
    """A folder of finished shards, one for each ten documents, some of them for validation."""
    source = write_parquet(folder / "texts.parquet", some_texts(documents))
    list(prepare(source, folder / "shards", LETTERS, settings=ShardSettings(val_share=0.2)))
    return folder / "shards"


def ids_in(path: Path) -> list[int]:
    """The tokens of a shard, by the bytes that llm.c would read."""
    content = path.read_bytes()
    magic, version, count, *zeros = struct.unpack("<256i", content[:1024])
    letter = {(20240520, 1): "H", (20240801, 7): "I"}[magic, version]
    assert not any(zeros)
    return list(struct.unpack(f"<{count}{letter}", content[1024:]))


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
