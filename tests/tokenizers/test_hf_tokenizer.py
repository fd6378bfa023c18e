"""HFTokenizer: ids and texts of Hugging Face's own library, and what is refused."""

import copy
import json
import pickle
import random
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gptcore.tokenizers import (
    BPETokenizer,
    CharTokenizer,
    HFTokenizer,
    SpecialTokenInTextError,
    UnknownCharacterError,
    UnsupportedTokenizerError,
    load_tokenizer,
)
from gptcore.tokenizers.ranked_merges import merge_by_rank

tokenizers = pytest.importorskip("tokenizers")
pytestmark = pytest.mark.slow

STYLES = ["gpt2", "smollm2", "llama3", "qwen2", "llama2", "mistral", "metaspace", "no-prefix"]
EXACT = ["gpt2", "smollm2", "llama3", "llama2"]  # their decoder undoes all that was done
# Characters of a newer Unicode than Python's are letters for one library and unknown to the other.
known_characters = st.characters(exclude_categories=["Cs", "Cn"])
awkward = st.text(" '\n\r\tsStTlLréÉ1٣½²!?/\u0301你\u00a0\u0085\u2028ſ▁\x00\x1c\U0001f600")
words = st.lists(st.sampled_from(["the ", " the", "  ", "12", "3", "'s", "é", "\n\n", "a"]))
texts = st.text(known_characters) | awkward | words.map("".join)


@pytest.fixture(scope="module")
def pairs(hf_specs):
    """Style -> ours, and the library's."""
    return {
        style: (HFTokenizer(spec), tokenizers.Tokenizer.from_str(json.dumps(spec)))
        for style, spec in hf_specs.items()
    }


def ids_of(theirs, text):
    return theirs.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("style", STYLES)
def test_documents_get_the_ids_and_the_text_of_the_library(pairs, web_documents, style):
    ours, theirs = pairs[style]
    for text in web_documents[:150]:
        ids = ours.encode_ordinary(text)
        assert ids == ids_of(theirs, text) == ours.encode_array(text).tolist()
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=False)


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=250, deadline=None, derandomize=True)
@given(text=texts)
def test_any_text_gets_the_ids_of_the_library(pairs, style, text):
    ours, theirs = pairs[style]
    ids = ours.encode_ordinary(text)
    assert ids == ids_of(theirs, text)
    decoded = "".join(ours.decode_stream(ids))
    assert decoded == ours.decode(ids)
    if style in EXACT and not ("▁" in text and style == "llama2"):
        assert decoded == text


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(parts=st.lists(st.sampled_from([*"a e", " the", "<s>", "</s>", "<|im_end|>", " ", "\n"])))
def test_special_tokens_that_are_allowed_get_the_ids_of_the_library(pairs, style, parts):
    ours, theirs = pairs[style]
    text = "".join(parts)
    assert ours.encode(text, allowed_special="all") == ids_of(theirs, text)
    with_bos = ours.encode(text, allowed_special="all", add_special_tokens=True)
    assert with_bos == theirs.encode(text).ids


@pytest.mark.parametrize("style", STYLES)
def test_a_text_that_spells_a_special_token_does_not_become_one(pairs, style):
    ours, _ = pairs[style]
    with pytest.raises(SpecialTokenInTextError):
        ours.encode("a<|im_end|>")
    ids = ours.encode_ordinary("a<|im_end|>")
    assert not set(ids) & set(ours.special_tokens.values())
    assert ours.decode(ids) == "a<|im_end|>"


@pytest.mark.parametrize("style", ["gpt2", "llama2"])
@pytest.mark.parametrize("text", ["a" * 20_000, " " * 5000, "ab" * 5000, "1" * 3000, "\n" * 3000])
def test_long_runs_take_little_time_and_get_the_ids_of_the_library(pairs, style, text):
    ours, theirs = pairs[style]
    assert ours.encode(text) == ids_of(theirs, text)


