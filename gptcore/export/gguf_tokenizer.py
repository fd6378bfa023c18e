"""A tokenizer in the metadata of a GGUF file; `tokenizers/formats/gguf_metadata.py` reads it back.

llama.cpp knows byte-level vocabularies with merges, whose pre-tokenizer is one of its own, by name;
and vocabularies of SentencePiece, whose tokens have scores. A vocabulary of characters is one of
the second kind in which no two tokens make a third.
Source: github.com/ggml-org/llama.cpp, gguf-py and src/llama-vocab.cpp.
"""

from collections.abc import Mapping
from typing import Any

import regex

from gptcore.tokenizers import HFTokenizer
from gptcore.tokenizers.formats.gguf_metadata import IS_LLAMA3, IS_QWEN, PRE_TOKENIZERS, PREFIX
from gptcore.tokenizers.formats.parts import flatten

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
ROLES = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}
SPACE, SIGN = " ", "▁"  # SentencePiece writes the second for the first


def tokenizer_metadata(tokenizer: HFTokenizer, begins_texts: bool) -> dict[str, Any]:
    """The fields of the file that describe the tokenizer.

    Args:
        tokenizer: The tokenizer.
        begins_texts: Whether llama.cpp puts BOS before a text.

    Returns:
        Key -> value.

    Raises:
        ValueError: If llama.cpp has no such tokenizer; the error says what it lacks.
    """
    if tokenizer.model.whole_only:
        found = character_fields(tokenizer)
    elif tokenizer.model.byte_fallback:
        found = sentencepiece_fields(tokenizer)
    else:
        found = byte_level_fields(tokenizer)
    ids = {ours: tokenizer.id_of_role(role) for role, ours in ROLES.items()}
    found |= {f"{ours}_token_id": id for ours, id in ids.items() if id is not None}
    found["add_bos_token"] = begins_texts and ids["bos"] is not None
    found["add_eos_token"] = bool(tokenizer.eos_ids)
    fields = {PREFIX + name: value for name, value in found.items()}
    if template := tokenizer.config.get("chat_template"):
        fields["tokenizer.chat_template"] = template
    return fields


def token_table(tokenizer: HFTokenizer) -> tuple[list[str], list[int]]:
    """The tokens in the order of their ids, and the type of each."""
    added = tokenizer.special_tokens | tokenizer.added_tokens
    token_of = {id: token for token, id in (tokenizer.model.vocab | added).items()}
    unknown = tokenizer.spec["model"].get("unk_token")
    tokens, kinds = [], []
    for id in range(tokenizer.vocab_size):
        token = token_of.get(id)
        tokens.append(f"[PAD{id}]" if token is None else token)
        if token is None:
            kinds.append(UNUSED)
        elif token == unknown:
            kinds.append(UNKNOWN)
        elif token in tokenizer.special_tokens:
            kinds.append(CONTROL)
        else:
            kinds.append(USER_DEFINED if token in tokenizer.added_tokens else NORMAL)
    return tokens, kinds


def byte_level_fields(tokenizer: HFTokenizer) -> dict[str, Any]:
    """The fields of a byte-level vocabulary, such as GPT-2's."""
    tokens, kinds = token_table(tokenizer)
    merges = tokenizer.spec["model"]["merges"]
    if not merges:
        raise ValueError(
            "The tokenizer has bytes and no merges, which llama.cpp does not read. Export it for "
            "transformers: --to hf."
        )
    return {
        "model": "gpt2",
        "pre": name_of_pre_tokenizer(tokenizer.spec),
        "tokens": tokens,
        "token_type": kinds,
        "merges": [merge if isinstance(merge, str) else " ".join(merge) for merge in merges],
    }


def name_of_pre_tokenizer(spec: Mapping[str, Any]) -> str:
    """llama.cpp's name of the steps that split a text; ValueError if it has none."""
    steps = comparable_steps(spec.get("pre_tokenizer"))
    normalizers = [step["type"] for step in flatten(spec.get("normalizer"), "", "normalizers")]
    for name, known in PRE_TOKENIZERS.items():
        is_same = steps == comparable_steps({"type": "Sequence", "pretokenizers": known})
        is_same = is_same and normalizers == (["NFC"] if name in IS_QWEN else [])
        if is_same and (name not in IS_LLAMA3 or spec["model"].get("ignore_merges")):
            return name
    listed = ", ".join(dict.fromkeys(PRE_TOKENIZERS))
    raise ValueError(
        f"llama.cpp has no pre-tokenizer that splits a text as this tokenizer does; known are "
        f"{listed}. Train the tokenizer with the pattern 'gpt2', or export the model for "
        f"transformers: --to hf."
    )


def comparable_steps(spec: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The steps of a pre-tokenizer without what changes no id, and with defaults filled in."""
    defaults = {
        "ByteLevel": {"add_prefix_space": True, "use_regex": True},
        "Digits": {"individual_digits": False},
        "Split": {"invert": False},
    }
    steps = []
    for step in flatten(spec, "pre-tokenizer", "pretokenizers"):
        filled = defaults.get(step["type"], {}) | dict(step)
        filled.pop("trim_offsets", None)
        steps.append(filled)
    return steps


def sentencepiece_fields(tokenizer: HFTokenizer) -> dict[str, Any]:
    """The fields of a SentencePiece vocabulary: the earlier a merge, the better its score."""
    tokens, kinds = token_table(tokenizer)
    is_byte = regex.compile("<0x[0-9A-Fa-f]{2}>")
    kinds = [BYTE if is_byte.fullmatch(token) else kind for token, kind in zip(tokens, kinds)]
    rank_of = {made: rank for rank, made in reversed(list(tokenizer.model.merges.values()))}
    scores = [-float(rank_of.get(id, len(rank_of))) for id in range(len(tokens))]
    return {
        "model": "llama",
        "tokens": tokens,
        "scores": scores,
        "token_type": kinds,
        "add_space_prefix": tokenizer.drops_first_space,
    }


def character_fields(tokenizer: HFTokenizer) -> dict[str, Any]:
    """The fields of a vocabulary of characters; ValueError if it has longer words."""
    tokens, kinds = token_table(tokenizer)
    words = [token for token, kind in zip(tokens, kinds) if kind == NORMAL]
    if longer := [word for word in words if len(word) > 1]:
        raise ValueError(
            f"llama.cpp has no tokenizer of whole words, and {longer[0]!r} is one. Export the "
            f"model for transformers: --to hf."
        )
    if SIGN in words and SPACE in words:
        raise ValueError(
            f"The tokenizer has the characters {SPACE!r} and {SIGN!r}, which are one in a "
            f"vocabulary of llama.cpp. Train without {SIGN!r}, or export the model for "
            f"transformers: --to hf."
        )
    return {
        "model": "llama",
        "tokens": [SIGN if token == SPACE else token for token in tokens],
        "scores": [0.0] * len(tokens),
        "token_type": kinds,
        "add_space_prefix": False,
        "unknown_token_id": next((i for i, kind in enumerate(kinds) if kind == CONTROL), 0),
    }
