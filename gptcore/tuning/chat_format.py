"""How a conversation becomes token ids, and which of them the model learns to write.

    <|bos|><|user|>what is 17+5?<|assistant|>22<|end|>
                                             ^^^^^^^^^  graded: answers and their end

A format has special tokens of its own, or it is the chat template of somebody's model. It is stored
beside the checkpoints with its tokenizer, because a model answers only in the format that it was
tuned with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gptcore.checks import as_path, check_choice
from gptcore.files import write_json
from gptcore.json_text import read_json_object
from gptcore.tokenizers import HFTokenizer, Tokenizer, load_tokenizer
from gptcore.tokenizers.registry import to_saved_dict

FILE, FORMAT, VERSION = "chat_format.json", "gptcore chat format", 1
ROLES = ("system", "user", "assistant")
END = "end"
# The special tokens of a chat: of each role, and of the end of an answer.
CHAT_TOKENS = {name: f"<|{name}|>" for name in (*ROLES, END)}
NEXT_ROLES = {  # the roles that may follow a role; "" is the start
    "": ("system", "user"),
    "system": ("user",),
    "user": ("assistant",),
    "assistant": ("user",),
}

Message = Mapping[str, str]
Piece = tuple[list[int], bool]  # ids, and whether they are graded


class ChatFormatError(ValueError):
    """A conversation, a tokenizer or a run does not fit the chat format.

    Example:
        >>> try:
        ...     chat.render([{"role": "user", "content": "Hello?"}])
        ... except ChatFormatError as error:
        ...     print(error)
        The conversation ends without an answer: its last message is of 'user'. ...
    """


@dataclass(frozen=True)
class ChatTokens:
    """A conversation as token ids.

    Attributes:
        ids: Token ids, T of them.
        is_graded: For each id, whether the model learns to write it.

    Example:
        >>> ChatTokens([38, 40, 2, 41, 3], [False, False, False, False, True]).ids[-1]
        3
    """

    ids: list[int]
    is_graded: list[bool]


@dataclass(frozen=True)
class ChatFormat:
    """Turns conversations into token ids, always in the same way.

    Args:
        tokenizer: It must have the special tokens.
        tokens: Spelling of the special token of "system", "user", "assistant" and "end"; None takes
            the tokenizer's chat template.

    Raises:
        ChatFormatError: If the tokenizer has no such special tokens, or no template.

    Example:
        >>> chat = ChatFormat(CharTokenizer("abc?", special_tokens=CHAT_TOKENS.values()))
        >>> messages = [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "c"}]
        >>> chat.tokenizer.decode(chat.render(messages).ids)
        '<|bos|><|user|>a?<|assistant|>c<|end|>'
    """

    tokenizer: Tokenizer
    tokens: Mapping[str, str] | None = field(default_factory=lambda: dict(CHAT_TOKENS))

    def __post_init__(self) -> None:
        if self.tokens is None:
            check_template(self.tokenizer)
        else:
            check_tokens(self.tokens, self.tokenizer)

    def render(self, messages: Sequence[Message]) -> ChatTokens:
        """The ids of a conversation with at least one answer, which it ends with.

        Args:
            messages: Dicts with role and content: perhaps "system", then "user" and "assistant" in
                turn.

        Returns:
            The ids, and which are graded: each answer with its end token.

        Raises:
            ChatFormatError: If the roles are in another order, or the last message is no answer.
            SpecialTokenInTextError: If a message spells a special token.
        """
        check_messages(messages)
        if messages[-1]["role"] != "assistant":
            raise ChatFormatError(
                "The conversation ends without an answer: its last message is of "
                f"{messages[-1]['role']!r}. Add one of 'assistant', or take prompt_ids(messages)."
            )
        with_tokens = self.tokens is not None
        pieces = self.token_pieces(messages) if with_tokens else self.template_pieces(messages)
        return ChatTokens(
            [id for ids, _ in pieces for id in ids],
            [is_graded for ids, is_graded in pieces for _ in ids],
        )

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        """The ids after which the model writes its answer.

        Args:
            messages: A conversation that ends with a message of the user.

        Returns:
            The first ids of `render`, up to the answer.

        Raises:
            ChatFormatError: If the roles are in another order, or the user did not speak last.
            SpecialTokenInTextError: If a message spells a special token.

        Example:
            >>> chat.tokenizer.decode(chat.prompt_ids([{"role": "user", "content": "1+1?"}]))
            '<|bos|><|user|>1+1?<|assistant|>'
        """
        check_messages(messages)
        if messages[-1]["role"] != "user":
            raise ChatFormatError(
                f"The last message is of {messages[-1]['role']!r}; the model answers one of 'user'."
            )
        if self.tokens is None:
            return self.encode_template(self.template_text(messages, add_generation_prompt=True))
        pieces = self.token_pieces(messages)
        return [*(id for ids, _ in pieces for id in ids), self.id_of("assistant")]

    @property
    def stop_ids(self) -> list[int]:
        """The ids after which nothing more is generated."""
        ends = [] if self.tokens is None else [self.id_of(END)]
        return sorted({*ends, *self.tokenizer.stop_ids})

    @property
    def end_id(self) -> int:
        """The id that ends an answer, which the model learns to write."""
        if self.tokens is not None:
            return self.id_of(END)
        return self.tokenizer.special_tokens[end_of_answer(self.tokenizer)]

    # Special tokens of its own

    def id_of(self, name: str) -> int:
        """The id of a special token.

        Args:
            name: "system", "user", "assistant" or "end".
        """
        assert self.tokens is not None
        return self.tokenizer.special_tokens[self.tokens[name]]

    def token_pieces(self, messages: Sequence[Message]) -> list[Piece]:
        """The parts of a conversation: begin, and for each message its role, content and end.

        Args:
            messages: Checked messages.
        """
        begin = self.tokenizer.end_of_text
        pieces: list[Piece] = [([] if begin is None else [begin], False)]
        for message in messages:
            is_answer = message["role"] == "assistant"
            pieces.append(([self.id_of(message["role"])], False))
            pieces.append((self.tokenizer.encode(message["content"]), is_answer))
            if is_answer:
                pieces.append(([self.id_of(END)], True))
        return pieces

    # A chat template

    def template_text(self, messages: Sequence[Message], add_generation_prompt: bool) -> str:
        """The text of a conversation as the template writes it.

        Args:
            messages: Checked messages.
            add_generation_prompt: Whether the text ends where an answer begins.
        """
        assert isinstance(self.tokenizer, HFTokenizer)
        return self.tokenizer.apply_chat_template(messages, add_generation_prompt)

    def encode_template(self, text: str) -> list[int]:
        """The ids of a part of the template's text.

        Args:
            text: Special tokens in it come from the template.
        """
        return self.tokenizer.encode(text, allowed_special="all")

    def template_pieces(self, messages: Sequence[Message]) -> list[Piece]:
        """The parts of a conversation; an answer is what comes after its generation prompt.

        Each part is encoded on its own, as a prompt is when the model answers it.

        Args:
            messages: Checked messages.
        """
        end = end_of_answer(self.tokenizer)
        pieces: list[Piece] = []
        before = ""
        for i, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            prompt = self.template_text(messages[:i], add_generation_prompt=True)
            text = self.template_text(messages[: i + 1], add_generation_prompt=False)
            if not (prompt.startswith(before) and text.startswith(prompt)):
                raise ChatFormatError(
                    "The chat template writes earlier messages in another way once there are more, "
                    "so it cannot be said which tokens are answers. Give one question and one "
                    "answer for each conversation, or use a ChatFormat with its own tokens."
                )
            length = text.rfind(end, len(prompt)) + len(end)
            if length < len(prompt) + len(end):
                raise ChatFormatError(
                    f"The chat template puts no {end!r} after an answer, so the model would never "
                    "learn to stop. Use a ChatFormat with its own tokens."
                )
            pieces.append((self.encode_template(prompt[len(before) :]), False))
            pieces.append((self.encode_template(text[len(prompt) : length]), True))
            pieces.append((self.encode_template(text[length:]), False))
            before = text
        return pieces

    # Its file

    def to_dict(self) -> dict[str, Any]:
        """What the file of the format says, the tokenizer included.

        Raises:
            ChatFormatError: If the tokenizer is of a class that has no file.
        """
        saved = to_saved_dict(self.tokenizer)
        if saved is None:
            raise ChatFormatError(
                f"A {type(self.tokenizer).__name__} cannot be stored with its chat format. Use a "
                "CharTokenizer, a BPETokenizer or an HFTokenizer."
            )
        tokens = None if self.tokens is None else dict(self.tokens)
        known = {"format": FORMAT, "version": VERSION, "tokens": tokens}
        return {**known, "tokenizer": {"sha256": self.tokenizer.sha256, "saved": saved}}

    def save(self, folder: str | Path) -> None:
        """Write `chat_format.json` into the folder of a run.

        Args:
            folder: It is made if it is not there.

        Raises:
            ChatFormatError: If the folder has another format.
            OSError: If the file cannot be written.
        """
        path = as_path(folder, "The folder")
        if (path / FILE).exists():
            self.check_same(type(self).load(path), path)
            return
        path.mkdir(parents=True, exist_ok=True)
        write_json(path / FILE, self.to_dict())

    @classmethod
    def load(cls, folder: str | Path) -> "ChatFormat":
        """The format that a run was tuned with, and its tokenizer.

        Args:
            folder: Of a run, or of one of its checkpoints.

        Raises:
            ChatFormatError: If the run has no chat format.
            ValueError: If its file is damaged.

        Example:
            >>> chat.save("out")
            >>> ChatFormat.load("out") == chat
            True
        """
        path = as_path(folder, "The folder")
        found = [p / FILE for p in (path, path.parent) if (p / FILE).is_file()]
        if not found:
            raise ChatFormatError(
                f"{path} has no {FILE}, so its model was not tuned to answer: it continues text. "
                "Sample from it, or tune it on conversations first."
            )
        content = read_json_object(found[0])
        if (content.get("format"), content.get("version")) != (FORMAT, VERSION):
            raise ChatFormatError(
                f"{found[0]} is not a chat format that this gptcore reads. Use the gptcore that "
                "wrote it, or tune again."
            )
        return cls(load_tokenizer(found[0]), content.get("tokens"))

    def check_same(self, other: "ChatFormat", origin: Path) -> None:
        """Raise ChatFormatError unless a stored format is this one.

        Args:
            other: The stored format.
            origin: Its folder.
        """
        if self != other:
            raise ChatFormatError(
                f"The run in {origin} was tuned with another chat format or tokenizer, and a model "
                f"answers only in its own. Take that one: ChatFormat.load({str(origin)!r})."
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChatFormat) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(str(self.identity))

    @property
    def identity(self) -> tuple[Any, ...]:
        """What decides about the ids: tokenizer, special tokens or template."""
        template = None if self.tokens is not None else template_of(self.tokenizer)
        return self.tokenizer.sha256, None if self.tokens is None else dict(self.tokens), template


def check_messages(messages: Sequence[Message]) -> None:
    """Raise ChatFormatError unless roles and contents are those of a conversation."""
    if isinstance(messages, (str, Mapping)) or not isinstance(messages, Sequence) or not messages:
        raise ChatFormatError(
            f"A conversation is a list of messages; got {messages!r:.60}. Give at least one: "
            '[{"role": "user", "content": "Hello"}].'
        )
    last = ""
    for number, message in enumerate(messages, start=1):
        if not isinstance(message, Mapping):
            raise ChatFormatError(f"Message {number} is {message!r:.60}; it must be an object.")
        for key in ("role", "content"):
            if not isinstance(message.get(key), str):
                raise ChatFormatError(
                    f"Message {number} has {key}={message.get(key)!r:.60}; it must be a text."
                )
        role = message["role"]
        try:
            check_choice(role, "role", ROLES)
        except ValueError as error:
            raise ChatFormatError(f"Message {number}: {error}") from None
        if role not in NEXT_ROLES[last]:
            where = f"after one of {last!r}" if last else "at the start"
            raise ChatFormatError(
                f"Message {number} is of {role!r}; {where} there must be one of "
                f"{' or '.join(map(repr, NEXT_ROLES[last]))}. Join two messages of one role, or "
                "put the missing one between them."
            )
        last = role


def check_tokens(tokens: Mapping[str, str], tokenizer: Tokenizer) -> None:
    """Raise ChatFormatError unless there are four different tokens, and the tokenizer has them."""
    if set(tokens) != set(CHAT_TOKENS) or len(set(tokens.values())) < len(CHAT_TOKENS):
        raise ChatFormatError(
            f"tokens={dict(tokens)} must name a different special token for each of "
            f"{', '.join(CHAT_TOKENS)}."
        )
    missing = [spelling for spelling in tokens.values() if spelling not in tokenizer.special_tokens]
    if missing:
        raise ChatFormatError(
            f"The tokenizer has no special token {', '.join(map(repr, missing))}. Add them: "
            "add_special_tokens(tokenizer, CHAT_TOKENS.values()), and extend_vocab(model, "
            "tokenizer.vocab_size); or take the chat template of a model: tokens=None."
        )


def template_of(tokenizer: Tokenizer) -> str:
    """The chat template of a tokenizer; "" if it has none."""
    return str(getattr(tokenizer, "config", {}).get("chat_template") or "")


def check_template(tokenizer: Tokenizer) -> None:
    """Raise ChatFormatError if a tokenizer has no chat template, or no token that ends answers."""
    if not template_of(tokenizer):
        raise ChatFormatError(
            f"The {type(tokenizer).__name__} has no chat template. Take the tokenizer of an "
            "-Instruct model, or special tokens: ChatFormat(tokenizer, CHAT_TOKENS)."
        )
    end_of_answer(tokenizer)


def end_of_answer(tokenizer: Tokenizer) -> str:
    """The spelling of the token that ends an answer of a model with a template."""
    end = str(getattr(tokenizer, "config", {}).get("eos_token") or "")
    if end not in tokenizer.special_tokens:
        raise ChatFormatError(
            "The tokenizer names no eos_token, so an answer has no end. Use a ChatFormat with its "
            "own tokens."
        )
    return end
