"""A GGUF file has the weights, the ids and the answers of the model, for whoever reads it."""

import sys

import pytest
import torch
from exported_models import LLAMA, SWITCHES, TEXT, small_model

from gptcore.export import export_gguf
from gptcore.model import GPT
from gptcore.optional import PackageMissingError
from gptcore.tokenizers import BPETokenizer, CharTokenizer, HFTokenizer
from gptcore.training import crop_vocab
from gptcore.tuning import CHAT_TOKENS, ChatFormat, load_chat_model

gguf = pytest.importorskip("gguf")
pytestmark = pytest.mark.slow

READ_BY_TRANSFORMERS = ["llama", "llama, grouped, interleaved", "qwen2", "gpt2"]
GPT2_SIZES = {"block_size": 1024}  # transformers takes GPT-2's length for granted


def reads(path):
    """The package's own reading: fields as Python values, tensors as float32."""
    reader = gguf.GGUFReader(path)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    tensors = {
        tensor.name: torch.tensor(gguf.quants.dequantize(tensor.data, tensor.tensor_type))
        for tensor in reader.tensors
    }
    kinds = {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}
    return fields, tensors, kinds


def logits_of(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids]))[0][0]


@pytest.mark.parametrize("kind", SWITCHES)
def test_our_own_reader_finds_a_model_that_computes_the_same(kind, letters, tmp_path):
    model = small_model(letters, **SWITCHES[kind])
    path = export_gguf(model, letters, tmp_path / "model.gguf", dtype="f32")
    again = GPT.from_gguf(path)
    ids = [letters.BOS, *letters.encode("the cat sat on 🙂.")]
    ours = logits_of(model, ids)[:, : letters.vocab_size]
    assert ours.abs().max() > 1
    torch.testing.assert_close(logits_of(again, ids), ours, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", ["f32", "f16", "q8_0"])
def test_the_package_gguf_reads_back_the_weights_that_the_dtype_leaves(dtype, letters, tmp_path):
    model = crop_vocab(small_model(letters, **SWITCHES["gpt2"]), letters.vocab_size)
    path = export_gguf(model, letters, tmp_path / "model.gguf", dtype=dtype)
    fields, tensors, kinds = reads(path)
    assert fields["general.architecture"] == "gpt2" and fields["gpt2.block_count"] == 2
    assert fields["general.file_type"] == {"f32": 0, "f16": 1, "q8_0": 7}[dtype]
    state = model.unique_state_dict()
    for theirs, ours in [
        ("token_embd.weight", "wte.weight"),
        ("blk.1.attn_qkv.weight", "h.1.attn.c_attn.weight"),
        ("blk.0.ffn_down.weight", "h.0.mlp.c_proj.weight"),
    ]:
        assert kinds[theirs] == dtype.upper()
        if dtype == "q8_0":  # at most half a step of the largest number in each 32
            blocks = state[ours].unflatten(-1, (-1, 32))
            half_step = blocks.abs().amax(-1, keepdim=True) / 127 / 2
            error = (tensors[theirs].view_as(blocks) - blocks).abs()
            assert (error <= half_step * 1.01 + 1e-3 * blocks.abs()).all() and error.max() > 0
        else:
            stored = state[ours].half().float() if dtype == "f16" else state[ours]
            assert torch.equal(tensors[theirs], stored)
    for theirs, ours in [
        ("position_embd.weight", "wpe.weight"),
        ("blk.0.attn_norm.bias", "h.0.ln_1.bias"),
        ("output_norm.weight", "ln_f.weight"),
    ]:
        assert kinds[theirs] == "F32" and torch.equal(tensors[theirs], state[ours])


def test_rows_that_q8_0_cannot_divide_have_16_bits(letters, tmp_path):
    model = small_model(letters, **SWITCHES["llama"], n_embd=24)
    path = export_gguf(model, letters, tmp_path / "model.gguf", dtype="q8_0")
    kinds = reads(path)[2]
    assert kinds["blk.0.attn_q.weight"] == "F16" and kinds["blk.0.ffn_down.weight"] == "Q8_0"
    assert GPT.from_gguf(path).config.n_embd == 24


@pytest.mark.parametrize("kind", READ_BY_TRANSFORMERS)
def test_transformers_reads_the_file_and_computes_the_same(kind, byte_pairs, tmp_path):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    sizes = SWITCHES[kind] | (GPT2_SIZES if kind == "gpt2" else {})
    model = crop_vocab(small_model(byte_pairs, **sizes), byte_pairs.vocab_size)
    export_gguf(model, byte_pairs, tmp_path / "model.gguf", dtype="f32")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf")
    ids = byte_pairs.encode("the cat sat on it")
    with torch.no_grad():
        logits = theirs(torch.tensor([ids])).logits[0]
    torch.testing.assert_close(logits, logits_of(model, ids), rtol=1e-4, atol=1e-4)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path, gguf_file="model.gguf")
    assert tokenizer.encode(TEXT, add_special_tokens=False) == byte_pairs.encode(TEXT)


