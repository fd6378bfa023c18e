"""Character tokenizer: each character of the training text is a token, and BOS is one more.

There is no token for unknown characters: they are an error.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Self

from gptcore.tokenizers.hf_export import describe_characters
from gptcore.tokenizers.pretokenization import check_text
from gptcore.tokenizers.serialization import fingerprint
from gptcore.tokenizers.tokenizer import Tokenizer

BOS = "<|bos|>"  # begin of sequence; it also ends one


class UnknownCharacterError(ValueError):
    """The text has characters that are not in the vocabulary.

    Example:
        >>> CharTokenizer("abc").encode("xyz")
        Traceback (most recent call last):
        gptcore...UnknownCharacterError: 3 character(s) of the text are not in the vocabulary...
    """


class CharTokenizer(Tokenizer):
    """Ids follow the order of the characters in Unicode; BOS is the last one.

    Args:
        characters: The vocabulary, in any order.

    Raises:
        ValueError: If there are no characters.

    Example:
        >>> CharTokenizer("abc").encode("cab")
        [2, 0, 1]
    """

    kind = "characters"

    def __init__(self, characters: Iterable[str]):
        self.characters = "".join(sorted(set(characters)))
        check_text(self.characters, "The list of characters")
        if not self.characters:
            raise ValueError("The vocabulary is empty. Give a text with at least one character.")
        self.id_of = {character: id for id, character in enumerate(self.characters)}
        self.BOS = len(self.characters)
        self.special_tokens = {BOS: self.BOS}
        self.bytes_of = {id: character.encode() for character, id in self.id_of.items()}
        self.bytes_of[self.BOS] = BOS.encode()

    @classmethod
    def train(cls, texts: str | Iterable[str]) -> Self:
        """Take all characters of one text, or of a stream of texts.

        Args:
            texts: One text, or any number of them.

        Raises:
            ValueError: If there are no characters.
        """
        characters: set[str] = set()
        for i, text in enumerate([texts] if isinstance(texts, str) else texts):
            check_text(text, f"Text {i}")
            characters.update(text)
        return cls(characters)

    @property
    def end_of_text(self) -> int:
        """BOS, which separates two texts."""
        return self.BOS

    def encode_checked(self, text: str, start: int = 0) -> list[int]:
        try:
            return [self.id_of[character] for character in text]
        except KeyError:
            unknown = [i for i, character in enumerate(text) if character not in self.id_of]
            different = list(dict.fromkeys(text[i] for i in unknown))
            more = " and others" if len(different) > 20 else ""
            raise UnknownCharacterError(
                f"{len(unknown)} character(s) of the text are not in the vocabulary: "
                f"{''.join(different[:20])!r}{more}. "
                f"The first is at position {start + unknown[0]}.\n"
                "Train the tokenizer on a text that has them, or drop them from this one."
            ) from None

    @cached_property
    def sha256(self) -> str:
        return fingerprint(characters=self.characters, special_tokens=self.special_tokens)

    def tokenizer_json(self) -> dict[str, Any]:
        """What Hugging Face's `tokenizer.json` says; an unknown character is an error there, too.

        Example:
            >>> CharTokenizer("ab").tokenizer_json()["model"]["vocab"]
            {'a': 0, 'b': 1, '<|bos|>': 2}
        """
        return describe_characters(self.id_of, self.special_tokens)

    def to_dict(self) -> dict[str, Any]:
        return {"characters": self.characters}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        return cls(content["characters"])
