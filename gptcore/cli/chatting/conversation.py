"""A conversation with a model: its messages, and answers token by token.

What earlier turns have in common with the next one is not computed again (`CachedLogits`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gptcore.model import GPT
from gptcore.sampling import CachedLogits, generate
from gptcore.tuning import ChatFormat, ChatFormatError
from gptcore.tuning.chat_format import Message

ROOM_FOR_ANSWER = 4  # at least one part of so many of the context is left for an answer


@dataclass
class Answer:
    """An answer while it is written, and afterwards.

    Attributes:
        text: What has been written.
        tokens: How many tokens that is, without the end.
        ended: "end", "max_new_tokens" or "interrupted"; "" while it is written.
        dropped: Messages that the model does not read any more, because the context is full.
    """

    text: str = ""
    tokens: int = 0
    ended: str = ""
    dropped: int = 0


@dataclass
class Conversation:
    """Messages, and a model that answers the last one.

    Args:
        model: The model.
        chat: Its chat format.
        context: The most tokens that are read.
        max_new_tokens: The most tokens of an answer.
        sampling: temperature, top_k and top_p.
        system: Message of the system, or None.
        seed: Of the sampling; answer i uses seed + i.
        has_history: Whether the model reads the messages before the last one.
    """

    model: GPT
    chat: ChatFormat
    context: int
    max_new_tokens: int
    sampling: dict[str, Any]
    system: str | None = None
    seed: int = 1337
    has_history: bool = True
    messages: list[Message] = field(default_factory=list)
    n_answers: int = 0

    def __post_init__(self) -> None:
        self.context = min(self.context, self.model.config.block_size)
        self.next_logits = CachedLogits(self.model, max_seq_len=self.context)
        # A model that goes on as somebody else has ended its answer, too.
        specials = self.chat.tokenizer.special_tokens.values()
        self.stop_ids = {*self.chat.stop_ids, *specials}
        self.reset()

    def reset(self) -> None:
        """Begin a new conversation."""
        self.messages = [] if self.system is None else [{"role": "system", "content": self.system}]

    def ask(self, text: str, answer: Answer) -> Iterator[str]:
        """Yield the answer to a message in pieces, and keep both when it ends in any way.

        Args:
            text: The message of the user.
            answer: Is filled while the answer is written.

        Raises:
            ValueError: If the message cannot be encoded, or is too long; nothing is kept.
        """
        if not self.has_history:
            self.reset()
        messages = [*self.messages, {"role": "user", "content": text}]
        messages, ids, answer.dropped = self.fitting(messages)
        n = min(self.max_new_tokens, self.context - len(ids))
        tokens = generate(
            self.next_logits,
            ids,
            n,
            seed=self.seed + self.n_answers,
            stop=self.stop_ids,
            **self.sampling,
        )
        self.n_answers += 1
        answer.ended = "interrupted"
        try:
            for piece in self.chat.tokenizer.decode_stream(counted(tokens, answer)):
                answer.text += piece
                yield piece
            answer.ended = "max_new_tokens" if answer.tokens == n else "end"
        finally:
            self.messages = [*messages, {"role": "assistant", "content": answer.text}]

    def fitting(self, messages: list[Message]) -> tuple[list[Message], list[int], int]:
        """The messages that fit into the context with an answer, their ids, and how many do not.

        The oldest question and answer are dropped first; a message of the system stays.

        Args:
            messages: All of them.

        Raises:
            ChatFormatError: If the last message alone is too long.
        """
        room = min(self.max_new_tokens, max(1, self.context // ROOM_FOR_ANSWER))
        first = int(messages[0]["role"] == "system")
        dropped = 0
        while True:
            ids = self.chat.prompt_ids(messages)
            if len(ids) + room <= self.context:
                return messages, ids, dropped
            if len(messages) - first < 2:
                break
            messages = [*messages[:first], *messages[first + 2 :]]
            dropped += 2
        if len(ids) < self.context:  # a shorter answer than usual
            return messages, ids, dropped
        raise ChatFormatError(
            f"The message has {len(ids)} tokens with what is around it, and the context "
            f"{self.context}. Write a shorter one."
        )


def counted(tokens: Iterator[int], answer: Answer) -> Iterator[int]:
    """The same tokens; the answer knows how many there were."""
    for token in tokens:
        answer.tokens += 1
        yield token
