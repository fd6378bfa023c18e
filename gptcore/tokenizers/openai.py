"""The tokenizers of GPT-2, GPT-4 and GPT-4o: OpenAI's vocabularies, with tiktoken underneath.

They are read from files on this machine; tiktoken itself never goes to the network.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

import tiktoken

from gptcore.checks import did_you_mean
from gptcore.tokenizers.bpe_encode import PretokenCache
from gptcore.tokenizers.byte_pair import build_vocab
from gptcore.tokenizers.hf_export import describe_byte_pairs
from gptcore.tokenizers.pretokenization import (
    PATTERNS,
    check_text,
    has_huge_whitespace_run,
    pretokenize,
)
from gptcore.tokenizers.serialization import fingerprint_of_bytes
from gptcore.tokenizers.special_tokens import END_OF_TEXT
from gptcore.tokenizers.tokenizer import Tokenizer
from gptcore.tokenizers.vocabularies import gpt2_merges, read_tiktoken_vocab

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class EncodingSpec:
    """What makes one of OpenAI's tokenizers."""

    read_ids: Callable[[], dict[bytes, int]]
    pattern: str
    special_tokens: dict[str, int]


def read_gpt2_vocab() -> dict[bytes, int]:
    """The bytes of each token of GPT-2 -> its id."""
    byte_order, merges = gpt2_merges()
    return build_vocab(merges, byte_order)


ENCODINGS = {
    "gpt2": EncodingSpec(
        read_ids=read_gpt2_vocab, pattern="gpt2", special_tokens={END_OF_TEXT: 50256}
    ),
    "cl100k_base": EncodingSpec(
        read_ids=lambda: read_tiktoken_vocab("cl100k-vocabulary"),
        pattern="gpt4",
        special_tokens={
            END_OF_TEXT: 100257,
            "<|fim_prefix|>": 100258,  # fill in the middle: the text before the gap
            "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260,
            "<|endofprompt|>": 100276,
        },
    ),
    "o200k_base": EncodingSpec(
        read_ids=lambda: read_tiktoken_vocab("o200k-vocabulary"),
        pattern="gpt4o",
        special_tokens={END_OF_TEXT: 199999, "<|endofprompt|>": 200018},
    ),
}


class TiktokenTokenizer(Tokenizer):
    """One of OpenAI's tokenizers.

    Args:
        name: gpt2, cl100k_base (GPT-4) or o200k_base (GPT-4o).

    Raises:
        ValueError: For another name.
        TextUnavailableError: If its vocabulary is not on this machine.

    Example:
        >>> TiktokenTokenizer("gpt2").encode("Hello world")
        [15496, 995]
    """

    kind = "tiktoken"

    def __init__(self, name: str):
        if name not in ENCODINGS:
            raise unknown_tokenizer_error(name)
        published = ENCODINGS[name]
        self.name = name
        self.pattern = PATTERNS[published.pattern]
        self.id_of = published.read_ids()
        self.special_tokens = dict(published.special_tokens)
        self.bytes_of = {id: token for token, id in self.id_of.items()}
        self.bytes_of |= {id: text.encode() for text, id in self.special_tokens.items()}
        self.encoding = tiktoken.Encoding(
            name=name,
            pat_str=self.pattern,
            mergeable_ranks=self.id_of,
            special_tokens=self.special_tokens,
        )

    def encode_checked(self, text: str, start: int = 0) -> list[int]:
        if has_huge_whitespace_run(text):
            pieces = pretokenize(text, self.pattern)
            return list(chain.from_iterable(map(PretokenCache(self.id_of).__getitem__, pieces)))
        return self.encoding.encode_ordinary(text)

    def encode_array(self, text: str) -> "NDArray[np.uint32]":
        """The ids of ordinary text as an array, the fastest way.

        Args:
            text: Special tokens in it are ordinary text.

        Returns:
            Shape (T,).
        """
        check_text(text)
        if has_huge_whitespace_run(text):
            return super().encode_array(text)
        return self.encoding.encode_to_numpy(text, disallowed_special=())

    @cached_property
    def sha256(self) -> str:
        in_order = [self.bytes_of[id] for id in range(len(self.id_of))]
        return fingerprint_of_bytes(self.pattern, in_order, self.special_tokens)

    def tokenizer_json(self) -> dict[str, Any]:
        """What Hugging Face's `tokenizer.json` says: a byte-level BPE with the same ids.

        Raises:
            ValueError: For a pattern of one's own, which its expressions may read differently.
        """
        return describe_byte_pairs(self.id_of, self.pattern, self.special_tokens)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        return cls(content["name"])


class GPT2Tokenizer(TiktokenTokenizer):
    """GPT-2's tokenizer: 50,257 tokens, the last of them end-of-text.

    Raises:
        TextUnavailableError: If the vocabulary is not on this machine;
            `gptcore fetch gpt2-vocabulary` downloads it.

    Example:
        >>> GPT2Tokenizer().encode("Hello world")
        [15496, 995]
    """

    def __init__(self) -> None:
        super().__init__("gpt2")

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        if content["name"] != "gpt2":
            raise ValueError(f"{content['name']} is not GPT-2's; TiktokenTokenizer reads it")
        return cls()


def unknown_tokenizer_error(name: object) -> ValueError:
    """The error for an unknown name; it lists the nearest one and all of them.

    Args:
        name: As given.
    """
    return ValueError(
        f"There is no tokenizer {str(name)!r}.{did_you_mean(name, ENCODINGS)} "
        f"The names are: {', '.join(ENCODINGS)}; "
        f"load_tokenizer also takes the JSON file that a tokenizer was saved in."
    )
