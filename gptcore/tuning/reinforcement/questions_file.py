"""Questions from a file: in each line {"question": ..., "answer": ...}.

"messages" may be in place of "question": a conversation that ends with a message of the user. The
answer is what the reward is given: a number, a text, or a pattern.
"""

from pathlib import Path
from typing import Any

from gptcore.checks import as_int
from gptcore.tuning.chat_format import ChatFormat, ChatFormatError
from gptcore.tuning.json_lines import as_messages, read_json_lines
from gptcore.tuning.reinforcement.questions import Question
from gptcore.tuning.too_long import warn_too_long

EXAMPLE = '{"question": "what is 17+5?", "answer": "22"}'


def read_questions(
    path: str | Path,
    chat: ChatFormat,
    block_size: int,
    max_new_tokens: int,
    marker: str = "",
) -> list[Question]:
    """The questions in a file of JSON lines; those that leave no room for an answer are left out.

    A warning says how many are left out, and which.

    Args:
        path: Of the file.
        chat: How they become ids.
        block_size: The most tokens that the model reads.
        max_new_tokens: The most tokens of an answer.
        marker: If given, what follows its last occurrence in "answer" is the key, as "####" in
            GSM8K.

    Returns:
        One or more questions, in the order of the file.

    Raises:
        ValueError: At the first line that is no question, with file and line; or if all are too
            long.
        OSError: If the file cannot be read.

    Example:
        >>> with open("questions.jsonl", "w") as file:
        ...     print('{"question": "1+1?", "answer": 2}', file=file)
        >>> read_questions("questions.jsonl", chat, block_size=16, max_new_tokens=4)[0].key
        2
    """
    room = as_int(block_size, "block_size", 1) - as_int(max_new_tokens, "max_new_tokens", 1) + 1
    found, too_long = [], []
    for origin, content in read_json_lines(path, "The file of questions"):
        question = parse_question(content, origin, chat, marker)
        if len(question.prompt) <= room:
            found.append(question)
        else:
            length = len(question.prompt) + max_new_tokens - 1
            too_long.append(f"{origin} ({length} tokens with its answer)")
    warn_too_long(too_long, len(found), "questions", block_size)
    if not found:
        raise ValueError(f"{path} has no questions. A line is one of them: {EXAMPLE}")
    return found


def parse_question(content: dict[str, Any], origin: str, chat: ChatFormat, marker: str) -> Question:
    """The question of a line.

    Args:
        content: The object of the line.
        origin: File and line, for errors.
        chat: How it becomes ids.
        marker: What follows it in the answer is the key; or "".

    Raises:
        ValueError: If a field is missing or has another form.
    """
    given = content.get("question", content.get("messages"))
    if given is None or "answer" not in content:
        missing = "question" if given is None else "answer"
        raise ValueError(
            f'{origin} has no "{missing}"; it has {", ".join(map(repr, content)):.80}. Write '
            f"{EXAMPLE}."
        )
    key = content["answer"]
    if marker:
        if marker not in str(key):
            raise ValueError(f"{origin} has no {marker!r} in its answer {key!r:.60}.")
        key = str(key).rpartition(marker)[2].strip()
    try:
        return Question(chat.prompt_ids(as_messages(given, "user")), key)
    except ValueError as error:
        raise ChatFormatError(f"{origin}: {error}") from None
