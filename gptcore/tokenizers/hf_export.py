"""Our own tokenizers as a Hugging Face `tokenizer.json`, from which AutoTokenizer gives equal ids.

Byte pairs become a byte-level BPE; characters become a list of words of one character each. An
unknown character is an error there, too.
"""

from pathlib import Path
from typing import Any

from gptcore.tokenizers.bpe_encode import bpe_encode
from gptcore.tokenizers.byte_pair import BPETokenizer
from gptcore.tokenizers.characters import CharTokenizer
from gptcore.tokenizers.formats.parts import spell_bytes
from gptcore.tokenizers.huggingface import HFTokenizer
from gptcore.tokenizers.openai import TiktokenTokenizer
from gptcore.tokenizers.pretokenization import PATTERNS
from gptcore.tokenizers.tokenizer import Tokenizer

CHARACTER = r"[\s\S]"  # any, line breaks included
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}


def save_pretrained(tokenizer: Tokenizer, folder: str | Path) -> None:
    """Write the files from which transformers' AutoTokenizer makes the same tokenizer.

    Args:
        tokenizer: Of characters, of byte pairs, of OpenAI, or an HFTokenizer.
        folder: It is made if it is not there.

    Raises:
        ValueError: If a `tokenizer.json` cannot describe the tokenizer.

    Example:
        >>> save_pretrained(CharTokenizer("abc"), "letters")
        >>> HFTokenizer.from_file("letters").encode("cab")
        [2, 0, 1]
    """
    if not isinstance(tokenizer, HFTokenizer):
        known = {id: spelling for spelling, id in tokenizer.special_tokens.items()}
        end = known.get(-1 if tokenizer.end_of_text is None else tokenizer.end_of_text)
        roles = {"bos_token": end, "eos_token": end} if end else {}
        tokenizer = HFTokenizer(tokenizer_json(tokenizer), roles)
    tokenizer.save_pretrained(folder)


def tokenizer_json(tokenizer: Tokenizer) -> dict[str, Any]:
    """What a `tokenizer.json` says of a tokenizer.

    Args:
        tokenizer: Of characters, of byte pairs, of OpenAI, or an HFTokenizer.

    Raises:
        ValueError: If a `tokenizer.json` cannot describe the tokenizer.

    Example:
        >>> tokenizer_json(BPETokenizer([(104, 105)]))["model"]["merges"]
        [['h', 'i']]
    """
    if isinstance(tokenizer, HFTokenizer):
        return tokenizer.tokenizer_json
    if isinstance(tokenizer, CharTokenizer):
        parts = describe_characters(tokenizer)
    elif isinstance(tokenizer, (BPETokenizer, TiktokenTokenizer)):
        parts = describe_byte_pairs(tokenizer)
    else:
        raise ValueError(
            f"A {type(tokenizer).__name__} cannot be written as a tokenizer.json; a "
            "CharTokenizer, a BPETokenizer, a TiktokenTokenizer and an HFTokenizer can."
        )
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    added = [
        {"id": id, "content": spelling, **flags, "special": True}
        for spelling, id in sorted(tokenizer.special_tokens.items(), key=lambda item: item[1])
    ]
    head = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added}
    return head | {"normalizer": None, "post_processor": None} | parts


def describe_characters(tokenizer: CharTokenizer) -> dict[str, Any]:
    """Pre-tokenizer, decoder and model of a character tokenizer."""
    taken = tokenizer.id_of | tokenizer.special_tokens
    unknown = "<unk>"  # not in the vocabulary, so that a character without a token is an error
    return {
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": CHARACTER},
            "behavior": "Isolated",
            "invert": False,
        },
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": taken, "unk_token": unknown},
    }


def describe_byte_pairs(tokenizer: BPETokenizer | TiktokenTokenizer) -> dict[str, Any]:
    """Pre-tokenizer, decoder and model of a tokenizer of byte pairs.

    Raises:
        ValueError: For a pattern that is not in PATTERNS: Hugging Face's expressions have another
            dialect, so that one might split in other places.
    """
    vocab = {spell_bytes(token): id for token, id in tokenizer.id_of.items()}
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": True,
        "vocab": vocab | tokenizer.special_tokens,
        "merges": [[spell_bytes(part) for part in pair] for pair in learned_pairs(tokenizer.id_of)],
    }
    return {
        "pre_tokenizer": describe_pattern(tokenizer.pattern),
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


def learned_pairs(id_of: dict[bytes, int]) -> list[tuple[bytes, bytes]]:
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
