"""Files of tokenizers: damaged, foreign, half written."""

import errno
import json
import os
import random

import pytest

from gptcore.tokenizers import BPETokenizer, CharTokenizer, TiktokenTokenizer, load_tokenizer

AGAIN = "Save the tokenizer again: tokenizer.save(path)"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tokenizer.json"


@pytest.fixture
def small():
    return BPETokenizer([(97, 98), (256, 99)], special_tokens=["<|endoftext|>"])


def message_of(path, reader=load_tokenizer):
    with pytest.raises(ValueError) as caught:
        reader(path)
    return str(caught.value)


def test_the_file_is_json_that_a_reader_understands(small, path):
    small.save(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert (content["format"], content["version"]) == ("gptcore tokenizer", 1)
    assert (content["kind"], content["sha256"]) == ("byte-pair", small.sha256)
    assert content["merges"] == [[97, 98], [256, 99]] and content["pattern"] == small.pattern
    assert content["special_tokens"] == {"<|endoftext|>": 258}


def test_anything_that_changes_ids_changes_the_identity_and_nothing_else_does(small):
    merges, end = small.merges, ["<|endoftext|>"]
    same = BPETokenizer(iter(merges), pattern=small.pattern, special_tokens={"<|endoftext|>": 258})
    others = [
        BPETokenizer(merges[:1], special_tokens={"<|endoftext|>": 258}),
        BPETokenizer(merges, special_tokens=end, pattern="gpt4"),
        BPETokenizer(merges, special_tokens=["<|end|>"]),
        BPETokenizer(merges, special_tokens={"<|endoftext|>": 259}),
        BPETokenizer(merges, special_tokens=end, byte_order=range(255, -1, -1)),
        CharTokenizer("abc"),
        CharTokenizer("abd"),
    ]
    assert same.sha256 == small.sha256
    assert len({tokenizer.sha256 for tokenizer in [small, *others]}) == 8


def test_a_changed_byte_is_noticed_wherever_it_is(small, path):
    small.save(path)
    content = path.read_bytes()
    rng = random.Random(0)
    noticed = 0
    for _ in range(150):
        index, bit = rng.randrange(len(content)), 1 << rng.randrange(8)
        path.write_bytes(content[:index] + bytes([content[index] ^ bit]) + content[index + 1 :])
        try:
            assert BPETokenizer.load(path).sha256 == small.sha256  # a blank became a tab, say
        except ValueError:
            noticed += 1
    assert noticed > 140


def test_a_file_that_was_cut_is_noticed_at_any_length(small, path):
    small.save(path)
    content = path.read_bytes()
    for length in range(0, len(content) - 1, 37):
        path.write_bytes(content[:length])
        assert "is damaged or not a tokenizer: it is not JSON" in message_of(path)


def test_a_merge_that_was_changed_by_hand_is_told_by_the_hash(small, path):
    small.save(path)
    path.write_text(path.read_text().replace("[256, 99]", "[256, 98]"))
    changed = BPETokenizer([(97, 98), (256, 98)], special_tokens=["<|endoftext|>"])
    assert message_of(path) == (
        f"The file {path} is damaged, or was changed by hand: it describes a tokenizer with sha256 "
        f"{changed.sha256}, and says {small.sha256}. {AGAIN}"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"merges": None}, "TypeError: 'NoneType' object is not iterable"),
        ({"merges": [[1, 999]]}, "ValueError: Merge 0 joins 1 and 999, "),
        ({"merges": [["a", "b"]]}, "ValueError: Merge 0 is a list of token ids"),
        ({"pattern": "(("}, "ValueError: The pattern '((' is not a regular expression"),
        ({"special_tokens": {"<|x|>": 3}}, "ValueError: The special token '<|x|>' cannot have"),
        ({"byte_order": [1, 2]}, "ValueError: byte_order must have each of the 256 bytes once"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_file_that_makes_no_tokenizer_says_why(small, path, change, reason):
    small.save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert message_of(path).startswith(
        f"The file {path} is damaged, or was changed by hand ({reason}"
    )


def test_a_part_that_is_missing_is_named(small, path):
    small.save(path)
    content = json.loads(path.read_text())
    del content["merges"]
    path.write_text(json.dumps(content))
    assert message_of(path) == (
        f"The file {path} is damaged, or was changed by hand (KeyError: 'merges'). {AGAIN}"
    )


@pytest.mark.parametrize("content", ["{}", "[1, 2]", "7", '{"model": {"merges": []}}'])
def test_json_of_others_is_told_from_a_damaged_file(path, content):
    path.write_text(content)
    assert message_of(path) == (
        f"The file {path} is JSON, but not a tokenizer of gptcore: it does not say "
        f'"format": "gptcore tokenizer". {AGAIN}'
    )


def test_a_later_version_and_an_unknown_kind_are_told_as_such(small, path):
    small.save(path)
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"version": 2}))
    assert "has version 2 of the format; this gptcore reads version 1. Use" in message_of(path)
    path.write_text(json.dumps(content | {"kind": "words"}))
    assert "of kind 'words'; this gptcore knows byte-pair, characters, tiktoken, " in message_of(
        path
    )


def test_the_file_of_another_kind_is_named_with_what_reads_it(small, path):
    small.save(path)
    assert message_of(path, CharTokenizer.load) == (
        f"The file {path} has a tokenizer of kind 'byte-pair'; CharTokenizer is of kind "
        "'characters'. Read it with load_tokenizer(path)."
    )
    assert load_tokenizer(path).encode("abc") == [257]


@pytest.mark.parametrize("reader", [BPETokenizer.load, CharTokenizer.load, TiktokenTokenizer.load])
def test_a_file_that_is_not_there_is_named(path, reader):
    assert message_of(path, reader) == (
        f"There is no tokenizer to read at {path} (No such file or directory). {AGAIN}"
    )
    assert "(Is a directory)" in message_of(path.parent, reader)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_was_there_outlives_a_disk_that_is_full(small, path, monkeypatch, step):
    small.save(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError) as caught:
        CharTokenizer("abc").save(path)
    assert str(caught.value) == (
        f"The tokenizer cannot be stored as {path} (No space left on device). "
        "Name a file in a folder that exists, can be written and has room."
    )
    assert path.read_bytes() == before and os.listdir(path.parent) == [path.name]


def test_a_folder_that_is_not_there_is_told(small, tmp_path):
    with pytest.raises(OSError, match=r"\(No such file or directory\). Name a file in a folder"):
        small.save(tmp_path / "missing" / "tokenizer.json")
