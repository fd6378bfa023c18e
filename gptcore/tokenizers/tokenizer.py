"""What all tokenizers do alike: special tokens on the way in, bytes on the way out, one file.

A tokenizer adds how ordinary text becomes ids, what bytes each id stands for, and what its file
needs to say. Left out on purpose: a token for the unknown, padding, truncation. Nothing is lost.
"""

import codecs
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from gptcore.checks import as_ids, as_path
from gptcore.tokenizers.pretokenization import check_text
from gptcore.tokenizers.serialization import read_tokenizer_file, write_tokenizer_file
from gptcore.tokenizers.special_tokens import END_OF_TEXT, resolve_allowed, split_at_specials

if TYPE_CHECKING:
    import numpy as np


class Tokenizer(ABC):
    """Text to ids and back: decode(encode(text)) == text.

    Example: tokenizer = CharTokenizer("abc"); isinstance(tokenizer, Tokenizer) -> True
    """

    kind: ClassVar[str]  # the word that its file bears
    special_tokens: dict[str, int]  # spelling -> id
    bytes_of: Mapping[int, bytes]  # id -> what it stands for; a special token for its spelling

    @abstractmethod
    def encode_checked(self, text: str, start: int = 0) -> list[int]:
        """The ids of ordinary text that has been checked; for errors, `start` is its position."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """What a file must say to make the same tokenizer again."""

    @classmethod
    @abstractmethod
    def from_dict(cls, to_dict: dict[str, Any]) -> Self:
        """The tokenizer that a file describes."""

    @property
    @abstractmethod
    def sha256(self) -> str:
        """Identity of what it computes: tokens, pattern, special tokens; not of how it is done."""

    @cached_property
    def vocab_size(self) -> int:
        """One more than the largest id: the rows of a model's embedding table."""
        return max(self.bytes_of) + 1

    @property
    def end_of_text(self) -> int | None:
        """The id that stands between two texts, if there is one."""
        return self.special_tokens.get(END_OF_TEXT)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.vocab_size:,} tokens)"

    def encode(self, text: str, allowed_special: Iterable[str] = ()) -> list[int]:
        """The ids of the text. Special tokens in it are allowed by spelling, or all with "all".

        Raises: SpecialTokenInTextError at the first that is not allowed; ValueError for a text that
            has no ids, such as one with a lone surrogate, with its position.
        """
        check_text(text)
        allowed = resolve_allowed(self.special_tokens, allowed_special)
        ids: list[int] = []
        for start, ordinary, special in split_at_specials(text, self.special_tokens, allowed):
            ids += self.encode_checked(ordinary, start)
            if special is not None:
                ids.append(special)
        return ids

    def encode_ordinary(self, text: str) -> list[int]:
        """The same, but what spells a special token is text like any other."""
        check_text(text)
        return self.encode_checked(text)

    def encode_array(self, text: str) -> "np.ndarray":
        """The ids of ordinary text as an array of uint32, the fastest way there is.

        Shapes: -> (tokens,).
        """
        # Only this line needs NumPy; a tokenizer must work without.
        return import_module("numpy").array(self.encode_ordinary(text), dtype="uint32")

    def token_bytes(self, id: int) -> bytes:
        """The bytes that one token stands for; half of an emoji is two of them.

        Raises: ValueError if there is no such token.
        """
        return self.decode_bytes([id])

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes that the tokens stand for, one after the other.

        Shapes: ids (T,), a list, an array or a tensor.
        Raises: ValueError at the first id that is no token, and for a batch.
        """
        ids = as_ids(ids, "What is decoded")
        try:
            return b"".join([self.bytes_of[id] for id in ids])
        except KeyError:
            place = next(i for i, id in enumerate(ids) if id not in self.bytes_of)
            raise ValueError(
                f"The id {ids[place]} at place {place} is no token here: this tokenizer has ids "
                f"from 0 to {self.vocab_size - 1}. Decode with the tokenizer that encoded."
            ) from None

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the tokens. Bytes that are no UTF-8 become U+FFFD, the replacement sign.

        Raises: ValueError at the first id that is no token.
        """
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def decode_stream(self, ids: Iterable[int]) -> Iterator[str]:
        """Yield the text while ids come in: each character as soon as its last byte is here."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for id in ids:
            if text := decoder.decode(self.token_bytes(id)):
                yield text
        if rest := decoder.decode(b"", final=True):
            yield rest

    def save(self, path: str | Path) -> None:
        """Write one JSON file that restores the tokenizer; it appears only when it is whole.

        Raises: OSError if it cannot be stored.
        """
        content = {"kind": self.kind, "sha256": self.sha256, **self.to_dict()}
        write_tokenizer_file(as_path(path), content)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The tokenizer that `save` wrote.

        Raises: ValueError if the file is missing, damaged, or something else.
        """
        path = as_path(path)
        saved = read_tokenizer_file(path)
        if saved.get("kind") != cls.kind:
            raise ValueError(
                f"The file {path} has a tokenizer of kind {saved.get('kind')!r}; "
                f"{cls.__name__} is of kind {cls.kind!r}. Read it with load_tokenizer(path)."
            )
        damaged = f"The file {path} is damaged, or was changed by hand"
        again = "Save the tokenizer again: tokenizer.save(path)"
        try:
            tokenizer = cls.from_dict(saved)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{damaged} ({type(error).__name__}: {error}). {again}") from None
        if tokenizer.sha256 != saved.get("sha256"):
            raise ValueError(
                f"{damaged}: it describes a tokenizer with sha256 {tokenizer.sha256}, "
                f"and says {saved.get('sha256')}. {again}"
            )
        return tokenizer