@pytest.mark.parametrize("kind", ["letters", "byte_pairs"])
def test_the_tokenizer_is_read_back_with_its_ids_and_its_ends(kind, request, tmp_path):
    tokenizer = request.getfixturevalue(kind)
    text = "the cat, é €🙂." if kind == "letters" else TEXT
    path = export_gguf(small_model(tokenizer), tokenizer, tmp_path / "model.gguf")
    again = HFTokenizer.from_gguf(path)
    assert again.encode(text) == tokenizer.encode(text)
    assert again.decode(tokenizer.encode(text)) == text
    assert again.vocab_size == tokenizer.vocab_size
    assert again.stop_ids == tokenizer.stop_ids == [again.bos_id]
    assert again.bos_ids == [tokenizer.end_of_text]  # as gptcore sample begins a text


def test_a_chat_format_is_read_back_with_the_same_prompt(tmp_path):
    chat = ChatFormat(CharTokenizer("abcdehiknstuy ?.", special_tokens=CHAT_TOKENS.values()))
    model = small_model(chat.tokenizer)
    path = export_gguf(model, chat.tokenizer, tmp_path / "model.gguf", chat=chat)
    again = load_chat_model(path).chat
    messages = [{"role": "user", "content": "a cat?"}]
    assert again.prompt_ids(messages) == chat.prompt_ids(messages)
    assert again.stop_ids == chat.stop_ids


