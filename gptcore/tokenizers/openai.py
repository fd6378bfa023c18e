"""The tokenizers of GPT-2, GPT-4 and GPT-4o: OpenAI's vocabularies, with tiktoken underneath.

They are read from files on this machine; tiktoken itself never goes to the network.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

import tiktoken

from gptcore.checks import did_you_mean
from gptcore.tokenizers.byte_pair import ids_of_tokens
from gptcore.tokenizers.joining import KnownPieces
from gptcore.tokenizers.pieces import PATTERNS, check_text, split_text, too_many_blanks
from gptcore.tokenizers.saved import identity_of_bytes
from gptcore.tokenizers.specials import END_OF_TEXT
from gptcore.tokenizers.tokenizer import Tokenizer
from gptcore.tokenizers.vocabularies import gpt2_merges, tiktoken_ids

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Published:
    """What makes one of OpenAI's tokenizers."""

    read_ids: Callable[[], dict[bytes, int]]
    pattern: str
    special_tokens: dict[str, int]


def ids_of_gpt2() -> dict[bytes, int]:
    """The bytes of each token of GPT-2 -> its id."""
    byte_order, merges = gpt2_merges()
    return ids_of_tokens(merges, byte_order)


PUBLISHED = {
    "gpt2": Published(read_ids=ids_of_gpt2, pattern="gpt2", special_tokens={END_OF_TEXT: 50256}),
    "cl100k_base": Published(
        read_ids=lambda: tiktoken_ids("cl100k-vocabulary"),
        pattern="gpt4",
        special_tokens={
            END_OF_TEXT: 100257,
            "<|fim_prefix|>": 100258,  # fill in the middle: what stands before the gap
            "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260,
            "<|endofprompt|>": 100276,
        },
    ),
    "o200k_base": Published(
        read_ids=lambda: tiktoken_ids("o200k-vocabulary"),
        pattern="gpt4o",
        special_tokens={END_OF_TEXT: 199999, "<|endofprompt|>": 200018},
    ),
}


class TiktokenTokenizer(Tokenizer):
    """One of OpenAI's tokenizers by name: gpt2, cl100k_base (GPT-4), o200k_base (GPT-4o).

    Raises: ValueError for another name; TextUnavailableError if its vocabulary was not fetched.
    Example: TiktokenTokenizer("gpt2").encode("Hello world") -> [15496, 995]
    """

    kind = "tiktoken"

    def __init__(self, name: str):
        if name not in PUBLISHED:
            raise unknown_name(name)
        published = PUBLISHED[name]
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

    def ids_of(self, text: str, start: int = 0) -> list[int]:
        if too_many_blanks(text):
            pieces = split_text(text, self.pattern)
            return list(chain.from_iterable(map(KnownPieces(self.id_of).__getitem__, pieces)))
        return self.encoding.encode_ordinary(text)

    def encode_array(self, text: str) -> "np.ndarray":
        """The ids of ordinary text as an array of uint32, the fastest way there is.

        Shapes: -> (tokens,).
        """
        check_text(text)
        if too_many_blanks(text):
            return super().encode_array(text)
        return self.encoding.encode_to_numpy(text, disallowed_special=())

    @cached_property
    def sha256(self) -> str:
        in_order = [self.bytes_of[id] for id in range(len(self.id_of))]
        return identity_of_bytes(self.pattern, in_order, self.special_tokens)

    def description(self) -> dict[str, Any]:
        return {"name": self.name}

    @classmethod
    def from_description(cls, description: dict[str, Any]) -> Self:
        return cls(description["name"])


class GPT2Tokenizer(TiktokenTokenizer):
    """GPT-2's tokenizer: 50,257 tokens, of which the last is end-of-text.

    Raises: TextUnavailableError if the vocabulary was not fetched: gptcore fetch gpt2-vocabulary
    Example: GPT2Tokenizer().encode("Hello world") -> [15496, 995]
    """

    def __init__(self) -> None:
        super().__init__("gpt2")

    @classmethod
    def from_description(cls, description: dict[str, Any]) -> Self:
        if description["name"] != "gpt2":
            raise ValueError(f"{description['name']} is not GPT-2's; TiktokenTokenizer reads it")
        return cls()


def unknown_name(name: object) -> ValueError:
    """The error for a name that is none, with the nearest and all of them."""
    return ValueError(
        f"There is no tokenizer {str(name)!r}.{did_you_mean(name, PUBLISHED)} "
        f"The names are: {', '.join(PUBLISHED)}; "
        f"find_tokenizer also takes the JSON file that a tokenizer was saved in."
    )
