"""Ids of every kind decode as plain ints do; a batch is an error."""

import json

import numpy as np
import pytest
import torch

from gptcore.tokenizers import BPETokenizer, CharTokenizer, load_tokenizer

TOKENIZERS = [CharTokenizer("abc"), BPETokenizer([(97, 98)], special_tokens=["<|end|>"])]
KINDS = {
    "tuple": tuple,
    "array": np.array,
    "uint16": lambda ids: np.array(ids, dtype=np.uint16),
    "tensor": torch.tensor,
    "int32": lambda ids: torch.tensor(ids, dtype=torch.int32),
    "NumPy's scalars": lambda ids: [np.int64(id) for id in ids],
    "tensors": lambda ids: [torch.tensor(id) for id in ids],
    "generator": iter,
}


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_integers_is_decoded(tokenizer, kind):
    ids = tokenizer.encode("cabba")
    assert tokenizer.decode(KINDS[kind](ids)) == "cabba"
    assert "".join(tokenizer.decode_stream(KINDS[kind](ids))) == "cabba"
    assert tokenizer.decode([]) == tokenizer.decode(np.array([], dtype=int)) == ""


BATCHES = [[[0, 1], [2]], torch.tensor([[0, 1]]), np.array([[0, 1]]), [np.array([0, 1])], [(0,)]]


@pytest.mark.parametrize("batch", BATCHES, ids=str)
def test_a_batch_is_refused_and_the_advice_works(batch):
    with pytest.raises(ValueError, match=r"list of token ids.*a batch: give one row of it at a"):
        TOKENIZERS[0].decode(batch)
    assert all(TOKENIZERS[0].decode(row) for row in batch)


@pytest.mark.parametrize("ids", [2, "ab", b"ab", None, 1.5, {0, 1}, torch.tensor(1)], ids=str)
def test_what_is_not_a_row_is_refused(ids):
    with pytest.raises(ValueError, match="What is decoded is a list of token ids"):
        TOKENIZERS[0].decode(ids)


@pytest.mark.parametrize("odd", [1.0, True, "a", None, float("nan")], ids=str)
def test_what_is_not_an_integer_is_not_taken_for_one(odd):
    with pytest.raises(ValueError, match=r"got .* in it"):
        TOKENIZERS[0].decode([0, odd])


def test_an_id_beyond_the_vocabulary_is_named_with_its_place():
    for ids in ([0, 9], np.array([0, 9]), [torch.tensor(0), torch.tensor(9)]):
        with pytest.raises(ValueError, match="The id 9 at index 1 is not a token"):
            TOKENIZERS[0].decode(ids)


def test_merges_and_ids_of_numpy_are_saved_as_json(tmp_path):
    merges = [tuple(pair) for pair in np.array([[97, 98], [256, 99]])]
    special = {"<|end|>": np.int64(300)}
    made = BPETokenizer(merges, special_tokens=special, byte_order=np.arange(256))
    made.save(tmp_path / "t.json")
    loaded = load_tokenizer(tmp_path / "t.json")
    assert loaded.encode("abc") == [257] and loaded.special_tokens == {"<|end|>": 300}


def test_tilde_is_the_home_folder_and_an_empty_path_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    TOKENIZERS[0].save("~/letters.json")
    assert (tmp_path / "letters.json").exists()
    assert load_tokenizer("~/letters.json").decode([0]) == "a"
    assert CharTokenizer.load("~/letters.json").decode([0]) == "a"
    for use in (TOKENIZERS[0].save, CharTokenizer.load, load_tokenizer):
        with pytest.raises(ValueError, match="name a file or a folder"):
            use("")


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a":' * 100_000, "{", "", "\x00"])
def test_a_file_that_is_not_json_is_said_to_be_damaged(content, tmp_path):
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(ValueError, match="is damaged or not a tokenizer: it is not JSON"):
        load_tokenizer(tmp_path / "t.json")


def test_deep_json_inside_a_tokenizer_is_refused_too(tmp_path):
    TOKENIZERS[1].save(tmp_path / "t.json")
    content = json.loads((tmp_path / "t.json").read_text())
    content["merges"] = "MERGES"
    deep = "[" * 900 + "]" * 900
    (tmp_path / "t.json").write_text(json.dumps(content).replace('"MERGES"', deep))
    with pytest.raises(ValueError, match="is damaged, or was changed by hand"):
        load_tokenizer(tmp_path / "t.json")
