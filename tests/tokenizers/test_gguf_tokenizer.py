"""The tokenizer of a GGUF file: SmolLM2's own, and small ones written by the package gguf."""

import copy
import json
import random

import pytest

from gptcore.corpus import load
from gptcore.tokenizers import HFTokenizer, UnsupportedTokenizerError, load_tokenizer

tokenizers = pytest.importorskip("tokenizers")
gguf = pytest.importorskip("gguf", reason="pip install gguf")
pytestmark = pytest.mark.slow

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6
PRE = {"gpt2": "gpt-2", "smollm2": "smollm", "llama3": "llama-bpe", "qwen2": "qwen2"}
TEXTS = [
    "It's 12,345 of them!\n\n  x  1  22 \t end  \n",
    "  Über die Brücke — naïve café, Привет мир, नमस्ते, 你好 👩‍👩‍👧",
    "<|im_start|>user\nHi<|im_end|>",
    " leading",
    "qzqz",
    "a  ²  ½  ٣   7",
    "",
]


def write(path, spec, model, *, scores=None, **fields):
    """A GGUF file without tensors that holds the tokenizer of a spec."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model(model)
    tokens = sorted(spec["model"]["vocab"], key=spec["model"]["vocab"].get)
    special = {entry["id"] for entry in spec["added_tokens"]}
    types = [CONTROL if id in special else NORMAL for id in range(len(tokens))]
    types[0] = UNKNOWN
    types = [BYTE if t.startswith("<0x") else kind for t, kind in zip(tokens, types)]
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if scores is None:
        writer.add_token_merges([" ".join(pair) for pair in spec["model"]["merges"]])
    else:
        writer.add_token_scores([scores.get(token, 0.0) for token in tokens])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    for name, value in fields.items():
        getattr(writer, f"add_{name}")(value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


@pytest.mark.parametrize("style", PRE)
def test_a_byte_level_vocabulary_gives_the_ids_of_its_tokenizer_json(hf_specs, tmp_path, style):
    spec = copy.deepcopy(hf_specs[style])
    spec["model"]["vocab"]["qzqz"] = 1200  # no merge makes it; Llama 3 takes it all the same
    template = "{{ messages[0].content }}"
    path = write(
        tmp_path / "x.gguf", spec, "gpt2", tokenizer_pre=PRE[style], chat_template=template
    )
    ours = load_tokenizer(path)
    theirs = tokenizers.Tokenizer.from_str(json.dumps(spec))
    for text in (*TEXTS, load("stories")[:20_000]):
        ids = theirs.encode(text, add_special_tokens=False).ids
        assert ours.encode(text, allowed_special="all") == ids
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=False)
    assert (ours.bos_id, ours.eos_id, ours.config["unk_token"]) == (1, 2, "<unk>")
    assert ours.apply_chat_template([{"role": "user", "content": "Hi"}]) == "Hi"
    bos = [1] if style == "llama3" else []
    assert ours.encode("a", add_special_tokens=True) == [*bos, *ours.encode("a")]


@pytest.mark.parametrize("with_scores", [False, True], ids=["merges", "scores"])
@pytest.mark.parametrize("prefix", [True, False])
def test_a_sentencepiece_vocabulary_gives_the_ids_of_its_tokenizer_json(
    hf_specs, tmp_path, with_scores, prefix
):
    spec = hf_specs["llama2" if prefix else "no-prefix"]
    made = ["".join(pair) for pair in spec["model"]["merges"]]
    scores = {token: -float(rank) for rank, token in enumerate(made)} if with_scores else None
    path = write(tmp_path / "x.gguf", spec, "llama", scores=scores, add_space_prefix=prefix)
    ours = HFTokenizer.from_gguf(path)
    theirs = tokenizers.Tokenizer.from_str(json.dumps(spec))
    for text in (*TEXTS, load("stories")[:20_000]):
        ids = theirs.encode(text, add_special_tokens=False).ids
        assert ours.encode(text, allowed_special="all") == ids
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=False)
    assert ours.encode("a", add_special_tokens=True) == theirs.encode("a").ids


def test_whether_bos_and_eos_are_added_is_what_the_file_says(hf_specs, tmp_path):
    path = write(
        tmp_path / "x.gguf",
        hf_specs["gpt2"],
        "gpt2",
        tokenizer_pre="gpt-2",
        add_bos_token=True,
        add_eos_token=True,
    )
    ours = HFTokenizer.from_gguf(path)
    assert ours.encode("a", add_special_tokens=True) == [1, *ours.encode("a"), 2]
    ours.save_pretrained(tmp_path / "folder")
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "folder" / "tokenizer.json"))
    assert theirs.encode("a b").ids == ours.encode("a b", add_special_tokens=True)


def test_what_is_not_known_is_named(hf_specs, tmp_path):
    spec = hf_specs["gpt2"]
    for model, fields, message in [
        ("gpt2", {"tokenizer_pre": "falcon"}, "pre-tokenizer in GGUF 'falcon' is not supported"),
        ("gpt2", {}, "pre-tokenizer in GGUF None is not supported"),
        ("bert", {}, "vocabulary in GGUF 'bert' is not supported. Supported: gpt2, llama"),
        (
            "gpt2",
            {"tokenizer_pre": "gpt-2", "remove_extra_whitespaces": True},
            "'tokenizer.ggml.remove_extra_whitespaces' is not supported",
        ),
    ]:
        path = write(tmp_path / "x.gguf", spec, model, **fields)
        with pytest.raises(UnsupportedTokenizerError) as caught:
            HFTokenizer.from_gguf(path)
        assert message in str(caught.value) and str(caught.value).startswith(f"{path}: ")


def test_a_file_without_a_tokenizer_is_told(tmp_path):
    path = tmp_path / "x.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(UnsupportedTokenizerError, match="vocabulary in GGUF None"):
        HFTokenizer.from_gguf(path)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        HFTokenizer.from_gguf(tmp_path / "y.gguf")


def test_a_file_that_is_cut_or_has_flipped_bits_gets_a_message(hf_specs, tmp_path):
    path = write(tmp_path / "x.gguf", hf_specs["gpt2"], "gpt2", tokenizer_pre="gpt-2")
    content, rng = path.read_bytes(), random.Random(1)
    for _ in range(40):
        path.write_bytes(content[: rng.randrange(len(content))])
        with pytest.raises((ValueError, OSError)):
            HFTokenizer.from_gguf(path)
    for _ in range(60):
        index = rng.choice([rng.randrange(400), rng.randrange(len(content))])
        flipped = bytes([content[index] ^ 1 << rng.randrange(8)])
        path.write_bytes(content[:index] + flipped + content[index + 1 :])
        try:
            HFTokenizer.from_gguf(path).encode("Hello, world 12")
        except (ValueError, OSError) as error:
            assert len(str(error)) < 700


@pytest.fixture(scope="module")
def real(smollm2):
    return HFTokenizer.from_gguf(smollm2)


@pytest.fixture(scope="module")
def reference(smollm2, tmp_path_factory):
    """transformers' tokenizer of the same file.

    It splits digits as GPT-2 does; the model's own file and llama.cpp make each digit a piece, so
    that step is added.
    """
    transformers = pytest.importorskip("transformers")
    loaded = transformers.AutoTokenizer.from_pretrained(smollm2.parent, gguf_file=smollm2.name)
    pre = tokenizers.pre_tokenizers
    loaded.backend_tokenizer.pre_tokenizer = pre.Sequence(
        [pre.Digits(individual_digits=True), pre.ByteLevel(add_prefix_space=False)]
    )
    return loaded


def test_smollm2_encodes_a_thousand_documents_as_transformers_does(real, reference, web_documents):
    differ = [
        i
        for i, text in enumerate(web_documents[:1000])
        if real.encode_ordinary(text) != reference.backend_tokenizer.encode(text).ids
    ]
    assert not differ
    assert all(real.decode(real.encode_ordinary(text)) == text for text in web_documents[:100])


def test_smollm2_has_the_published_chat_format(real, reference):
    conversations = [
        [{"role": "user", "content": "What is the capital of France?"}],
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1  22  ² é"}],
        [{"role": "user", "content": ""}, {"role": "assistant", "content": "👩‍👩‍👧\n"}],
    ]
    for messages in conversations:
        for prompt in (True, False):
            options = {"add_generation_prompt": prompt}
            text = reference.apply_chat_template(messages, tokenize=False, **options)
            assert real.apply_chat_template(messages, **options) == text
            ids = reference.apply_chat_template(messages, return_dict=True, **options)
            assert real.encode_chat(messages, **options) == ids["input_ids"]
    assert (real.vocab_size, real.bos_id, real.eos_id, real.end_of_text) == (49152, 1, 2, 0)
    assert real.decode([28120, 905]) == reference.decode([28120, 905])


def test_smollm2_makes_each_digit_a_token(real):
    pieces = [real.token_bytes(id) for id in real.encode("in 2024  7")]
    assert pieces == [b"in", b" ", b"2", b"0", b"2", b"4", b"  ", b"7"]