def test_a_merge_needs_its_own_pair_and_not_only_its_text():
    # a+bc is listed and ab+c is not, so that ab stays where b was taken first.
    merges = {(0, 1): (0, 3), (1, 2): (1, 4), (0, 4): (2, 5)}
    assert merge_by_rank([0, 1, 2], merges) == [3, 2]
    assert merge_by_rank([0, 4], merges) == [5]


@pytest.mark.parametrize("whole", [True, False])
def test_a_word_that_is_a_token_is_split_unless_the_file_ignores_merges(whole):
    vocab = {token: id for id, token in enumerate(["a", "b", "c", "bc", "ab", "abc"])}
    model = tokenizers.models.BPE(vocab, [("b", "c"), ("a", "b")], ignore_merges=whole)
    theirs = tokenizers.Tokenizer(model)
    theirs.decoder = tokenizers.decoders.Fuse()
    ours = HFTokenizer(json.loads(theirs.to_str()))
    assert ours.encode("abc") == ids_of(theirs, "abc") == ([5] if whole else [0, 3])


def test_a_token_across_words_is_found_where_a_vocabulary_has_one():
    vocab = {token: id for id, token in enumerate(["a", "b", "▁", "▁b", "a▁b"])}
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE(vocab, [("▁", "b"), ("a", "▁b")]))
    theirs.normalizer = tokenizers.normalizers.Replace(" ", "▁")
    theirs.decoder = tokenizers.decoders.Sequence(
        [tokenizers.decoders.Replace("▁", " "), tokenizers.decoders.Fuse()]
    )
    ours = HFTokenizer(json.loads(theirs.to_str()))
    assert ours.encode("b a b") == ids_of(theirs, "b a b") == [1, 2, 4]


def test_merges_by_rank_equal_the_slow_way_on_random_tables():
    rng = random.Random(1)
    for _ in range(500):
        merges, n = {}, 3
        for rank in range(rng.randrange(12)):
            pair = rng.randrange(n), rng.randrange(n)
            if pair not in merges:
                merges[pair] = rank, n
                n += 1
        ids = [rng.randrange(3) for _ in range(rng.randrange(30))]
        slow = list(ids)
        while ranks := [merges.get(pair, (99,))[0] for pair in zip(slow, slow[1:])]:
            if min(ranks) == 99:
                break
            i = ranks.index(min(ranks))
            slow[i : i + 2] = [merges[slow[i], slow[i + 1]][1]]
        assert merge_by_rank(ids, merges) == slow


def test_a_continuation_keeps_the_space_that_a_text_drops(pairs):
    ours, _ = pairs["llama2"]
    ids = ours.encode("the old")
    assert ours.token_bytes(ids[0]).startswith(b" ")
    assert ours.decode(ids) == "the old" == "".join(ours.decode_stream(ids))
    assert "".join(ours.decode_stream(ids, is_start=False)) == " the old"


def test_ordinary_added_tokens_are_whole_in_any_text(hf_specs):
    spec = copy.deepcopy(hf_specs["gpt2"])
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    spec["added_tokens"].append({"id": 1200, "content": "<think>", **flags, "special": False})
    ours, theirs = HFTokenizer(spec), tokenizers.Tokenizer.from_str(json.dumps(spec))
    for text in ("<think>", "a <think>b<think></think>", "<thin", "<s><think>"):
        assert ours.encode(text, allowed_special="all") == ids_of(theirs, text)
    assert ours.encode_ordinary("<think>") == [1200] and ours.vocab_size == 1201
    assert "<think>" not in ours.special_tokens


@pytest.mark.parametrize("style", STYLES)
def test_what_is_saved_restores_it_whoever_reads_it(pairs, tmp_path, style):
    ours, _ = pairs[style]
    ours.save(tmp_path / "ours.json")
    ours.save_pretrained(tmp_path / "folder")
    readers = [
        lambda: HFTokenizer.load(tmp_path / "ours.json"),
        lambda: load_tokenizer(tmp_path / "ours.json"),
        lambda: HFTokenizer.from_file(tmp_path / "folder"),
        lambda: HFTokenizer.load(tmp_path / "folder" / "tokenizer.json"),
        lambda: load_tokenizer(str(tmp_path / "folder")),
        lambda: pickle.loads(pickle.dumps(ours)),
    ]
    for read in readers:
        again = read()
        assert type(again) is HFTokenizer and again.sha256 == ours.sha256
        assert again.encode("It's 12 üb\n") == ours.encode("It's 12 üb\n")
        assert again.bytes_of == ours.bytes_of


