"""Pairs of answers to one question, of which one is preferred; and the file that has them.

In each line {"prompt": ..., "chosen": ..., "rejected": ...}, the format of Hugging Face's TRL. A
prompt is the user's text or a list of messages ("messages" is another name for it), an answer is a
text or a list of one message. Without a prompt, "chosen" and "rejected" are whole conversations
that differ in their last message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gptcore.checks import as_int
from gptcore.tuning.chat_format import ChatFormat, ChatFormatError, Message
from gptcore.tuning.json_lines import as_messages, read_json_lines
from gptcore.tuning.too_long import warn_too_long

EXAMPLE = '{"prompt": "1+1?", "chosen": "2", "rejected": "3"}'


@dataclass(frozen=True)
class PreferencePair:
    """A question with a preferred answer and a worse one.

    Attributes:
        messages: The conversation up to the user's last message.
        chosen: The text of the preferred answer.
        rejected: The text of the other answer.
        origin: Such as "pairs.jsonl, line 3", for errors.

    Example:
        >>> PreferencePair([{"role": "user", "content": "1+1?"}], "2", "3").chosen
        '2'
    """

    messages: Sequence[Message]
    chosen: str
    rejected: str
    origin: str = "A pair"


@dataclass(frozen=True)
class PairTokens:
    """A pair as token ids.

    Attributes:
        prompt: The ids up to where the answers begin.
        chosen: The ids of the preferred answer, with its end.
        rejected: The ids of the other answer, with its end.

    Example:
        >>> PairTokens(prompt=[1, 2], chosen=[3, 0], rejected=[4, 0]).chosen[-1]
        0
    """

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]


def read_pairs(path: str | Path) -> list[PreferencePair]:
    """The pairs in a file of JSON lines; empty lines are left out.

    Args:
        path: Of the file.

    Returns:
        One or more pairs, in the order of the file.

    Raises:
        ValueError: At the first line that is no pair; the error names file and line.
        OSError: If the file cannot be read.

    Example:
        >>> text = '{"prompt": "1+1?", "chosen": "2", "rejected": "3"}'
        >>> with open("pairs.jsonl", "w") as file:
        ...     print(text, file=file)
        >>> read_pairs("pairs.jsonl")[0].rejected
        '3'
    """
    lines = read_json_lines(path, "The file of pairs")
    found = [parse_pair(content, origin) for origin, content in lines]
    if not found:
        raise ValueError(f"{path} has no pairs. A line is one of them: {EXAMPLE}")
    return found


def parse_pair(content: dict[str, Any], origin: str) -> PreferencePair:
    """The pair of a line.

    Args:
        content: The object of the line.
        origin: File and line, for errors.

    Raises:
        ValueError: If a field is missing or has another form.
    """
    prompt = content.get("prompt", content.get("messages"))
    answers = []
    for name in ("chosen", "rejected"):
        if name not in content:
            raise ValueError(
                f'{origin} has no "{name}"; it has {", ".join(map(repr, content)):.80}. Write '
                f"{EXAMPLE}."
            )
        answers.append(as_messages(content[name], "assistant"))
    if prompt is None:
        if not all(isinstance(answer, list) for answer in answers):
            raise ValueError(f'{origin} has no "prompt". Write {EXAMPLE}.')
        prompt = answers[0][:-1]
        if not prompt or answers[1][:-1] != prompt:
            raise ValueError(
                f'{origin} has no "prompt", and "chosen" and "rejected" do not begin with the same '
                f"messages, so it is not known what was asked. Write {EXAMPLE}."
            )
        answers = [answer[-1:] for answer in answers]
    if not isinstance(prompt, (str, list)):
        raise ValueError(f"{origin} has the prompt {prompt!r:.60}. Write {EXAMPLE}.")
    chosen, rejected = (text_of(answer, origin) for answer in answers)
    return PreferencePair(as_messages(prompt, "user"), chosen, rejected, origin)


def text_of(answer: Any, origin: str) -> str:
    """The text of an answer that is a list of one message; ValueError if it is not."""
    one = answer[0] if isinstance(answer, list) and len(answer) == 1 else None
    content = one.get("content") if isinstance(one, dict) and one.get("role") == "assistant" else 0
    if not isinstance(content, str):
        raise ValueError(
            f"{origin} has the answer {answer!r:.60}; it must be a text, or a list of one message "
            f"of 'assistant'. Write {EXAMPLE}."
        )
    return content


def encode_pairs(
    pairs: Sequence[PreferencePair], chat: ChatFormat, block_size: int
) -> list[PairTokens]:
    """The pairs as token ids; those that are longer than the context are left out.

    A warning says how many are left out, and which.

    Args:
        pairs: From `read_pairs`, or made by a program.
        chat: How they become ids.
        block_size: The most tokens that the model reads.

    Returns:
        One or more pairs.

    Raises:
        ValueError: If the answers of a pair are the same, roles are in another order, or a text
            spells a special token, with its origin; or if all are too long.

    Example:
        >>> pair = PreferencePair([{"role": "user", "content": "1+1?"}], "2", "13")
        >>> len(encode_pairs([pair], chat, block_size=16)[0].rejected)
        3
    """
    block_size = as_int(block_size, "block_size", 1)
    found, too_long = [], []
    for pair in pairs:
        if pair.chosen == pair.rejected:
            raise ValueError(
                f"{pair.origin} has the same answer {pair.chosen!r:.60} twice, so neither is "
                f"better. Remove it."
            )
        try:
            prompt, chosen = encode_answer(chat, pair.messages, pair.chosen)
            _, rejected = encode_answer(chat, pair.messages, pair.rejected)
        except ValueError as error:
            raise ChatFormatError(f"{pair.origin}: {error}") from None
        length = len(prompt) + max(len(chosen), len(rejected)) - 1  # the last is only predicted
        if length <= block_size:
            found.append(PairTokens(prompt, chosen, rejected))
        else:
            too_long.append(f"{pair.origin} ({length} tokens)")
    warn_too_long(too_long, len(found), "pairs", block_size)
    if not found:
        raise ValueError("There are no pairs. Give at least one.")
    return found


def encode_answer(
    chat: ChatFormat, messages: Sequence[Message], answer: str
) -> tuple[list[int], list[int]]:
    """The ids of a question, and those of its answer with the end.

    Args:
        chat: How they become ids.
        messages: The conversation up to the user's last message.
        answer: The text of the answer.
    """
    tokens = chat.render([*messages, {"role": "assistant", "content": answer}])
    end = max(i for i, is_graded in enumerate(tokens.is_graded) if is_graded) + 1
    start = end
    while tokens.is_graded[start - 1]:  # earlier answers are graded, too, but not beside this one
        start -= 1
    return tokens.ids[:start], tokens.ids[start:end]
