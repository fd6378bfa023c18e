"""The tokenizer in the metadata of a GGUF file, as a `tokenizer.json`.

GGUF has tokens and merges, but of the pre-tokenizer only a name ("smollm"), whose meaning is in
llama.cpp. SentencePiece vocabularies have a score for each token in place of merges.
Source: github.com/ggml-org/llama.cpp, gguf-py and src/llama-vocab.cpp.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gptcore.gguf.header import read_header
from gptcore.tokenizers.formats.parts import unsupported

PREFIX = "tokenizer.ggml."
NORMAL, UNKNOWN, CONTROL, USER_DEFINED = 1, 2, 3, 4  # types of tokens
ROLES = {"bos": "bos_token", "eos": "eos_token", "unknown": "unk_token", "padding": "pad_token"}
# Fields that do not change what a text is encoded to.
HARMLESS = {"model", "pre", "tokens", "scores", "token_type", "merges", "token_type_count"}
HARMLESS |= {"add_bos_token", "add_eos_token", "add_space_prefix", "add_sep_token"}

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")  # each digit is a token
WHOLE_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
GPT2_SPLIT = [WHOLE_BYTES | {"use_regex": True}]
DIGITS = {"type": "Digits", "individual_digits": True}


def split_by(pattern: str) -> list[dict[str, Any]]:
    """The steps of a pre-tokenizer with an expression of its own."""
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated"}
    return [split | {"invert": False}, WHOLE_BYTES | {"use_regex": False}]


# Name of a pre-tokenizer in GGUF -> its steps.
PRE_TOKENIZERS = {
    "gpt-2": GPT2_SPLIT,
    "gpt2": GPT2_SPLIT,
    "olmo": GPT2_SPLIT,
    "smollm": [DIGITS, *GPT2_SPLIT],
    "starcoder": [DIGITS, *GPT2_SPLIT],
    "refact": [DIGITS, *GPT2_SPLIT],
    "llama-bpe": split_by(LLAMA3),
    "llama3": split_by(LLAMA3),
    "llama-v3": split_by(LLAMA3),
    "qwen2": split_by(QWEN2),
    "deepseek-r1-qwen": split_by(QWEN2),
}
IS_LLAMA3 = {"llama-bpe", "llama3", "llama-v3"}  # a word that is a token is not split; BOS is added
IS_QWEN = {"qwen2", "deepseek-r1-qwen"}  # their tokenizer.json normalizes to NFC


def read_gguf_tokenizer(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The content of a `tokenizer.json`, and the names of the special tokens with the template.

    Args:
        path: Of a GGUF file.

    Raises:
        UnsupportedTokenizerError: For a vocabulary or a pre-tokenizer that is not known here.
        ValueError: If the file is not a GGUF, or its fields contradict each other.
        OSError: If the file is missing or damaged.
    """
    metadata = read_header(path).metadata
    kind = metadata.get(f"{PREFIX}model")
    given = {
        key.removeprefix(PREFIX): value for key, value in metadata.items() if key.startswith(PREFIX)
    }
    for name, value in given.items():
        known = name in HARMLESS or name.endswith(("_token_id", "_token_ids"))
        if value is not False and not known:
            raise unsupported("field of the tokenizer in GGUF", PREFIX + name)
    if kind == "gpt2":
        parts = byte_level_parts(given)
    elif kind == "llama":
        parts = sentencepiece_parts(given)
    else:
        raise unsupported("vocabulary in GGUF", kind, "gpt2", "llama")
    tokens = given["tokens"]
    config = {
        name: tokens[id]
        for role, name in ROLES.items()
        if (id := given.get(f"{role}_token_id")) is not None
    }
    config["chat_template"] = metadata.get("tokenizer.chat_template", "")
    by_default = kind == "llama" or given.get("pre") in IS_LLAMA3
    spec = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [*added_tokens(given)],
        "normalizer": None,
        "post_processor": template_processing(
            config.get("bos_token") if given.get("add_bos_token", by_default) else None,
            config.get("eos_token") if given.get("add_eos_token", False) else None,
            tokens,
        ),
    }
    return spec | parts, config


