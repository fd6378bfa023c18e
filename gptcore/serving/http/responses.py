"""The objects of OpenAI's API: completions, chat completions, and the chunks of their streams."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from gptcore.serving.http.engine_thread import Generation
from gptcore.serving.http.text_stream import Piece, TokenText
from gptcore.tokenizers.tokenizer import Tokenizer

Json = dict[str, Any]


@dataclass(frozen=True)
class Format:
    """What is the same in all objects of one answer.

    Attributes:
        model: Its name.
        tokenizer: Spells tokens.
        is_chat: Whether it answers /v1/chat/completions.
        has_logprobs: Whether tokens are reported.
    """

    model: str
    tokenizer: Tokenizer
    is_chat: bool
    has_logprobs: bool
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    created: int = field(default_factory=lambda: int(time.time()))

    def head(self, is_chunk: bool) -> Json:
        """The fields before the choices."""
        kind = "chat.completion" if self.is_chat else "text_completion"
        if is_chunk and self.is_chat:
            kind += ".chunk"
        prefix = "chatcmpl" if self.is_chat else "cmpl"
        known = {"id": f"{prefix}-{self.id}", "object": kind, "created": self.created}
        return {**known, "model": self.model}

    def whole(self, pieces: list[Piece], reasons: list[str], usage: Json) -> Json:
        """The answer to a request without a stream."""
        choices = [
            self.choice(i, piece, reason, is_chunk=False)
            for i, (piece, reason) in enumerate(zip(pieces, reasons))
        ]
        return {**self.head(is_chunk=False), "choices": choices, "usage": usage}

    def chunk(self, index: int, piece: Piece, reason: str | None, is_first: bool) -> Json:
        """One event of a stream."""
        choice = self.choice(index, piece, reason, is_chunk=True)
        if self.is_chat and is_first:
            choice["delta"] = {"role": "assistant", **choice["delta"]}
        return {**self.head(is_chunk=True), "choices": [choice]}

    def usage_chunk(self, usage: Json) -> Json:
        """The last event of a stream whose client wants the usage."""
        return {**self.head(is_chunk=True), "choices": [], "usage": usage}

    def choice(self, index: int, piece: Piece, reason: str | None, is_chunk: bool) -> Json:
        """One of the answers, or a part of it."""
        known: Json = {"index": index, "finish_reason": reason, "logprobs": None}
        if self.has_logprobs:
            make = self.chat_logprobs if self.is_chat else self.completion_logprobs
            known["logprobs"] = make(piece.tokens)
        if not self.is_chat:
            return {**known, "text": piece.text}
        if is_chunk:
            return {**known, "delta": {"content": piece.text} if piece.text else {}}
        return {**known, "message": {"role": "assistant", "content": piece.text, "refusal": None}}

    def spelling(self, id: int) -> str:
        """The text of one token; half a character is written as bytes."""
        content = self.tokenizer.token_bytes(id)
        try:
            return content.decode()
        except UnicodeDecodeError:
            return "bytes:" + "".join(f"\\x{byte:02x}" for byte in content)

    def completion_logprobs(self, tokens: list[TokenText]) -> Json:
        """The form of /v1/completions: four lists."""
        return {
            "tokens": [self.spelling(one.token.token) for one in tokens],
            "token_logprobs": [one.token.logprob for one in tokens],
            "top_logprobs": [
                {self.spelling(id): logprob for id, logprob in one.token.top_logprobs}
                for one in tokens
            ],
            "text_offset": [one.offset for one in tokens],
        }

    def chat_logprobs(self, tokens: list[TokenText]) -> Json:
        """The form of /v1/chat/completions: one object for each token."""
        return {
            "content": [
                {
                    **self.entry(one.token.token, one.token.logprob),
                    "top_logprobs": [self.entry(*top) for top in one.token.top_logprobs],
                }
                for one in tokens
            ],
            "refusal": None,
        }

    def entry(self, id: int, logprob: float | None) -> Json:
        """A token and its log-probability."""
        content = list(self.tokenizer.token_bytes(id))
        return {"token": self.spelling(id), "logprob": logprob, "bytes": content}


def usage_of(generations: list[Generation], n: int) -> Json:
    """How many tokens were read and written; a prompt counts once for its n texts.

    Args:
        generations: Of one request to the server.
        n: Texts for each prompt.
    """
    prompt = sum(len(one.request.prompt) for one in generations[::n])
    cached = sum(one.request.cached_tokens for one in generations[::n])
    written = sum(len(one.request.output) for one in generations)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "total_tokens": prompt + written,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