def test_a_folder_names_the_special_tokens_and_the_template(hf_specs, tmp_path):
    (tmp_path / "tokenizer.json").write_text(json.dumps(hf_specs["gpt2"]))
    config = {"bos_token": {"content": "<s>", "lstrip": False}, "eos_token": "</s>"}
    config["chat_template"] = [{"name": "tools", "template": "t"}]
    config["chat_template"] += [{"name": "default", "template": "d"}]
    token = {"content": "<|new|>", "special": True, "normalized": False}
    config["added_tokens_decoder"] = {"1300": token, "1": {"content": "<s>", "special": True}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    tokenizer = HFTokenizer.from_file(tmp_path)
    assert (tokenizer.bos_id, tokenizer.eos_id, tokenizer.end_of_text) == (1, 2, 1)
    assert tokenizer.stop_ids == [1, 2]
    assert tokenizer.special_tokens["<|new|>"] == 1300 and tokenizer.vocab_size == 1301
    assert tokenizer.apply_chat_template([{}]) == "d"
    (tmp_path / "chat_template.jinja").write_text("j")
    assert HFTokenizer.from_file(tmp_path / "tokenizer.json").apply_chat_template([{}]) == "j"


def changed(spec, *path, value):
    """A copy of a spec in which one value is another one."""
    spec = copy.deepcopy(spec)
    inner = spec
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return spec


REFUSED = [
    (("model", "type"), "Unigram", "The model 'Unigram' is not supported. Supported: BPE, WordL"),
    (("model", "type"), "WordPiece", "The model 'WordPiece' is not supported"),
    (("model", "dropout"), 0.1, "The model BPE with dropout 0.1 is not supported"),
    (("model", "end_of_word_suffix"), "</w>", "with end_of_word_suffix '</w>' is not supported"),
    (("model", "novelty"), 1, "The model BPE, field 'novelty' is not supported"),
    (("normalizer",), {"type": "Lowercase"}, "The normalizer 'Lowercase' is not supported"),
    (
        ("normalizer",),
        {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Precompiled"}]},
        "The normalizer 'Precompiled' is not supported",
    ),
    (
        ("normalizer",),
        {"type": "Replace", "pattern": {"Regex": " +"}, "content": " "},
        "The normalizer Replace with the pattern {'Regex': ' +'} is not supported",
    ),
    (("pre_tokenizer",), {"type": "Whitespace"}, "The pre-tokenizer 'Whitespace' is not supported"),
    (
        ("pre_tokenizer", "pretokenizers", 0),
        {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithNext"},
        "The pre-tokenizer Split with behavior 'MergedWithNext' is not supported",
    ),
    (
        ("pre_tokenizer", "pretokenizers", 0),
        {"type": "Split", "pattern": {"Regex": "(("}, "behavior": "Isolated"},
        "The pre-tokenizer's expression '((' cannot be read",
    ),
    (("pre_tokenizer",), None, "do not belong together: only one of them is ByteLevel"),
    (("decoder",), {"type": "WordPiece"}, "The decoder 'WordPiece' is not supported"),
    (("decoder",), None, "The decoder None is not supported"),
    (("decoder", "novelty"), 1, "The decoder ByteLevel, field 'novelty' is not supported"),
    (
        ("post_processor",),
        {"type": "BertProcessing"},
        "The post-processor 'BertProcessing' is not supported",
    ),
    (("novelty",), 1, "The file, field 'novelty' is not supported"),
    (("added_tokens", 1, "lstrip"), True, "The added token '<s>' has lstrip, which is not"),
    (("added_tokens", 1, "rstrip"), True, "The added token '<s>' has rstrip, which is not"),
    (("added_tokens", 1, "single_word"), True, "The added token '<s>' has single_word, which"),
]


@pytest.mark.parametrize(("path", "value", "message"), REFUSED, ids=lambda v: str(v)[:30])
def test_a_step_that_is_not_known_is_named_and_never_ignored(
    hf_specs, tmp_path, path, value, message
):
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(changed(hf_specs["gpt2"], *path, value=value)))
    with pytest.raises(UnsupportedTokenizerError) as caught:
        load_tokenizer(file)
    assert message in str(caught.value) and str(caught.value).startswith(f"{file}: ")
    assert len(str(caught.value)) < 600


def test_a_token_that_is_searched_in_normalized_text_is_refused(hf_specs):
    spec = changed(hf_specs["qwen2"], "added_tokens", 1, "normalized", value=True)
    with pytest.raises(UnsupportedTokenizerError, match="normalized is true"):
        HFTokenizer(spec)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("model",), 7),
        (("model", "vocab"), {"a": "b"}),
        (("model", "vocab"), {"a": 1, "b": 1}),
        (("model", "merges"), [["a"]]),
        (("model", "merges"), [["a", "zzz"]]),
        (("model", "merges"), 7),
        (("added_tokens",), 7),
        (("added_tokens",), [{"id": 3}]),
        (("added_tokens", 1, "id"), 9),
        (("added_tokens", 1, "content"), ""),
        (("decoder",), {}),
        (("normalizer",), []),
        (("pre_tokenizer",), "ByteLevel"),
        (("post_processor",), {"type": "TemplateProcessing", "single": [{"SpecialToken": {}}]}),
    ],
    ids=lambda v: str(v)[:30],
)
def test_a_damaged_file_is_told_as_such(hf_specs, tmp_path, path, value):
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(changed(hf_specs["gpt2"], *path, value=value)))
    with pytest.raises(ValueError) as caught:
        load_tokenizer(file)
    assert str(file.parent) in str(caught.value)


