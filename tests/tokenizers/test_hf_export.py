"""Our tokenizers as a folder of Hugging Face: what AutoTokenizer makes of it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.corpus import is_downloaded, load
from gptcore.tokenizers import BPETokenizer, CharTokenizer, HFTokenizer, TiktokenTokenizer

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.slow

PATTERNS = ["gpt2", "gpt4", "gpt4o", "none"]
known_characters = st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="ʔʕ")
awkward = st.text(" '\n\r\tsStTlLréÉ1٣½!?/\u0301你\u00a0ſ\U0001f600")


@pytest.fixture(scope="module")
def trained():
    text = load("stories")[:200_000]
    return {
        pattern: BPETokenizer.train(
            text, vocab_size=700, pattern=pattern, special_tokens=["<|endoftext|>", "<|x|>"]
        )
        for pattern in PATTERNS
    }


@pytest.fixture(scope="module")
def theirs(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hf")
    for pattern, tokenizer in trained.items():
        tokenizer.save_pretrained(folder / pattern)
    return {name: transformers.AutoTokenizer.from_pretrained(folder / name) for name in PATTERNS}


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(text=st.text(known_characters) | awkward)
def test_autotokenizer_gives_our_ids_and_our_text(trained, theirs, pattern, text):
    ours, other = trained[pattern], theirs[pattern]
    ids = ours.encode_ordinary(text)
    assert other.encode(text) == ids and other.decode(ids) == text


@pytest.mark.parametrize("pattern", PATTERNS)
def test_autotokenizer_has_our_special_tokens_and_size(trained, theirs, pattern):
    ours, other = trained[pattern], theirs[pattern]
    assert len(other) == ours.vocab_size and other.eos_token_id == ours.end_of_text
    text = "a<|x|>b<|endoftext|>"
    assert other.encode(text) == ours.encode(text, allowed_special="all")


def test_the_merges_are_those_that_were_learned(trained):
    for tokenizer in trained.values():
        merges = tokenizer.tokenizer_json()["model"]["merges"]
        assert len(merges) == len(tokenizer.merges)
        again = HFTokenizer(tokenizer.tokenizer_json()).model.merges
        assert list(again) == tokenizer.merges


def test_a_special_token_may_have_an_id_far_away(tmp_path):
    ours = BPETokenizer([(97, 98)], special_tokens={"<|x|>": 1000})
    ours.save_pretrained(tmp_path)
    other = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert other.encode("ab<|x|>") == [256, 1000] == ours.encode("ab<|x|>", allowed_special="all")


def test_characters_are_encoded_equally_and_an_unknown_one_is_an_error_there_too(tmp_path):
    text = load("stories")[:3000] + "\n\r\t é👩‍👩‍👧 <>|"
    ours = CharTokenizer(text)
    ours.save_pretrained(tmp_path)
    other = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert other.encode(text) == ours.encode(text) and other.decode(ours.encode(text)) == text
    assert other.encode("a<|bos|>") == ours.encode("a<|bos|>", allowed_special="all")
    assert HFTokenizer.from_file(tmp_path).encode(text) == ours.encode(text)
    for tokenizer in (other, HFTokenizer.from_file(tmp_path), ours):
        with pytest.raises(Exception, match=r"Missing \[UNK\]|no token for '你'|not in the voc"):
            tokenizer.encode("你")


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base"])
def test_openais_tokenizers_can_be_written(name, tmp_path, web_documents):
    text = {"gpt2": "gpt2-vocabulary", "cl100k_base": "cl100k-vocabulary"}[name]
    if not is_downloaded(text):
        pytest.skip(f"gptcore fetch {text}")
    ours = TiktokenTokenizer(name)
    ours.save_pretrained(tmp_path)
    other = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for document in web_documents[:60]:
        assert other.encode(document) == ours.encode_ordinary(document)


@pytest.mark.parametrize("model_type", ["gpt2", "llama", "qwen2", "mixtral"])
def test_the_config_of_a_model_beside_it_changes_nothing(trained, tmp_path, model_type):
    ours = trained["gpt4"]
    ours.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type}))
    other = transformers.AutoTokenizer.from_pretrained(tmp_path)
    text = " Once upon a time, it's 12345\n\n  THE end"
    assert other.encode(text) == ours.encode(text) and other.decode(ours.encode(text)) == text


def test_merges_written_by_hand_give_our_ids_or_are_refused():
    texts = ["abb", "abc", "cab", "aabbcc", "abcabb"]
    for merges in (
        [(97, 98), (99, 256), (98, 98), (256, 98)],  # ab, cab, bb, ab+b
        [(98, 99), (97, 98), (257, 99)],  # bc, ab, ab+c, which is made of a+bc
    ):
        ours = BPETokenizer(merges)
        again = HFTokenizer(ours.tokenizer_json())
        assert [again.encode(text) for text in texts] == [ours.encode(text) for text in texts]
    with pytest.raises(ValueError, match=r"The token b'abcd' is not a merge of two earlier"):
        BPETokenizer([(98, 99), (97, 98), (99, 100), (257, 258)]).tokenizer_json()


def test_what_cannot_be_written_is_refused_before_a_file_is_made(tmp_path):
    own = BPETokenizer([(97, 98)], pattern=r"\w{1,3}|(?s:.)")
    with pytest.raises(ValueError, match=r"is your own, and a tokenizer.json reads expressions"):
        own.save_pretrained(tmp_path / "x")
    assert not (tmp_path / "x").exists()