@pytest.mark.parametrize("name", ["smollm", "llama-bpe", "qwen2"])
def test_a_known_pre_tokenizer_of_hugging_face_gets_its_name(name, byte_pairs, tmp_path):
    """What our reader makes of a name, written as Hugging Face writes it, becomes the name."""
    digits = {"type": "Digits", "individual_digits": True}
    whole = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False}
    llama3 = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    pattern = llama3 if name == "llama-bpe" else llama3.replace("{1,3}", "")
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated"}
    steps = {
        "smollm": [digits, whole],
        "llama-bpe": [split | {"invert": False}, whole | {"use_regex": False}],
        "qwen2": [split, whole | {"use_regex": False}],
    }[name]
    spec = byte_pairs.tokenizer_json()
    spec["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
    spec["normalizer"] = {"type": "NFC"} if name == "qwen2" else None
    tokenizer = HFTokenizer(spec, {"eos_token": "<|endoftext|>"})
    path = export_gguf(small_model(tokenizer), tokenizer, tmp_path / "model.gguf")
    assert reads(path)[0]["tokenizer.ggml.pre"] == name
    again = HFTokenizer.from_gguf(path)
    text = "it's 1234 cats\n\n  é"
    assert again.encode(text) == tokenizer.encode(text)
    assert again.bos_ids == []  # the tokenizer adds nothing, so neither does the file


def test_a_sentencepiece_vocabulary_keeps_its_ids(tmp_path):
    words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    pieces = [*"▁abct", "▁c", "at", "▁cat", "▁b"]
    spec = {
        "version": "1.0",
        "added_tokens": [
            {"id": i, "content": word, "special": True, "normalized": False}
            for i, word in enumerate(words[:3])
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ],
        },
        "model": {
            "type": "BPE",
            "vocab": {word: i for i, word in enumerate([*words, *pieces])},
            "merges": [["▁", "c"], ["a", "t"], ["▁c", "at"], ["▁", "b"]],
            "unk_token": "<unk>",
            "fuse_unk": True,
            "byte_fallback": True,
        },
    }
    tokenizer = HFTokenizer(spec, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"})
    path = export_gguf(small_model(tokenizer, **LLAMA), tokenizer, tmp_path / "model.gguf")
    fields = reads(path)[0]
    assert fields["tokenizer.ggml.token_type"][:4] == [
        2,
        3,
        3,
        6,
    ]  # unknown, control, control, byte
    assert fields["tokenizer.ggml.add_space_prefix"] is True
    again = HFTokenizer.from_gguf(path)
    for text in ("cat at b", "catb é", "a  cat"):
        assert again.encode(text) == tokenizer.encode(text)
        assert again.decode(tokenizer.encode(text)) == text


# What is refused


@pytest.mark.parametrize(
    ("switches", "named"),
    [
        ({"activation": "relu2"}, "gpt2 has no model with activation='relu2'"),
        ({**LLAMA, "activation": "geglu"}, "llama has no model with activation='geglu'"),
        ({**LLAMA, "activation": "relu2"}, "llama has no model with activation='relu2'"),
        ({**LLAMA, "sliding_window": 8}, "llama has no model with sliding_window=8"),
        ({"norm_embeddings": True}, "norm_embeddings=True"),
        ({**LLAMA, "logit_softcap": 30.0}, "logit_softcap=30.0"),
        ({"rope": True}, "norm='layernorm', activation='gelu_tanh'"),
    ],
)
def test_a_switch_that_llama_cpp_lacks_is_named_and_nothing_is_written(
    switches, named, letters, tmp_path
):
    with pytest.raises(ValueError, match="has no model with") as refused:
        export_gguf(small_model(letters, **switches), letters, tmp_path / "model.gguf")
    assert named in str(refused.value) and [*tmp_path.iterdir()] == []


def test_a_window_as_long_as_the_context_changes_nothing_and_is_left_out(letters, tmp_path):
    model = small_model(letters, **LLAMA, sliding_window=64)
    again = GPT.from_gguf(export_gguf(model, letters, tmp_path / "model.gguf", dtype="f32"))
    assert again.config.sliding_window is None
    ours = logits_of(model, [1, 2, 3])[:, : letters.vocab_size]
    torch.testing.assert_close(logits_of(again, [1, 2, 3]), ours, rtol=1e-4, atol=1e-4)


def test_exact_gelu_is_written_with_a_warning_that_logits_differ(letters, tmp_path):
    model = small_model(letters, activation="gelu")
    with pytest.warns(UserWarning, match="llama.cpp has no exact GELU"):
        path = export_gguf(model, letters, tmp_path / "model.gguf", dtype="f32")
    assert GPT.from_gguf(path).config.activation == "gelu_tanh"


def test_a_pattern_that_llama_cpp_does_not_split_by_is_refused(tmp_path):
    tokenizer = BPETokenizer.train(TEXT * 3, vocab_size=280, pattern="gpt4o")
    with pytest.raises(ValueError, match="no pre-tokenizer that splits a text as this"):
        export_gguf(small_model(tokenizer), tokenizer, tmp_path / "model.gguf")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("characters", [" ▁ab"], ids=["space and its sign"])
def test_two_characters_that_would_be_one_are_refused(characters, tmp_path):
    tokenizer = CharTokenizer(characters)
    with pytest.raises(ValueError, match="which are one in a vocabulary of"):
        export_gguf(small_model(tokenizer), tokenizer, tmp_path / "model.gguf")


def test_whole_words_and_bytes_without_merges_are_refused(tmp_path):
    spec = CharTokenizer("ab").tokenizer_json()
    spec["model"]["vocab"]["word"] = 3
    words, only_bytes = HFTokenizer(spec), BPETokenizer([])
    for tokenizer, named in ((words, "'word' is one"), (only_bytes, "bytes and no merges")):
        with pytest.raises(ValueError, match=named):
            export_gguf(small_model(tokenizer), tokenizer, tmp_path / "model.gguf")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        (1e6, "f16", "a weight of size 1e[+]06, which f16 cannot hold. Use dtype f32"),
        (float("nan"), "f32", "a weight of size nan, which f32 cannot hold. The model is damaged"),
        (float("inf"), "f32", "The model is damaged"),
    ],
    ids=["large", "NaN", "infinite"],
)
def test_weights_that_the_dtype_cannot_hold_are_refused(value, dtype, message, letters, tmp_path):
    model = small_model(letters)
    with torch.no_grad():
        model.h[0].mlp.c_fc.weight[0, 0] = value
    with pytest.raises(ValueError, match=message):
        export_gguf(model, letters, tmp_path / "model.gguf", dtype=dtype)
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_is_there_and_a_folder_stay_as_they_are(letters, tmp_path):
    file = tmp_path / "model.gguf"
    file.write_text("mine")
    with pytest.raises(ValueError, match="nothing is overwritten"):
        export_gguf(small_model(letters), letters, file)
    assert file.read_text() == "mine"
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match="is a folder; name a file"):
        export_gguf(small_model(letters), letters, tmp_path / "folder")


def test_without_the_package_the_error_says_what_to_install(letters, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(PackageMissingError, match="pip install gguf"):
        export_gguf(small_model(letters), letters, tmp_path / "model.gguf")


def test_a_write_that_fails_leaves_nothing(letters, tmp_path, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(gguf.GGUFWriter, "write_tensors_to_file", full)
    with pytest.raises(OSError, match="No space"):
        export_gguf(small_model(letters), letters, tmp_path / "model.gguf")
    assert [*tmp_path.iterdir()] == []
