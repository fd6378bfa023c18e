"""OpenAI's tokenizers: tiktoken's own as the truth; files, names, and what is missing."""

import shutil
import socket

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.corpus import is_downloaded
from gptcore.manifest import data_folder, find_text, text_path
from gptcore.tokenizers import BPETokenizer, GPT2Tokenizer, TiktokenTokenizer, load_tokenizer

pytestmark = pytest.mark.slow

NAMES = ["gpt2", "cl100k_base", "o200k_base"]
VOCABULARY = {"gpt2": "gpt2-vocabulary", "cl100k_base": "cl100k-vocabulary"}
VOCABULARY["o200k_base"] = "o200k-vocabulary"
# encoder.json, which tiktoken wants beside vocab.bpe and we do not need; not in the manifest
ALSO_FOR_TIKTOKEN = "tiktoken-cache/6c7ea1a7e38e3a7f062df639a5b80947f075ffe6"

awkward = st.text(" '\n\r\tsStTlLréÉ1٣½!?/\u0301你\u00a0ſ\U0001f600", max_size=30)


@pytest.fixture(scope="module")
def as_tiktoken_has_them(tmp_path_factory):
    """tiktoken's own encodings, from a copy: it deletes what it does not expect."""
    folder = tmp_path_factory.mktemp("tiktoken")
    files = [text_path(find_text(text)) for text in VOCABULARY.values()]
    files.append(data_folder() / ALSO_FOR_TIKTOKEN)
    missing = [file for file in files if not file.exists()]
    if missing:
        pytest.skip(f"a vocabulary is not on this machine: there is no {missing[0]}")
    for file in files:
        shutil.copy(file, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
        return {name: tiktoken.get_encoding(name) for name in NAMES}


@pytest.fixture(scope="module")
def ours(as_tiktoken_has_them):
    return {name: TiktokenTokenizer(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_every_token_and_special_token_is_the_one_that_tiktoken_has(
    as_tiktoken_has_them, ours, name
):
    theirs, own = as_tiktoken_has_them[name], ours[name]
    assert own.id_of == theirs._mergeable_ranks and own.vocab_size == theirs.n_vocab
    assert own.special_tokens == theirs._special_tokens and own.end_of_text == theirs.eot_token


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text() | awkward)
@pytest.mark.slow
def test_any_text_gets_the_ids_that_tiktoken_gives(as_tiktoken_has_them, ours, text):
    for name in NAMES:
        assert ours[name].encode_ordinary(text) == as_tiktoken_has_them[name].encode_ordinary(text)


# Characters that Python's own tables know, too: those of a newer Unicode may be letters for
# `regex` and unknown to tiktoken, and then an 's after them is cut otherwise.
known_characters = st.characters(exclude_categories=["Cs", "Cn"])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(known_characters) | awkward)
@pytest.mark.slow
def test_plain_python_gives_the_ids_of_gpt2_for_any_text(as_tiktoken_has_them, pure_gpt2, text):
    assert pure_gpt2.encode_ordinary(text) == as_tiktoken_has_them["gpt2"].encode_ordinary(text)


@pytest.mark.slow
def test_documents_get_the_ids_that_tiktoken_gives(as_tiktoken_has_them, ours, web_documents):
    for text in web_documents[:100]:
        for name in NAMES:
            ids = as_tiktoken_has_them[name].encode_ordinary(text)
            assert ours[name].encode_ordinary(text) == ids


def test_published_numbers(gpt2):
    assert gpt2.encode("Hello world") == [15496, 995]
    assert gpt2.encode("<|endoftext|>", allowed_special="all") == [gpt2.end_of_text] == [50256]
    assert gpt2.vocab_size == 50257


@pytest.mark.slow
def test_plain_python_and_tiktoken_have_one_identity_for_gpt2(gpt2, pure_gpt2):
    assert gpt2.sha256 == pure_gpt2.sha256 == load_tokenizer("gpt2").sha256
    other = BPETokenizer(
        pure_gpt2.merges[:-1], special_tokens=["<|endoftext|>"], byte_order=pure_gpt2.byte_order
    )
    assert other.sha256 != gpt2.sha256


def test_gpt2_numbers_the_visible_bytes_first(gpt2, pure_gpt2):
    assert gpt2.token_bytes(0) == b"!" and gpt2.token_bytes(220) == b" "
    assert pure_gpt2.merges[0] == (220, 83) and gpt2.token_bytes(256) == b" t"


def test_nothing_asks_the_network(monkeypatch, gpt2):
    def refuse(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "/nowhere")
    assert GPT2Tokenizer().encode("Hello world") == [15496, 995]


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_vocabulary_is_told_in_two_lines_with_the_command(monkeypatch, tmp_path, name):
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path))
    path = text_path(find_text(VOCABULARY[name]))
    with pytest.raises(OSError) as caught:
        load_tokenizer(name)
    assert str(caught.value) == (
        f"The vocabulary {VOCABULARY[name]!r} is not on this machine: there is no {path}.\n"
        f"Download it: gptcore fetch {VOCABULARY[name]}"
    )


def test_a_damaged_vocabulary_is_refused_and_left_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path))
    path = text_path(find_text("gpt2-vocabulary"))
    path.parent.mkdir()
    path.write_bytes(b"#version: 0.2\n<html>")
    for make in (GPT2Tokenizer, BPETokenizer.from_gpt2):
        with pytest.raises(OSError, match="is damaged, or is another file than 'gpt2-vocabulary'"):
            make()
    assert path.read_bytes() == b"#version: 0.2\n<html>"


@pytest.mark.parametrize(
    ("typed", "guess"),
    [("GPT2", "gpt2"), ("cl100k", "cl100k_base"), ("o200k", "o200k_base"), ("zzz", "")],
)
def test_a_misspelt_name_gets_the_nearest_one_and_all_of_them(typed, guess):
    for ask in (TiktokenTokenizer, load_tokenizer):
        with pytest.raises(ValueError) as caught:
            ask(typed)
        assert str(caught.value) == (
            f"There is no tokenizer {typed!r}. {f'Did you mean {guess!r}? ' if guess else ''}"
            "The names are: gpt2, cl100k_base, o200k_base; load_tokenizer also takes the JSON "
            "file that a tokenizer was saved in."
        )


@pytest.mark.skipif(
    not is_downloaded("cl100k-vocabulary"), reason="gptcore fetch cl100k-vocabulary"
)
@pytest.mark.slow
def test_the_file_of_another_tokenizer_is_not_read_as_gpt2s(tmp_path, gpt2):
    TiktokenTokenizer("cl100k_base").save(tmp_path / "x.json")
    with pytest.raises(ValueError, match="cl100k_base is not GPT-2's; TiktokenTokenizer reads it"):
        GPT2Tokenizer.load(tmp_path / "x.json")