def added_tokens(given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Entries of "added_tokens" for the tokens that are found before a text is split."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    for id, (token, kind) in enumerate(zip(given["tokens"], given.get("token_type", ()))):
        if kind in (CONTROL, UNKNOWN, USER_DEFINED):
            yield {"id": id, "content": token, **flags, "special": kind != USER_DEFINED}


def template_processing(
    bos: str | None, eos: str | None, tokens: list[str]
) -> dict[str, Any] | None:
    """The post-processor that puts BOS before a text and EOS after it; None without both."""
    text: list[dict[str, Any]] = [{"Sequence": {"id": "A", "type_id": 0}}]
    special = {}
    for token, place in ((bos, 0), (eos, 2)):
        if token:
            text.insert(place, {"SpecialToken": {"id": token, "type_id": 0}})
            special[token] = {"id": token, "ids": [tokens.index(token)], "tokens": [token]}
    if not special:
        return None
    second = [{"Sequence": {"id": "B", "type_id": 1}}]
    return {
        "type": "TemplateProcessing",
        "single": text,
        "pair": text + second,
        "special_tokens": special,
    }


def bpe_model(given: Mapping[str, Any], merges: list[list[str]], **options: Any) -> dict[str, Any]:
    """The field "model" of a `tokenizer.json`."""
    vocab = {token: id for id, token in enumerate(given["tokens"])}
    if len(vocab) < len(given["tokens"]):
        raise ValueError("two tokens have the same text")
    options = {"unk_token": None, "fuse_unk": False, "byte_fallback": False} | options
    affixes = {"continuing_subword_prefix": None, "end_of_word_suffix": None}
    return {"type": "BPE", "dropout": None, **affixes, **options, "vocab": vocab, "merges": merges}


def byte_level_parts(given: Mapping[str, Any]) -> dict[str, Any]:
    """Model, pre-tokenizer and decoder of a byte-level vocabulary."""
    name = given.get("pre")
    if name not in PRE_TOKENIZERS:
        raise unsupported("pre-tokenizer in GGUF", name, *PRE_TOKENIZERS)
    merges = [merge.split(" ") for merge in given["merges"]]
    return {
        "normalizer": {"type": "NFC"} if name in IS_QWEN else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": PRE_TOKENIZERS[name]},
        "decoder": WHOLE_BYTES | {"use_regex": True},
        "model": bpe_model(given, merges, ignore_merges=name in IS_LLAMA3),
    }


def sentencepiece_parts(given: Mapping[str, Any]) -> dict[str, Any]:
    """Model, normalizer and decoder of a SentencePiece vocabulary."""
    prefix = given.get("add_space_prefix", True)
    spaces = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    steps = [{"type": "Prepend", "prepend": "▁"}, spaces] if prefix else [spaces]
    back = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    strip = [{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if prefix else []
    unknown = given["tokens"][given.get("unknown_token_id", 0)]
    merges = [m.split(" ") for m in given["merges"]] if "merges" in given else [*by_score(given)]
    return {
        "normalizer": {"type": "Sequence", "normalizers": steps},
        "pre_tokenizer": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [back, {"type": "ByteFallback"}, {"type": "Fuse"}, *strip],
        },
        "model": bpe_model(given, merges, unk_token=unknown, fuse_unk=True, byte_fallback=True),
    }


def by_score(given: Mapping[str, Any]) -> Iterator[list[str]]:
    """The merges of a SentencePiece vocabulary: two tokens make a third, the best score first."""
    normal = {
        token: score
        for token, score, kind in zip(given["tokens"], given["scores"], given["token_type"])
        if kind == NORMAL
    }
    for token in sorted(normal, key=lambda token: -normal[token]):
        for cut in range(1, len(token)):
            if token[:cut] in normal and token[cut:] in normal:
                yield [token[:cut], token[cut:]]
