"""Decoder, model, post-processor and added tokens of a Hugging Face `tokenizer.json`.

A text passes normalizer, pre-tokenizer (`steps.py`), model and post-processor; the decoder goes
back. What is not known here is refused by name, because each part changes the ids.
Source: github.com/huggingface/tokenizers, whose Rust code is the only description of the format.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import regex

from gptcore.checks import as_int
from gptcore.tokenizers.formats.parts import (
    BYTE_OF_LETTER,
    UnsupportedTokenizerError,
    fields,
    flatten,
    literal,
    unsupported,
)


@dataclass(frozen=True)
class Decoder:
    """How tokens become text.

    Args:
        byte_level: Whether a token is spelled in GPT-2's letters for bytes.
        replacements: Pairs of a text in a token, and what it stands for.
        byte_fallback: Whether the token <0x0A> is the byte 10.
        drops_first_space: Whether a space at the start of the whole text is dropped.
    """

    byte_level: bool
    replacements: tuple[tuple[str, str], ...]
    byte_fallback: bool
    drops_first_space: bool

    def token_bytes(self, token: str) -> bytes:
        """The bytes of a token of the vocabulary.

        Args:
            token: As the vocabulary spells it.
        """
        if self.byte_level:
            try:
                return bytes(BYTE_OF_LETTER[letter] for letter in token)
            except KeyError:
                return token.encode()
        if self.byte_fallback and (found := regex.fullmatch("<0x([0-9A-Fa-f]{2})>", token)):
            return bytes.fromhex(found[1])
        for old, new in self.replacements:
            token = token.replace(old, new)
        return token.encode()


def read_decoder(spec: Mapping[str, Any] | None) -> Decoder:
    """How the file turns tokens into text.

    Args:
        spec: The field "decoder" of the file.

    Raises:
        UnsupportedTokenizerError: For another kind of decoder, or none.
    """
    if spec is None:
        raise unsupported("decoder", None, "ByteLevel", "Sequence", "Metaspace", "Fuse")
    byte_level = byte_fallback = drops = is_fuse_seen = False
    replacements: list[tuple[str, str]] = []
    for step in flatten(spec, "decoder", "decoders"):
        kind = step["type"]
        if kind == "ByteLevel":
            fields(step, "decoder", add_prefix_space=True, trim_offsets=True, use_regex=True)
            byte_level = True
        elif kind == "Replace":
            pattern, content = fields(step, "decoder", pattern={}, content="")
            replacements.append((literal(pattern, "decoder Replace"), content))
        elif kind == "ByteFallback":
            fields(step, "decoder")
            byte_fallback = True
        elif kind == "Fuse":
            fields(step, "decoder")
            is_fuse_seen = True
        elif kind == "Strip" and is_fuse_seen:
            how = fields(step, "decoder", content=" ", start=0, stop=0)
            if how not in ((" ", 1, 0), (" ", 0, 0)):
                raise unsupported("decoder Strip with", how, "one space at the start")
            drops = how[1] == 1
        elif kind == "Metaspace":
            sign, _, prefix, scheme, _ = fields(
                step,
                "decoder",
                replacement="▁",
                str_rep=None,
                add_prefix_space=True,
                prepend_scheme=None,
                split=True,
            )
            replacements.append((sign, " "))
            drops = scheme != "never" if scheme else prefix
        else:
            known = ("ByteLevel", "Replace", "ByteFallback", "Fuse", "Strip after Fuse")
            raise unsupported("decoder", kind, *known, "Metaspace")
    return Decoder(byte_level, tuple(replacements), byte_fallback, drops)


def read_post_processor(spec: Mapping[str, Any] | None) -> tuple[list[int], list[int]]:
    """The ids that a model wants before and after a text, such as BOS.

    Args:
        spec: The field "post_processor" of the file.

    Raises:
        UnsupportedTokenizerError: For another kind of post-processor.
    """
    before: list[int] = []
    after: list[int] = []
    for step in flatten(spec, "post-processor", "processors"):
        if step["type"] == "ByteLevel":
            continue  # changes offsets only
        if step["type"] != "TemplateProcessing":
            raise unsupported("post-processor", step["type"], "ByteLevel", "TemplateProcessing")
        single, _, special = fields(step, "post-processor", single=(), pair=(), special_tokens={})
        where = [i for i, item in enumerate(single) if "Sequence" in item]
        if len(where) != 1:
            raise unsupported("post-processor's template", single)
        ids = [
            [] if "Sequence" in item else special[item["SpecialToken"]["id"]]["ids"]
            for item in single
        ]
        before = [id for part in ids[: where[0]] for id in part] + before
        after += [id for part in ids[where[0] :] for id in part]
    return before, after


@dataclass(frozen=True)
class Model:
    """Vocabulary and merges.

    Args:
        vocab: Token -> id.
        merges: Pair of ids -> its rank, and the id of what the pair makes.
        whole_first: Whether a pretoken that is a token is not split at all.
        byte_fallback: Whether a character without a token is spelled in bytes.
        whole_only: Whether each pretoken must be one token.
    """

    vocab: dict[str, int]
    merges: dict[tuple[int, int], tuple[int, int]]
    whole_first: bool
    byte_fallback: bool
    whole_only: bool


def read_model(spec: Mapping[str, Any]) -> Model:
    """Vocabulary and merges of the file.

    Args:
        spec: The field "model" of the file.

    Raises:
        UnsupportedTokenizerError: For another kind of model than BPE and WordLevel.
        ValueError: If a merge makes no token.
    """
    kind = spec.get("type", "BPE" if "merges" in spec else None)
    if kind == "WordLevel":
        vocab, _ = fields(spec, "model", vocab={}, unk_token=None)
        return Model(check_vocab(vocab), {}, True, False, whole_only=True)
    if kind != "BPE":
        raise unsupported("model", kind, "BPE", "WordLevel")
    vocab, merges, dropout, _, prefix, suffix, _, byte_fallback, ignore_merges = fields(
        spec,
        "model",
        vocab={},
        merges=(),
        dropout=None,
        unk_token=None,
        continuing_subword_prefix=None,
        end_of_word_suffix=None,
        fuse_unk=False,
        byte_fallback=False,
        ignore_merges=False,
    )
    for name, value in [
        ("dropout", dropout),
        ("continuing_subword_prefix", prefix),
        ("end_of_word_suffix", suffix),
    ]:
        if value:
            raise unsupported(f"model BPE with {name}", value, "null")
    vocab = check_vocab(vocab)
    return Model(vocab, rank_merges(merges, vocab), ignore_merges, byte_fallback, False)


def check_vocab(vocab: Mapping[str, Any]) -> dict[str, int]:
    """Token -> id as ints; ValueError if two tokens share an id."""
    checked = {token: as_int(id, f"The id of {token!r:.40}", 0) for token, id in vocab.items()}
    if len(set(checked.values())) < len(checked):
        raise ValueError("The vocabulary gives one id to two tokens; the file is damaged.")
    return checked


def rank_merges(
    merges: list[str] | list[list[str]], vocab: Mapping[str, int]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Pair of ids -> its rank, and the id of what the pair makes.

    Args:
        merges: In their order; a pair, or its two tokens with a space between them.
        vocab: Token -> id.

    Raises:
        ValueError: If a merge is not a pair of tokens that makes a token.
    """
    ranked = {}
    for rank, merge in enumerate(merges):
        pair = merge.split(" ") if isinstance(merge, str) else merge
        try:
            left, right = pair
            ranked[vocab[left], vocab[right]] = rank, vocab[left + right]
        except (KeyError, ValueError):
            raise ValueError(
                f"Merge {rank}, {merge!r:.60}, does not join two tokens of the vocabulary to a "
                "third; the file is damaged."
            ) from None
    return ranked


