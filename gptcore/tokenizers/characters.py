"""Character tokenizer: each character of the training text is a token, and BOS is one more.

Other special tokens, such as those of a chat, come after BOS. There is no token for unknown
characters: they are an error.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Self

from gptcore.tokenizers.hf_export import describe_characters
from gptcore.tokenizers.pretokenization import check_text
from gptcore.tokenizers.serialization import fingerprint
from gptcore.tokenizers.special_tokens import assign_ids
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
    """Ids follow the order of the characters in Unicode; then come BOS and other special tokens.

    Args:
        characters: The vocabulary, in any order.
        special_tokens: Spellings of more special tokens, which get the ids after BOS.

    Raises:
        ValueError: If there are no characters, or a special token has no spelling or one twice.

    Example:
        >>> CharTokenizer("abc").encode("cab")
        [2, 0, 1]
        >>> CharTokenizer("abc", special_tokens=["<|end|>"]).special_tokens
        {'<|bos|>': 3, '<|end|>': 4}
    """

    kind = "characters"

    def __init__(self, characters: Iterable[str], special_tokens: Iterable[str] = ()):
        self.characters = "".join(sorted(set(characters)))
        check_text(self.characters, "The list of characters")
        if not self.characters:
            raise ValueError("The vocabulary is empty. Give a text with at least one character.")
        self.id_of = {character: id for id, character in enumerate(self.characters)}
        self.BOS = len(self.characters)
        more = assign_ids(special_tokens, first_id=self.BOS + 1)
        self.special_tokens = assign_ids([BOS, *more], first_id=self.BOS)
        vocabulary = self.id_of | self.special_tokens
        self.bytes_of = {id: spelling.encode() for spelling, id in vocabulary.items()}

    @classmethod
    def train(cls, texts: str | Iterable[str], special_tokens: Iterable[str] = ()) -> Self:
        """Take all characters of one text, or of a stream of texts.

        Args:
            texts: One text, or any number of them.
            special_tokens: Spellings of more special tokens, which get the ids after BOS.

        Raises:
            ValueError: If there are no characters.
        """
        characters: set[str] = set()
        for i, text in enumerate([texts] if isinstance(texts, str) else texts):
            check_text(text, f"Text {i}")
            characters.update(text)
        return cls(characters, special_tokens)

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
        more = [spelling for spelling in self.special_tokens if spelling != BOS]
        return {"characters": self.characters, **({"special_tokens": more} if more else {})}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        return cls(content["characters"], content.get("special_tokens", ()))
