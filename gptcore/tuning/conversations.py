"""Conversations from a file: in each line {"messages": [{"role": ..., "content": ...}, ...]}.

It is the format that OpenAI and Hugging Face's TRL read. A line that is wrong stops the reading,
with its number; nothing is skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gptcore.checks import as_int
from gptcore.tuning.chat_format import ChatFormat, ChatFormatError, ChatTokens, Message
from gptcore.tuning.chat_format import check_messages as check_roles
from gptcore.tuning.json_lines import read_json_lines
from gptcore.tuning.too_long import warn_too_long


@dataclass(frozen=True)
class Conversation:
    """The messages of a conversation, and where they are from.

    Attributes:
        messages: Dicts with role and content.
        origin: Such as "chat.jsonl, line 3", for errors.

    Example:
        >>> Conversation(({"role": "user", "content": "Hello"},), "chat.jsonl, line 1").origin
        'chat.jsonl, line 1'
    """

    messages: Sequence[Message]
    origin: str


def read_conversations(path: str | Path) -> list[Conversation]:
    """The conversations in a file of JSON lines; empty lines are left out.

    Args:
        path: Of the file.

    Returns:
        One or more conversations, in the order of the file.

    Raises:
        ValueError: At the first line that is no conversation; the error names file and line.
        OSError: If the file cannot be read.

    Example:
        >>> read_conversations("chat.jsonl")[0].messages[0]["content"]
        '1+1?'
    """
    lines = read_json_lines(path, "The file of conversations")
    found = [Conversation(parse_messages(content, origin), origin) for origin, content in lines]
    if not found:
        raise ValueError(
            f"{path} has no conversations. A line is one of them: "
            '{"messages": [{"role": "user", "content": "1+1?"}, '
            '{"role": "assistant", "content": "2"}]}'
        )
    return found


def parse_messages(content: dict[str, Any], origin: str) -> Sequence[Message]:
    """The messages in a line of a file.

    Args:
        content: The object of the line.
        origin: File and line, for errors.

    Raises:
        ValueError: If it has no messages, or roles in the wrong order.
    """
    if "messages" not in content:
        raise ValueError(
            f'{origin} has no "messages"; it has {", ".join(map(repr, content)):.80}. Write '
            '{"messages": [{"role": "user", "content": ...}, {"role": "assistant", "content": '
            "...}]}."
        )
    messages: Sequence[Message] = content["messages"]
    try:
        check_roles(messages)
    except ChatFormatError as error:
        raise ChatFormatError(f"{origin}: {error}") from None
    return messages


def encode_conversations(
    conversations: Sequence[Conversation | Sequence[Message]], chat: ChatFormat, block_size: int
) -> list[ChatTokens]:
    """The conversations as token ids; those that are longer than the context are left out.

    An answer without its end would teach never to stop, so nothing is cut. A warning says how many
    are left out, and which.

    Args:
        conversations: From `read_conversations`, or lists of messages.
        chat: How they become ids.
        block_size: The most tokens that the model reads.

    Returns:
        One or more conversations.

    Raises:
        ValueError: If one has no answer, spells a special token or cannot be encoded, with its
            origin; or if all are too long.

    Example:
        >>> len(encode_conversations(read_conversations("chat.jsonl"), chat, block_size=16))
        2
    """
    block_size = as_int(block_size, "block_size", 1)
    found, too_long = [], []
    for number, given in enumerate(conversations):
        if not isinstance(given, Conversation):
            given = Conversation(given, f"Conversation {number}")
        origin = given.origin
        try:
            tokens = chat.render(given.messages)
        except ValueError as error:
            raise ChatFormatError(f"{origin}: {error}") from None
        if len(tokens.ids) - 1 <= block_size:  # the last id is only predicted
            found.append(tokens)
        else:
            too_long.append(f"{origin} ({len(tokens.ids) - 1} tokens)")
    warn_too_long(too_long, len(found), "conversations", block_size)
    if not found:
        raise ValueError("There are no conversations. Give at least one.")
    return found
