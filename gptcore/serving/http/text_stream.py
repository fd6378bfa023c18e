"""Tokens to text as they come, up to a stop string, which may be spread over several tokens."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field

from gptcore.serving.step_record import NewToken
from gptcore.tokenizers.tokenizer import Tokenizer


@dataclass(frozen=True)
class TokenText:
    """A token with its text and log-probability.

    Attributes:
        token: From the engine.
        offset: Where its text begins in the answer.
    """

    token: NewToken
    offset: int


@dataclass(frozen=True)
class Piece:
    """What a client is given next.

    Attributes:
        text: New text, perhaps "".
        tokens: Those whose text begins in it.
    """

    text: str
    tokens: list[TokenText] = field(default_factory=list)


class TextStream:
    """Decodes the tokens of one answer.

    Args:
        tokenizer: Of the model.
        stop: Texts that end the answer and are not part of it.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str]) -> None:
        self.tokenizer, self.stop = tokenizer, stop
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.text = ""  # all of it
        self.sent = 0  # how many characters of it the client has
        self.pending: list[TokenText] = []
        self.is_stopped = False

    def add(self, token: NewToken | None, is_last: bool) -> Piece:
        """Decode one more token.

        Args:
            token: The token, or None.
            is_last: Whether no other will come.

        Returns:
            What can be sent. Text that may be the start of a stop string is kept back.
        """
        if token is not None:
            self.pending.append(TokenText(token, len(self.text)))
            self.text += self.decoder.decode(self.tokenizer.token_bytes(token.token))
        if is_last:
            self.text += self.decoder.decode(b"", final=True)
        found = [self.text.find(stop, self.sent) for stop in self.stop]
        cuts = [position for position in found if position >= 0]
        if cuts:
            self.is_stopped = True
            return self.take(min(cuts))
        return self.take(len(self.text) if is_last else self.sendable())

    def sendable(self) -> int:
        """How many characters cannot be part of a stop string that is not complete yet."""
        kept = 0
        for stop in self.stop:
            for length in range(min(len(stop) - 1, len(self.text) - self.sent), kept, -1):
                if self.text.endswith(stop[:length]):
                    kept = length
                    break
        return len(self.text) - kept

    def take(self, end: int) -> Piece:
        """The text up to a character, and the tokens that begin before it."""
        tokens = [one for one in self.pending if one.offset < end or not self.stop]
        self.pending = self.pending[len(tokens) :]
        text, self.sent = self.text[self.sent : end], end
        return Piece(text, tokens)
