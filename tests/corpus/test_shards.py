"""Shards in llm.c's format, read here by their bytes."""

import struct

import numpy as np
import pytest
from small_corpora import ids_in

from gptcore.corpus import ShardDamagedError, open_shard, write_shard
from gptcore.corpus.shards.shards import UINT16, make_header


@pytest.mark.parametrize(
    ("vocab_size", "magic", "version", "bytes_each"),
    [(50257, 20240520, 1, 2), (65536, 20240520, 1, 2), (65537, 20240801, 7, 4)],
)
def test_a_shard_has_the_header_and_the_ids_that_llm_c_reads(
    tmp_path, vocab_size, magic, version, bytes_each
):
    ids = [0, 1, vocab_size - 1, 7]
    write_shard(tmp_path / "a.bin", ids, vocab_size)
    content = (tmp_path / "a.bin").read_bytes()
    assert struct.unpack("<256i", content[:1024]) == (magic, version, 4, *[0] * 253)
    assert len(content) == 1024 + 4 * bytes_each
    assert ids_in(tmp_path / "a.bin") == ids == open_shard(tmp_path / "a.bin").tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("wrong", [50257, 70000, -1])
def test_an_id_outside_of_the_vocabulary_is_refused_and_nothing_is_written(tmp_path, wrong):
    with pytest.raises(ValueError, match=f"returned token {wrong}, but says .* 0 to 50,256"):
        write_shard(tmp_path / "a.bin", [1, wrong, 2], 50257)
    assert list(tmp_path.iterdir()) == []


def test_a_shard_without_tokens_is_a_shard(tmp_path):
    write_shard(tmp_path / "a.bin", [], 50257)
    assert open_shard(tmp_path / "a.bin").shape == (0,)


def test_a_shard_is_mapped_and_not_read(tmp_path):
    write_shard(tmp_path / "a.bin", [1, 2, 3], 50257)
    assert isinstance(open_shard(tmp_path / "a.bin"), np.memmap)


def test_more_tokens_than_the_header_can_count_are_refused():
    assert make_header(2**31 - 1, UINT16)[8:12] == b"\xff\xff\xff\x7f"
    with pytest.raises(ValueError, match="2,147,483,648 tokens do not fit into one shard"):
        make_header(2**31, UINT16)


@pytest.mark.parametrize("size", [0, 3, 1023, 1024, 1029])
def test_a_truncated_shard_is_reported(tmp_path, size):
    write_shard(tmp_path / "a.bin", [1, 2, 3], 50257)
    (tmp_path / "a.bin").write_bytes((tmp_path / "a.bin").read_bytes()[:size])
    with pytest.raises(ShardDamagedError, match=r"a\.bin is (not a shard|incomplete)"):
        open_shard(tmp_path / "a.bin")


def test_a_file_that_is_not_a_shard_is_reported_with_its_first_bytes(tmp_path):
    (tmp_path / "a.bin").write_bytes(struct.pack("<256i", 20240522, 1, *[0] * 254))
    with pytest.raises(
        ShardDamagedError, match="begins with 20240522, version 1, instead of 20240520"
    ):
        open_shard(tmp_path / "a.bin")
