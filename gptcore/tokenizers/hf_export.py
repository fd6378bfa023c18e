"""Our own tokenizers as a Hugging Face `tokenizer.json`, from which AutoTokenizer gives equal ids.

Byte pairs become a byte-level BPE; characters become a list of words of one character each. An
unknown character is an error there, too.
"""

from collections.abc import Mapping
from typing import Any

from gptcore.tokenizers.bpe_encode import bpe_encode
from gptcore.tokenizers.formats.parts import spell_bytes
from gptcore.tokenizers.pretokenization import PATTERNS

CHARACTER = r"[\s\S]"  # any, line breaks included
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}


def describe_specials(special_tokens: Mapping[str, int]) -> dict[str, Any]:
    """The fields of a `tokenizer.json` that are the same for all tokenizers of ours.

    Args:
        special_tokens: Spelling -> id.
    """
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    added = [
        {"id": id, "content": spelling, **flags, "special": True}
        for spelling, id in sorted(special_tokens.items(), key=lambda item: item[1])
    ]
    head = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added}
    return head | {"normalizer": None, "post_processor": None}


def describe_characters(
    id_of: Mapping[str, int], special_tokens: Mapping[str, int]
) -> dict[str, Any]:
    """The `tokenizer.json` of a character tokenizer.

    Args:
        id_of: Character -> id.
        special_tokens: Spelling -> id.
    """
    unknown = "<unk>"  # not in the vocabulary, so that a character without a token is an error
    return describe_specials(special_tokens) | {
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": CHARACTER},
            "behavior": "Isolated",
            "invert": False,
        },
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": {**id_of, **special_tokens}, "unk_token": unknown},
    }


def describe_byte_pairs(
    id_of: Mapping[bytes, int], pattern: str, special_tokens: Mapping[str, int]
) -> dict[str, Any]:
    """The `tokenizer.json` of a tokenizer of byte pairs.

    Args:
        id_of: The bytes of each token -> its id.
        pattern: Regular expression of the pretokens.
        special_tokens: Spelling -> id.

    Raises:
        ValueError: For a pattern that is not in PATTERNS: Hugging Face's expressions have another
            dialect, so that one might split in other places.
    """
    vocab = {spell_bytes(token): id for token, id in id_of.items()}
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": True,
        "vocab": {**vocab, **special_tokens},
        "merges": [[spell_bytes(part) for part in pair] for pair in learned_pairs(id_of)],
    }
    return describe_specials(special_tokens) | {
        "pre_tokenizer": describe_pattern(pattern),
        "decoder": BYTE_LEVEL | {"use_regex": True},
        "model": model,
    }


def describe_pattern(pattern: str) -> dict[str, Any]:
    """The pre-tokenizer that splits as a pattern of PATTERNS does."""
    if pattern == PATTERNS["gpt2"]:
        return BYTE_LEVEL | {"use_regex": True}
    whole = BYTE_LEVEL | {"use_regex": False}
    if pattern == PATTERNS["none"]:
        return whole
    if pattern not in PATTERNS.values():
        raise ValueError(
            f"The pattern {pattern!r:.60} is your own, and a tokenizer.json reads expressions in "
            f"another dialect. Train with one of the patterns {', '.join(PATTERNS)}."
        )
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated"}
    return {"type": "Sequence", "pretokenizers": [split | {"invert": False}, whole]}


def learned_pairs(id_of: Mapping[bytes, int]) -> list[tuple[bytes, bytes]]:
    """The two tokens that each longer token was merged from, in the order of the ids.

    Args:
        id_of: The bytes of each token -> its id.

    Raises:
        ValueError: If a token is not made of two that come before it.
    """
    known: dict[bytes, int] = {}  # earlier tokens -> their place in `tokens`
    tokens: list[bytes] = []
    pairs = []
    for token in sorted(id_of, key=id_of.__getitem__):
        if len(token) > 1:
            parts = bpe_encode(token, known)
            if len(parts) != 2:
                raise ValueError(
                    f"The token {token!r} is not a merge of two earlier tokens: these give "
                    f"{len(parts)} parts. Only merges in the order of training can be written."
                )
            pairs.append((tokens[parts[0]], tokens[parts[1]]))
        known[token] = len(tokens)
        tokens.append(token)
    return pairs
