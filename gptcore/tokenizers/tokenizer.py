"""What all tokenizers have in common: special tokens, decoding, and one file.

A subclass defines how ordinary text becomes ids, the bytes of each id, and what its file says.
There is no token for unknown text, no padding and no truncation: nothing is lost.
"""

import codecs
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from gptcore.checks import as_ids, as_path
from gptcore.tokenizers.formats.model_folder import write_pretrained
from gptcore.tokenizers.pretokenization import check_text
from gptcore.tokenizers.serialization import read_tokenizer_file, write_tokenizer_file
from gptcore.tokenizers.special_tokens import END_OF_TEXT, resolve_allowed, split_at_specials

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Tokenizer(ABC):
    """Text to ids and back: decode(encode(text)) == text.

    Example:
        >>> tokenizer = CharTokenizer("abc")
        >>> isinstance(tokenizer, Tokenizer)
        True
    """

    kind: ClassVar[str]  # names the class in its file
    special_tokens: dict[str, int]  # spelling -> id
    bytes_of: Mapping[int, bytes]  # of each id; of a special token its spelling
    drops_first_space: bool = False  # whether encoding puts a space before a text

    @abstractmethod
    def encode_checked(self, text: str, start: int = 0) -> list[int]:
        """The ids of ordinary text that was checked already.

        Args:
            text: Without special tokens.
            start: Its position in the whole text, for error messages.
        """

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """What a file must say to restore the tokenizer."""

    @classmethod
    @abstractmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """The tokenizer that a file describes.

        Args:
            content: As `to_dict` returns it.
        """

    @property
    @abstractmethod
    def sha256(self) -> str:
        """Fingerprint of tokens, pattern and special tokens: the same hash means the same ids."""

    @cached_property
    def vocab_size(self) -> int:
        """One more than the largest id: the rows of a model's embedding table."""
        return max(self.bytes_of) + 1

    @property
    def end_of_text(self) -> int | None:
        """The id that separates two texts, if there is one."""
        return self.special_tokens.get(END_OF_TEXT)

    @property
    def stop_ids(self) -> list[int]:
        """The ids after which nothing more is generated."""
        return [] if self.end_of_text is None else [self.end_of_text]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.vocab_size:,} tokens)"

    def encode(self, text: str, allowed_special: Iterable[str] = ()) -> list[int]:
        """The ids of a text.

        Args:
            text: Any.
            allowed_special: Spellings of special tokens that become special tokens; "all" allows
                all of them.

        Raises:
            SpecialTokenInTextError: At the first special token that is not allowed.
            ValueError: For a text without ids, such as one with a lone surrogate.
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
        """The ids of a text in which special tokens are ordinary text.

        Args:
            text: Any.
        """
        check_text(text)
        return self.encode_checked(text)

    def encode_array(self, text: str) -> "NDArray[np.uint32]":
        """The ids of ordinary text as an array, the fastest way.

        Args:
            text: Special tokens in it are ordinary text.

        Returns:
            Shape (T,).
        """
        import numpy as np  # noqa: PLC0415 - a tokenizer works without NumPy

        return np.array(self.encode_ordinary(text), dtype=np.uint32)

    def token_bytes(self, id: int) -> bytes:
        """The bytes of one token, which may be half of an emoji.

        Args:
            id: Of the token.

        Raises:
            ValueError: If there is no such token.
        """
        return self.concat_bytes([id])

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of all tokens, joined.

        Args:
            ids: A list, an array or a tensor, shape (T,).

        Raises:
            ValueError: At the first id that is not a token, and for a batch.
        """
        content = self.concat_bytes(ids)
        return content.removeprefix(b" ") if self.drops_first_space else content

    def concat_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of all tokens, with the space that encoding puts before a text.

        Args:
            ids: A list, an array or a tensor, shape (T,).
        """
        ids = as_ids(ids, "What is decoded")
        try:
            return b"".join([self.bytes_of[id] for id in ids])
        except KeyError:
            i = next(i for i, id in enumerate(ids) if id not in self.bytes_of)
            raise ValueError(
                f"The id {ids[i]} at index {i} is not a token: this tokenizer has ids from 0 to "
                f"{self.vocab_size - 1}. Decode with the tokenizer that encoded."
            ) from None

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the tokens. Bytes that are not UTF-8 become U+FFFD, the replacement sign.

        Args:
            ids: A list, an array or a tensor, shape (T,).

        Raises:
            ValueError: At the first id that is not a token.
        """
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def decode_stream(self, ids: Iterable[int], is_start: bool = True) -> Iterator[str]:
        """Decode ids as they come.

        Args:
            ids: Any iterable.
            is_start: Whether the first one begins a text. What continues a text keeps the space
                before its first word.

        Yields:
            Text; each character as soon as its last byte has come.
        """
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        drops_space = is_start and self.drops_first_space
        for id in ids:
            content = self.token_bytes(id)
            if drops_space:
                content = content.removeprefix(b" ")
                drops_space = False
            if text := decoder.decode(content):
                yield text
        if rest := decoder.decode(b"", final=True):
            yield rest

    def tokenizer_json(self) -> dict[str, Any]:
        """What Hugging Face's `tokenizer.json` says of the tokenizer.

        Raises:
            ValueError: If such a file cannot describe it.
        """
        raise ValueError(
            f"A {type(self).__name__} cannot be written as a tokenizer.json; a CharTokenizer, a "
            "BPETokenizer, a TiktokenTokenizer and an HFTokenizer can."
        )

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the files from which transformers' AutoTokenizer makes a tokenizer of equal ids.

        Args:
            folder: It is made if it is not there.

        Raises:
            ValueError: If a `tokenizer.json` cannot describe the tokenizer.
            OSError: If the files cannot be written.
        """
        known = {id: spelling for spelling, id in self.special_tokens.items()}
        end = None if self.end_of_text is None else known.get(self.end_of_text)
        config = {"bos_token": end, "eos_token": end} if end else {}
        write_pretrained(as_path(folder, "The folder"), self.tokenizer_json(), config)

    def save(self, path: str | Path) -> None:
        """Write one JSON file that restores the tokenizer.

        Args:
            path: Where; the file is complete or not there.

        Raises:
            OSError: If it cannot be written.
        """
        content = {"kind": self.kind, "sha256": self.sha256, **self.to_dict()}
        write_tokenizer_file(as_path(path), content)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The tokenizer that `save` wrote.

        Args:
            path: Of its file.

        Raises:
            ValueError: If the file is missing, damaged, or something else.
        """
        path = as_path(path)
        saved = read_tokenizer_file(path)
        if saved.get("kind") != cls.kind:
            raise ValueError(
                f"The file {path} has a tokenizer of kind {saved.get('kind')!r}; "
                f"{cls.__name__} is of kind {cls.kind!r}. Read it with load_tokenizer(path)."
            )
        damaged = f"The file {path} is damaged, or was changed by hand"
        save_again = "Save the tokenizer again: tokenizer.save(path)"
        try:
            tokenizer = cls.from_dict(saved)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{damaged} ({type(error).__name__}: {error}). {save_again}") from None
        if tokenizer.sha256 != saved.get("sha256"):
            raise ValueError(
                f"{damaged}: it describes a tokenizer with sha256 {tokenizer.sha256}, "
                f"and says {saved.get('sha256')}. {save_again}"
            )
        return tokenizer