def read_added_tokens(
    spec: Mapping[str, Any], model: Model
) -> tuple[dict[str, int], dict[str, int]]:
    """Tokens that are found before the text is split: special ones, and ordinary ones.

    Args:
        spec: The content of the file.
        model: Its vocabulary.

    Raises:
        UnsupportedTokenizerError: For a token that takes spaces, or is found in a changed text.
        ValueError: If a token has no text, or the id of another one.
    """
    special: dict[str, int] = {}
    ordinary: dict[str, int] = {}
    token_of = {id: token for token, id in model.vocab.items()}
    for entry in spec.get("added_tokens") or ():
        content = entry["content"]
        id = as_int(entry["id"], f"The id of {content!r}", 0)
        for flag in ("lstrip", "rstrip", "single_word"):
            if entry.get(flag):
                raise UnsupportedTokenizerError(
                    f"The added token {content!r} has {flag}, which is not supported. "
                    "Load this tokenizer with transformers.AutoTokenizer."
                )
        if entry.get("normalized") and spec.get("normalizer"):
            raise UnsupportedTokenizerError(
                f"The added token {content!r} is searched in the normalized text (normalized is "
                "true), which is not supported. Load this tokenizer with "
                "transformers.AutoTokenizer."
            )
        if (
            not content
            or model.vocab.get(content, id) != id
            or token_of.get(id, content) != content
        ):
            raise ValueError(f"the added token {content!r} has the id {id} of another token")
        token_of[id] = content
        (special if entry.get("special") else ordinary)[content] = id
    return special, ordinary