def test_files_that_are_missing_cut_or_of_others_are_told(hf_specs, tmp_path):
    with pytest.raises(ValueError, match=r"There is no tokenizer to read at .*tokenizer.json"):
        HFTokenizer.from_file(tmp_path)
    file = tmp_path / "tokenizer.json"
    whole = json.dumps(hf_specs["gpt2"])
    for cut in range(0, len(whole) - 1, len(whole) // 20):
        file.write_text(whole[:cut])
        with pytest.raises(ValueError, match="is damaged: it is not JSON"):
            HFTokenizer.from_file(tmp_path)
    CharTokenizer("abc").save(file)
    with pytest.raises(ValueError, match=r"not a tokenizer.json of Hugging Face. Name the folder"):
        HFTokenizer.from_file(tmp_path)
    assert load_tokenizer(tmp_path).encode("cab") == [2, 0, 1]


def test_a_character_without_a_token_is_refused_where_the_library_drops_it():
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")]))
    theirs.decoder = tokenizers.decoders.Fuse()
    ours = HFTokenizer(json.loads(theirs.to_str()))
    assert ids_of(theirs, "abxa") == [2, 0] and ours.encode("aba") == [2, 0]
    with pytest.raises(UnknownCharacterError, match="no token for 'x'"):
        ours.encode("abxa")


def test_gpt2_as_a_tokenizer_json_has_gpt2s_ids(gpt2, web_documents):
    again = HFTokenizer(gpt2.tokenizer_json())
    for text in web_documents[:300]:
        assert again.encode_ordinary(text) == gpt2.encode_ordinary(text)


def test_the_file_of_another_kind_is_not_read(tmp_path):
    BPETokenizer([(97, 98)]).save(tmp_path / "x.json")
    with pytest.raises(ValueError, match="Read it with load_tokenizer"):
        HFTokenizer.load(tmp_path / "x.json")
    shutil.copy(tmp_path / "x.json", tmp_path / "x.gguf")
    with pytest.raises(ValueError, match="is not a GGUF file"):
        load_tokenizer(tmp_path / "x.gguf")
