"""Texts and vocabularies that several tests hold the tokenizers against."""

import json

import pytest

from gptcore.corpus import is_downloaded, load
from gptcore.manifest import data_folder
from gptcore.tokenizers import BPETokenizer, GPT2Tokenizer

SHORT = (
    "It's low, lower, lowest: the newest and the widest, they're 12,345 of them!\n\n"
    "  Über die Brücke — naïve café, Привет мир, नमस्ते, 你好 👩‍👩‍👧 \t end  \n"
)


def need(name: str) -> None:
    """Skip the test where a file of the manifest is not on this machine."""
    if not is_downloaded(name):
        pytest.skip(f"{name} is not on this machine; bring it: gptcore fetch {name}")


@pytest.fixture(scope="session")
def shakespeare() -> str:
    need("shakespeare")
    return load("shakespeare")


@pytest.fixture(scope="session")
def web_documents() -> list[str]:
    """1,400 documents of FineWeb."""
    path = data_folder() / "fineweb" / "000_00000.parquet"
    if not path.exists():
        pytest.skip(f"the FineWeb sample is not on this machine: there is no {path}")
    parquet = pytest.importorskip("pyarrow.parquet")
    return parquet.read_table(path, columns=["text"])["text"].to_pylist()


@pytest.fixture(scope="session")
def gpt2() -> GPT2Tokenizer:
    need("gpt2-vocabulary")
    return GPT2Tokenizer()


@pytest.fixture(scope="session")
def pure_gpt2() -> BPETokenizer:
    need("gpt2-vocabulary")
    return BPETokenizer.from_gpt2()


@pytest.fixture(scope="session")
def trained() -> BPETokenizer:
    """A small tokenizer with a special token, learned from a short text in many scripts."""
    return BPETokenizer.train(
        [SHORT] * 3, vocab_size=340, pattern="gpt4", special_tokens=["<|endoftext|>"]
    )


# Small tokenizers in the styles of well-known models, trained by Hugging Face's own library.
GPT4_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIALS = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]


def train_byte_level(split: str = "", digits: bool = False, nfc: bool = False) -> dict:
    """A tokenizer.json of a byte-level BPE."""
    from tokenizers import (  # noqa: PLC0415 - a test without it does not need the library
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        trainers,
    )

    tokenizer = Tokenizer(models.BPE())
    steps = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    steps += [pre_tokenizers.Split(Regex(split), "isolated")] if split else []
    steps += [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not split)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    trainer = trainers.BpeTrainer(
        vocab_size=1200,
        special_tokens=SPECIALS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([load("stories")[:300_000], *[SHORT] * 20], trainer)
    return json.loads(tokenizer.to_str())


def train_sentencepiece(prepend_scheme: str = "") -> dict:
    """A tokenizer.json as Llama 2 has it; with a scheme, as its later conversions have it."""
    from tokenizers import (  # noqa: PLC0415 - a test without it does not need the library
        Tokenizer,
        models,
        pre_tokenizers,
        trainers,
    )

    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special_tokens = SPECIALS + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=1200, special_tokens=special_tokens, limit_alphabet=60, show_progress=False
    )
    tokenizer.train_from_iterator([load("stories")[:300_000], *[SHORT] * 20], trainer)
    spec = json.loads(tokenizer.to_str())
    spec["added_tokens"] = spec["added_tokens"][: len(SPECIALS)]
    spaces = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    steps = [{"type": "Prepend", "prepend": "▁"}, spaces]
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": prepend_scheme}
    if prepend_scheme:
        spec |= {"normalizer": None, "pre_tokenizer": metaspace | {"split": False}}
    else:
        spec |= {"normalizer": {"type": "Sequence", "normalizers": steps}, "pre_tokenizer": None}
    back = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    decoders = [back, {"type": "ByteFallback"}, {"type": "Fuse"}]
    if prepend_scheme != "never":
        decoders.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    spec["decoder"] = {"type": "Sequence", "decoders": decoders}
    begin = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    text = [{"Sequence": {"id": which, "type_id": 0}} for which in "AB"]
    spec["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [begin, text[0]],
        "pair": [begin, *text],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
    }
    return spec


@pytest.fixture(scope="session")
def hf_specs() -> dict[str, dict]:
    """Style -> tokenizer.json."""
    pytest.importorskip("tokenizers")
    llama3 = train_byte_level(GPT4_SPLIT)
    llama3["model"]["ignore_merges"] = True
    return {
        "gpt2": train_byte_level(),
        "smollm2": train_byte_level(digits=True),
        "llama3": llama3,
        "qwen2": train_byte_level(GPT4_SPLIT.replace("{1,3}", ""), nfc=True),
        "llama2": train_sentencepiece(),
        "mistral": train_sentencepiece("first"),
        "metaspace": train_sentencepiece("always"),
        "no-prefix": train_sentencepiece("never"),
    }
